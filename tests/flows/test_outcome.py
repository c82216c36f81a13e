"""Whatever fails between a creating request and its response: outcome unknown."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from runs_core import Client, Endpoint, RunSnapshot, messages, runs, threads
from runs_core.api import assistants
from runs_core.errors import (
    APIStatusError,
    DeadlineExceeded,
    EventTooLarge,
    MalformedEvent,
    OutcomeUnknown,
    ResponseTooLarge,
    RunsError,
    StreamError,
    StreamIdle,
    StreamTruncated,
    TransportTimeout,
    UnexpectedContentType,
    UnexpectedRedirect,
)
from runs_core.flows.outcome import as_unknown
from runs_core.flows.streaming import RunFeed
from runs_core.raw import raw
from runs_core.testing import InMemoryTransport, LocalService
from runs_core.wire.http import Head, Response
from tests.flows.test_streaming import QUEUED, Server, sse

OUTPUTS: Any = [{"tool_call_id": "c", "output": "x"}]
CALLS: dict[str, Any] = {
    "runs.create": lambda: runs.create("t", assistant_id="a"),
    "runs.submit_tool_outputs": lambda: runs.submit_tool_outputs(
        "r", "t", tool_outputs=OUTPUTS
    ),
    "threads.create": lambda: threads.create(),
    "threads.create_and_run": lambda: threads.create_and_run(assistant_id="a"),
    "messages.create": lambda: messages.create("t", role="user", content="x"),
    "assistants.create": lambda: assistants.create(model="m"),
}
FEEDS: dict[str, Callable[..., RunFeed]] = {
    "runs.create": lambda **o: runs.stream("t", assistant_id="a", **o),
    "runs.submit_tool_outputs": lambda **o: runs.submit_tool_outputs_stream(
        "r", "t", tool_outputs=OUTPUTS, **o
    ),
    "threads.create_and_run": lambda **o: threads.create_and_run_stream(
        assistant_id="a", **o
    ),
}
ANSWERS: dict[str, tuple[Response, type[RunsError]]] = {
    "a page": (
        Response(200, {"content-type": "text/html"}, b"<html>"),
        UnexpectedContentType,
    ),
    "a timeout": (Response(408, {}, b""), APIStatusError),
    "to be seen elsewhere": (Response(303, {}, b""), UnexpectedRedirect),
    "an interim one": (Response(103, {}, b""), APIStatusError),
}
THREAD = sse("thread.created", {"id": "t", "object": "thread"})
STREAMS: dict[str, tuple[Server, type[RunsError]]] = {
    "ends": (Server(), StreamTruncated),
    "ends after the thread": (Server(THREAD), StreamTruncated),
    "breaks": (Server(TransportTimeout("late")), StreamIdle),
    "is silent": (Server(400.0), StreamIdle),
    "is late": (Server(200.0), DeadlineExceeded),
    "fails": (Server(sse("error", {"message": "no"})), StreamError),
    "is junk": (Server(sse("thread.run.queued", "{]")), MalformedEvent),
    "is too long": (Server(b"data: " + b"x" * 5000, b"x"), EventTooLarge),
    "is a page": (
        Server(head=Head(200, {"content-type": "text/html"})),
        UnexpectedContentType,
    ),
    "is no answer in time": (
        Server(head=Head(408, {"content-type": "text/plain"})),
        APIStatusError,
    ),
}


def check(error: RunsError, operation: str) -> None:
    assert isinstance(error, OutcomeUnknown)
    assert error.operation == operation
    assert "it may have been carried out" in str(error)
    assert str(error) == error.message  # type: ignore[attr-defined]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("operation", CALLS)
def test_promise_5_an_answer_that_says_nothing_leaves_the_outcome_unknown(
    operation: str, answer: str
) -> None:
    response, expected = ANSWERS[answer]
    with pytest.raises(expected) as caught:
        CALLS[operation]().parse(response)

    check(caught.value, operation)


@pytest.mark.parametrize("operation", CALLS)
def test_promise_5_an_answer_that_is_too_long_leaves_the_outcome_unknown(
    operation: str,
) -> None:
    flow = iter(CALLS[operation]())
    next(flow)
    with pytest.raises(ResponseTooLarge) as caught:
        flow.throw(ResponseTooLarge("it is too long"))

    check(caught.value, operation)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("operation", FEEDS)
def test_promise_5_a_stream_that_never_began_leaves_the_outcome_unknown(
    operation: str, stream: str
) -> None:
    template, expected = STREAMS[stream]
    server = Server(*template.pieces, head=template.head)
    deadline = 100.0 if expected is DeadlineExceeded else None
    feed = FEEDS[operation](deadline=deadline, max_event_bytes=4096)
    with pytest.raises(expected) as caught:
        server.drive(feed)

    check(caught.value, operation)
    error: Any = caught.value
    assert error.run_id == ("r" if "submit" in operation else None)
    assert error.thread_id == (
        None if "threads" in operation and stream != "ends after the thread" else "t"
    )


def test_a_stream_that_told_of_its_run_leaves_nothing_unknown() -> None:
    for pieces in ((QUEUED,), (QUEUED, sse("error", {"message": "no"}))):
        for operation in FEEDS:
            with pytest.raises(RunsError) as caught:
                Server(*pieces).drive(FEEDS[operation]())

            assert not isinstance(caught.value, OutcomeUnknown)


def test_reads_leave_nothing_unknown() -> None:
    for response, expected in ANSWERS.values():
        with pytest.raises(expected) as caught:
            runs.retrieve("r", "t").parse(response)

        assert not isinstance(caught.value, OutcomeUnknown)
        assert caught.value.__cause__ is not caught.value
    flow = iter(runs.retrieve("r", "t"))
    next(flow)
    with pytest.raises(ResponseTooLarge) as too_large:
        flow.throw(ResponseTooLarge("it is too long"))
    assert not isinstance(too_large.value, OutcomeUnknown)


def test_an_error_that_leaves_the_outcome_unknown_keeps_what_it_says() -> None:
    cause = TransportTimeout("late")
    error = StreamTruncated(
        "it broke", last_event="thread.created", snapshot=RunSnapshot()
    )
    error.__cause__ = cause
    request = runs.create("t", assistant_id="a").request
    unknown = as_unknown(error, request)

    assert as_unknown(unknown, request) is unknown
    assert type(unknown).__name__ == "StreamTruncated"
    assert unknown.__cause__ is cause
    for other in (pickle.loads(pickle.dumps(unknown)), copy.copy(unknown)):
        assert isinstance(other, StreamTruncated)
        assert isinstance(other, OutcomeUnknown)
        assert type(other) is type(unknown)
        assert {**vars(other), "snapshot": 0} == {**vars(unknown), "snapshot": 0}
        assert other.snapshot.text == ""
        assert str(other) == str(unknown)


def test_a_stream_whose_end_was_seen_has_ended_also_at_the_clients_deadline() -> None:
    service = LocalService()
    transport = InMemoryTransport(service)
    client = Client(transport, Endpoint("http://l.test/v1", "k"))
    assistant = client.beta.assistants.create(model="m").id
    thread = client.beta.threads.create().id
    with client.with_options(deadline=50.0).stream(
        runs.stream(thread, assistant_id=assistant)
    ) as stream:
        for event in stream:
            if event.event == "thread.run.completed":
                transport.time += 100.0
        assert stream.result.status == "completed"


def test_only_a_list_that_is_too_long_has_fewer_items_to_ask_for() -> None:
    told = []
    for call in (
        runs.list("t"),
        raw(runs.list("t"), lambda page: page),
        runs.retrieve("r", "t"),
    ):
        flow = iter(call)
        next(flow)
        with pytest.raises(ResponseTooLarge) as caught:
            flow.throw(ResponseTooLarge("it is too long"))
        assert caught.value.message == str(caught.value)
        told.append(str(caught.value))

    listed = "runs.list: it is too long: ask for fewer items a page"
    one = "runs.retrieve: it is too long: give a higher limit"
    assert told == [listed, listed, one]
