"""Recorded streams of real servers decode, in any cut, and add up to their ends."""

from pathlib import Path
from typing import Any

import pytest

from runs_core.errors import MalformedEvent
from runs_core.stream import (
    RunEventDecoder,
    RunSnapshot,
    RunStreamEvent,
    ThreadMessageCompleted,
    ThreadRunStepCompleted,
    UnknownEvent,
)
from tests.models.samples import CAPTURES, _body, needs_recordings
from tests.stream.samples import blocks, cut, decode, decode_plainly, state, summed

pytestmark = needs_recordings


def body(path: Path) -> bytes:
    return path.read_bytes() if path.suffix == ".sse" else _body(path.read_bytes())


def is_stream(path: Path) -> bool:
    return path.suffix == ".sse" or (
        path.name.endswith(".response.raw")
        and b"content-type: text/event-stream"
        in path.read_bytes().partition(b"\r\n\r\n")[0].lower()
    )


PATHS = {
    f"{path.parent.name}/{path.name.partition('.')[0]}": path
    for path in sorted(CAPTURES.glob("*/*"))
    if is_stream(path)
}
# The published examples: a stray bracket behind the data of 15 events.
BROKEN = [name for name in PATHS if name.startswith("openai-spec/")]
WHOLE = [name for name in PATHS if name not in BROKEN]


# How the runs ended that were not completed. Two streams were cut by a fault.
OUTCOMES = {
    "02_proxy_read_timeout_midstream": None,
    "14_create_run_stream": None,
    "30_stream_requires_action": "requires_action",
    "runs_streamed_create__03": "incomplete",
}


def events_of(stream: bytes, size: int = 10**9) -> tuple[list[RunStreamEvent], Any]:
    """Return the events, and where the fault is that comes after them."""
    decoder = RunEventDecoder()
    events: list[RunStreamEvent] = []
    try:
        for piece in cut(stream, size):
            events += decoder.feed(piece)
        decoder.close()
    except MalformedEvent as error:
        return events, (error.offset, error.event)
    return events, None


def test_all_kinds_of_recordings_are_there() -> None:
    assert len(WHOLE) >= 15
    assert len(BROKEN) == 5


@pytest.mark.parametrize("name", WHOLE)
def test_a_recorded_stream_decodes_in_any_cut(name: str) -> None:
    stream = body(PATHS[name])
    events = decode_plainly(stream)

    assert len(events) >= 3
    assert [e.event for e in events if type(e) is UnknownEvent] == []
    for size in (1, 61, 1460, 10**9):
        assert events == decode(cut(stream, size))
    assert events == decode(blocks(stream))


@pytest.mark.parametrize("name", WHOLE)
def test_what_a_recorded_stream_adds_up_to_is_what_it_ends_with(name: str) -> None:
    snapshot = RunSnapshot()
    ends = 0
    for event in decode([body(PATHS[name])]):
        if isinstance(event, ThreadMessageCompleted):
            (message,) = [m for m in snapshot.messages if m.id == event.data.id]
            assert message.content == event.data.content
            ends += 1
        elif isinstance(event, ThreadRunStepCompleted):
            (step,) = [s for s in snapshot.steps if s.id == event.data.id]
            assert step.step_details == event.data.step_details
            ends += 1
        snapshot.apply(event)

    outcome = OUTCOMES.get(name.partition("/")[2], "completed")
    assert snapshot.outcome == outcome
    assert bool(ends) == (outcome in ("completed", "incomplete"))
    if outcome == "requires_action":
        wanted = snapshot.run.to_dict()["required_action"]["submit_tool_outputs"]
        (step,) = snapshot.steps
        shown = step.to_dict()["step_details"]["tool_calls"]
        assert [c["function"]["arguments"] for c in shown] == [
            c["function"]["arguments"] for c in wanted["tool_calls"]
        ]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_example_decodes_up_to_where_it_is_broken(name: str) -> None:
    stream = body(PATHS[name])
    events, fault = events_of(stream)

    for size in (1, 61, 1460):
        assert (events, fault) == events_of(stream, size)
    if fault is not None:
        offset, event = fault
        assert stream[offset:].startswith(f"event: {event}\n".encode())


@pytest.mark.parametrize("name", WHOLE)
def test_snapshots_of_recorded_streams_are_the_same_in_any_cut(name: str) -> None:
    stream = body(PATHS[name])
    expected = state(summed(decode([stream])))
    assert expected == state(summed(decode(cut(stream, 61))))
