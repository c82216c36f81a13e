"""How tests use an event-stream decoder, and what they expect of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import pytest

from runs_core.errors import EventTooLarge
from runs_core.wire._sse_frames import Framer
from runs_core.wire.sse import EventStreamDecoder, ServerSentEvent, iter_sse
from tests.wire import sse_reference
from tests.wire.event_stream_cases import Event

try:
    from runs_core.wire.compiled import EventStreamDecoder as CompiledDecoder
except ImportError:
    CompiledDecoder = None

KIB = 1024
MIB = 1024 * KIB

# What makes a decoder, of which each must give the same for anything: the compiled one,
# too, where it has been built.
MakeDecoder: TypeAlias = Callable[..., Any]
DECODERS: dict[str, MakeDecoder] = {"pure": EventStreamDecoder}
if CompiledDecoder is not None:
    DECODERS["compiled"] = CompiledDecoder


class Outcome(NamedTuple):
    events: list[Event]
    fault: int | None


def decode(
    chunks: Iterable[bytes], *, limit: int | None = None, flush: bool = False
) -> Outcome:
    """Decode with every decoder, fed or pulling, to the same; give that."""
    chunks = list(chunks)
    after: list[list[int]] = [[] for _ in DECODERS]
    outcomes = [
        _decode(make, chunks, limit, flush, seen)
        for make, seen in zip(DECODERS.values(), after, strict=True)
    ]
    outcomes.append(_pull(chunks, limit, flush, after[0]))
    for outcome in outcomes:
        assert outcome == outcomes[0]
    return outcomes[0]


def _decode(
    make: MakeDecoder,
    chunks: Iterable[bytes],
    limit: int | None,
    flush: bool,
    after: list[int],
) -> Outcome:
    """Feed and close; check on the way what is true of every decoder.

    `after` gets the number of events after each chunk.
    """
    decoder = make(limit, on_eof="flush" if flush else "discard")
    events: list[ServerSentEvent] = []
    fed = 0
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
            fed += len(chunk)
            assert decoder.offset == fed
            after.append(len(events))
        events += decoder.close()
    except EventTooLarge as error:
        fault = error
    else:
        return Outcome(plain(events), None)
    for call in (decoder.close, lambda: decoder.feed(b"data: x\n\n")):
        with pytest.raises(EventTooLarge) as again:
            call()
        assert str(again.value) == str(fault)
    assert fault.limit == limit
    return Outcome(plain(events), fault.offset)


def _pull(
    chunks: list[bytes], limit: int | None, flush: bool, after: list[int]
) -> Outcome:
    """Pull the chunks; check that no more are pulled than a decoder would need.

    Each event comes with the chunk that ends it, and an error with the one that shows
    that it is too large: `after` says how many events there are after each chunk.
    """

    def watched() -> Iterator[bytes]:
        before = 0
        # Not the chunk that a decoder which is fed refuses.
        for chunk, number in zip(chunks, after, strict=False):
            assert len(events) == before
            before = number
            yield chunk
        assert len(events) == before
        assert len(after) == len(chunks)

    events: list[ServerSentEvent] = []
    on_eof: Literal["flush", "discard"] = "flush" if flush else "discard"
    try:
        for event in iter_sse(watched(), limit, on_eof=on_eof):
            events.append(event)  # Not `extend`: `watched` looks at it meanwhile.
    except EventTooLarge as error:
        fault = error
    else:
        return Outcome(plain(events), None)
    assert fault.limit == limit
    return Outcome(plain(events), fault.offset)


def plain(events: Iterable[ServerSentEvent]) -> list[Event]:
    for event in events:
        assert type(event.data) is bytes
    return [Event(e.event, e.data, e.id, e.retry) for e in events]


def expected(
    stream: bytes, *, limit: int | None = None, flush: bool = False
) -> Outcome:
    outcome = sse_reference.decode(stream, limit=limit, flush=flush)
    return Outcome([Event(*seen[:4]) for seen in outcome.events], outcome.fault)


def single_bytes(stream: bytes) -> Iterator[bytes]:
    return (stream[i : i + 1] for i in range(len(stream)))


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[i : i + size] for i in range(0, len(stream), size))


class Places(Framer):
    """Says of each event where its block begins, as decoders built on it do."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[tuple[str, bytes, int]]:
        found = self._found(data)
        events, _ = found
        starts = self._offsets_of(found) if events else []
        return [
            (event.event, event.data, start)
            for event, start in zip(events, starts, strict=True)
        ]


def places(chunks: Iterable[bytes], *, limit: int | None) -> list[tuple[Any, ...]]:
    decoder = Places(limit, "discard")
    found: list[tuple[Any, ...]] = []
    try:
        for chunk in chunks:
            found += decoder.feed(chunk)
    except EventTooLarge:
        pass
    return found
