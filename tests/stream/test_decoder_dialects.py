"""Ends, errors, unknown events and unnamed ones, as servers send them."""

from typing import Any

import pytest

from runs_core.errors import UsageError
from runs_core.models import ErrorObject
from runs_core.stream import (
    ErrorEvent,
    RunEventDecoder,
    ThreadMessageDelta,
    ThreadRunQueued,
    UnknownEvent,
)
from runs_core.wire.codec import structure
from tests.stream.samples import decode, frame, malformed

RUN = {"id": "run_1", "object": "thread.run", "status": "queued"}
QUEUED = frame("thread.run.queued", RUN)
DONE = b"event: done\ndata: [DONE]\n\n"


# --- The end ----------------------------------------------------------------------


@pytest.mark.parametrize("end", [DONE, b"data: [DONE]\n\n", b"data:[DONE]\r\r"])
def test_done_ends_the_stream_and_what_follows_is_ignored(end: bytes) -> None:
    decoder = RunEventDecoder()

    assert len(decoder.feed(QUEUED + end + QUEUED + b"data: {broken\n\n")) == 1
    assert decoder.done
    assert decoder.feed(QUEUED) == decoder.feed(b"data: {broken\n\n") == []
    assert decoder.feed(frame(None, {"event": "x", "data": 1})) == []
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


# --- Errors, unknown events, and other dialects -----------------------------------

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
        (b"null", ""),
        (b"{}", None),
        (b'{"error": null, "message": "m"}', "m"),
        (b'{"error": true, "message": "m"}', "m"),
        (b'{"error": "Bad Request", "message": "m", "statusCode": 400}', "m"),
        (b'{"error": "overloaded", "message": null}', "overloaded"),
    ],
)
def test_an_error_event_without_an_error_object_says_what_came(
    data: bytes, message: str | None
) -> None:
    (event,) = decode([b"event: error\ndata: " + data + b"\n\n"])
    assert type(event) is ErrorEvent
    assert event.data.message == message


def test_what_stands_beside_an_error_is_kept() -> None:
    beside = {"status": 500, "message": "outer"}
    (nested,) = decode([frame("error", {"error": FLAT, **beside})])
    (word,) = decode([frame("error", {"error": "Bad Request", **beside})])

    assert (nested.data.message, nested.data.extra) == ("Too much.", {"status": 500})
    assert word.data.message == "outer"
    assert word.data.extra == {"status": 500, "error": "Bad Request"}


def test_a_long_text_in_place_of_an_error_is_cut() -> None:
    (event,) = decode([b"event: error\ndata: " + b"x" * 100_000 + b"\n\n"])
    assert event.data.message == "x" * 65536


def test_an_error_code_that_is_a_number_reads_as_text() -> None:
    (event,) = decode([frame("error", {"error": dict(FLAT, code=429)})])
    assert event.data.code == "429"


def test_a_stream_goes_on_after_an_error() -> None:
    assert len(decode([frame("error", FLAT) + QUEUED])) == 2


@pytest.mark.parametrize("name", ["ping", "done", "message", "Error", "thread", None])
def test_an_event_of_any_other_name_is_an_error_if_it_holds_one(
    name: str | None,
) -> None:
    assert decode([frame(name, {"error": FLAT})]) == decode([frame("error", FLAT)])
    inner = {"event": name, "data": {"error": FLAT}}
    if name is not None:
        assert decode([frame(None, inner)]) == decode([frame("error", FLAT)])
    # Those of the protocol mean what they say: a run can hold an error, too.
    new = "thread.run.paused"
    assert decode([frame(new, {"error": FLAT})]) == [UnknownEvent(new, {"error": FLAT})]


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
    assert decode([frame("done", named)]) == [UnknownEvent("done", named)]


def test_a_frame_can_say_that_this_was_all() -> None:
    decoder = RunEventDecoder()
    unknown = decoder.feed(frame(None, {"event": "x", "data": "[DONE]"}))
    assert unknown == [UnknownEvent("x", "[DONE]")]
    assert not decoder.done
    assert decoder.feed(frame(None, {"event": "done", "data": "[DONE]"})) == []
    assert decoder.done


def test_the_name_says_what_an_event_is_and_not_its_object_field() -> None:
    raw = {"id": "m", "object": "thread.run", "delta": {"content": []}}
    (event,) = decode([frame("thread.message.delta", raw)])
    assert type(event) is ThreadMessageDelta
    assert event.data.to_dict() == raw


def test_an_object_field_may_be_null() -> None:
    raw = {"id": "r", "object": None, "status": "queued"}
    (event,) = decode([frame("thread.run.queued", raw)])

    assert event.data.object is None
    assert event.data.to_dict() == raw


def test_an_object_field_may_be_missing() -> None:
    (event,) = decode([frame("thread.run.queued", {"id": "run_1"})])
    assert type(event) is ThreadRunQueued
    assert event.data.to_dict() == {"id": "run_1"}


@pytest.mark.parametrize("more", [{}, {"delta": None}, {"delta": None, "object": None}])
def test_an_object_that_does_not_say_what_it_is_is_written_as_it_came(
    more: dict[str, Any],
) -> None:
    raw = {"id": "msg_1", **more}
    (event,) = decode([frame("thread.message.delta", raw)])

    assert event.data.to_dict() == raw
