"""Time is linear and memory bounded, whatever a server sends and however it is cut."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import repeat
from typing import Any

import pytest

from runs_core import (
    ConnectionOutcomeUnknown,
    Endpoint,
    EventStreamDecoder,
    EventTooLarge,
    ResponseTooLarge,
    RunEventDecoder,
    ServerErrorOutcomeUnknown,
    bound,
    runs,
)
from runs_core.drive import Driver
from runs_core.testing.torture import pieces
from runs_transports.conformance.peer import Connection, answering, peer, whole
from runs_transports.sockets import SocketTransport
from tests.torture.cuts import ended_in
from tests.wire.decoding import DECODERS

LIMIT = 64 * 1024
MIB = 1024 * 1024

# Each is repeated for ever; none of it is an event that ends.
FLOODS = {
    "a line of data": (b"data: ", b"x" * 997),
    "lines of data": (b"", b"data: xxxxxxxxxx\n"),
    "empty lines of data": (b"", b"data\n"),
    "a comment": (b":", b"x" * 997),
    "comments": (b"", b": ping\n\n"),
    "an id": (b"id: ", b"x" * 997),
    "ids": (b"", b"id: 12345\n"),
    "a field nobody knows": (b"", b"field: 12345\n"),
    "a name": (b"event: ", b"x" * 997),
    "names": (b"", b"event: thread.run.queued\n"),
    "no lines at all": (b"", b"\x00" * 1000),
    "blank lines": (b"", b"\r\n\r"),
}


def flood(name: str, total: int, size: int) -> Iterator[bytes]:
    first, then = FLOODS[name]
    piece = then * max(1, size // len(then))
    yield first
    for _ in range(total // len(piece)):
        yield piece


def peak_of(action: Callable[[], Any]) -> int:
    """Return the most memory that the action needed at once, in bytes."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1000, 64 * 1024])
@pytest.mark.parametrize("name", FLOODS)
def test_promise_2_no_endless_event_takes_more_than_its_limit(
    name: str, size: int
) -> None:
    def feed() -> None:
        decoder = RunEventDecoder(max_event_bytes=LIMIT)
        with suppress(EventTooLarge):
            for piece in flood(name, MIB // 2, size):
                assert decoder.feed(piece) == []

    feed()  # What is made once, on first use, is not the flood's.
    # A piece is taken apart into lines, of which each may be smaller than its object.
    assert peak_of(feed) < 2 * LIMIT + 20 * size


@pytest.mark.parametrize("name", ["a line of data", "comments"])
def test_promise_2_no_endless_stream_takes_more_than_its_limit(name: str) -> None:
    def stream() -> None:
        outcome = ended_in(flood(name, 2 * MIB, 4096), max_event_bytes=LIMIT)
        assert outcome in ("EventTooLarge", "StreamTruncated")

    stream()
    assert peak_of(stream) < 2 * LIMIT + 256 * 1024


def test_promise_2_many_events_at_once_are_no_large_event() -> None:
    decoder = EventStreamDecoder(max_event_bytes=100)

    assert len(decoder.feed(b"data: 12345\n\n" * 100_000)) == 100_000


# --- Time --------------------------------------------------------------------------


def seconds(action: Callable[[], object]) -> float:
    """Return the processor time of the action, at its best."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        action()
        best = min(best, time.process_time() - start)
    return best


SHAPES: dict[str, tuple[bytes, bytes, int, int]] = {
    # What it begins with, what follows again and again, the piece, and how much.
    "a line byte by byte": (b"data: ", b"x", 1, 8 * 1024),
    "a line in kibibytes": (b"data: ", b"x", 1024, 512 * 1024),
    "a line in large pieces": (b"data: ", b"x", 64 * 1024, 2 * MIB),
    "lines byte by byte": (b"", b"data: x\n", 1, 4 * 1024),
    "lines in kibibytes": (b"", b"data: x\n", 1024, 64 * 1024),
    "lines of CR": (b"", b"data: x\r", 1024, 64 * 1024),
    "a comment byte by byte": (b":", b"x", 1, 8 * 1024),
    "events byte by byte": (b"", b"data: {}\n\n", 1, 4 * 1024),
    "events in kibibytes": (b"", b"data: {}\n\n", 1024, 64 * 1024),
    "blank lines": (b"", b"\n", 1024, 64 * 1024),
}


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_promise_2_eight_times_the_bytes_take_eight_times_the_time(
    shape: str, decoder: str
) -> None:
    first, then, size, total = SHAPES[shape]

    def feeding(length: int) -> Callable[[], None]:
        cut = pieces((first + then * (length // len(then) + 1))[:length], size)

        def feed() -> None:
            fed = DECODERS[decoder](max_event_bytes=None)
            for piece in cut:
                fed.feed(piece)
            fed.close()

        return feed

    # Quadratic would be 64; what is linear and disturbed stays far below.
    assert seconds(feeding(8 * total)) < 24 * seconds(feeding(total)) + 0.002


@pytest.mark.parametrize("decoder", DECODERS)
def test_asking_for_the_offset_after_each_byte_takes_linear_time(
    decoder: str,
) -> None:
    def feeding(length: int) -> Callable[[], None]:
        def feed() -> None:
            fed = DECODERS[decoder](max_event_bytes=None)
            for count in range(1, length):
                fed.feed(b"x")
                assert fed.offset == count

        return feed

    # As many bytes as are kept as they came.
    assert seconds(feeding(2000)) < 24 * seconds(feeding(250)) + 0.002


def test_promise_2_deltas_add_up_in_linear_time() -> None:
    delta = (
        b'event: thread.message.delta\ndata: {"id":"m","delta":{"content":'
        b'[{"index":0,"type":"text","text":{"value":"word "}}]}}\n\n'
    )
    end = b'event: thread.run.completed\ndata: {"id":"r","status":"completed"}\n\n'

    def streaming(count: int) -> Callable[[], object]:
        return lambda: ended_in([*repeat(delta, count), end])

    assert seconds(streaming(3200)) < 24 * seconds(streaming(400)) + 0.002


# --- Bodies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "most"),
    [
        (b"200 OK", ResponseTooLarge, 70 * MIB),
        (b"500 No", ServerErrorOutcomeUnknown, MIB),
    ],
)
def test_promise_2_an_endless_body_is_left(
    status: bytes, error: type[Exception], most: int
) -> None:
    def script(connection: Connection) -> None:
        head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n\r\n"
        connection.answer(head)
        try:
            for _ in range(1024):
                connection.send(b"x" * 64 * 1024)
        except OSError:
            return
        raise AssertionError("the client took 64 MiB")

    def exchange() -> None:
        flow = bound(iter(runs.create("t", assistant_id="a")), Endpoint(server.url))
        with pytest.raises(error):
            Driver[Any, Any](flow, SocketTransport()).run()

    with peer(script) as server:
        exchange()
        assert peak_of(exchange) < most


def test_promise_2_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(64 * MIB))
    answer = whole(bomb, b"Content-Encoding: deflate")

    def exchange() -> None:
        flow = bound(iter(runs.create("t", assistant_id="a")), Endpoint(server.url))
        with pytest.raises(ConnectionOutcomeUnknown, match="TransportProtocolError"):
            Driver[Any, Any](flow, SocketTransport()).run()

    with peer(answering(answer)) as server:
        exchange()
        assert peak_of(exchange) < MIB
