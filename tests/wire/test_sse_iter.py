"""Pulling the chunks of an event stream; that the events are right, `decode` checks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

import runs_core
from runs_core.errors import EventTooLarge, InvalidOption
from runs_core.wire.sse import EventStreamDecoder, iter_sse
from tests.wire.decoding import KIB, MIB, decode, pieces

A = b"event: a\ndata: 1\n\n"
B = b"event: b\r\ndata: 2\r\n\r\n"


def names(chunks: list[bytes]) -> list[str]:
    return [event.event for event in iter_sse(chunks)]


def test_it_is_where_the_decoder_is() -> None:
    assert runs_core.iter_sse is iter_sse


def test_events_come_from_any_iterable_of_anything_like_bytes() -> None:
    stream = A + B

    assert names([stream]) == ["a", "b"]
    assert [e.event for e in iter_sse(iter([stream]))] == ["a", "b"]
    assert [e.event for e in iter_sse((bytearray(A), memoryview(B)))] == ["a", "b"]
    assert names([]) == []


def test_nothing_is_pulled_before_an_event_is_asked_for_and_no_more_than_it_needs() -> (
    None
):
    pulled = []

    def chunks() -> Iterator[bytes]:
        for chunk in A, A[:5], A[5:], B:
            pulled.append(chunk)
            yield chunk

    events = iter_sse(chunks())
    assert pulled == []
    next(events)
    assert pulled == [A]
    next(events)
    assert pulled == [A, A[:5], A[5:]]


def test_what_the_chunks_raise_comes_after_the_events_before() -> None:
    def chunks() -> Iterator[bytes]:
        yield A + A[:5]
        raise ConnectionResetError

    events = iter_sse(chunks())
    assert next(events).event == "a"
    with pytest.raises(ConnectionResetError):
        next(events)
    assert list(events) == []


def test_an_event_that_is_too_large_ends_it_before_another_chunk_is_pulled() -> None:
    def chunks() -> Iterator[bytes]:
        yield A + b"data: " + b"x" * 100 + b"\n\n" + A
        raise AssertionError("another chunk was pulled")

    events = iter_sse(chunks(), 20)
    assert next(events).event == "a"
    with pytest.raises(EventTooLarge) as fault:
        next(events)
    assert (fault.value.offset, fault.value.limit) == (len(A), 20)


@pytest.mark.parametrize("before", [A[:9], A[:-1], A + A[:5]])
def test_the_error_counts_what_came_in_chunks_of_any_kind(before: bytes) -> None:
    many = A * 80
    large = b"data: " + b"x" * 3000 + b"\n\n"
    chunks = [A * 5 + A[:9], A[9:] + before, many[len(before) % len(A) :] + A[:7]]

    assert decode([*chunks, A[7:] + large], limit=2000).fault is not None
    assert decode([*chunks[::2], A[7:] + large], limit=2000).fault is not None
    assert decode([A + large[:2500], large[2500:]], limit=2000).fault is not None
    assert decode([large[:2500], large[2500:]], limit=2000).fault is not None
    assert decode([b"event: a\n" + large[:2500]], limit=2000).fault == 0


@pytest.mark.parametrize("size", [7, KIB, 64 * KIB])
@pytest.mark.parametrize("begin", [A, b"event: a\n"])
def test_a_long_event_is_held_once_and_nothing_behind_it(
    begin: bytes, size: int
) -> None:
    length = 64 * KIB if size < KIB else MIB
    held = []

    def chunks() -> Iterator[bytes]:
        yield begin + b"data: "
        for _ in range(length // size):
            yield b"y" * size
        yield b"\n\n"
        held.append(tracemalloc.get_traced_memory()[0])
        yield A

    tracemalloc.start()
    try:
        read = [len(event.data) for event in iter_sse(chunks())]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert read[-2:] == [length // size * size, 1]
    # An eighth more while the buffer grows, and some chunks.
    assert peak < 1.25 * length + 8 * size + 128 * KIB
    # The event itself, until the next is found.
    assert held[0] < 1.25 * length + 8 * size + 128 * KIB


@pytest.mark.parametrize("line", [b"data: y\n", b": y\n", b"data\r", b"event: y\r\n"])
@pytest.mark.parametrize("size", [1, KIB])
def test_no_flood_takes_more_than_the_limit(line: bytes, size: int) -> None:
    limit = 16 * KIB
    chunk = line * (size // len(line)) or line
    comment = line.startswith(b":")
    # Enough for values, one byte in ten, to pass the limit; of comments, more than may
    # be held.
    total = (8 if comment else 16) * limit

    def chunks() -> Iterator[bytes]:
        for _ in range(total // len(chunk)):
            yield chunk

    events = iter_sse(chunks(), limit)
    tracemalloc.start()
    try:
        if not comment:
            with pytest.raises(EventTooLarge):
                next(events)
        else:
            assert list(events) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 2 * limit + 20 * len(chunk) + 64 * KIB


@pytest.mark.parametrize("size", [1, 7, 64, 1460, 10**6])
def test_what_is_left_to_a_decoder_is_taken_back(size: int) -> None:
    long = b"event: a\ndata: " + b"y" * 9000 + b"\n\n"
    block = b"id: 1\r\nevent: b\r\ndata: 1\r\ndata: 2\r\n\r\n"
    stream = b"\xef\xbb\xbf" + (A + long + block + b"\n" + A + b"data: z\r\r\n") * 20
    decoder = EventStreamDecoder()

    events = list(iter_sse(pieces(stream, size)))

    assert events == decoder.feed(stream)
    assert len(events) == 100


@pytest.mark.parametrize(
    ("on_eof", "seen"), [("discard", ["a"]), ("flush", ["a", "message"])]
)
@pytest.mark.parametrize("chunk", [b"data: x", b"data: x\n", b"\xef\xbb\xbfdata: x\r"])
def test_an_event_that_has_not_ended_counts_if_that_is_asked_for(
    on_eof: str, seen: list[str], chunk: bytes
) -> None:
    at_once = chunk.startswith(b"\xef")
    chunks = [chunk] if at_once else [A, chunk]

    found = iter_sse(chunks, on_eof=on_eof)  # type: ignore[arg-type]

    assert [event.event for event in found] == (seen[1:] if at_once else seen)


@pytest.mark.parametrize("whole", [A, bytearray(A), memoryview(A), A.decode()])
def test_a_stream_that_is_not_in_chunks_is_refused_at_once(whole: object) -> None:
    with pytest.raises(TypeError, match="an iterable of chunks, not "):
        iter_sse(whole)  # type: ignore[arg-type]


def test_chunks_that_are_not_bytes_are_refused() -> None:
    with pytest.raises(TypeError, match="an event stream is bytes, not str"):
        next(iter_sse(["data: x\n\n"]))  # type: ignore[list-item]


def test_options_are_checked_at_once() -> None:
    with pytest.raises(InvalidOption, match="max_event_bytes"):
        iter_sse([], -1)
    with pytest.raises(InvalidOption, match="on_eof"):
        iter_sse([], on_eof="keep")  # type: ignore[arg-type]
