"""The event-stream decoder: its limit, and what it holds."""

from __future__ import annotations

import math
import tracemalloc
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from runs_core.errors import EventTooLarge, InvalidOption, RunsError, UsageError
from runs_core.flows.streaming import StreamOptions
from runs_core.stream import RunEventDecoder
from runs_core.wire._sse_shapes import CRLF, LF
from runs_core.wire.sse import MAX_EVENT_BYTES, EventStreamDecoder, ServerSentEvent
from tests.wire.decoding import (
    DECODERS,
    KIB,
    MIB,
    MakeDecoder,
    Places,
    decode,
    expected,
    pieces,
    places,
)
from tests.wire.event_stream_cases import Event

# --- The limit ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
@pytest.mark.parametrize(
    "lines",
    [
        [b"data: " + b"y" * 300],
        [b"data:" + b"y" * 99, b"data", b"data: " + b"y" * 199],
        [b"event: " + b"y" * 100, b"data: " + b"y" * 200],
        [b"id: " + b"y" * 100, b"data: " + b"y" * 200],
        [b"data: " + b"y" * 200, b": " + b"y" * 999, b"retry: " + b"9" * 100],
        [b"id: 1", b"id: 1", b"data: " + b"y" * 298, b"unknown: " + b"y" * 999],
    ],
)
def test_the_limit_is_exact(lines: list[bytes], size: int) -> None:
    """Values of known fields count, and the LF between two of data."""
    stream = b"data: before\n\n" + b"\n".join(lines) + b"\n\ndata: behind\n\n"

    assert len(decode(pieces(stream, size), limit=300).events) == 3
    assert decode(pieces(stream, size), limit=299) == (
        [Event("message", b"before")],
        14,
    )


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("before", [[], [b"data: 1", b"", b"", b"data: 1", b""]])
def test_the_error_says_the_same_byte_in_every_cut(
    before: list[bytes], end: bytes, begin: bytes
) -> None:
    lines = [*before, b"event: 123456789", b"", b""]
    stream = begin + end.join(lines)

    for cut in range(len(stream)):
        outcome = decode([stream[:cut], stream[cut:]], limit=8)

        assert outcome == expected(stream, limit=8), cut
        assert outcome.fault == stream.index(b"event")


@pytest.mark.parametrize("head", [b"data: ", b"event: a\ndata: ", b"event:a\ndata:"])
@pytest.mark.parametrize("together", [1, 2, 4])
def test_the_limit_holds_for_events_that_look_like_the_last(
    head: bytes, together: int
) -> None:
    name = b"a" if b"a\n" in head else b""
    values = [b"1", b"2", b"y" * (20 - len(name)), b"y" * (21 - len(name)), b"3"]
    blocks = [head + value + b"\n\n" for value in values]
    chunks = [b"".join(blocks[i : i + together]) for i in range(0, 5, together)]
    offset = sum(map(len, blocks[:3]))

    events, fault = decode(chunks, limit=20)

    assert ([event.data for event in events], fault) == (values[:3], offset)
    assert places(chunks, limit=20) == [
        (event.event, event.data, sum(map(len, blocks[:index])))
        for index, event in enumerate(events)
    ]


def test_the_limit_holds_in_a_long_chunk_of_events_that_look_alike() -> None:
    values = [b"%03d" % n + b"y" * 17 for n in range(200)]
    values[150] += b"y"
    blocks = [b"data: " + value + b"\n\n" for value in values]
    first, rest = blocks[0], b"".join(blocks[1:])

    events, fault = decode([first, rest], limit=20)

    assert [event.data for event in events] == values[:150]
    assert fault == sum(map(len, blocks[:150]))


@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_events_in_a_chunk_that_ends_with_a_long_block_have_their_names(
    end: bytes, extra: int
) -> None:
    alike = b"event: a%sdata: 1%s" % (end, 2 * end)
    long = b"event: a%sdata: " % end + b"2" * (1200 + extra)
    chunks = [alike * 100, alike * 2 + long, 2 * end]

    for fed in chunks, [bytearray(chunk) for chunk in chunks]:
        events, fault = decode(fed, limit=1201)

        assert [event.event for event in events] == ["a"] * (102 + (extra < 1))
        assert fault == (None if extra < 1 else 102 * len(alike))


def test_names_of_events_are_kept_for_a_few_of_them_only() -> None:
    stream = b"".join(b"event: name%d\ndata: x\n\n" % n for n in range(1000))

    for chunk in pieces(stream, 1460), pieces(stream, 24):
        assert len(decode(chunk).events) == 1000
        assert all(len(style[3]) <= 64 for style in (LF, CRLF))


def test_events_before_the_fault_are_given_and_the_next_call_raises(
    make_decoder: MakeDecoder,
) -> None:
    decoder = make_decoder(8)

    events = decoder.feed(b"data: 1\n\ndata: 2\n\ndata: 123456789\n\ndata: 3\n\n")

    assert [event.data for event in events] == [b"1", b"2"]
    for _ in range(2):
        with pytest.raises(EventTooLarge) as fault:
            decoder.feed(b"data: 4\n\n")
        assert (fault.value.limit, fault.value.offset) == (8, 18)
        with pytest.raises(EventTooLarge):
            decoder.close()


def test_no_event_is_given_after_a_fault_in_chunks_of_many_that_look_alike(
    make_decoder: MakeDecoder,
) -> None:
    alike = b"event: a\ndata: 1\n\n" * 200
    decoder = make_decoder(40)
    decoder.feed(alike)

    events = decoder.feed(alike + b"data: " + b"2" * 41 + b"\n\n" + alike)

    assert len(events) == 200
    for _ in range(2):
        with pytest.raises(EventTooLarge) as fault:
            decoder.feed(alike)
        assert fault.value.offset == 2 * len(alike)


def test_a_fault_that_is_met_by_the_last_feed_is_raised_by_close(
    make_decoder: MakeDecoder,
) -> None:
    decoder = make_decoder(8)

    assert decoder.feed(b"data: 1234567890") == []

    with pytest.raises(EventTooLarge):
        decoder.close()


def test_a_fault_that_is_met_by_flushing_is_raised_at_once(
    make_decoder: MakeDecoder,
) -> None:
    decoder = make_decoder(8, on_eof="flush")
    decoder.feed(b"data: 12345678\ndata")

    for _ in range(2):
        with pytest.raises(EventTooLarge):
            decoder.close()


def test_the_error_says_the_limit_and_how_to_raise_it(
    make_decoder: MakeDecoder,
) -> None:
    decoder = make_decoder(8)
    decoder.feed(b"\ndata: secret-secret\n\n")

    with pytest.raises(EventTooLarge) as fault:
        decoder.close()

    assert isinstance(fault.value, RunsError)
    assert str(fault.value) == (
        "the event at byte 1 of the stream has more than 8 bytes; to read it, pass a"
        " larger max_event_bytes, or None for no limit"
    )


@pytest.mark.parametrize("limit", [1, 20, 300, 5000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_limit_does_not_count_chunks(
    limit: int, end: bytes, make_decoder: MakeDecoder
) -> None:
    stream = (b"data: x" + end + end) * 6000

    events = make_decoder(limit).feed(stream)

    assert len(events) == 6000  # With more bytes of data than any of the limits.


def test_a_hundred_thousand_events_in_one_feed(make_decoder: MakeDecoder) -> None:
    events = make_decoder(1000).feed(b"event: a\ndata: {}\n\n" * 100_000)

    assert len(events) == 100_000


def test_no_limit(make_decoder: MakeDecoder) -> None:
    event = b"y" * (MAX_EVENT_BYTES + 1)
    stream = b"data: " + event + b"\n\n"

    assert make_decoder(None).feed(stream)[0].data == event
    assert make_decoder(10**30).feed(stream)[0].data == event
    assert make_decoder().feed(stream) == []


@pytest.mark.parametrize("wrong", [{"max_event_bytes": -1}, {"on_eof": "drop"}])
def test_wrong_settings_are_refused_by_name(
    wrong: Any, make_decoder: MakeDecoder
) -> None:
    (name,) = wrong

    with pytest.raises(UsageError, match=name):
        make_decoder(**wrong)


@pytest.mark.parametrize("make", [*DECODERS.values(), RunEventDecoder])
@pytest.mark.parametrize(
    "wrong",
    [
        math.nan,
        math.inf,
        2.5,
        100.0,
        Decimal(100),
        Fraction(100),
        True,
        "100",
        b"9",
        [],
    ],
    ids=repr,
)
def test_a_limit_is_a_whole_number(make: MakeDecoder, wrong: Any) -> None:
    for call in (lambda: make(wrong), lambda: make(max_event_bytes=wrong)):
        with pytest.raises(
            TypeError, match=r"^max_event_bytes must be a whole number, not of type"
        ):
            call()
    with pytest.raises(TypeError, match=r"^max_event_bytes must be a whole number"):
        StreamOptions(max_event_bytes=wrong)


@pytest.mark.parametrize("make", [*DECODERS.values(), RunEventDecoder])
@pytest.mark.parametrize("limit", [-1, -(10**30)])
def test_a_limit_is_not_below_0(make: MakeDecoder, limit: int) -> None:
    said = r"^max_event_bytes must be 0 or more, not -"
    with pytest.raises(InvalidOption, match=said):
        make(limit)
    with pytest.raises(InvalidOption, match=said):
        StreamOptions(max_event_bytes=limit)


@pytest.mark.parametrize("make", [*DECODERS.values(), RunEventDecoder])
def test_a_limit_of_0_lets_pass_what_has_nothing(make: MakeDecoder) -> None:
    decoder = make(0)
    assert decoder.feed(b": x\n\n") == []
    assert decoder.feed(b"data: x\n\n") == []
    with pytest.raises(EventTooLarge):
        decoder.close()


# --- Memory and work ---------------------------------------------------------------

FLOODS = {
    "one endless comment": (b":", b"y" * KIB),
    "endless comments": (b"", b": y\n" * 256),
    "heartbeats": (b"", b": y\n\n" * 200),
    "endless blank lines": (b"", b"\r\n" * 512),
    "one endless line of nothing": (b"y", b"y" * KIB),
    "one endless unknown field": (b"unknown: ", b"y" * KIB),
    "endless unknown fields": (b"data: x\n", b"unknown: y\n" * 90),
    "endless names without data": (b"", b"event: y\n\n" * 100),
    "endless ids without data": (b"", b"id: y\n\n" * 100),
    "one endless data line": (b"data: ", b"y" * KIB),
    "endless data lines": (b"", b"data: y\n" * 128),
    "endless empty data lines": (b"", b"data\n" * 200),
    "endless data lines by CR": (b"", b"data:\r" * 170),
    "one endless name": (b"event: ", b"y" * KIB),
    "one endless id": (b"id: ", b"y" * KIB),
    "one endless retry": (b"retry: ", b"9" * KIB),
    "endless names": (b"", b"event: y\n" * 100),
    "endless ids": (b"", b"id: y\n" * 128),
}


# Chunks much smaller than the limit, and such as have all of it at once.
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize(("size", "limit"), [(KIB, 64 * KIB), (16 * KIB, 16 * KIB)])
def test_no_flood_takes_more_than_the_limit(
    flood: str, size: int, limit: int, make_decoder: MakeDecoder
) -> None:
    begin, more = FLOODS[flood]
    chunk = more * (size // len(more))
    decoder = make_decoder(limit)
    events: list[ServerSentEvent] = []
    tracemalloc.start()

    try:
        before = tracemalloc.get_traced_memory()[0]
        events += decoder.feed(begin)
        for _ in range(1 + 4 * limit // len(chunk)):
            events += decoder.feed(chunk)
        peak = tracemalloc.get_traced_memory()[1] - before
    except EventTooLarge:
        peak = tracemalloc.get_traced_memory()[1] - before
        assert tracemalloc.get_traced_memory()[0] - before < 8 * KIB
    finally:
        tracemalloc.stop()

    assert events == []
    # What one chunk takes while it is looked at, line by line, is the caller's choice.
    assert peak < 2 * limit + 20 * len(chunk), peak / len(chunk)


@pytest.mark.parametrize("data", [b"", b"d", b"data"])
def test_what_is_fed_in_nothings_is_not_kept(
    data: bytes, make_decoder: MakeDecoder
) -> None:
    decoder = make_decoder(1000)
    decoder.feed(data)
    tracemalloc.start()

    try:
        for _ in range(5000):
            decoder.feed(b"")
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert kept < KIB


@pytest.mark.parametrize("line", [b"y" * KIB, b"data: " + b"y" * 57 + b"\n"])
def test_a_long_event_is_held_once(line: bytes, make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()
    chunk = line * (KIB // len(line))
    tracemalloc.start()

    try:
        decoder.feed(b"data: ")
        for _ in range(4 * KIB):
            decoder.feed(chunk)
        (event,) = decoder.feed(b"\n\n")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(event.data) > 3.5 * MIB
    # 4 MiB, and an eighth more while the buffer grows.
    assert peak < 5 * MIB


@pytest.mark.parametrize("size", [KIB, 2 * MIB])
@pytest.mark.parametrize("field", [b"event: ", b"data: ", b"retry: ", b": "])
def test_nothing_of_an_event_is_held_behind_it(
    field: bytes, size: int, make_decoder: MakeDecoder
) -> None:
    stream = field + b"y" * MIB + b"\ndata: x\n\n"
    decoder = make_decoder()
    tracemalloc.start()

    try:
        for piece in pieces(stream, size):
            decoder.feed(piece)
        del piece
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert held < 8 * KIB


@pytest.mark.parametrize("line", [b"data: ", b"id: "])
def test_close_lets_go_of_what_was_not_ended(
    line: bytes, make_decoder: MakeDecoder
) -> None:
    decoder = make_decoder()
    tracemalloc.start()

    try:
        decoder.feed(line)
        for _ in range(100):
            decoder.feed(b"y" * KIB)
        held = tracemalloc.get_traced_memory()[0]
        decoder.close()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert held > 100 * KIB
    assert left < 2 * KIB


@pytest.mark.parametrize("decode_with", [EventStreamDecoder, Places])
@pytest.mark.parametrize("size", [1, 7, 64, 500, 3000])
@pytest.mark.parametrize(
    "line", [b"y" * 70, b"data: y\n", b"data: y\r\n", b"data: y\r"]
)
def test_what_is_kept_as_it_came_is_short(
    line: bytes, size: int, decode_with: Any
) -> None:
    """This makes the work linear: kept bytes are copied once more with each chunk."""
    decoder = decode_with(None, on_eof="discard")

    for chunk in pieces(b"data: " + line * 300, size):
        decoder.feed(chunk)

        kept = sum(map(len, decoder._pieces))
        assert kept <= max(4 * KIB, size)
