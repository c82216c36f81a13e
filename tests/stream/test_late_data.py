"""Deltas made by a template, whose data is created when it is accessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import InvalidDelta
from runs_core.stream import RunEventDecoder, RunSnapshot, RunStreamEvent
from runs_core.stream.events import ThreadMessageDelta, ThreadRunStepDelta
from tests.stream.build import copied_in_every_way
from tests.stream.samples import STREAMS, decode, decode_plainly, frame

MESSAGE, STEP = ThreadMessageDelta.event, ThreadRunStepDelta.event


def text_delta(text: str, id: str = "msg_1", index: int = 0) -> bytes:
    block = {"index": index, "type": "text", "text": {"value": text}}
    raw = {"id": id, "object": "thread.message.delta", "delta": {"content": [block]}}
    return frame(MESSAGE, raw)


def call_delta(text: str, index: int = 0, id: str = "step_1") -> bytes:
    call = {"index": index, "type": "function", "function": {"arguments": text}}
    details = {"type": "tool_calls", "tool_calls": [call]}
    raw = {
        "id": id,
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }
    return frame(STEP, raw)


def whole_message(id: str, status: str, text: str) -> bytes:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    raw = {"id": id, "object": "thread.message", "content": content, "status": status}
    name = "completed" if status == "completed" else "in_progress"
    return frame(f"thread.message.{name}", raw)


def late(*texts: str) -> list[Any]:
    """Return deltas of a decoder that knows how they look."""
    events: list[Any] = decode([text_delta("a"), *map(text_delta, ("b", *texts))])
    return events[2:]


@pytest.fixture
def event() -> Any:
    (made,) = late("late")
    assert made._build is not None
    return made


def test_data_is_made_once(event: Any) -> None:
    data = event.data

    assert data.delta.content[0].text.value == "late"
    assert event.data is data


def test_events_are_compared_by_data_that_was_not_looked_at(event: Any) -> None:
    assert event == ThreadMessageDelta(late("late")[0].data)
    assert late("late")[0] == event
    assert event != late("other")[0]


@copied_in_every_way
def test_a_copy_has_the_data(event: Any, copied: Any) -> None:
    event.synthetic = True

    made = copied(event)

    assert made == late("late")[0]
    assert made.synthetic


def test_repr_shows_the_data(event: Any) -> None:
    assert repr(event) == repr(ThreadMessageDelta(event.data))
    assert "late" in repr(event)


def test_a_snapshot_takes_data_as_it_was_changed() -> None:
    snapshot = RunSnapshot()
    first, second, third, fourth = late("1", "2", "3", "4")
    second.data.delta.content[0].text.value = "two"
    third.data = late("three")[0].data

    for event in (first, second, third, fourth):
        snapshot.apply(event)

    assert snapshot.text == "1twothree4"


def test_an_event_can_be_applied_to_many_snapshots() -> None:
    events = late("1", "2", "3")
    snapshots = [RunSnapshot(), RunSnapshot()]
    for event in events:
        for snapshot in snapshots:
            snapshot.apply(event)

    assert [snapshot.text for snapshot in snapshots] == ["123", "123"]


def test_what_a_snapshot_has_shown_stays_as_it_was() -> None:
    snapshot = RunSnapshot()
    shown = []
    for event in late("1", "2", "3"):
        snapshot.apply(event)
        shown.append((snapshot.messages, snapshot.text))

    assert [text for _, text in shown] == ["1", "12", "123"]
    assert [m[0].content[0].text.value for m, _ in shown] == ["1", "12", "123"]  # type: ignore[union-attr]


def test_a_delta_for_what_has_ended_adds_nothing() -> None:
    snapshot = RunSnapshot()
    done = whole_message("msg_1", "completed", "all")
    for event in decode([*map(text_delta, "aaaa"), done, *map(text_delta, "bbb")]):
        snapshot.apply(event)

    assert snapshot.text == "all"


# Enough of each in a row that templates are learned and used, and then something else.
PIECES = st.sampled_from(
    [
        [text_delta("x")] * 3,
        [text_delta("x")],
        [text_delta("y", index=1)] * 3,
        [text_delta("z", "msg_2")] * 3,
        [call_delta("{")] * 3,
        [call_delta("[", index=1)] * 3,
        [call_delta("(", id="step_2")] * 2,
        [whole_message("msg_1", "in_progress", "w")],
        [whole_message("msg_1", "in_progress", "")],
        [whole_message("msg_1", "completed", "e")],
        [whole_message("msg_2", "completed", "e")],
        [text_delta("bad", index=9000)],
    ]
)


def state(snapshot: RunSnapshot, event: RunStreamEvent) -> Any:
    try:
        snapshot.apply(event)
    except InvalidDelta as error:
        return str(error)
    return snapshot.text


@given(st.lists(PIECES, max_size=12))
def test_promise_8_late_data_adds_up_like_any_other(pieces: list[list[bytes]]) -> None:
    chunks = [chunk for piece in pieces for chunk in piece]
    decoder = RunEventDecoder()
    one, other = RunSnapshot(), RunSnapshot()

    for chunk in chunks:
        (event,) = decoder.feed(chunk)
        (plain,) = decode_plainly(chunk)
        assert state(one, event) == state(other, plain)

    assert one.messages == other.messages
    assert one.steps == other.steps


@pytest.mark.parametrize("name", STREAMS)
def test_recorded_streams_add_up_without_looking_at_data(name: str) -> None:
    one, other = RunSnapshot(), RunSnapshot()
    for event in decode([STREAMS[name]]):
        one.apply(event)
    for event in decode_plainly(STREAMS[name]):
        other.apply(event)

    assert (one.messages, one.steps, one.run) == (
        other.messages,
        other.steps,
        other.run,
    )
