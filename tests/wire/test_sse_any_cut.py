"""The event-stream decoder against the reference: any bytes, in any cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_core.wire.sse import MAX_EVENT_BYTES
from tests.wire import sse_reference
from tests.wire.decoding import (
    MakeDecoder,
    decode,
    expected,
    pieces,
    places,
    plain,
    single_bytes,
)
from tests.wire.event_stream_cases import CASES, Case

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
REGULAR = [
    [b"event: a\ndata: {1}\n\n", b"event: a\ndata: {22}\n\n"],
    [b"event: a\ndata: {1}\n\n", b"event: bb\ndata: {2}\n\n", b"data: q\n\n"],
    [b"event: a\r\ndata: {1}\r\n\r\n", b"event: a\r\ndata: {22}\r\n\r\n"],
    [b"event: a\rdata: {1}\r\r", b"event: a\rdata: {22}\r\r"],
    [b"event:a\ndata:{1}\n\n", b"event:a\ndata:{22}\n\n"],
    [b"event:a\ndata:{1}\n\n", b"event:a\ndata: {2}\n\n", b"event:a\ndata:\n\n"],
    [b"event:a\ndata:{1}\n\n", b"event: a\ndata:  {2}\n\n", b"event:bb\ndata:3\n\n"],
    [b"event:a\r\ndata:{1}\r\n\r\n", b"event:bb\r\ndata:{22}\r\n\r\n"],
    [b"event:a\r\ndata:{1}\r\n\r\n", b"event:a\r\ndata: {2}\r\n\r\n"],
    [b"id:1\nevent:a\ndata:{1}\n\n", b"id: 2\nevent:a\ndata:{2}\n\n"],
    [b"id:1\nevent:a\ndata:{1}\n\n", b"id:2\nevent:a\ndata: {2}\n\n"],
    [b"id: 1\nevent: a\ndata: {1}\n\n", b"id: 2\nevent: a\ndata: {1}\n\n"],
    [b"id: 3\ndata:{1}\n\n", b"id: 4\ndata: {2}\n\n", b"id: \0\ndata:{1}\n\n"],
    [b"id: 5\nid: 6\ndata: {1}\n\n", b"id: 7\ndata: {1}\n\n", b"data: {1}\n\n"],
    [b"data: " + b"y" * 90 + b"\n\n", b"data: " + b"z" * 700 + b"\n\n", b": p\n\n"],
]

# Made once: hypothesis looks through each new strategy when it is first drawn from.
a_token = st.sampled_from(TOKENS)
a_mark = st.sampled_from([b"", b"\r", b"\n", b":", b" ", b"x"])
some_of = st.sampled_from(
    [st.lists(st.sampled_from(blocks), min_size=1, max_size=12) for blocks in REGULAR]
)


@st.composite
def regular(draw: st.DrawFn) -> bytes:
    """A stream of like events, broken in a few places."""
    parts = draw(draw(some_of))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(parts) - 1))
        parts[at] = draw(a_token)
    stream = b"".join(parts)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(stream)))
        gone = draw(st.integers(0, 2))
        new = draw(a_mark)
        stream = stream[:at] + new + stream[at + gone :]
    return stream


streams = st.one_of(
    regular(),
    st.lists(a_token, max_size=25).map(b"".join),
    st.lists(st.sampled_from([b"\r", b"\n", b":", b"d", b"data"])).map(b"".join),
    st.binary(max_size=60),
)
limits = st.sampled_from([None, 1, 2, 5, 8, 12, 20, 100, 1500, MAX_EVENT_BYTES])
times = st.sampled_from([1, 1, 1, 1, 1, 30, 200])
ways_to_cut = st.sampled_from(["any", "any", "whole", "size", "events", "lines"])
sizes = st.sampled_from([1, 1, 2, 3, 7, 64])


@st.composite
def cuts_of(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Any cut; and the usual ones: whole, in single bytes, behind events or lines."""
    kind = draw(ways_to_cut)
    if kind == "whole":
        return [stream]
    if kind == "size":
        return list(pieces(stream, draw(sizes)))
    if kind == "lines":
        return stream.splitlines(keepends=True)
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
@settings(max_examples=250, deadline=None)
def test_any_bytes_in_any_cut(data: st.DataObject) -> None:
    stream = data.draw(streams) * data.draw(times)
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
some_kinds = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=4)
some_ends = st.sampled_from([st.sampled_from(eols) for eols in EOLS])


@st.composite
def events_one_by_one(draw: st.DrawFn) -> list[bytes]:
    """Blocks of few kinds, each a chunk of its own, or with others."""
    kinds = draw(some_kinds)
    ends = draw(some_ends)
    chunks = [b""]
    for block in draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=10)):
        text = b"".join(line + draw(ends) for line in block) + draw(ends)
        if draw(st.integers(0, 5)):
            chunks.append(text)
        else:
            chunks[-1] += text
    return chunks


@st.composite
def lines_one_by_one(draw: st.DrawFn) -> list[bytes]:
    """Blocks of few kinds, whose lines are chunks of their own, most with an end."""
    kinds = draw(some_kinds)
    ends = draw(some_ends)
    chunks = [draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))]
    for block in draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=10)):
        for line in [*block, b""]:
            for part, joined in ((line, 2), (draw(ends), 7)):
                if draw(st.integers(0, 9)) < joined:
                    chunks[-1] += part
                else:
                    chunks.append(part)
    return chunks


@given(st.one_of(events_one_by_one(), lines_one_by_one()), limits, st.booleans())
@settings(max_examples=350, deadline=None)
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
@pytest.mark.parametrize(
    "piece", [b"x", b"xy", b": c", b"data: 2", b"id: 7\n", b"event: b\r", b"\n", b"\r"]
)
def test_a_piece_in_front_of_what_looks_like_an_event(piece: bytes, eol: bytes) -> None:
    event = eol.join([b"event: a", b"data: 1", b"", b""])
    stream = b"".join([event, event, piece, event, event])

    for cut in ([piece], list(single_bytes(piece)), [piece, b"y"]):
        chunks = [event, event, *cut, event, event]
        assert decode(chunks) == expected(b"".join(chunks))
    assert decode([event, event, piece + event, event]) == expected(stream)


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("other", [b"\n", b"\r\n", b"\r", b"\nx\r\n", b"\rx\r\n"])
@pytest.mark.parametrize("block", BLOCKS[:-1])
def test_one_line_ends_in_another_way(
    block: list[bytes], other: bytes, eol: bytes, make_decoder: MakeDecoder
) -> None:
    first = eol.join([b"event: a", b"data: 0", b"", *block, b"", b""])
    after = [b"id: 1", b"event: a", b"data: 4", b"", b"event: a", b"data: 5", b""]
    lines = [*block, b"", *after]

    for odd in range(len(block) + 1):
        eols = [eol] * len(lines)
        eols[odd] = other
        stream = b"".join(line + end for line, end in zip(lines, eols, strict=True))
        seen = sse_reference.decode(first + stream).events
        whole = expected(first + stream).events
        for cut in range(len(stream)):
            decoder = make_decoder()
            begun = plain(decoder.feed(first)) + plain(decoder.feed(stream[:cut]))
            known = sum(event.known <= len(first) + cut for event in seen)
            assert begun == whole[:known]
            assert begun + plain(decoder.feed(stream[cut:])) == whole


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if len(case.events) < 10],
    ids=lambda case: case.name,
)
def test_where_the_events_of_the_table_begin(case: Case) -> None:
    stream = case.stream * 2
    for limit in (None, 4, 12):
        seen = sse_reference.decode(stream, limit=limit).events
        expected_places = [(event.event, event.data, event.start) for event in seen]

        for cut in range(0, len(stream), 1 + len(case.stream) // 100):
            found = places((stream[:cut], stream[cut:]), limit=limit)
            assert found == expected_places, (limit, cut)


@given(st.data())
@settings(max_examples=150, deadline=None)
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
