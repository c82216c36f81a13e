"""The snapshot refuses a delta that does not fit, and is as it was before."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from runs_core.errors import InvalidDelta
from runs_core.models import MessageDeltaEvent, RunStepDeltaEvent
from runs_core.stream import (
    EVENT_CLASSES,
    RunSnapshot,
    ThreadMessageDelta,
    ThreadRunStepDelta,
)
from tests.stream.build import (
    CREATED,
    DELTA,
    STEP_DELTA,
    applied,
    applied_stream,
    calls,
    delta,
    function,
    made,
    message,
    text,
)
from tests.stream.samples import state, summed

CANARY = "canary-91c4"

# --- What does not fit ------------------------------------------------------------

BAD_BLOCKS: list[Any] = [
    text("x", index)
    for index in (-1, 1.0, True, False, "0", None, [], {}, 2**64, 1026, float(10**20))
] + [
    {"type": "text", "text": {"value": "x"}},
    {"index": 0, "type": "refusal", "refusal": "x"},
    {"index": 0, "type": "new", "x": CANARY},
    {"index": 0, "type": "text", "text": "x"},
    {"index": 0, "type": "text", "text": ["x"]},
    {"index": 0, "type": "text", "text": {"value": ["x"]}},
    {"index": 0, "type": "text", "text": {"value": {CANARY: 1}}},
    {"index": 0, "type": "text", "text": {"annotations": [{"type": "file_path"}]}},
    {"index": 0, "type": "text", "text": {"annotations": ["x"]}},
    {"index": 0, "type": "text", "text": {"annotations": [text("x", 5000)]}},
    "x",
    None,
    5,
    [],
]


@pytest.mark.parametrize("bad", BAD_BLOCKS)
@pytest.mark.parametrize("before", [True, False])
def test_promise_8_a_delta_that_does_not_fit_changes_nothing(
    bad: Any, before: bool
) -> None:
    snapshot = applied((CREATED, message()), (DELTA, delta(text("a"), text("b", 1))))
    expected = state(snapshot)
    good = text("good")
    (event,) = made((DELTA, delta(good, bad) if before else delta(bad, good)))

    for _ in range(2):
        with pytest.raises(InvalidDelta) as caught:
            snapshot.apply(event)
        assert state(snapshot) == expected
    shown = [str(caught.value), repr(caught.value)]
    shown += traceback.format_exception(caught.value)
    assert CANARY not in "".join(shown)
    assert caught.value.where.startswith("$.delta.content")
    (event,) = made((DELTA, delta(text("c", 1))))
    snapshot.apply(event)
    assert snapshot.text == "abc"


@pytest.mark.parametrize(
    "bad",
    [
        function("x", -1),
        function("x", True),
        function("x", False),
        function("x", 1025),
        function("x", id="call_2"),
        {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "x"}},
        {"index": 0, "type": "function", "function": {"arguments": {}}},
        {"index": 0, "type": "function", "function": "x"},
        {"type": "function"},
    ],
)
def test_promise_8_a_call_that_does_not_fit_changes_nothing(bad: Any) -> None:
    snapshot = applied((STEP_DELTA, calls(function("{", id="call_1"))))
    expected = state(snapshot)
    for raw in (calls(bad), calls(function("}"), bad)):
        (event,) = made((STEP_DELTA, raw))
        with pytest.raises(InvalidDelta):
            snapshot.apply(event)
        assert state(snapshot) == expected


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (calls(function("x", id="call_2")), "tool_calls[0]"),
        (calls(function("x"), function("x", 5000)), "tool_calls[1]"),
        (calls(function("x"), function({}, 1)), "tool_calls[1].function.arguments"),
        (calls(function("x", 1), function(["x"])), "tool_calls[1].function.arguments"),
    ],
)
def test_an_error_says_where_in_the_delta_it_is(raw: Any, where: str) -> None:
    begun = function("{", id="call_1"), function("{", 1, id="call_3")
    snapshot = applied((STEP_DELTA, calls(*begun)))
    (event,) = made((STEP_DELTA, raw))

    with pytest.raises(InvalidDelta) as caught:
        snapshot.apply(event)
    assert caught.value.where == f"$.delta.step_details.{where}"
    assert caught.value.event == event.event
    assert str(caught.value).startswith("the thread.run.step.delta event does not fit")
    assert str(caught.value).endswith(f"@ {caught.value.where}")


def test_an_event_of_ones_own_may_not_fit_either() -> None:
    """What servers send is checked when it is read."""
    wrong: Any = "text"
    snapshot = RunSnapshot()
    for event in (
        ThreadMessageDelta(MessageDeltaEvent("msg_1", wrong)),
        ThreadRunStepDelta(RunStepDeltaEvent("step_1", wrong)),
    ):
        with pytest.raises(
            InvalidDelta, match=r"must be an object @ \$\.delta"
        ) as caught:
            snapshot.apply(event)
        assert caught.value.where == "$.delta"
    assert snapshot.messages == snapshot.steps == ()


def test_a_step_keeps_its_type() -> None:
    odd = {**calls(), "delta": {"step_details": {"type": "message_creation"}}}
    begun = made((STEP_DELTA, calls(function("{"))), (STEP_DELTA, odd))
    snapshot = summed(begun[:1])
    with pytest.raises(InvalidDelta):
        snapshot.apply(begun[1])


@pytest.mark.parametrize("more", [{"x": [5]}, {"y": [{"index": 1}]}])
def test_an_unknown_kind_keeps_its_lists_and_objects_apart(more: Any) -> None:
    new = {"index": 0, "type": "new"}
    begun = {**new, "x": [{"index": 0}], "y": {"a": 1}}
    snapshot = applied((DELTA, delta(begun)))
    expected = state(snapshot)
    (event,) = made((DELTA, delta({**new, **more})))

    with pytest.raises(InvalidDelta, match="of another kind"):
        snapshot.apply(event)
    assert state(snapshot) == expected


TEXTS: dict[str, Callable[[Any], Any]] = {
    "value": lambda value: (DELTA, delta(text(value))),
    "refusal": lambda value: (
        DELTA,
        delta({"index": 0, "type": "refusal", "refusal": value}),
    ),
    "arguments": lambda value: (STEP_DELTA, calls(function(value))),
    "input": lambda value: (
        STEP_DELTA,
        calls(
            {
                "index": 0,
                "type": "code_interpreter",
                "code_interpreter": {"input": value},
            }
        ),
    ),
    "new": lambda value: (DELTA, delta({"index": 0, "type": "new", "new": value})),
}


@pytest.mark.parametrize("other", [5, 0, 1.5, True, False])
@pytest.mark.parametrize("key", TEXTS)
def test_no_other_value_takes_the_place_of_a_text(key: str, other: Any) -> None:
    said = TEXTS[key]
    snapshot = applied(said("a"), said("b"))
    expected = state(snapshot)
    (event,) = made(said(other))
    with pytest.raises(InvalidDelta, match=rf"another kind than before @ .*\.{key}$"):
        snapshot.apply(event)

    assert state(snapshot) == expected
    for event in made(said("c")):
        snapshot.apply(event)
    assert state(snapshot) == state(applied(said("abc")))


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_takes_the_place_of_another_value(key: str) -> None:
    said = TEXTS[key]
    snapshot = applied(said(5), said(6), said(None), said(""))
    assert state(snapshot) == state(applied(said(6)))
    for event in made(said("a"), said("b")):
        snapshot.apply(event)
    assert state(snapshot) == state(applied(said("ab")))


def test_a_name_may_become_anything() -> None:
    seen = [{"index": 0, "type": "new", "new_id": name} for name in ("a", 5, "b")]
    snapshot = applied(*((DELTA, delta(entry)) for entry in seen))

    assert snapshot.messages[0].content[0].get("new_id") == "b"


@pytest.mark.parametrize("was", [{"a": 1}, [1], [{"index": 0, "a": 1}]])
def test_no_number_takes_the_place_of_an_object_or_a_list(was: Any) -> None:
    with pytest.raises(InvalidDelta, match="another kind than before"):
        applied(TEXTS["new"](was), TEXTS["new"](5))


def test_nothing_begins_with_a_delta_that_does_not_fit() -> None:
    snapshot = RunSnapshot()
    for event in made((DELTA, delta("x")), (STEP_DELTA, calls("x"))):
        with pytest.raises(InvalidDelta):
            snapshot.apply(event)
    assert state(snapshot) == state(RunSnapshot())
    for event in made((DELTA, delta(id="m")), (STEP_DELTA, calls(id="s"))):
        snapshot.apply(event)
    assert [m.id for m in snapshot.messages] == ["m"]
    assert [s.id for s in snapshot.steps] == ["s"]


@pytest.mark.parametrize("id", ["", None, 5, True, ["msg_1"], {}])
@pytest.mark.parametrize("name", [n for n in EVENT_CLASSES if n != "error"])
def test_promise_8_ids_are_checked_before_anything_is_written(
    name: str, id: Any
) -> None:
    # Not by decoding, which refuses them too.
    (event,) = made((name[7:], {"id": "x", "object": "o", "delta": {}}))
    event.data.id = id
    snapshot = applied_stream("text_run")
    expected = state(snapshot)

    with pytest.raises(InvalidDelta) as caught:
        snapshot.apply(event)
    assert caught.value.where == "$.id"
    assert state(snapshot) == expected


def test_an_index_may_lie_a_little_behind_the_end() -> None:
    assert applied((DELTA, delta(text("a", 1023)))).text == "a"
    with pytest.raises(InvalidDelta):
        applied((DELTA, delta(text("a", 1024))))
    # From the end as it is by then, in one delta and over several.
    steps = [text("a", 1000 * n) for n in range(1, 5)]
    steps.insert(2, text("a", 0))
    assert applied((DELTA, delta(*steps))).text == "aaaaa"
    assert applied(*((DELTA, delta(s)) for s in steps)).text == "aaaaa"


def test_lists_may_grow_beyond_the_gap() -> None:
    def note(index: int) -> dict[str, Any]:
        noted = {"index": index, "type": "url_citation"}
        return {"index": 0, "type": "text", "text": {"annotations": [noted]}}

    snapshot = applied(*((DELTA, delta(note(n))) for n in range(2500)))
    assert len(snapshot.messages[0].content[0].text.annotations) == 2500  # type: ignore[union-attr]
