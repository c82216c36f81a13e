"""JSON schemas for tests: a small checker of values, and a strategy that makes them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def fits(value: Any, schema: Any, root: Any) -> bool:
    """Whether the schema accepts the value; knows what the strategy below makes."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        if not fits(value, root["$defs"][name], root):
            return False
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds is not None and not any(_is(value, kind) for kind in kinds):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(fits(value, s, root) for s in schema["anyOf"]):
        return False
    if "oneOf" in schema and not any(fits(value, s, root) for s in schema["oneOf"]):
        return False
    if not all(fits(value, s, root) for s in schema.get("allOf", ())):
        return False
    if isinstance(value, str):
        return _fits_length(len(value), schema, "Length")
    if isinstance(value, dict):
        return _fits_object(value, schema, root)
    if isinstance(value, list):
        return _fits_array(value, schema, root)
    return isinstance(value, bool | None) or _fits_number(value, schema)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _fits_length(length: int, schema: Any, what: str) -> bool:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}", length)
    return bool(least <= length <= most)


def _fits_object(value: dict[str, Any], schema: Any, root: Any) -> bool:
    properties = schema.get("properties", {})
    extra = schema.get("additionalProperties", True)
    return all(name in value for name in schema.get("required", ())) and all(
        fits(part, properties.get(name, extra), root) for name, part in value.items()
    )


def _fits_array(value: list[Any], schema: Any, root: Any) -> bool:
    first = schema.get("prefixItems", [])
    parts = first + [schema.get("items", True)] * (len(value) - len(first))
    return (
        _fits_length(len(value), schema, "Items")
        and all(fits(v, s, root) for v, s in zip(value, parts, strict=False))
        and not (schema.get("uniqueItems") and _repeats(value))
    )


def _repeats(values: list[Any]) -> bool:
    return any(value in values[:index] for index, value in enumerate(values))


def _fits_number(value: float, schema: Any) -> bool:
    granule = schema.get("multipleOf", 0)
    return bool(
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and schema.get("exclusiveMinimum", value - 1) < value
        and value < schema.get("exclusiveMaximum", value + 1)
        and (not granule or value % granule == 0)
    )


_NAMES = st.sampled_from(["a", "b", "c d", "ü"])
_SMALL = st.integers(0, 5)


@st.composite
def _numbers(draw: Any, kind: str) -> dict[str, Any]:
    granule = draw(st.integers(1, 4))
    low = draw(st.integers(-40, 40))
    schema: dict[str, Any] = {"type": kind}
    if draw(st.booleans()):
        schema["multipleOf"] = granule
    # The bounds are at least two multiples apart, so that some value fits.
    bounds = {"minimum": low, "exclusiveMinimum": low}
    bounds |= {"maximum": low + 2 * granule + 1, "exclusiveMaximum": low + 9}
    for name in draw(st.sets(st.sampled_from(sorted(bounds)))):
        schema[name] = bounds[name]
    return schema


def _strings() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda least, more: {
            "type": "string",
            "minLength": least,
            "maxLength": least + more,
        },
        _SMALL,
        _SMALL,
    )


_ENUMS = st.lists(
    st.text(max_size=3) | st.integers() | st.booleans(), min_size=1, max_size=3
)
_LEAVES = st.one_of(
    st.just({}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["null", "string"]}),
    st.builds(lambda values: {"enum": values}, _ENUMS),
    st.builds(lambda values: {"const": values[0]}, _ENUMS),
    _strings(),
    _numbers("integer"),
    _numbers("number"),
    # Optional, or a choice that ends: all recursions here can.
    st.just({"type": "object", "properties": {"again": {"$ref": "#/$defs/tree"}}}),
    st.just({"$ref": "#/$defs/tree"}),
)


@st.composite
def _objects(draw: Any, parts: Any) -> dict[str, Any]:
    properties = draw(st.dictionaries(_NAMES, parts, max_size=4))
    required = draw(st.sets(st.sampled_from(sorted(properties)))) if properties else ()
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(required),
        "additionalProperties": draw(st.booleans()),
    }


@st.composite
def _arrays(draw: Any, parts: Any) -> dict[str, Any]:
    least = draw(_SMALL)
    schema = {"type": "array", "items": draw(parts), "minItems": least}
    if draw(st.booleans()):
        schema["maxItems"] = least + draw(_SMALL)
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(parts, max_size=2))
    return schema


TREE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "left": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]},
        "more": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
    },
    "required": ["value", "left", "more"],
}

SCHEMAS = st.recursive(
    _LEAVES,
    lambda parts: st.one_of(
        _objects(parts),
        _arrays(parts),
        st.builds(lambda a, b: {"anyOf": [a, b]}, parts, parts),
        st.builds(lambda a, b: {"oneOf": [a, b]}, parts, parts),
        st.builds(lambda a: {"allOf": [a]}, parts),
    ),
    max_leaves=8,
).map(lambda schema: {**schema, "$defs": {"tree": TREE}})
