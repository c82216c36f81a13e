"""Streams to decode: those in `tests/samples/streams`, and ways to decode them.

They are shaped as the recorded ones are; `tests/stream/test_captures.py` reads those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runs_core.errors import MalformedEvent
from runs_core.stream import RunEventDecoder, RunSnapshot, RunStreamEvent
from runs_core.stream._read import read_event
from runs_core.wire.codec import dumps, loads
from runs_core.wire.sse import EventStreamDecoder

STREAMS = {
    path.stem: path.read_bytes()
    for path in sorted((Path(__file__).parents[1] / "samples/streams").glob("*.sse"))
}


def frame(event: str | None, data: Any) -> bytes:
    """One event as servers write it; data that is not bytes is written as JSON."""
    text = data if isinstance(data, bytes) else dumps(data)
    name = b"" if event is None else b"event: " + event.encode() + b"\n"
    return name + b"data: " + text + b"\n\n"


def decode(pieces: Iterable[bytes], **options: Any) -> list[RunStreamEvent]:
    """Return the events of a stream that is cut so."""
    decoder = RunEventDecoder(**options)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def malformed(*pieces: bytes) -> tuple[list[Any], MalformedEvent]:
    """Return the events before a fault, and the error that comes after them."""
    events: list[Any] = []
    with pytest.raises(MalformedEvent) as caught:
        feed_all(RunEventDecoder(), pieces, events)
    return events, caught.value


def feed_all(decoder: Any, pieces: Iterable[bytes], events: list[Any]) -> None:
    """Add the events to the list, also where an error follows them."""
    for piece in pieces:
        events += decoder.feed(piece)
    decoder.close()


def decode_plainly(stream: bytes) -> list[RunStreamEvent]:
    """Return the events of a stream, each one parsed in full and for itself."""
    events = []
    for sse in EventStreamDecoder().feed(stream):
        event = read_event(sse.event, sse.data, loads)
        if event is None:
            break
        event.data  # noqa: B018 - it is made now
        events.append(event)
    return events


def cut(stream: bytes, size: int) -> Iterator[bytes]:
    """Cut into pieces of a size."""
    return (stream[at : at + size] for at in range(0, len(stream), size))


def blocks(stream: bytes) -> list[bytes]:
    """Cut behind every blank line, so that each event is a piece."""
    end = b"\r\n\r\n" if b"\r\n\r\n" in stream else b"\n\n"
    return [block + end for block in stream.split(end)[:-1]]


def summed(events: Iterable[RunStreamEvent]) -> RunSnapshot:
    """Return what events add up to."""
    snapshot = RunSnapshot()
    for event in events:
        snapshot.apply(event)
    return snapshot


def state(snapshot: RunSnapshot) -> dict[str, Any]:
    """Return all that a snapshot says, as plain values."""
    return {
        "run": snapshot.run and snapshot.run.to_dict(),
        "run_id": snapshot.run_id,
        "thread": snapshot.thread and snapshot.thread.to_dict(),
        "outcome": snapshot.outcome,
        "messages": [message.to_dict() for message in snapshot.messages],
        "steps": [step.to_dict() for step in snapshot.steps],
        "text": snapshot.text,
    }
