"""The event-stream decoder: what it gives, for every way to cut the bytes."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_core.errors import EventTooLarge, RunsError, UsageError
from runs_core.wire._sse_frames import Framer
from runs_core.wire.sse import MAX_EVENT_BYTES, EventStreamDecoder, ServerSentEvent
from tests.wire import sse_reference
from tests.wire.event_stream_cases import CASES, Case, Event

KIB = 1024
MIB = 1024 * KIB


class Outcome(NamedTuple):
    events: list[Event]
    fault: int | None


def decode(
    chunks: Iterable[bytes], *, limit: int | None = None, flush: bool = False
) -> Outcome:
    """Feed and close; check on the way what is true of every decoder."""
    decoder = EventStreamDecoder(limit, on_eof="flush" if flush else "discard")
    events: list[ServerSentEvent] = []
    fed = 0
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
            fed += len(chunk)
            assert decoder.offset == fed
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


# --- The table ---------------------------------------------------------------------

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_whole(case: Case) -> None:
    assert decode([case.stream]) == (case.events, None)


@every_case
def test_byte_by_byte(case: Case) -> None:
    assert decode(single_bytes(case.stream)) == (case.events, None)


@every_case
def test_cut_at_every_place(case: Case) -> None:
    for cut in range(len(case.stream) + 1):
        chunks = case.stream[:cut], case.stream[cut:]

        assert decode(chunks) == (case.events, None), cut


@every_case
def test_in_pieces_of_every_short_length(case: Case) -> None:
    for size in range(2, 9):
        assert decode(pieces(case.stream, size)) == (case.events, None), size


@every_case
def test_with_more_behind_it(case: Case) -> None:
    for trailing in (b"data", b"\ndata: z\n\n", b"\n\nevent: z\ndata: z\n\ndata: y"):
        stream = case.stream + trailing

        outcome = decode([stream])

        assert outcome == expected(stream)
        assert outcome == decode([case.stream, trailing])
        assert outcome == decode(single_bytes(stream))


@every_case
def test_again_and_again(case: Case) -> None:
    """What was learned from one event must not be taken for granted of the next."""
    stream = (case.stream + b"\n\n") * 3

    assert decode([stream]) == expected(stream)
    assert decode([case.stream, b"\n\n"] * 3) == expected(stream)
    assert decode(single_bytes(stream)) == expected(stream)


@every_case
def test_flushed(case: Case) -> None:
    assert decode([case.stream], flush=True) == expected(case.stream, flush=True)
    assert decode(single_bytes(case.stream), flush=True) == expected(
        case.stream, flush=True
    )


@every_case
def test_the_reference_agrees_with_the_table(case: Case) -> None:
    assert expected(case.stream) == (case.events, None)


LONG = b"id: 1\nretry: 5\nevent: a\ndata: " + b"y" * 3000 + b"\nid: 2\ndata: z\n\n"


@pytest.mark.parametrize(
    "behind",
    [
        b"",
        b": ping\n\n",
        b"event: b\ndata: 1\n\nevent: b\ndata: 2\n\n",
        b"event: b\ndata: 1\n\nid: 3\nretry: 6\ndata: 2\n\n",
        b"id: 3\ndata: 1\n\ndata: 2\n\n",
        b"id: 3\n\n",
        LONG,
    ],
)
@pytest.mark.parametrize("size", [1, 100, 1500, 2990])
def test_what_is_behind_a_long_event_in_its_chunk(behind: bytes, size: int) -> None:
    stream = LONG + behind

    assert decode(pieces(stream, size)) == expected(stream)
    assert decode([stream[:size], stream[size : 2 * size], stream[2 * size :]]) == (
        expected(stream)
    )


def test_a_10_mib_event() -> None:
    data = b"y" * (10 * MIB)

    outcome = decode(pieces(b"data: " + data + b"\n\n", 64 * KIB))

    assert outcome == ([Event("message", data)], None)


# --- Any bytes, any cut ------------------------------------------------------------

# Tokens that build streams which nearly keep the rules: the places where lines, fields
# and blocks begin and end are where decoders differ.
TOKENS = [
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r", b":", b" ", b"\0", b"\xff",
    b"\xe2\x80", b"\xef\xbb\xbf", b"data", b"data:", b"data: ", b"event", b"event: ",
    b"id: ", b"id", b"retry: ", b"retry", b"x", b"12", b"datax: 1\n", b"retryx",
    b": ping\n\n", b"id: 7\n", b"retry: 10\n", b"data: l\ndata: m\n\n",
    b"event: a\ndata: {1}\n\n", b"event: a\ndata: {22}\n\n",
    b"event: bb\ndata: {2}\n\n", b"event:a\ndata:{3}\n\n", b"data: q\n\n",
    b"event: a\r\ndata: {1}\r\n\r\n", b"event: a\rdata: {1}\r\r",
]  # fmt: skip
# Regular streams, for the ways that are taken for whole chunks.
BLOCKS = [
    [b"event: a\ndata: {1}\n\n", b"event: a\ndata: {22}\n\n"],
    [b"event: a\ndata: {1}\n\n", b"event: bb\ndata: {2}\n\n", b"data: q\n\n"],
    [b"event: a\r\ndata: {1}\r\n\r\n", b"event: a\r\ndata: {22}\r\n\r\n"],
    [b"event: a\rdata: {1}\r\r", b"event: a\rdata: {22}\r\r"],
    [b"event:a\ndata:{1}\n\n", b"event:a\ndata: {2}\n\n", b"event:a\ndata:\n\n"],
    [b"id: 1\nevent: a\ndata: {1}\n\n", b"id: 2\nevent: a\ndata: {1}\n\n"],
    [b"id: 3\ndata:{1}\n\n", b"id: 4\ndata: {2}\n\n", b"id: \0\ndata:{1}\n\n"],
    [b"id: 5\nid: 6\ndata: {1}\n\n", b"id: 7\ndata: {1}\n\n", b"data: {1}\n\n"],
    [b"data: " + b"y" * 90 + b"\n\n", b"data: " + b"z" * 700 + b"\n\n", b": p\n\n"],
]


@st.composite
def regular(draw: st.DrawFn) -> bytes:
    """A stream of like events, broken in a few places."""
    blocks = draw(st.sampled_from(BLOCKS))
    parts = draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=12))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(parts) - 1))
        parts[at] = draw(st.sampled_from(TOKENS))
    stream = b"".join(parts)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(stream)))
        gone = draw(st.integers(0, 2))
        new = draw(st.sampled_from([b"", b"\r", b"\n", b":", b" ", b"x"]))
        stream = stream[:at] + new + stream[at + gone :]
    return stream


streams = st.one_of(
    regular(),
    st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join),
    st.lists(st.sampled_from([b"\r", b"\n", b":", b"d", b"data"])).map(b"".join),
    st.binary(max_size=60),
)
limits = st.sampled_from([None, 1, 2, 5, 8, 12, 20, 100, 1500, MAX_EVENT_BYTES])


@st.composite
def cuts_of(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Any cut; and the usual ones: whole, in single bytes, behind every event."""
    kind = draw(st.sampled_from(["any", "any", "whole", "size", "events"]))
    if kind == "whole":
        return [stream]
    if kind == "size":
        return list(pieces(stream, draw(st.sampled_from([1, 1, 2, 3, 7, 64]))))
    if kind == "events":
        places = [at + 2 for at in range(len(stream)) if stream[at : at + 2] == b"\n\n"]
        places += [
            at + 4 for at in range(len(stream)) if stream[at : at + 4] == b"\r\n\r\n"
        ]
    else:
        places = draw(st.lists(st.integers(0, len(stream)), max_size=10))
    ends = [0, *sorted(places), len(stream)]
    return [stream[a:b] for a, b in pairwise(ends)]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_bytes_in_any_cut(data: st.DataObject) -> None:
    stream = data.draw(streams) * data.draw(st.sampled_from([1, 1, 1, 1, 1, 30, 200]))
    chunks = data.draw(cuts_of(stream))
    limit = data.draw(limits)
    flush = data.draw(st.booleans())

    outcome = decode(chunks, limit=limit, flush=flush)

    assert outcome == expected(stream, limit=limit, flush=flush)


# Events that look alike or nearly so, which is what decoders take short ways for.
BLOCKS = [
    [b"event: a", b"data: 1"],
    [b"event: a", b"data: 22"],
    [b"event: a", b"data:  1"],
    [b"event:a", b"data:1"],
    [b"event:a", b"data: 1"],
    [b"event: b", b"data: {}"],
    [b"event: a", b"data: 1", b"data: 2"],
    [b"data: q"],
    [b"data:q"],
    [b": ping"],
    [b"retry: 9", b"event: a", b"data: 1"],
    [b"id: 7", b"event: a", b"data: 3"],
    [b"id:8", b"event: a", b"data: 1"],
    [b"id: \0", b"event: a", b"data: 3"],
    [b"id: 7\xff", b"event: a", b"data: 3"],
    [b"event: a", b"id: 9", b"data: 1"],
    [b"data: 1", b"event: a"],
    [b"event: a", b"data: " + b"y" * 1500],
]
EOLS = [[b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n"], [b"\n", b"\r\n", b"\r"]]


@st.composite
def events_one_by_one(draw: st.DrawFn) -> list[bytes]:
    """Blocks of few kinds, each a chunk of its own, or with others."""
    kinds = draw(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=4))
    ends = st.sampled_from(draw(st.sampled_from(EOLS)))
    chunks = [b""]
    for block in draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=10)):
        text = b"".join(line + draw(ends) for line in block) + draw(ends)
        if draw(st.integers(0, 5)):
            chunks.append(text)
        else:
            chunks[-1] += text
    return chunks


@given(events_one_by_one(), limits, st.booleans())
@settings(max_examples=600, deadline=None)
def test_events_that_look_alike_one_by_one(
    chunks: list[bytes], limit: int | None, flush: bool
) -> None:
    stream = b"".join(chunks)

    assert decode(chunks, limit=limit, flush=flush) == expected(
        stream, limit=limit, flush=flush
    )
    assert places(chunks, limit=limit) == [
        (seen.event, seen.data, seen.start)
        for seen in sse_reference.decode(stream, limit=limit).events
    ]


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("other", [b"\n", b"\r\n", b"\r", b"\nx\r\n", b"\rx\r\n"])
@pytest.mark.parametrize("block", BLOCKS[:-1])
def test_one_line_ends_in_another_way(
    block: list[bytes], other: bytes, eol: bytes
) -> None:
    first = eol.join([b"event: a", b"data: 0", b"", *block, b"", b""])
    after = [b"id: 1", b"event: a", b"data: 4", b"", b"event: a", b"data: 5", b""]
    lines = [*block, b"", *after]

    for odd in range(len(block) + 1):
        eols = [eol] * len(lines)
        eols[odd] = other
        stream = b"".join(line + end for line, end in zip(lines, eols, strict=True))
        whole = expected(first + stream).events
        for cut in range(len(stream)):
            decoder = EventStreamDecoder()
            begun = plain(decoder.feed(first)) + plain(decoder.feed(stream[:cut]))
            assert begun == expected(first + stream[:cut]).events
            assert begun + plain(decoder.feed(stream[cut:])) == whole


class Places(Framer):
    """Says of each event where its block begins, as decoders built on it do."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[tuple[str, bytes, int]]:
        frames = self._frames(data)
        names, datas = frames[:2]
        if isinstance(names, str):
            names = [names] * len(datas)
        return [
            (name, data, self._offset_of(index, frames))
            for index, (name, data) in enumerate(zip(names, datas, strict=True))
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


@pytest.mark.parametrize("limit", [None, 4, 12])
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if len(case.events) < 10],
    ids=lambda case: case.name,
)
def test_where_the_events_of_the_table_begin(case: Case, limit: int | None) -> None:
    seen = sse_reference.decode(case.stream * 2, limit=limit).events
    expected_places = [(event.event, event.data, event.start) for event in seen]

    for cut in range(0, len(case.stream) * 2, 1 + len(case.stream) // 100):
        chunks = (case.stream * 2)[:cut], (case.stream * 2)[cut:]

        assert places(chunks, limit=limit) == expected_places, cut


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_frames_are_the_events_and_know_where_they_began(data: st.DataObject) -> None:
    stream = data.draw(streams)
    chunks = data.draw(cuts_of(stream))
    limit = data.draw(limits)
    assert places(chunks, limit=limit) == [
        (seen.event, seen.data, seen.start)
        for seen in sse_reference.decode(stream, limit=limit).events
    ]


def test_shapes_that_take_turns_one_event_a_chunk() -> None:
    chunks = [
        b"event: a\ndata: 1\n\n",
        b"event:b\ndata:2\n\n",
        b"event: a\ndata:  3\n\n",
        b"event:b\ndata: 4\n\n",
        b"event:b\ndata:  5\n\n",
        b"event: a\ndata: 6\n\n",
        b"event:b\ndata: 7\n\n",
    ]

    events = decode(chunks).events

    assert [event.data for event in events] == [
        b"1", b"2", b" 3", b"4", b" 5", b"6", b"7"
    ]  # fmt: skip
    assert decode([b"".join(chunks)]).events == events


# --- Events do not wait ------------------------------------------------------------


@pytest.mark.parametrize(
    "chunks",
    [
        # The id's line ends otherwise than the rest.
        [
            b"id: 7\nevent: a\ndata: 1\n\n",
            b"id: 8\r\nevent: a\ndata: 2\n\n",
            b"id: 9\revent: a\ndata: 3\n\n",
        ],
        [
            b"id: 7\r\nevent: a\r\ndata: 1\r\n\r\n",
            b"id: 8\nevent: a\r\ndata: 2\r\n\r\n",
            b"id: 9\revent: a\r\ndata: 3\r\n\r\n",
        ],
        [
            b"event: a\ndata: 1\n\n",
            b"id: 8\r\nevent: a\ndata: 2\n\n",
            b"event: a\ndata: 3\n\n",
        ],
        # Behind the end of one is another one whole, with other line ends.
        [
            b"event: a\ndata: 1\n\n",
            b"event: a\nda",
            b"ta: 2\n\nevent: a\rdata: 3\r\r",
        ],
        [
            b"event: a\r\ndata: 1\r\n\r\n",
            b"event: a\r\nda",
            b"ta: 2\r\n\r\nevent: a\ndata: 3\n\n",
        ],
        [
            b"event: a\ndata: 1\n\n",
            b"event: b\nda",
            b"ta: 2\n\nevent: a\rdata: 3\r\r",
        ],
    ],
)
def test_line_ends_that_change_within_a_short_chunk(chunks: list[bytes]) -> None:
    outcome = decode(chunks)

    assert outcome == expected(b"".join(chunks))
    assert len(outcome.events) == 3


@pytest.mark.parametrize("size", [0, 7])
def test_a_space_that_is_there_only_sometimes(size: int) -> None:
    chunks = [
        b"event:a\ndata:1\n\n",
        b"event:a\ndata:2\n\n",
        b"event:a\ndata:3\n\n",
        b"event:a\ndata: 4\n\n",
        b"event:a\ndata:5\n\n",
        b"event:a\ndata:  6\n\n",
    ]
    if size:
        chunks = list(pieces(b"".join(chunks), size))

    events = decode(chunks).events

    assert [event.data for event in events] == [b"1", b"2", b"3", b"4", b"5", b" 6"]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r", b"\n\r", b"\r\n\n"])
@pytest.mark.parametrize("size", [1, 3, 100, 5000])
def test_an_event_is_given_with_the_byte_that_ends_it(end: bytes, size: int) -> None:
    decoder = EventStreamDecoder()
    event = ServerSentEvent("message", b"y" * size)

    assert decoder.feed(b"data: " + event.data + end[:-1]) == []
    assert decoder.feed(end[-1:]) == [event]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: " + event.data + end) == [event]


def test_each_feed_gives_a_list_of_its_own() -> None:
    decoder = EventStreamDecoder()

    decoder.feed(b"d").append(ServerSentEvent("x", b""))
    decoder.feed(b"").append(ServerSentEvent("x", b""))

    assert decoder.feed(b"ata: 1\n\n") == [ServerSentEvent("message", b"1")]


# --- What can be fed ---------------------------------------------------------------


class Bytes(bytes):
    pass


@pytest.mark.parametrize("kind", [bytearray, memoryview, Bytes])
@pytest.mark.parametrize("size", [1, 2, 5, 20, 200])
def test_any_kind_of_bytes(kind: Any, size: int) -> None:
    stream = b"data: 1\n\n" + b"event: a\ndata: 2\n\nevent: a\ndata: 3\n\n" * 4

    chunks = [kind(chunk) for chunk in pieces(stream, size)]

    assert decode(chunks) == expected(stream)


def test_a_buffer_can_be_used_again() -> None:
    decoder = EventStreamDecoder()
    buffer = bytearray(1)
    events = []

    for byte in b"event: a\ndata: one\n\nevent: a\ndata: two\n\n":
        buffer[0] = byte
        events += decoder.feed(buffer)

    assert [event.data for event in events] == [b"one", b"two"]


@pytest.mark.parametrize("wrong", ["data: x\n\n", "d", "", 5, None, [b"data"], 1.5])
@pytest.mark.parametrize("before", [b"", b"data: x\n\n", b"data: x", b"da"])
def test_only_bytes_can_be_fed(wrong: Any, before: bytes) -> None:
    decoder = EventStreamDecoder()
    decoder.feed(before)

    with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
        decoder.feed(wrong)


def test_nothing_fed_changes_nothing() -> None:
    decoder = EventStreamDecoder()
    events = []

    for byte in single_bytes(b"\xef\xbb\xbfdata: 1\r\n\r\ndata: 2\r\n\r\n"):
        events += decoder.feed(b"") + decoder.feed(byte) + decoder.feed(b"")

    assert [event.data for event in events] == [b"1", b"2"]


# --- The end -----------------------------------------------------------------------

OPEN = b"id: 4\nevent: a\ndata: 1\nretry: 3\ndata: 2"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_an_event_that_was_not_ended_is_dropped(end: bytes, size: int) -> None:
    assert decode(pieces(OPEN + end, size)) == ([], None)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_an_event_that_was_not_ended_is_flushed_if_asked(end: bytes, size: int) -> None:
    events = decode(pieces(OPEN + end, size), flush=True).events

    assert events == [Event("a", b"1\n2", "4", 3)]


def test_a_long_event_that_was_not_ended_is_flushed_if_asked() -> None:
    stream = b"id: 4\nevent: a\ndata: " + b"y" * 9000 + b"\ndata"

    events = decode(pieces(stream, 100), flush=True).events

    assert events == [Event("a", b"y" * 9000 + b"\n", "4")]


@pytest.mark.parametrize(
    "stream", [b"", b"\xef", b"\xef\xbb\xbf", b"event: a\n", b": "]
)
def test_what_is_no_event_is_not_flushed(stream: bytes) -> None:
    assert decode([stream], flush=True) == ([], None)


def test_close_can_be_called_again() -> None:
    decoder = EventStreamDecoder(on_eof="flush")
    decoder.feed(b"data: x")

    assert decoder.close() == [ServerSentEvent("message", b"x")]
    assert decoder.close() == []


@pytest.mark.parametrize("before", [b"", b"data: x\n\n", b"data: x", b"d" * 9000])
@pytest.mark.parametrize("data", [b"data: x\n\n", b"\n", b""])
def test_nothing_can_be_fed_after_close(before: bytes, data: bytes) -> None:
    decoder = EventStreamDecoder()
    decoder.feed(before)
    decoder.close()

    with pytest.raises(UsageError, match="closed"):
        decoder.feed(data)
    assert decoder.close() == []


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


def test_events_before_the_fault_are_given_and_the_next_call_raises() -> None:
    decoder = EventStreamDecoder(8)

    events = decoder.feed(b"data: 1\n\ndata: 2\n\ndata: 123456789\n\ndata: 3\n\n")

    assert [event.data for event in events] == [b"1", b"2"]
    for _ in range(2):
        with pytest.raises(EventTooLarge) as fault:
            decoder.feed(b"data: 4\n\n")
        assert (fault.value.limit, fault.value.offset) == (8, 18)
        with pytest.raises(EventTooLarge):
            decoder.close()


def test_a_fault_that_is_met_by_the_last_feed_is_raised_by_close() -> None:
    decoder = EventStreamDecoder(8)

    assert decoder.feed(b"data: 1234567890") == []

    with pytest.raises(EventTooLarge):
        decoder.close()


def test_a_fault_that_is_met_by_flushing_is_raised_at_once() -> None:
    decoder = EventStreamDecoder(8, on_eof="flush")
    decoder.feed(b"data: 12345678\ndata")

    for _ in range(2):
        with pytest.raises(EventTooLarge):
            decoder.close()


def test_the_error_says_the_limit_and_how_to_raise_it() -> None:
    decoder = EventStreamDecoder(8)
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
def test_the_limit_does_not_count_chunks(limit: int, end: bytes) -> None:
    stream = (b"data: x" + end + end) * 20_000

    events = EventStreamDecoder(limit).feed(stream)

    assert len(events) == 20_000


def test_a_hundred_thousand_events_in_one_feed() -> None:
    events = EventStreamDecoder(1000).feed(b"event: a\ndata: {}\n\n" * 100_000)

    assert len(events) == 100_000


def test_no_limit() -> None:
    event = b"y" * (MAX_EVENT_BYTES + 1)
    stream = b"data: " + event + b"\n\n"

    assert EventStreamDecoder(None).feed(stream)[0].data == event
    assert EventStreamDecoder().feed(stream) == []


@pytest.mark.parametrize("wrong", [{"max_event_bytes": -1}, {"on_eof": "drop"}])
def test_wrong_settings_are_refused_by_name(wrong: Any) -> None:
    (name,) = wrong

    with pytest.raises(UsageError, match=name):
        EventStreamDecoder(**wrong)


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


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("size", [KIB, 64 * KIB])
def test_no_flood_takes_more_than_the_limit(flood: str, size: int) -> None:
    begin, more = FLOODS[flood]
    limit = 64 * KIB
    chunk = more * (size // len(more))
    decoder = EventStreamDecoder(limit)
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
def test_what_is_fed_in_nothings_is_not_kept(data: bytes) -> None:
    decoder = EventStreamDecoder(1000)
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
def test_a_long_event_is_held_once(line: bytes) -> None:
    decoder = EventStreamDecoder()
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


# --- The events --------------------------------------------------------------------


def test_text_is_the_data_as_utf_8() -> None:
    assert ServerSentEvent("message", "ü".encode()).text == "ü"
    assert ServerSentEvent("message", b"a\x80b\xe2\x82").text == "a\ufffdb\ufffd"


def test_a_cut_inside_a_character_does_not_spoil_it() -> None:
    stream = "data: 🙂 日本\n\n".encode()

    for cut in range(len(stream)):
        decoder = EventStreamDecoder()
        (event,) = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])
        assert event.text == "🙂 日本"


def test_events_are_compared_by_what_they_say() -> None:
    event = ServerSentEvent("a", b"x", "1", 2)

    assert event == ServerSentEvent(event="a", data=b"x", id="1", retry=2)
    assert ServerSentEvent("a", b"x") == ServerSentEvent("a", b"x", "", None)
    for other in (
        ServerSentEvent("b", b"x", "1", 2),
        ServerSentEvent("a", b"y", "1", 2),
        ServerSentEvent("a", b"x", "2", 2),
        ServerSentEvent("a", b"x", "1", 3),
        ("a", b"x", "1", 2),
    ):
        assert event != other


def test_decoded_events_are_like_made_ones() -> None:
    (event,) = EventStreamDecoder().feed(b"event: a\nid: 1\nretry: 2\ndata: x\n\n")
    made = ServerSentEvent("a", b"x", "1", 2)

    assert event == made
    assert type(event) is type(made) is ServerSentEvent
    assert attrs.evolve(event, data=b"y") == ServerSentEvent("a", b"y", "1", 2)
    assert copy.copy(event) == pickle.loads(pickle.dumps(event)) == made


def test_an_event_needs_a_name_and_data() -> None:
    with pytest.raises(TypeError, match="data"):
        ServerSentEvent("a")  # type: ignore[call-arg]


def test_events_have_no_other_attributes() -> None:
    event = ServerSentEvent("a", b"x")

    with pytest.raises(AttributeError):
        event.other = 1  # type: ignore[attr-defined]


def test_repr_shows_sizes_and_no_data() -> None:
    event = ServerSentEvent("a", b"secret", "secret")

    assert repr(event) == "<ServerSentEvent 'a', 6 bytes of data>"
    assert len(repr(ServerSentEvent("x" * 9999, b""))) < 150
