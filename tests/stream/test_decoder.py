"""Bytes to typed events: the same events for every cut, to the end of the stream."""

import gc
import json
import re
import tracemalloc
import weakref
from array import array
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.models import Run
from runs_core.stream import (
    ErrorEvent,
    RunEventDecoder,
    ThreadCreated,
    ThreadMessageDelta,
    ThreadRunCompleted,
    ThreadRunCreated,
    ThreadRunStepDelta,
    UnknownEvent,
)
from runs_core.wire.codec import parse_json
from tests.stream.samples import (
    STREAMS,
    blocks,
    cut,
    decode,
    decode_plainly,
    frame,
    state,
    summed,
)

RUN = {"id": "run_1", "object": "thread.run", "status": "queued"}
QUEUED = frame("thread.run.queued", RUN)

# What the end of each stream is: how many events, whether it says that this was all,
# the outcome and the last message's text.
ENDS = {
    "cancelled": (8, "cancelled", ""),
    "code_interpreter": (22, "completed", "The answer is 42."),
    "content_kinds": (21, "completed", "Oslo cold【4:0†notes】 see sandbox:/plot.png."),
    "crlf_comments": (14, "completed", "Line after\r\nline"),
    "data_only": (12, "completed", "proxied text"),
    "error_flat": (10, None, "Hello"),
    "error_nested": (10, None, "Hello"),
    "expired": (6, "expired", ""),
    "failed": (6, "failed", ""),
    "incomplete": (12, "incomplete", "Once upon a"),
    "interleaved": (31, "completed", "uno dos tres"),
    "non_ascii": (17, "completed", "Привет🌍 — naïve \u2028\u0085 日本語é"),
    "submitted": (15, "completed", "It is 18 °C in Paris and 4 °C in Oslo."),
    "text_run": (19, "completed", 'Hello, how can I "help" you\ntoday?'),
    "thread_and_run": (13, "completed", "Hi there"),
    "tool_run": (16, "requires_action", ""),
    "unknown_kinds": (16, "completed", ""),
}


# --- The same events for every cut ------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_decodes_to_its_end(name: str) -> None:
    decoder = RunEventDecoder()
    events = decoder.feed(STREAMS[name])
    snapshot = summed(events)

    assert (len(events), snapshot.outcome, snapshot.text) == ENDS[name]
    assert decoder.done
    assert decoder.close() == []


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [1, 2, 7, 64, 173, 1460])
def test_events_are_the_same_for_pieces_of_a_size(name: str, size: int) -> None:
    stream = STREAMS[name]
    assert decode_plainly(stream) == decode(cut(stream, size))


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 3, 64, 1460])
def test_events_are_the_same_for_other_line_ends(end: bytes, size: int) -> None:
    for name in ("text_run", "tool_run", "data_only"):
        stream = STREAMS[name]
        pieces = cut(stream.replace(b"\n", end), size)
        assert decode_plainly(stream) == decode(pieces)


@pytest.mark.parametrize("name", STREAMS)
def test_events_are_the_same_for_one_event_a_piece(name: str) -> None:
    stream = STREAMS[name]
    events = decode(blocks(stream))

    assert decode_plainly(stream) == events
    assert state(summed(decode([stream]))) == state(summed(events))


@pytest.mark.parametrize("name", ["data_only", "error_nested", "tool_run"])
def test_events_are_the_same_for_a_cut_at_every_place(name: str) -> None:
    # Before the deltas, among them, and behind them: all kinds of neighbours.
    stream = STREAMS[name]
    stream = stream[stream.index(b"in_progress") :][-3000:]
    stream = b"event: x\ndata: 1\n\n" + stream[stream.index(b"\n\n") + 2 :]
    expected = decode_plainly(stream)
    assert len(expected) > 6

    for at in range(len(stream) + 1):
        assert expected == decode([stream[:at], stream[at:]]), at


@pytest.mark.parametrize("name", STREAMS)
def test_events_are_the_same_for_cuts_around_every_line_end(name: str) -> None:
    stream = STREAMS[name]
    expected = decode_plainly(stream)
    ends = [at for at, byte in enumerate(stream) if byte in b"\r\n"][-24:]

    for at in ends:
        for offset in range(3):
            assert expected == decode([stream[: at + offset], stream[at + offset :]])


@given(st.data())
def test_events_are_the_same_for_any_cuts(data: st.DataObject) -> None:
    stream = STREAMS[data.draw(st.sampled_from(sorted(STREAMS)))]
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    places = sorted([0, *places, len(stream)])
    pieces = [stream[a:b] for a, b in pairwise(places)]

    assert decode_plainly(stream) == decode(pieces)


@pytest.mark.parametrize("kind", [bytearray, memoryview, partial(array, "B")])
def test_any_bytes_like_object_will_do(kind: Callable[[bytes], Any]) -> None:
    stream = STREAMS["text_run"]
    assert decode([stream]) == decode(map(kind, blocks(stream)))
    with pytest.raises(TypeError):
        RunEventDecoder().feed("data: 1\n\n")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", STREAMS)
def test_a_parser_of_json_can_be_given(name: str) -> None:
    seen = []

    def loads(data: bytes | str) -> Any:
        seen.append(data)
        return json.loads(data)

    stream = STREAMS[name]
    assert decode_plainly(stream) == decode([stream], loads=loads)
    assert decode_plainly(stream) == decode([stream], loads=parse_json)
    assert seen


def test_where_the_given_parser_raises_the_standard_one_tries() -> None:
    def loads(data: bytes | str) -> Any:
        raise OSError

    assert decode([QUEUED], loads=loads) == decode([QUEUED])


# --- Linear and bounded -----------------------------------------------------------


def test_events_that_were_taken_are_not_kept() -> None:
    decoder = RunEventDecoder()
    seen = []
    for block in blocks(STREAMS["text_run"])[:-1]:
        for event in decoder.feed(block):
            seen += [weakref.ref(event), weakref.ref(event.data)]
    del event
    gc.collect()

    assert len(seen) == 38
    assert [ref() for ref in seen if ref() is not None] == []


def test_memory_is_bounded_for_a_long_stream() -> None:
    delta = [b for b in blocks(STREAMS["text_run"]) if b"message.delta" in b][-1]
    decoder = RunEventDecoder()
    for _ in range(100):
        decoder.feed(delta)
    tracemalloc.start()
    try:
        for _ in range(2000):
            decoder.feed(delta)
            decoder.feed(b": ping\n\n")
        assert tracemalloc.get_traced_memory()[1] < 50_000
    finally:
        tracemalloc.stop()


def test_names_that_servers_make_up_are_not_kept() -> None:
    decoder = RunEventDecoder()
    # A few are, for all streams.
    for number in range(100):
        decoder.feed(b"event: f%d\ndata: 1\n\n" % number)
    tracemalloc.start()
    try:
        for number in range(2000):
            decoder.feed(b"event: e%d\ndata: 1\n\n" % number)
        assert tracemalloc.get_traced_memory()[1] < 50_000
    finally:
        tracemalloc.stop()


class _Counted(bytes):
    """Bytes that are not exactly `bytes`, as a subclass could be fed."""


def test_a_subclass_of_bytes_is_read_too() -> None:
    assert decode([_Counted(QUEUED)]) == decode([QUEUED])


def test_typed_events_of_one_stream_hold_their_own_objects() -> None:
    first, second = decode([QUEUED + QUEUED])
    assert isinstance(first.data, Run)
    assert first.data is not second.data
    assert first.data.tools is not second.data.tools  # type: ignore[union-attr]


def test_each_event_kind_of_the_samples_is_met() -> None:
    met = {type(event) for name in STREAMS for event in decode([STREAMS[name]])}
    assert met >= {
        ErrorEvent,
        ThreadCreated,
        ThreadMessageDelta,
        ThreadRunCompleted,
        ThreadRunCreated,
        ThreadRunStepDelta,
        UnknownEvent,
    }


def unspaced(stream: bytes) -> bytes:
    """Return the stream as servers write it that put no space after a colon."""
    return re.sub(rb"(?m)^(event|data|id): ", rb"\1:", stream)


@pytest.mark.parametrize("size", [1, 40, 64, 1460, None])
@pytest.mark.parametrize("name", STREAMS)
def test_no_space_after_a_colon_makes_no_difference(
    name: str, size: int | None
) -> None:
    stream = STREAMS[name]
    less = unspaced(stream)
    assert less != stream
    if size is None:
        chunks = [unspaced(block) for block in blocks(stream)]
    else:
        chunks = [less[at : at + size] for at in range(0, len(less), size)]

    assert decode(chunks) == decode([stream])


def test_data_alone_is_no_event_where_no_space_is_either() -> None:
    def delta(text: str) -> bytes:
        said = {"content": [{"index": 0, "type": "text", "text": {"value": text}}]}
        raw = {"id": "msg_1", "object": "thread.message.delta", "delta": said}
        return unspaced(frame("thread.message.delta", raw))

    decoder = RunEventDecoder()
    for text in "abcdef":
        assert len(decoder.feed(delta(text))) == 1
    _, _, data = delta("g").partition(b"data:")

    assert decoder.feed(data) == []
    assert len(decoder.feed(delta("h"))) == 1
