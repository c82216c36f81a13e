"""Objects of every class decode, however a server bends them, and encode back equal."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs_core import models
from runs_core.errors import MalformedResponse
from runs_core.models import Unknown
from runs_core.wire.codec import (
    WireObject,
    dumps,
    field_names,
    loads,
    structure,
    unstructure,
)
from tests.models.samples import SAMPLES

EVERY_SAMPLE = pytest.mark.parametrize(
    ("cls", "raw"), SAMPLES, ids=lambda value: getattr(value, "__name__", "raw")
)


def parts(value: object) -> Iterator[WireObject]:
    if isinstance(value, WireObject):
        yield value
        if not isinstance(value, Unknown):
            for name in field_names(type(value)):
                yield from parts(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from parts(item)


@EVERY_SAMPLE
def test_a_sample_encodes_back_equal(cls: Any, raw: Any) -> None:
    made = structure(raw, cls)

    assert raw == made.to_dict()
    assert raw == loads(made.to_json())
    assert raw == loads(dumps(made))
    assert made == structure(copy.deepcopy(raw), cls)


@EVERY_SAMPLE
def test_a_copy_encodes_equal(cls: Any, raw: Any) -> None:
    made = structure(raw, cls)

    for copied in (
        copy.copy(made),
        copy.deepcopy(made),
        pickle.loads(pickle.dumps(made)),
    ):
        assert made == copied
        assert raw == copied.to_dict()


@EVERY_SAMPLE
def test_to_dict_shares_nothing_with_the_object(cls: Any, raw: Any) -> None:
    made = structure(raw, cls)
    before = copy.deepcopy(raw)

    empty(made.to_dict())

    assert before == made.to_dict()


def empty(value: Any) -> None:
    if isinstance(value, dict | list):
        for item in list(value.values()) if isinstance(value, dict) else value:
            empty(item)
        value.clear()


def test_the_samples_hold_an_object_of_every_class() -> None:
    seen = {type(part) for cls, raw in SAMPLES for part in parts(structure(raw, cls))}
    sent_only = {models.TextContentBlockParam, models.ToolApproval, models.ToolOutput}
    classes = {
        cls for name in models.__all__ if attrs.has(cls := getattr(models, name))
    }

    assert classes - {Unknown} == seen | sent_only


def test_every_field_of_a_sample_is_known_but_those_that_are_meant_not_to_be() -> None:
    extra = {
        (type(part).__name__, key)
        for cls, raw in SAMPLES
        for part in parts(structure(raw, cls))
        for key in part.extra
    }

    assert extra == {
        ("ErrorObject", "innererror"),
        ("Message", "file_ids"),
        ("MessageDeltaEvent", "created_at"),
        ("MessageDeltaEvent", "request_id"),
        ("MessageDeltaEvent", "status_code"),
        ("Thread", "enabled"),
        ("Usage", "prompt_token_details"),
    }


# --- Mutations ---------------------------------------------------------------------

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "type", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(raw: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container and key of a JSON value."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw)
    for key, value in items:
        yield raw, key
        if isinstance(value, dict | list):
            yield from places(value)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Any, Any]:
    """Return a sample in which servers' liberties are taken."""
    cls, raw = draw(st.sampled_from(SAMPLES))
    raw = copy.deepcopy(raw)
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(raw))
        if not found:
            break
        parent, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["drop", "add", "rename", "retype", "unwrap"])):
            case "drop":
                del parent[key]
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(["x", "extra", "raw", "_sent"]))] = draw(
                    JSON
                )
            case "rename" if isinstance(parent[key], str):
                parent[key] += "_new"
            case "unwrap" if isinstance(parent[key], list) and parent[key]:
                parent[key] = parent[key][0]
            case _:
                parent[key] = draw(JSON)
    return cls, raw


def structured(raw: Any, cls: Any) -> Any:
    try:
        return structure(raw, cls)
    except MalformedResponse as error:
        return error


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutation_is_refused_with_its_place_or_encodes_back_equal(
    sample: tuple[Any, Any],
) -> None:
    cls, raw = sample
    before = copy.deepcopy(raw)
    made = structured(raw, cls)
    if isinstance(made, MalformedResponse):
        assert made.where.startswith("$")
        assert str(made).endswith(f" @ {made.where}")
    else:
        assert before == made.to_dict()
        assert before == unstructure(structure(loads(dumps(made)), cls))
        assert made == copy.deepcopy(made)
        assert isinstance(repr(made), str)
        assert made.model_dump()


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(
        sorted(
            name for name in models.__all__ if attrs.has(getattr(models, name, None))
        )
    ),
    JSON,
)
def test_any_json_as_any_class_is_refused_or_encodes_back_equal(
    name: str, raw: Any
) -> None:
    made = structured(raw, getattr(models, name))
    if isinstance(made, MalformedResponse):
        assert made.where.startswith("$")
    else:
        assert raw == unstructure(made)


@pytest.mark.parametrize(
    ("cls", "raw"),
    [(cls, raw) for cls, raw in SAMPLES if isinstance(cls, type)],
    ids=lambda value: getattr(value, "__name__", "raw"),
)
def test_nothing_is_needed_but_what_the_whole_object_is_about(
    cls: Any, raw: Any
) -> None:
    for parent, key in list(places(raw)):
        if isinstance(parent, dict) and not (
            parent is raw and key in ("id", "object", "delta")
        ):
            value = parent.pop(key)

            assert raw == structure(raw, cls).to_dict()

            parent[key] = value
