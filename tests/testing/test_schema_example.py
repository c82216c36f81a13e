"""The generator of arguments: its values fit, and it ends whatever it is given."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.testing import schema_example
from tests.testing.schemas import SCHEMAS, TREE, fits


@given(SCHEMAS)
def test_the_value_fits_the_schema(schema):
    value = schema_example(schema)

    assert fits(value, schema, schema), value
    json.dumps(value, allow_nan=False)


@given(SCHEMAS)
def test_the_value_is_always_the_same(schema):
    assert schema_example(schema) == schema_example(schema)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "value"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, None),
        ({}, "value"),
        (True, "value"),
        ({"enum": [None, 1]}, None),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"type": "string", "default": "d"}, "d"),
        ({"type": "string", "examples": ["e"]}, "e"),
        ({"type": "string", "format": "email"}, "ada@example.com"),
        ({"type": "string", "format": "unheard-of"}, "value"),
        ({"type": "string", "minLength": 8}, "valuexxx"),
        ({"type": "string", "maxLength": 2}, "va"),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": "integer", "exclusiveMinimum": 7}, 8),
        ({"type": "integer", "maximum": -7}, -7),
        ({"type": "integer", "exclusiveMaximum": -7}, -8),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "integer", "minimum": 1.5}, 2),
        ({"type": "integer", "multipleOf": 1.5}, 0),
        ({"type": "number", "minimum": 0.25, "maximum": 0.75}, 0.5),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "maxItems": 0}, []),
        ({"type": "array", "items": False}, []),
        (
            {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}]},
            [1, 2],
        ),
        (
            {
                "type": "array",
                "items": {"type": "integer", "multipleOf": 2},
                "minItems": 3,
                "uniqueItems": True,
            },
            [2, 4, 6],
        ),
        (
            {"items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            ["value", "value_1"],
        ),
        (
            {
                "prefixItems": [
                    {"type": "string"},
                    {"type": "object"},
                    {"type": "integer"},
                    {"type": "integer"},
                ],
                "uniqueItems": True,
            },
            ["value", {}, 1, 2],
        ),
        (
            {"prefixItems": [{"const": True}, {"const": 1}], "uniqueItems": True},
            [True, 2],
        ),
        (
            {"items": {"enum": [5, 6, 7]}, "minItems": 2, "uniqueItems": True},
            [5, 6],
        ),
        ({"properties": {"city": {}}}, {"city": "city"}),
        ({"required": ["city"]}, {"city": "city"}),
        ({"type": "object", "minProperties": 1}, {"key_0": "value"}),
        (
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"const": 1},
            },
            {"key_0": 1},
        ),
        ({"properties": {"never": False}}, {}),
        (
            {
                "properties": {"a": {"type": "string"}},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {"a": "a"},
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"const": 1}}, "required": ["a"]},
                    {"properties": {"b": {"const": 2}}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": 2},
        ),
        ({"allOf": [{"minimum": 3}, {"minimum": 5}, {"maximum": 9}]}, 5),
        ({"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}, 2),
        ({"$ref": "#/$defs/a~1b/1", "$defs": {"a/b": [{}, {"const": 4}]}}, 4),
        ({"$ref": "#/$defs/%C3%BC", "$defs": {"ü": {"const": 5}}}, 5),
        ({"anyOf": [False, {"const": 1}]}, 1),
        ({"anyOf": [True]}, "value"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, 0),
        ({"$ref": "#/nothing"}, "value"),
        ({"$ref": "https://example.com/"}, "value"),
    ],
)
def test_the_value_is_the_plain_one(schema, value):
    assert schema_example(schema) == value


def test_a_recursion_ends_at_its_first_turn():
    value = schema_example({"$ref": "#/$defs/tree", "$defs": {"tree": TREE}})

    assert value == {
        "value": 1,
        "left": None,
        "more": [{"value": 1, "left": None, "more": []}],
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"allOf": [{"$ref": "#"}] * 5},
        {"anyOf": [{"$ref": "#"}] * 5},
        {"properties": {str(n): {"$ref": "#"} for n in range(20)}},
        {
            "properties": {str(n): {"$ref": "#"} for n in range(20)},
            "required": [str(n) for n in range(20)],
        },
        {"type": "array", "items": {"$ref": "#"}, "minItems": 10**9},
        {"type": "string", "minLength": 10**12},
        {"type": "object", "minProperties": 10**9},
        {"type": "number", "multipleOf": 1e-300, "minimum": 1e300},
        {"type": "integer", "minimum": 10**400, "multipleOf": 0},
    ],
)
def test_no_schema_makes_a_value_without_end(schema):
    assert len(json.dumps(schema_example(schema))) < 1_000_000


KEYWORDS = st.sampled_from(
    [
        *("type", "enum", "const", "anyOf", "allOf", "$ref", "required", "properties"),
        *("items", "prefixItems", "minItems", "maxItems", "minLength", "multipleOf"),
        *("minimum", "exclusiveMaximum", "format", "uniqueItems", "minProperties"),
    ]
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["object", "array", "number", "#", "#/properties", "date"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_what_is_no_schema_gives_a_value_too(schema):
    schema_example(schema)
