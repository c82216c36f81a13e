"""What must hold for any bytes: each target takes some, and raises if it does not hold.

The first two bytes say how the rest is fed: the limit of an event, and the pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from runs_core.errors import (
    EventTooLarge,
    InvalidDelta,
    MalformedEvent,
    MalformedResponse,
)
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.stream import RunEventDecoder, RunSnapshot, text_of
from runs_core.stream._read import read_event
from runs_core.stream.change_decoder import ChangeDecoder
from runs_core.wire.codec import make_loads, parse_json
from runs_core.wire.sse import EventStreamDecoder, iter_sse
from tests.wire import sse_reference
from tests.wire.decoding import DECODERS

__all__ = ["TARGETS"]

# The standard library alone.
slow_loads = make_loads(parse_json)

LIMITS = (None, 0, 1, 7, 64, 500, 4096)


def event_stream(data: bytes) -> None:
    """Decode the bytes whole, in pieces and by the book, to the same events."""
    limit, sizes, stream = _plan(data)
    seen = sse_reference.decode(stream, limit=limit)
    expected = [(e.event, e.data, e.id, e.retry) for e in seen.events], seen.fault
    for make in DECODERS.values():
        assert _events(make(limit), [stream]) == expected
        assert _events(make(limit), _cut(stream, sizes)) == expected
        assert _events(make(limit), _blocks(stream)) == expected
    for chunks in [stream], _cut(stream, sizes), _blocks(stream):
        assert _listed(iter_sse(chunks, limit)) == expected


def typed(data: bytes) -> None:
    """Read typed events whole, in pieces, and by way of plain ones, to the same."""
    limit, sizes, stream = _plan(data)
    whole = _typed(limit, [stream])
    assert _typed(limit, _cut(stream, sizes)) == whole
    assert _typed(limit, _blocks(stream)) == whole
    events, fault, done = whole
    expected = _by_hand(limit, stream)
    assert events == expected[0]
    assert (fault and fault[0], done) == expected[1:]


def snapshot(data: bytes) -> None:
    """Apply typed events: each fits, or changes nothing; and none is changed by it."""
    _, sizes, stream = _plan(data)
    events, _, _ = _typed(None, _cut(stream, sizes))
    state = RunSnapshot()
    changes = ChangeDecoder(lambda: state)
    for event in events:
        before = repr(event), _view(state)
        run, outcome = state.run, state.outcome
        try:
            state.apply(event)
        except InvalidDelta:
            assert _view(state) == before[1]
        else:
            changes.feed(event)
        assert repr(event) == before[0]
        assert run is None or state.run is None or run.id == state.run.id
        assert outcome not in RUN_TERMINAL or state.outcome in RUN_TERMINAL
        text_of(event)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "event_stream": event_stream,
    "typed": typed,
    "snapshot": snapshot,
}


def _plan(data: bytes) -> tuple[int | None, int, bytes]:
    limit, sizes = (*data[:2], 0, 0)[:2]
    return LIMITS[limit % len(LIMITS)], sizes, data[2:]


def _cut(data: bytes, seed: int) -> Iterator[bytes]:
    """Yield the bytes in pieces of sizes that the seed decides, some of them empty."""
    at = 0
    while at < len(data):
        seed = (seed * 73 + 41) % 256
        size = (0, 1, 2, 3, 17, 150, 600, 5000)[seed % 8]
        yield data[at : at + size]
        at += size


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield the bytes cut where servers do: before each line that begins an event."""
    yield from re.split(rb"(?=event: )", data)


def _events(decoder: Any, pieces: Any) -> tuple[list[Any], int | None]:
    def fed() -> Iterator[Any]:
        for piece in pieces:
            yield from decoder.feed(piece)
        yield from decoder.close()

    return _listed(fed())


def _listed(events: Iterator[Any]) -> tuple[list[Any], int | None]:
    """Return the events, and where the one is that was too large."""
    seen: list[Any] = []
    try:
        for e in events:
            seen.append((e.event, e.data, e.id, e.retry))
    except EventTooLarge as error:
        return seen, error.offset
    return seen, None


def _typed(limit: int | None, pieces: Any) -> tuple[list[Any], Any, bool]:
    """Return the events, what was wrong after them, and whether they were all."""
    decoder = RunEventDecoder(max_event_bytes=limit)
    events: list[Any] = []
    fault = None
    try:
        for piece in pieces:
            events += decoder.feed(piece)
        events += decoder.close()
    except (MalformedEvent, EventTooLarge) as error:
        fault = type(error), error.offset
    return events, fault, decoder.done


def _by_hand(limit: int | None, stream: bytes) -> tuple[list[Any], Any, bool]:
    decoder = EventStreamDecoder(max_event_bytes=limit)
    events: list[Any] = []
    fault = None
    plain = decoder.feed(stream)
    try:
        decoder.close()
    except EventTooLarge:
        fault = EventTooLarge
    for event in plain:
        try:
            made = read_event(event.event, event.data, slow_loads)
        except MalformedResponse:
            return events, MalformedEvent, False
        if made is None:
            return events, None, True
        events.append(made)
    return events, fault, False


def _view(state: RunSnapshot) -> str:
    shown = (state.run, state.run_id, state.outcome, state.text)
    return repr((shown, state.messages, state.steps, state.thread))
