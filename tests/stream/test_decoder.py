"""Bytes to typed events: the same events for every cut, and faults that say where."""

import gc
import json
import traceback
import tracemalloc
import weakref
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import EventTooLarge, MalformedEvent, UsageError
from runs_core.models import ErrorObject, Run
from runs_core.stream import (
    ErrorEvent,
    RunEventDecoder,
    ThreadCreated,
    ThreadMessageDelta,
    ThreadRunCompleted,
    ThreadRunCreated,
    ThreadRunQueued,
    ThreadRunStepDelta,
    UnknownEvent,
)
from runs_core.wire.codec import parse_json, structure
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
DONE = b"event: done\ndata: [DONE]\n\n"
CANARY = "canary-5f1d"

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


def malformed(*pieces: bytes) -> tuple[list[Any], MalformedEvent]:
    """Give the events before a fault, and the error that comes after them."""
    events: list[Any] = []
    with pytest.raises(MalformedEvent) as caught:
        feed_all(RunEventDecoder(), pieces, events)
    return events, caught.value


def feed_all(decoder: Any, pieces: Iterable[bytes], events: list[Any]) -> None:
    """Add the events to the list, also where an error follows them."""
    for piece in pieces:
        events += decoder.feed(piece)
    decoder.close()


# --- The same events for every cut -------------------------------------------------


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


@pytest.mark.parametrize("kind", [bytearray, memoryview])
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


# --- The end -----------------------------------------------------------------------


@pytest.mark.parametrize("end", [DONE, b"data: [DONE]\n\n", b"data:[DONE]\r\r"])
def test_done_ends_the_stream_and_what_follows_is_ignored(end: bytes) -> None:
    decoder = RunEventDecoder()

    assert len(decoder.feed(QUEUED + end + QUEUED + b"data: {broken\n\n")) == 1
    assert decoder.done
    assert decoder.feed(QUEUED) == decoder.feed(b"data: {broken\n\n") == []
    assert decoder.close() == decoder.feed(QUEUED) == []


def test_a_stream_is_not_done_without_saying_so() -> None:
    decoder = RunEventDecoder()
    decoder.feed(QUEUED + DONE[:-1])
    assert not decoder.done
    assert decoder.close() == []
    assert not decoder.done


@pytest.mark.parametrize(
    "data", [b"[DONE]x", b"[DONE] ", b" [DONE]", b"[DONE]\ndata: [DONE]", b"[DONE"]
)
@pytest.mark.parametrize("name", [b"", b"event: done\n"])
def test_what_only_begins_like_the_end_is_malformed(name: bytes, data: bytes) -> None:
    events, error = malformed(QUEUED + name + b"data: " + data + b"\n\n" + DONE)
    assert len(events) == 1
    assert error.offset == len(QUEUED)


@pytest.mark.parametrize("data", [b"{}", b"", b"bye", b"[]", b'"[DONE]"'])
def test_done_with_other_data_is_an_event_and_no_end(data: bytes) -> None:
    decoder = RunEventDecoder()
    (event,) = decoder.feed(b"event: done\ndata: " + data + b"\n\n")
    assert type(event) is UnknownEvent
    assert event.event == "done"
    assert not decoder.done


def test_the_end_marker_ends_nothing_under_another_name() -> None:
    decoder = RunEventDecoder()
    events = decoder.feed(b"event: thread.note\ndata: [DONE]\n\n")
    assert events == [UnknownEvent("thread.note", "[DONE]")]
    assert not decoder.done


def test_an_event_that_is_not_complete_is_dropped() -> None:
    decoder = RunEventDecoder()
    assert decoder.feed(QUEUED + QUEUED[:-1]) == decode([QUEUED])
    assert decoder.close() == []


def test_a_closed_decoder_takes_no_more() -> None:
    decoder = RunEventDecoder()
    decoder.close()
    assert decoder.close() == []
    with pytest.raises(UsageError):
        decoder.feed(QUEUED)


# --- Errors, unknown events, and other dialects ------------------------------------

FLAT = {"message": "Too much.", "type": "server_error", "code": "busy", "param": None}


@pytest.mark.parametrize(
    "stream",
    [
        frame("error", FLAT),
        frame("error", {"error": FLAT}),
        frame(None, {"error": FLAT}),
        frame(None, {"event": "error", "data": FLAT}),
        frame(None, {"event": "error", "data": {"error": FLAT}}),
    ],
)
def test_an_error_object_is_found_where_servers_put_it(stream: bytes) -> None:
    assert decode([stream]) == [ErrorEvent(structure(FLAT, ErrorObject))]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ""),
        (b"overloaded", "overloaded"),
        (b'"overloaded"', "overloaded"),
        (b'{"error": "overloaded"}', "overloaded"),
        (b'{"message": "over', '{"message": "over'),
        (b"bad \xff byte", "bad \ufffd byte"),
        (b"[1]", "[1]"),
        (b"null", "None"),
        (b"{}", None),
        (b'{"error": null, "message": "m"}', "m"),
    ],
)
def test_an_error_event_without_an_error_object_says_what_came(
    data: bytes, message: str | None
) -> None:
    (event,) = decode([b"event: error\ndata: " + data + b"\n\n"])
    assert type(event) is ErrorEvent
    assert event.data.message == message


def test_a_long_text_in_place_of_an_error_is_cut() -> None:
    (event,) = decode([b"event: error\ndata: " + b"x" * 100_000 + b"\n\n"])
    assert event.data.message == "x" * 65536


def test_an_error_code_that_is_a_number_reads_as_text() -> None:
    (event,) = decode([frame("error", {"error": dict(FLAT, code=429)})])
    assert event.data.code == "429"


def test_a_stream_goes_on_after_an_error() -> None:
    assert len(decode([frame("error", FLAT) + QUEUED])) == 2


@pytest.mark.parametrize("name", ["thread.run.paused", "ping", "thread", "Error"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"id": 5}', {"id": 5}),
        (b"pong", "pong"),
        (b"", ""),
        (b"{broken", "{broken"),
        (b"NaN", "NaN"),
        (b'{"error": {}}', {"error": {}}),
    ],
)
def test_an_unknown_event_is_given_with_what_it_holds(
    name: str, data: bytes, expected: Any
) -> None:
    assert decode([frame(name, data)]) == [UnknownEvent(name, expected)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"pong", "pong"),
        (b"", ""),
        (b"5", 5),
        (b'{"object": "thread.run"}', {"object": "thread.run"}),
        (b'{"error": null}', {"error": None}),
        (b'{"event": "x"}', {"event": "x"}),
        (b'{"event": 5, "data": {}}', {"event": 5, "data": {}}),
        (b"[]", []),
    ],
)
def test_an_event_without_a_name_is_unknown(data: bytes, expected: Any) -> None:
    assert decode([frame(None, data)]) == [UnknownEvent("message", expected)]


def test_a_frame_of_event_and_data_is_that_event() -> None:
    named = {"event": "thread.run.queued", "data": RUN}
    assert decode([frame(None, named)]) == decode([QUEUED])
    unknown = {"event": "x", "data": None}
    assert decode([frame(None, unknown)]) == [UnknownEvent("x", None)]
    # Under a name, it is that event's own data.
    assert decode([frame("x", named)]) == [UnknownEvent("x", named)]


def test_a_frame_can_say_that_this_was_all() -> None:
    decoder = RunEventDecoder()
    assert decoder.feed(frame(None, {"event": "done", "data": "[DONE]"})) == []
    assert decoder.done


def test_the_name_says_what_an_event_is_and_not_its_object_field() -> None:
    raw = {"id": "m", "object": "thread.run", "delta": {"content": []}}
    (event,) = decode([frame("thread.message.delta", raw)])
    assert type(event) is ThreadMessageDelta
    assert event.data.to_dict() == raw


def test_an_object_field_may_be_missing() -> None:
    (event,) = decode([frame("thread.run.queued", {"id": "run_1"})])
    assert type(event) is ThreadRunQueued
    assert event.data.to_dict() == {"id": "run_1"}


# --- Faults ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"id": "run_1"}}', "Extra data @ byte 15"),
        (b"NaN", "a number is not finite"),
        (b"[" * 100_000, "levels"),
        (
            b'{"id": "r", "object": "o", "x": ' + b"[" * 200 + b"]" * 200 + b"}",
            "levels",
        ),
        (b"1" * 5000, "too many digits"),
        (b"null", "must be an object, not null @ $"),
        (b"[]", "must be an object, not a list @ $"),
        (b'"text"', "must be an object, not a string @ $"),
        (b"{}", "must have 'id' @ $.id"),
        (b'{"object": "thread.run"}', "must have 'id' @ $.id"),
        (b'{"id": null, "object": "thread.run"}', "must have 'id' @ $.id"),
        (b'{"id": "", "object": "thread.run"}', "not empty @ $.id"),
        (b'{"id": 5, "object": "thread.run"}', "must be a string"),
        (b'{"id": true}', "must be a string"),
        (b'{"id": ["a"]}', "must be a string"),
        (b"[DONE]", "not JSON"),
    ],
)
def test_a_known_event_that_is_not_what_it_must_be_is_malformed(
    data: bytes, why: str
) -> None:
    before = b": hello\r\n\r\n" + QUEUED
    events, error = malformed(before + frame("thread.run.completed", data) + QUEUED)

    assert [type(event) for event in events] == [ThreadRunQueued]
    assert why in str(error)
    assert f"the thread.run.completed event at byte {len(before)} " in str(error)
    assert (error.offset, error.event) == (len(before), "thread.run.completed")


@pytest.mark.parametrize("name", ["thread.message.delta", "thread.run.step.delta"])
def test_a_delta_needs_an_object_to_add(name: str) -> None:
    for raw in ({"id": "m"}, {"id": "m", "delta": None}, {"id": "m", "delta": []}):
        _, error = malformed(frame(name, raw))
        assert "$.delta" in str(error)


@pytest.mark.parametrize(
    "data",
    [b"{broken", b"[1", b'{"event": "thread.run.queued", "data": {}}', b"{} {}"],
)
def test_a_broken_frame_without_a_name_is_malformed(data: bytes) -> None:
    events, error = malformed(QUEUED, frame(None, data))
    assert len(events) == 1
    assert "unnamed event at byte" in str(error)
    assert (error.offset, error.event) == (len(QUEUED), "message")


@pytest.mark.parametrize("size", [1, 5, 64, 1460, 10**6])
@pytest.mark.parametrize("name", ["text_run", "crlf_comments", "tool_run"])
def test_a_fault_swallows_no_event_in_any_cut(name: str, size: int) -> None:
    good = STREAMS[name][: -len(blocks(STREAMS[name])[-1])]
    bad = b"\n: note\nevent: thread.message.delta\ndata: {}\n\n"
    events, error = malformed(*cut(good + bad + QUEUED * 5, size))

    assert decode([good]) == events
    assert error.offset == len(good) + 1
    assert error.event == "thread.message.delta"


def test_a_fault_is_raised_again_and_again() -> None:
    decoder = RunEventDecoder()
    assert decoder.feed(frame("thread.run.queued", b"{}")) == []

    for call in (decoder.close, decoder.close, lambda: decoder.feed(QUEUED)):
        with pytest.raises(MalformedEvent) as caught:
            call()
        assert caught.value.__context__ is None


@pytest.mark.parametrize("pieces", [1, 7, 10**6])
def test_an_event_that_is_too_large_comes_after_those_before_it(pieces: int) -> None:
    long = frame("thread.run.queued", dict(RUN, model="x" * 500))
    decoder = RunEventDecoder(max_event_bytes=400)
    events: list[Any] = []
    with pytest.raises(EventTooLarge) as caught:
        feed_all(decoder, cut(QUEUED + long + QUEUED, pieces), events)

    assert len(events) == 1
    assert (caught.value.limit, caught.value.offset) == (400, len(QUEUED))
    with pytest.raises(EventTooLarge):
        decoder.close()


def test_the_size_of_an_event_need_not_be_limited() -> None:
    long = frame("thread.run.queued", dict(RUN, model="x" * 100_000))
    assert len(decode([long], max_event_bytes=None)) == 1
    with pytest.raises(UsageError):
        RunEventDecoder(max_event_bytes=-1)


@pytest.mark.parametrize("limit", [200, 225, 250, 300])
def test_the_limit_is_the_same_whatever_lane_an_event_takes(limit: int) -> None:
    stream = STREAMS["text_run"]
    deltas = [b for b in blocks(stream) if b"message.delta" in b]
    deltas.append(deltas[-1].replace(b'"?"', b'"' + b"?" * (limit - 170) + b'"'))
    kept = []
    for pieces in (deltas, [b"".join(deltas)], cut(b"".join(deltas), 1)):
        decoder = RunEventDecoder(max_event_bytes=limit)
        events: list[Any] = []
        try:
            feed_all(decoder, pieces, events)
        except EventTooLarge as error:
            events.append(error.offset)
        kept.append(events)

    assert kept[0] == kept[1] == kept[2]


FAULTS = [
    frame("thread.run.queued", b"{" + CANARY.encode()),
    frame("thread.run.queued", b'"' + CANARY.encode()),
    frame("thread.run.queued", b'"' + CANARY.encode() + b'"'),
    frame("thread.run.queued", {"id": 5, CANARY: CANARY}),
    frame("thread.run.queued", {"id": [CANARY]}),
    frame("thread.message.delta", {"id": CANARY, "object": CANARY, "delta": CANARY}),
    frame(None, b"{" + CANARY.encode()),
    frame(None, {"event": "thread.run.queued", "data": CANARY}),
    frame("thread.run.queued", b'{"id": "\\ud800' + CANARY.encode() + b"\xff"),
    b"data: [DONE]" + CANARY.encode() + b"\n\n",
]


@pytest.mark.parametrize("stream", FAULTS)
def test_no_error_shows_what_the_server_sent(stream: bytes) -> None:
    _, error = malformed(stream)
    shown = [str(error), repr(error), *traceback.format_exception(error)]
    assert not any(CANARY in text for text in shown)
    assert error.__cause__ is None
    assert error.__context__ is None


# --- Linear and bounded ------------------------------------------------------------


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
