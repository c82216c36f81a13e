"""A run as it happens, as transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.api import runs
from runs_core.errors import (
    APIStatusError,
    BadRequestError,
    DeadlineExceeded,
    EventTooLarge,
    FlowConsumed,
    InvalidDelta,
    MalformedEvent,
    RunsError,
    StreamError,
    StreamIdle,
    StreamTruncated,
    TransportError,
    TransportTimeout,
    UnexpectedContentType,
)
from runs_core.flows.effects import Emit, Now, Open, Read
from runs_core.flows.progress import Progress
from runs_core.flows.streaming import IDLE_TIMEOUT, RunFeed
from runs_core.lifecycle import RUN_ENDS
from runs_core.models import Run
from runs_core.stream import (
    RunEventDecoder,
    RunSnapshot,
    RunStreamEvent,
    ThreadRunQueued,
)
from runs_core.wire.http import Head
from tests.flows.transcript import perform

HEAD = Head(200, {"content-type": "text/event-stream; charset=utf-8"})


def a_feed(**options: Any) -> RunFeed:
    return runs.stream("t", assistant_id="a", **options)


def sse(name: str, data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n".encode()


def run_event(status: str) -> bytes:
    name = "created" if status == "new" else status
    data = {"id": "r", "object": "thread.run", "thread_id": "t", "status": status}
    return sse(f"thread.run.{name}", data)


def text_event(text: str, index: int = 0) -> bytes:
    content = [{"index": index, "type": "text", "text": {"value": text}}]
    data = {
        "id": "m",
        "object": "thread.message.delta",
        "delta": {"content": content},
    }
    return sse("thread.message.delta", data)


QUEUED, COMPLETED = run_event("queued"), run_event("completed")
DONE = sse("done", "[DONE]")


class Server:
    """Answers a feed's effects: time passes as told, and pieces come as told.

    A piece is bytes, an exception, or a number of seconds that pass before the next.
    """

    def __init__(self, *pieces: Any, head: Any = HEAD) -> None:
        self.pieces = list(pieces)
        self.head = head
        self.now = 1000.0
        self.waits: list[float | None] = []
        self.events: list[RunStreamEvent] = []
        self.batches: list[int] = []

    def drive(self, feed: RunFeed) -> Run:
        reply: Any = None
        while True:
            try:
                if isinstance(reply, BaseException):
                    ask = feed.throw(reply)
                else:
                    ask = feed.send(reply)
            except StopIteration as end:
                result: Run = end.value
                return result
            reply = self.answer(ask)

    def answer(self, ask: Any) -> Any:
        match ask:
            case Now():
                return self.now
            case Open():
                return self.head
            case Emit(items):
                self.batches.append(len(items))
                self.events.extend(items)
                return None
            case Read(timeout):
                self.waits.append(timeout)
                return self.read(timeout)
        raise AssertionError(ask)

    def read(self, timeout: float | None) -> Any:
        while self.pieces and isinstance(self.pieces[0], int | float):
            if timeout is not None and self.pieces[0] > timeout:
                self.now += timeout
                self.pieces[0] -= timeout
                return TransportTimeout("late")
            if timeout is not None:
                timeout -= self.pieces[0]
            self.now += self.pieces.pop(0)
        return self.pieces.pop(0) if self.pieces else b""


def names(events: Iterable[RunStreamEvent]) -> list[str]:
    return [event.event.removeprefix("thread.") for event in events]


def test_a_stream_opens_emits_and_ends_in_its_run() -> None:
    feed = a_feed()

    run = perform(
        feed,
        [
            (Now, 0.0),
            (lambda ask: isinstance(ask, Open) and ask.timeout is None, HEAD),
            (lambda ask: isinstance(ask, Emit) and ask.items == (), None),
            (Now, 1.0),
            (Read(IDLE_TIMEOUT), QUEUED),
            (lambda ask: names(ask.items) == ["run.queued"], None),
            (Now, 2.0),
            (Read(IDLE_TIMEOUT), COMPLETED),
            (lambda ask: names(ask.items) == ["run.completed"], None),
            (Now, 3.0),
            (Read(2.0), DONE),
            (Now, 3.5),
        ],
    )

    assert run.status == "completed"
    assert feed.progress.head == HEAD


def test_a_chunks_events_are_emitted_together() -> None:
    server = Server(QUEUED + text_event("a") + text_event("b"), COMPLETED + DONE)
    server.drive(a_feed())

    assert server.batches == [0, 3, 1]


@pytest.mark.parametrize("status", sorted(RUN_ENDS))
@pytest.mark.parametrize("tail", [DONE, b"", b": ping\n\n"])
def test_promise_3_a_stream_ends_in_every_end_of_a_run_with_or_without_done(
    status: str, tail: bytes
) -> None:
    server = Server(QUEUED, run_event(status) + tail)

    assert server.drive(a_feed()).status == status


WHOLE = QUEUED + run_event("in_progress") + text_event("hi") + COMPLETED + DONE


@given(st.integers(0, len(WHOLE)))
def test_promise_3_cut_at_any_byte_a_stream_is_whole_or_truncated(cut: int) -> None:
    server = Server(WHOLE[:cut])
    terminal = WHOLE.index(COMPLETED) + len(COMPLETED)
    feed = a_feed()
    if cut >= terminal:
        assert server.drive(feed).status == "completed"
        return

    with pytest.raises(StreamTruncated) as caught:
        server.drive(feed)
    error = caught.value
    seen = names(server.events)
    assert error.run_id == ("r" if seen else None)
    assert error.last_event == (f"thread.{seen[-1]}" if seen else None)
    assert error.snapshot is feed.progress.snapshot
    assert (error.run is not None) == bool(seen)


@given(st.lists(st.integers(0, len(WHOLE)), max_size=20))
def test_the_events_are_the_same_for_every_cut(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(WHOLE)]
    pieces = [WHOLE[a:b] for a, b in pairwise(cuts) if a < b]
    server = Server(*pieces)
    feed = a_feed()
    server.drive(feed)

    assert names(server.events) == [
        "run.queued",
        "run.in_progress",
        "message.delta",
        "run.completed",
    ]
    assert feed.progress.snapshot.text == "hi"


@pytest.mark.parametrize("after", [b"", QUEUED])
def test_a_broken_connection_is_a_truncated_stream(after: bytes) -> None:
    fault = TransportError("x")
    with pytest.raises(StreamTruncated, match="connection broke") as caught:
        Server(*([after] if after else []), fault).drive(a_feed())

    assert caught.value.__cause__ is fault


def test_a_connection_that_breaks_after_the_end_is_no_error() -> None:
    for fault in (TransportError("x"), TransportTimeout("x")):
        assert Server(COMPLETED, fault).drive(a_feed()).status == "completed"


@pytest.mark.parametrize(
    "junk", [sse("thread.run.created", "{"), sse("done", "[DONE]x"), b"event: \xff\n\n"]
)
def test_what_comes_malformed_after_the_end_is_no_error(junk: bytes) -> None:
    server = Server(COMPLETED + junk, b"data: x")

    assert server.drive(a_feed()).status == "completed"


BAD = [
    pytest.param(text_event("x", index=-1), id="does not fit"),
    pytest.param(COMPLETED.replace(b'"r"', b'"r2"'), id="of another run"),
    pytest.param(sse("error", {"message": "it broke"}), id="error event"),
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("cut", [0, 10])
def test_promise_3_nothing_that_comes_after_its_end_takes_a_runs_result(
    bad: bytes, cut: int
) -> None:
    answer = COMPLETED + bad + text_event("more")
    server = Server(*filter(None, [answer[:cut], answer[cut:], DONE]))

    assert server.drive(a_feed()).status == "completed"
    assert Server(COMPLETED, bad, DONE).drive(a_feed()).status == "completed"


@pytest.mark.parametrize("bad", BAD)
def test_promise_3_what_a_server_reports_of_a_run_that_waits_is_raised(
    bad: bytes,
) -> None:
    waits = run_event("requires_action")
    for pieces in ([waits, bad], [waits + bad], [QUEUED + bad + COMPLETED]):
        with pytest.raises((StreamError, InvalidDelta)):
            Server(*pieces).drive(a_feed())


# --- What the server reports --------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"code": "server_error", "message": "it broke", "type": "t", "param": "p"},
        {"error": {"code": "server_error", "message": "it broke", "type": "t"}},
    ],
)
def test_promise_3_an_error_event_is_raised_after_what_came_before(data: Any) -> None:
    server = Server(QUEUED + sse("error", data) + COMPLETED)
    feed = a_feed()

    with pytest.raises(StreamError, match="error event: it broke") as caught:
        server.drive(feed)

    assert names(server.events) == ["run.queued"]
    assert caught.value.code == "server_error"
    assert caught.value.run_id == "r"
    assert caught.value.last_event == "thread.run.queued"
    assert caught.value.run is not None
    assert caught.value.snapshot is feed.progress.snapshot


def test_a_servers_words_in_a_stream_are_one_short_line_too() -> None:
    said = "busy\n\x1b[31m " + "x" * 1000
    with pytest.raises(StreamError) as caught:
        Server(QUEUED, sse("error", {"message": said})).drive(a_feed())

    text = str(caught.value)
    assert text.startswith("the server sent an error event: busy \ufffd[31m xxx")
    assert len(text) < 600
    assert caught.value.error is not None
    assert caught.value.error.message == said


def test_an_events_name_and_a_content_type_are_one_short_line_too() -> None:
    name = "odd\x1b[31m" + "x" * 1000
    with pytest.raises(StreamTruncated) as caught:
        Server(QUEUED, sse(name, {})).drive(a_feed())

    assert "(last event: odd\ufffd[31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 600
    assert caught.value.last_event == name

    head = Head(200, {"content-type": f"text/{name}"})
    with pytest.raises(UnexpectedContentType) as refused:
        Server(head=head).drive(a_feed())

    assert "the server answered with text/odd\ufffd[31mxxx" in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert refused.value.content_type == f"text/{name}"


def test_a_malformed_event_is_raised_after_what_came_before() -> None:
    server = Server(QUEUED + sse("thread.run.created", '{"secret": '), b"x")

    with pytest.raises(MalformedEvent) as caught:
        server.drive(a_feed())

    assert names(server.events) == ["run.queued"]
    assert caught.value.offset == len(QUEUED)
    assert caught.value.run is not None
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "then", [TransportError("reset"), TransportTimeout("silent"), 3600.0]
)
def test_promise_3_a_malformed_event_is_not_hidden_by_what_comes_later(
    then: Any,
) -> None:
    server = Server(QUEUED + sse("thread.run.in_progress", "{]"), then)
    with pytest.raises(MalformedEvent):
        server.drive(a_feed())

    assert names(server.events) == ["run.queued"]
    assert server.pieces == [then]


@pytest.mark.parametrize(
    ("piece", "error"),
    [
        (sse("error", {"message": "no"}), StreamError),
        (sse("thread.run.in_progress", "{"), MalformedEvent),
        (run_event("in_progress").replace(b'"r"', b'"another"'), InvalidDelta),
    ],
)
def test_promise_3_polling_finishes_no_stream_that_says_what_is_wrong(
    piece: bytes, error: type[RunsError]
) -> None:
    with pytest.raises(error):
        Server(QUEUED, piece).drive(a_feed(resume="poll"))


def test_promise_5_a_stream_without_an_event_says_that_its_run_may_have_begun() -> None:
    with pytest.raises(StreamTruncated, match=r"runs\.list\(thread_id") as created:
        Server().drive(a_feed())
    outputs = runs.submit_tool_outputs_stream("r", "t", tool_outputs=[])
    with pytest.raises(StreamTruncated, match=r"runs\.retrieve\(run_id") as submitted:
        Server().drive(outputs)
    with pytest.raises(StreamTruncated) as known:
        Server(QUEUED).drive(a_feed())

    assert created.value.run_id is None
    assert submitted.value.run_id == "r"
    assert known.value.run_id == "r"
    assert "carried out" not in str(known.value)


def test_promise_2_an_event_may_be_as_large_as_its_limit() -> None:
    with pytest.raises(EventTooLarge):
        Server(QUEUED, b"data: " + b"x" * 200, b"x").drive(a_feed(max_event_bytes=150))
    large = Server(QUEUED, COMPLETED).drive(a_feed(max_event_bytes=None))
    assert large.status == "completed"


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(
    "bad", [text_event("x", index=-1), COMPLETED.replace(b'"r"', b'"another"')]
)
def test_promise_8_nothing_from_an_event_on_that_does_not_fit_is_handed_out(
    bad: bytes, cut: bool
) -> None:
    events = [QUEUED, text_event("hi"), bad, text_event("!"), COMPLETED]
    server = Server(*events if cut else [b"".join(events)])
    feed = a_feed()

    with pytest.raises(InvalidDelta) as caught:
        server.drive(feed)

    assert names(server.events) == ["run.queued", "message.delta"]
    assert caught.value.run is not None
    assert feed.progress.snapshot.outcome is None
    assert feed.progress.snapshot.text == "hi"


@pytest.mark.parametrize("status", [103, 300, 307, 400, 429, 500])
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
def test_a_refusal_is_read_and_raised(status: int, content_type: str) -> None:
    piece = b'{"error": {"message": "not now", "code": "c"}}'
    server = Server(piece, head=Head(status, {"content-type": content_type}))

    with pytest.raises(APIStatusError, match="not now") as caught:
        server.drive(a_feed())

    assert caught.value.status == status


def test_what_opening_raises_is_raised() -> None:
    for fault in (BadRequestError("x", status=400), TransportError("x")):
        with pytest.raises(type(fault)) as caught:
            Server(head=fault).drive(a_feed())
        assert caught.value is fault


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
def test_what_is_no_event_stream_is_refused_and_its_run_not_forgotten(
    content_type: str,
) -> None:
    head = Head(200, {"content-type": content_type})
    with pytest.raises(UnexpectedContentType, match="it may have been carr") as caught:
        Server(b'{"id": "secret"}', head=head).drive(a_feed())

    assert caught.value.content_type == content_type
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("headers", [{}, {"content-type": "Text/Event-Stream"}])
def test_an_event_stream_need_not_say_so(status: int, headers: dict[str, str]) -> None:
    server = Server(COMPLETED, head=Head(status, headers))

    assert server.drive(a_feed()).status == "completed"


# --- Time ----------------------------------------------------------------------------


def test_promise_6_an_idle_stream_ends_though_comments_keep_coming() -> None:
    pings: list[Any] = [5.0, b": ping\n\n"] * 100
    server = Server(QUEUED, *pings)

    with pytest.raises(StreamIdle, match="no event came for 12 s") as caught:
        server.drive(a_feed(idle_timeout=12))

    assert server.now == 1012.0
    assert caught.value.run_id == "r"


def test_the_idle_clock_counts_from_the_last_event() -> None:
    server = Server(QUEUED, 9.0, text_event("a"), 9.0, text_event("b"), 9.0, COMPLETED)

    assert server.drive(a_feed(idle_timeout=10)).status == "completed"
    assert server.waits[:3] == [10.0, 10.0, 10.0]


def test_the_time_that_the_caller_takes_for_an_event_is_not_idle() -> None:
    class Slow(Server):
        def answer(self, ask: Any) -> Any:
            self.now += 60.0 * isinstance(ask, Emit)
            return super().answer(ask)

    server = Slow(QUEUED, text_event("a"), COMPLETED)

    assert server.drive(a_feed(idle_timeout=10)).status == "completed"


def test_promise_6_a_read_that_times_out_is_an_idle_stream() -> None:
    with pytest.raises(StreamIdle, match="the read timeout; poll") as caught:
        Server(QUEUED, TransportTimeout("x")).drive(a_feed(idle_timeout=None))

    assert isinstance(caught.value.__cause__, TransportTimeout)


def test_promise_6_the_deadline_bounds_the_whole_stream() -> None:
    events: list[Any] = [3.0, text_event("a")] * 100
    server = Server(QUEUED, *events)

    with pytest.raises(DeadlineExceeded, match="its run goes on") as caught:
        server.drive(a_feed(deadline=20, idle_timeout=10))

    assert server.now == 1020.0
    assert caught.value.run is not None


def test_promise_6_opening_has_no_longer_than_the_stream() -> None:
    flow = a_feed(deadline=20)
    next(flow)
    ask = flow.send(1000.0)

    assert isinstance(ask, Open)
    assert ask.timeout == 20


def test_promise_6_done_is_not_waited_for_beyond_the_deadline() -> None:
    late = Server(0.5, COMPLETED, 60.0, DONE)

    assert late.drive(a_feed(deadline=1.0)).status == "completed"
    assert late.now == 1001.0


def test_promise_6_a_run_that_ended_has_ended_though_its_caller_takes_too_long() -> (
    None
):
    class Slow(Server):
        def answer(self, ask: Any) -> Any:
            self.now += 60.0 * (isinstance(ask, Emit) and len(ask.items))
            return super().answer(ask)

    late = Slow(COMPLETED, DONE)

    assert late.drive(a_feed(deadline=1.0)).status == "completed"
    assert len(late.waits) == 1


def test_promise_6_done_is_waited_for_two_seconds() -> None:
    for options in ({}, {"deadline": 600.0}):
        late = Server(COMPLETED, 60.0, DONE)
        assert late.drive(a_feed(**options)).status == "completed"
        assert late.now == 1002.0
    assert late.waits[-1] == 2.0


@pytest.mark.parametrize("piece", [b": ping\n\n", text_event("more")])
def test_promise_6_nothing_that_follows_the_end_prolongs_it(piece: bytes) -> None:
    more: list[Any] = [1.5, piece] * 1000
    server = Server(COMPLETED, *more)

    assert server.drive(a_feed(idle_timeout=None)).status == "completed"
    assert server.now <= 1003.0


# --- Progress ------------------------------------------------------------------------


def test_promise_8_the_snapshot_is_of_exactly_the_events_handed_out() -> None:
    feed = a_feed()
    feed.progress.one_by_one = True
    next(feed)
    feed.send(0.0)
    assert isinstance(feed.send(HEAD), Emit)
    feed.send(None)
    feed.send(0.0)
    emitted = feed.send(QUEUED + text_event("a") + text_event("b") + text_event("c"))
    assert isinstance(emitted, Emit)
    progress = feed.progress

    texts = []
    for handed in range(5):
        assert progress.hand_out(handed)
        texts.append(progress.snapshot.text)
    assert texts == ["", "", "a", "ab", "abc"]
    feed.send(None)
    assert progress.snapshot.text == "abc"
    assert progress.last_event == "thread.message.delta"


def test_one_by_one_an_event_that_does_not_fit_is_not_to_be_handed_out() -> None:
    progress = Progress(one_by_one=True)
    events = RunEventDecoder().feed(
        text_event("a") + text_event("x", -1) + text_event("b")
    )

    assert progress.begin(events) == events
    fits = [progress.hand_out(count) for count in (1, 1, 2, 3)]
    assert fits == [True, True, False, False]
    assert progress.snapshot.text == "a"
    with pytest.raises(InvalidDelta):
        progress.finish()
    assert progress.last_event == "thread.message.delta"


@pytest.mark.parametrize("message", ["m", 5, None, ["x"]])
def test_the_fields_of_an_error_event_are_text_on_the_error(message: Any) -> None:
    said = {"message": message, "code": 7, "param": {"a": 1}, "type": True}
    with pytest.raises(StreamError) as caught:
        Server(QUEUED + sse("error", said)).drive(a_feed())

    error = caught.value
    assert (error.code, error.param, error.type) == ("7", "{'a': 1}", "True")
    assert error.body == said


@pytest.mark.parametrize("one_by_one", [True, False])
def test_what_does_not_fit_after_a_runs_end_is_left_out(one_by_one: bool) -> None:
    progress = Progress(one_by_one=one_by_one)
    bad = text_event("x", -1)
    stream = COMPLETED + bad + text_event("a") + bad + bad + text_event("b")
    events = RunEventDecoder().feed(stream)
    kept = [events[0], events[2], events[5]]

    assert progress.begin(events) == (events if one_by_one else kept)
    if one_by_one:
        fits = [progress.hand_out(n) for n in range(1, 7)]
        assert [e for e, fit in zip(events, fits, strict=True) if fit] == kept
    progress.finish()
    assert progress.snapshot.text == "ab"


def test_an_event_whose_application_is_interrupted_is_not_applied_again() -> None:
    class Interrupted(RunSnapshot):
        def apply(self, event: RunStreamEvent) -> None:
            super().apply(event)
            raise KeyboardInterrupt

    progress = Progress(one_by_one=True, snapshot=Interrupted())
    progress.begin(RunEventDecoder().feed(text_event("a")))
    with pytest.raises(KeyboardInterrupt):
        progress.hand_out(1)

    assert progress.hand_out(1)
    progress.finish()
    assert progress.snapshot.text == "a"


def test_a_feed_that_is_left_in_the_middle_keeps_what_was_handed_out() -> None:
    feed = a_feed()
    feed.progress.one_by_one = True
    next(feed)
    feed.send(0.0)
    feed.send(HEAD)
    feed.send(None)
    feed.send(0.0)
    feed.send(QUEUED + text_event("a") + text_event("b"))
    assert feed.progress.hand_out(2)
    feed.close()

    assert feed.progress.snapshot.text == "a"
    assert feed.progress.snapshot.run is not None
    with pytest.raises(FlowConsumed):
        iter(feed)


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_make_a_stream_raise_anything_but_our_errors(
    pieces: list[bytes],
) -> None:
    server = Server(*(piece for piece in pieces if piece))
    with pytest.raises(RunsError):
        server.drive(a_feed())


EVENTS = st.sampled_from(
    [QUEUED, text_event("a"), text_event("b", 3), sse("thread.new", {}), b": x\n\n"]
)
ENDINGS = st.sampled_from(["completed", "failed", "requires_action", None])


@given(events=st.lists(EVENTS, max_size=12), ending=ENDINGS)
def test_promise_3_a_stream_ends_as_its_last_run_event_says(
    events: list[bytes], ending: str | None
) -> None:
    if ending is not None:
        server = Server(*events, run_event(ending))
        assert server.drive(a_feed()).status == ending
    else:
        with pytest.raises(StreamTruncated):
            Server(*events).drive(a_feed())


def test_promise_3_a_run_that_goes_on_after_it_waited_has_not_ended() -> None:
    waits = run_event("requires_action")

    server = Server(waits, 1.0, QUEUED, 60.0, COMPLETED)
    assert server.drive(a_feed()).status == "completed"
    assert names(server.events) == [
        "run.requires_action",
        "run.queued",
        "run.completed",
    ]

    with pytest.raises(StreamTruncated) as caught:
        Server(waits, QUEUED).drive(a_feed())
    assert caught.value.last_event == "thread.run.queued"


def test_typed_events_are_what_is_emitted() -> None:
    server = Server(QUEUED, COMPLETED)
    server.drive(a_feed())

    (first, _) = server.events
    assert isinstance(first, ThreadRunQueued)
    assert first.data.id == "r"
