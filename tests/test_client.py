"""Both clients, over fake transports: what they send, return, and leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import weakref
from asyncio import CancelledError
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from runs_core.api import runs, threads
from runs_core.api.omit import NOT_GIVEN, omit
from runs_core.client import AsyncClient, Client
from runs_core.drive import Outside
from runs_core.endpoint import Endpoint
from runs_core.errors import (
    AuthenticationError,
    DeadlineExceeded,
    FlowConsumed,
    InternalServerError,
    MalformedResponse,
    NotFoundError,
    NotSent,
    OutcomeUnknown,
    RateLimitError,
    RunsError,
    StreamTruncated,
    TransportError,
    TransportTimeout,
    UsageError,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow, Invoke, Now, Open, Sleep
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler
from runs_core.models import Run
from runs_core.transport import Opened
from runs_core.wire.http import Head, Timeouts
from tests.fakes import (
    AsyncFakeTransport,
    Exchange,
    FakeError,
    FakeTransport,
    run_async,
)
from tests.leaks import assert_sealed, key, leaks_in

BASE = "https://api.test/v1"
JSON = (("content-type", "application/json"), ("x-request-id", "req-1"))
SSE = (("content-type", "text/event-stream"),)


def a_run(status: str = "queued") -> bytes:
    return json.dumps(
        {"id": "r", "object": "thread.run", "thread_id": "t", "status": status}
    ).encode()


def ok(status: str = "queued") -> Exchange:
    return Exchange(200, JSON, [a_run(status)])


def refused(status: int, *headers: tuple[str, str], message: str = "no") -> Exchange:
    body = json.dumps({"error": {"message": message}}).encode()
    return Exchange(status, (*JSON, *headers), [body])


def sse(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def text_event(text: str) -> bytes:
    content = [{"index": 0, "type": "text", "text": {"value": text}}]
    data = {"id": "m", "object": "thread.message.delta", "delta": {"content": content}}
    return sse("thread.message.delta", data)


def run_event(status: str) -> bytes:
    return sse(f"thread.run.{status}", json.loads(a_run(status)))


STEP = {
    "id": "s",
    "object": "thread.run.step",
    "status": "completed",
    "type": "message_creation",
    "step_details": {
        "type": "message_creation",
        "message_creation": {"message_id": "m"},
    },
}
PIECES = [
    run_event("queued"),
    text_event("Hel") + text_event("lo"),
    sse("thread.run.step.completed", STEP),
    run_event("completed") + b"event: done\ndata: [DONE]\n\n",
]


def streaming(*pieces: bytes | BaseException) -> Exchange:
    return Exchange(200, SSE, pieces or PIECES)


class Rig:
    """A client of one colour."""

    def __init__(self, color: str) -> None:
        self.is_async = color == "async"

    def transport(self, *exchanges: Exchange, tick: float = 0.0) -> Any:
        cls = AsyncFakeTransport if self.is_async else FakeTransport
        return cls(*exchanges, tick=tick)

    def client(
        self, transport: Any, endpoint: Endpoint | None = None, **options: Any
    ) -> Any:
        cls: Any = AsyncClient if self.is_async else Client
        options.setdefault("outside", Outside(random=lambda: 0.0))
        return cls(transport, endpoint or Endpoint(BASE, "k"), **options)

    def wait(self, value: Any) -> Any:
        return run_async(value) if self.is_async else value

    def run(self, conversation: Any, *exchanges: Exchange, **options: Any) -> Any:
        client = self.client(self.transport(*exchanges), **options)
        return self.wait(client.run(conversation))

    def entered(self, stream: Any) -> Any:
        if self.is_async:
            return run_async(stream.__aenter__())
        return stream.__enter__()

    def left(self, stream: Any) -> None:
        if self.is_async:
            run_async(stream.__aexit__(None, None, None))
        else:
            stream.__exit__(None, None, None)

    def next(self, stream: Any) -> Any:
        return run_async(anext(stream)) if self.is_async else next(stream)

    def run_stream(self, exchange: Exchange, *, with_handler: bool) -> Any:
        """Return the stream of a run, or the handler that serves it."""
        own = AsyncAssistantEventHandler() if self.is_async else AssistantEventHandler()
        return self.client(self.transport(exchange)).beta.threads.runs.stream(
            "t", assistant_id="a", event_handler=own if with_handler else None
        )

    def ways_to_the_end(self, stream: Any) -> list[Callable[[], Any]]:
        return [
            lambda: self.all(stream),
            lambda: self.all(stream.text_deltas),
            lambda: self.wait(stream.until_done()),
            lambda: self.wait(stream.get_final_run()),
            lambda: self.wait(stream.get_final_messages()),
            lambda: self.wait(stream.get_final_run_steps()),
        ]

    def all(self, stream: Any) -> list[Any]:
        if not self.is_async:
            return list(stream)

        async def collect() -> list[Any]:
            return [item async for item in stream]

        return run_async(collect())


@pytest.fixture(params=["blocking", "async"])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


RETRIEVE = runs.retrieve("r", "t")
CREATE = runs.create("t", assistant_id="a")


# --- Calls and flows ---------------------------------------------------------------


def test_run_sends_a_call_and_gives_its_answer(rig: Rig) -> None:
    transport = rig.transport(ok())
    run = rig.wait(rig.client(transport).run(RETRIEVE))

    (request,) = transport.requests
    assert isinstance(run, Run)
    assert (run.id, run._request_id) == ("r", "req-1")
    assert (request.method, request.url) == ("GET", f"{BASE}/threads/t/runs/r")
    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["openai-beta"] == "assistants=v2"
    assert transport.exchanges[0].closed


def test_a_call_can_be_run_again_and_a_flow_cannot(rig: Rig) -> None:
    for _ in range(2):
        assert rig.run(RETRIEVE, ok()).id == "r"
    poll = runs.poll("r", "t")
    rig.run(poll, ok("completed"))
    with pytest.raises(FlowConsumed):
        rig.run(poll)


def own_flow() -> Flow[tuple[str, float]]:
    run = yield from runs.retrieve("r", "t")
    yield from Sleep(3.0)
    return run.id, (yield from Now())


def test_a_flow_of_ones_own_is_driven_like_any(rig: Rig) -> None:
    transport = rig.transport(ok())
    flow = own_flow()

    assert rig.wait(rig.client(transport).run(flow)) == ("r", 1003.0)
    with pytest.raises(FlowConsumed):
        rig.wait(rig.client(transport).run(flow))


def test_a_feed_that_is_run_gives_its_result_only(rig: Rig) -> None:
    assert rig.run(runs.stream("t", assistant_id="a"), streaming()).id == "r"


def test_polling_waits_as_the_server_asks(rig: Rig) -> None:
    first = Exchange(200, (*JSON, ("openai-poll-after-ms", "2500")), [a_run()])
    transport = rig.transport(first, ok("completed"))
    run = rig.wait(rig.client(transport).run(runs.poll("r", "t")))

    assert run.status == "completed"
    assert transport.slept == [2.5]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (runs.retrieve, "not a function: call the function"),
        ("run_1", "not a str"),
        (None, "not a NoneType"),
        ([], "not a list"),
    ],
)
def test_what_is_no_conversation_is_refused(rig: Rig, thing: Any, said: str) -> None:
    with pytest.raises(TypeError, match=f"calls and flows can be driven.*{said}$"):
        rig.run(thing)


# --- Repetition, end to end ----------------------------------------------------------


@pytest.mark.parametrize(("chance", "waits"), [(0.0, [0.5, 1.0]), (1.0, [0.375, 0.75])])
def test_promise_5_a_wait_is_shortened_by_up_to_a_quarter(
    rig: Rig, chance: float, waits: list[float]
) -> None:
    transport = rig.transport(refused(500), refused(502), ok())
    client = rig.client(transport, outside=Outside(random=lambda: chance))
    rig.wait(client.run(RETRIEVE))

    assert transport.slept == waits
    assert len({request.url for request in transport.requests}) == 1


def test_promise_5_a_date_to_retry_at_counts_from_the_answers_own(rig: Rig) -> None:
    """Whatever the clock here says, and without chance."""
    dated = refused(
        429,
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("retry-after", "Sun, 06 Nov 1994 08:49:44 GMT"),
    )
    transport = rig.transport(dated, ok())
    client = rig.client(transport, outside=Outside(random=lambda: 1.0))
    rig.wait(client.run(CREATE))

    assert transport.slept == [7.0]


UNDATED = refused(429, ("retry-after", "Sun, 06 Nov 1994 08:49:44 GMT"))


@pytest.mark.parametrize("call", [CREATE, RETRIEVE])
def test_promise_5_without_one_it_counts_from_when_the_answer_came(
    rig: Rig, call: Any
) -> None:
    transport = rig.transport(UNDATED, ok())
    # 08:49:37 and a half that day.
    at = Outside(random=lambda: 1.0, wall=lambda: 784111777.5)
    rig.wait(rig.client(transport, outside=at).run(call))

    assert transport.slept == [7.0]


def test_promise_5_a_date_that_is_over_is_ignored(rig: Rig) -> None:
    transport = rig.transport(UNDATED, ok())
    rig.wait(rig.client(transport).run(RETRIEVE))

    assert transport.slept == [0.5]
    with pytest.raises(RateLimitError):
        rig.run(CREATE, UNDATED)


def test_an_answer_is_shown_as_it_came_but_for_the_date_it_needs(rig: Rig) -> None:
    at = Outside(wall=lambda: 784111777.0)
    for headers, dates in (
        ([("retry-after", "1")], ["Sun, 06 Nov 1994 08:49:37 GMT"]),
        ([("retry-after", "1"), ("date", "x"), ("date", "y")], ["x", "y"]),
        ([], []),
    ):
        transport = rig.transport(refused(400, *headers))
        head = rig.wait(rig.client(transport, outside=at).run(opening(RETRIEVE)))

        assert [value for name, value in head.headers if name == "date"] == dates


def opening(call: Call[Any]) -> Flow[Head]:
    return (yield from Open(Endpoint(BASE).prepare(call.request)))


# What a server may have executed of a create, whatever goes wrong: at most once, or
# the caller is told.
FAULTS: list[tuple[str, Callable[[], Exchange], bool]] = [
    ("refused connection", lambda: Exchange(opening=NotSent("x")), False),
    ("lost while sending", lambda: Exchange(opening=FakeError()), True),
    ("no answer in time", lambda: Exchange(opening=TransportTimeout("x")), True),
    ("lost answer", lambda: Exchange(200, JSON, [b'{"id"', FakeError()]), True),
    ("cut answer", lambda: Exchange(200, JSON, [b'{"id"']), True),
    ("bad gateway", lambda: refused(502), True),
    ("unavailable", lambda: refused(503), True),
    ("overloaded", lambda: refused(503, ("retry-after", "1")), False),
]


CREATES: dict[str, Callable[[], Any]] = {
    "create": lambda: runs.create("t", assistant_id="a"),
    "stream": lambda: runs.stream("t", assistant_id="a"),
    "submit": lambda: runs.submit_tool_outputs("r", "t", tool_outputs=[]),
    "thread": lambda: threads.create_and_run(assistant_id="a"),
}
# A stream whose answer has begun ends in its own errors.
MATRIX = [
    pytest.param(fault, executed, operation, id=f"{name}, {operation}")
    for name, fault, executed in FAULTS
    for operation in CREATES
    if not (operation == "stream" and name.endswith(" answer"))
]


@pytest.mark.parametrize(("fault", "executed", "operation"), MATRIX)
def test_promise_5_no_call_creates_two_runs_without_saying_so(
    rig: Rig, fault: Callable[[], Exchange], executed: bool, operation: str
) -> None:
    good = streaming() if operation == "stream" else ok()
    transport = rig.transport(fault(), good)
    conversation = CREATES[operation]()
    if executed:
        with pytest.raises(OutcomeUnknown, match=r"before you repeat it|at worst"):
            rig.wait(rig.client(transport).run(conversation))
        assert len(transport.requests) == 1
    else:
        assert rig.wait(rig.client(transport).run(conversation)).id == "r"
        assert len(transport.requests) == 2


def test_an_idempotency_key_is_the_same_at_every_attempt(rig: Rig) -> None:
    transport = rig.transport(Exchange(opening=FakeError()), refused(500), ok())
    call = runs.create("t", assistant_id="a", idempotency_key="key-1")
    rig.wait(rig.client(transport).run(call))

    keys = [request.headers["idempotency-key"] for request in transport.requests]
    assert keys == ["key-1"] * 3
    assert len({request.body for request in transport.requests}) == 1


def test_errors_say_how_many_attempts_were_taken(rig: Rig) -> None:
    with pytest.raises(InternalServerError) as answered:
        rig.run(RETRIEVE, refused(500), refused(500), refused(500))
    with pytest.raises(TransportError) as failed:
        rig.run(RETRIEVE, *[Exchange(opening=FakeError()) for _ in range(3)])

    assert answered.value.retries_taken == failed.value.retries_taken == 2


def test_an_attempt_with_new_credentials_counts_among_those_taken(rig: Rig) -> None:
    endpoint = Endpoint(BASE, lambda: "token")
    answers = [refused(401), refused(500), refused(500), refused(404)]
    transport = rig.transport(*answers)
    with pytest.raises(NotFoundError) as caught:
        rig.wait(rig.client(transport, endpoint).run(RETRIEVE))

    assert caught.value.retries_taken == len(transport.requests) - 1 == 3


def test_a_token_is_asked_for_again_after_a_401(rig: Rig) -> None:
    tokens = iter(["old", "new"])

    async def awaited() -> str:
        return next(tokens)

    provider: Any = awaited if rig.is_async else lambda: next(tokens)
    transport = rig.transport(refused(401), ok())
    client = rig.client(transport, Endpoint(BASE, provider))
    rig.wait(client.run(CREATE))

    sent = [request.headers["authorization"] for request in transport.requests]
    assert sent == ["Bearer old", "Bearer new"]


# --- Options -------------------------------------------------------------------------


def test_with_options_gives_another_client_on_the_same_transport(rig: Rig) -> None:
    transport = rig.transport(refused(500), ok(), ok())
    client = rig.client(transport, max_retries=5, timeout=9.0, deadline=60.0)
    other = client.with_options(max_retries=0, endpoint=Endpoint("https://b.test"))

    with pytest.raises(InternalServerError):
        rig.wait(other.run(RETRIEVE))
    rig.wait(client.run(RETRIEVE))
    assert other.transport is client.transport
    assert client.policy.max_retries == 5
    assert other.policy.deadline == 60.0
    assert transport.requests[0].url.startswith("https://b.test/")
    assert transport.requests[1].url.startswith(BASE)
    assert [r.timeouts.connect for r in transport.requests] == [9.0, 9.0]


def test_with_options_keeps_what_a_subclass_adds() -> None:
    class Own(Client):
        def __init__(self, name: str) -> None:
            super().__init__(FakeTransport(), Endpoint(BASE, "k"))
            self.name = name

    client = Own("mine")
    nouns = client.beta
    other = client.with_options(max_retries=7)

    assert (other.name, other.policy.max_retries) == ("mine", 7)
    assert other.beta is not nouns
    assert client.policy.max_retries == 2


@pytest.mark.parametrize("name", ["nonsense", "transport", "outside"])
def test_an_unknown_option_is_a_type_error(rig: Rig, name: str) -> None:
    with pytest.raises(TypeError, match=f"argument '{name}'; it takes endpoint, max_"):
        rig.client(rig.transport()).with_options(**{name: 1})


def test_a_timeout_of_zero_is_refused_with_what_waits_for_ever(rig: Rig) -> None:
    with pytest.raises(ValueError, match=r"; Timeouts\(None, None\) waits forever"):
        rig.client(rig.transport(), timeout=0)

    client = rig.client(rig.transport(), timeout=Timeouts(None, None))
    assert client.policy.timeouts == Timeouts(None, None)
    assert rig.client(rig.transport(), timeout=None).policy.timeouts is None


def test_an_option_that_is_not_given_stays(rig: Rig) -> None:
    client = rig.client(rig.transport(), max_retries=5, timeout=9.0)

    same = client.with_options(max_retries=NOT_GIVEN, timeout=omit, deadline=3.0)

    assert (same.policy.max_retries, same.policy.timeouts) == (5, Timeouts(9.0, 9.0))
    assert same.policy.deadline == 3.0


@pytest.mark.parametrize(
    "errors", [OSError, [OSError], ("OSError",), (OSError(),), None]
)
def test_the_errors_of_a_transport_are_exception_types(rig: Rig, errors: Any) -> None:
    transport = rig.transport()
    transport.errors = errors

    with pytest.raises(UsageError, match=r"must be a tuple of exception types, such"):
        rig.client(transport)


@pytest.mark.parametrize("wish", [BaseException, KeyboardInterrupt, CancelledError])
def test_the_wish_to_stop_is_no_error_of_a_transport(
    rig: Rig, wish: type[BaseException]
) -> None:
    transport = rig.transport()
    transport.errors = (OSError, wish)

    with pytest.raises(
        UsageError, match="subclasses of Exception: others, such as Key"
    ):
        rig.client(transport)


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_what_a_client_is_made_of_is_checked_when_it_is_made(make: Any) -> None:
    transport = AsyncFakeTransport() if make is AsyncClient else FakeTransport()
    endpoint = Endpoint(BASE, key())

    for wrong, says in (
        (BASE, "endpoint must be an Endpoint, such as .* not of type str"),
        (None, "endpoint must be an Endpoint"),
    ):
        with pytest.raises(UsageError, match=says):
            make(transport, wrong)
    for wrong, says in (
        (endpoint, "Endpoint has no errors and no open and no sleep"),
        (type(transport), f"{type(transport).__name__} is a class: call it"),
        (None, "NoneType has no errors"),
    ):
        with pytest.raises(UsageError, match=says):
            make(wrong, endpoint)


class PlainSleep(AsyncFakeTransport):
    """Async by its `open` alone."""

    sleep = FakeTransport.sleep


@pytest.mark.parametrize("cls", [AsyncFakeTransport, PlainSleep])
def test_a_blocking_client_takes_no_async_transport(cls: Any) -> None:
    with pytest.raises(UsageError, match=f"{cls.__name__} is async: pass it to an"):
        Client(cls(), Endpoint(BASE))


def test_leaving_an_async_client_hides_no_mistake_of_its_transport() -> None:
    class Blocking(FakeTransport):
        def close(self) -> None:
            self.time = -1.0

    transport: Any = Blocking(ok())

    async def main() -> None:
        async with AsyncClient(transport, Endpoint(BASE)) as client:
            await client.run(RETRIEVE)

    with pytest.raises(UsageError, match="Blocking"):
        run_async(main())
    assert transport.time == -1.0


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, Timeouts()),
        (3, Timeouts(3, 3)),
        (Timeouts(1.0, None), Timeouts(1.0, None)),
    ],
)
def test_a_clients_timeout_is_that_of_its_requests(
    rig: Rig, given: Any, used: Timeouts
) -> None:
    transport = rig.transport(ok(), ok())
    client = rig.client(transport, timeout=given)
    rig.wait(client.run(RETRIEVE))
    rig.wait(client.run(runs.retrieve("r", "t", timeout=7)))

    assert [r.timeouts for r in transport.requests] == [used, Timeouts(7, 7)]


@pytest.mark.parametrize("bad", [0, -1, float("nan"), "3"])
def test_a_timeout_that_is_none_is_refused(rig: Rig, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        rig.client(rig.transport(), timeout=bad)


def test_promise_6_a_clients_deadline_bounds_every_conversation(rig: Rig) -> None:
    polls = rig.transport(*[ok() for _ in range(100)])
    with pytest.raises(DeadlineExceeded) as caught:
        rig.wait(rig.client(polls, deadline=10.0).run(runs.poll("r", "t")))
    assert polls.time == 1010.0
    assert caught.value.run.id == "r"

    drip = rig.transport(Exchange(200, JSON, iter(lambda: b" ", None)), tick=0.5)
    with pytest.raises(DeadlineExceeded):
        rig.wait(rig.client(drip, deadline=10.0).run(RETRIEVE))
    # Each look at the clock takes half a second here.
    assert drip.time <= 1012.0
    assert drip.exchanges[0].closed

    failing = rig.transport(*[refused(503, ("retry-after", "8"))] * 3)
    with pytest.raises(InternalServerError):
        rig.wait(rig.client(failing, deadline=10.0).run(RETRIEVE))
    assert failing.time == 1008.0


# --- Streams -------------------------------------------------------------------------


def test_a_stream_gives_typed_events_and_ends_in_its_run(rig: Rig) -> None:
    exchange = streaming()
    transport = rig.transport(exchange)
    stream = rig.client(transport).stream(runs.stream("t", assistant_id="a"))
    events = rig.all(stream)

    assert [event.event for event in events] == [
        "thread.run.queued",
        "thread.message.delta",
        "thread.message.delta",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    assert stream.result.status == "completed"
    assert exchange.closed
    assert json.loads(transport.requests[0].body) == {
        "assistant_id": "a",
        "stream": True,
    }


def test_promise_8_the_snapshot_is_of_exactly_the_events_handed_out(rig: Rig) -> None:
    stream = rig.client(rig.transport(streaming())).stream(
        runs.stream("t", assistant_id="a")
    )
    texts, steps = [], []
    for _ in range(5):
        rig.next(stream)
        texts.append(stream.snapshot.text)
        steps.append(len(stream.snapshot.steps))

    assert texts == ["", "Hel", "Hello", "Hello", "Hello"]
    assert steps == [0, 0, 0, 1, 1]
    assert stream.snapshot.outcome == "completed"


def test_text_deltas_are_the_text(rig: Rig) -> None:
    stream = rig.client(rig.transport(streaming())).stream(
        runs.stream("t", assistant_id="a")
    )

    assert rig.all(stream.text_deltas) == ["Hel", "lo"]
    assert stream.result.id == "r"


def test_the_final_things_read_to_the_end(rig: Rig) -> None:
    stream = rig.client(rig.transport(streaming())).stream(
        runs.stream("t", assistant_id="a")
    )
    rig.next(stream)

    assert rig.wait(stream.get_final_run()).status == "completed"
    (message,) = rig.wait(stream.get_final_messages())
    (step,) = rig.wait(stream.get_final_run_steps())
    assert (message.id, step.id) == ("m", "s")
    assert rig.all(stream) == []
    rig.wait(stream.until_done())


class Cancelled(BaseException):
    """As the cancellations of frameworks are: no Exception."""


@pytest.mark.parametrize(
    ("fault", "raised"),
    [(FakeError(), StreamTruncated), (Cancelled(), Cancelled), (b"", StreamTruncated)],
)
@pytest.mark.parametrize("with_handler", [False, True])
def test_promise_3_a_stream_that_failed_never_looks_complete(
    rig: Rig, fault: Any, raised: type[BaseException], with_handler: bool
) -> None:
    stream = rig.run_stream(streaming(*PIECES[:3], fault), with_handler=with_handler)
    with pytest.raises(raised):
        rig.all(stream)

    failed = f"it failed before its end, with {raised.__name__}"
    for _ in range(2):
        for read in rig.ways_to_the_end(stream):
            with pytest.raises(UsageError, match=failed):
                read()
        rig.left(stream)
    assert stream.snapshot.text == "Hello"


def test_promise_3_a_stream_whose_reader_ran_out_of_time_never_looks_complete() -> None:
    class Silent(Exchange):
        async def _read(self) -> bytes:  # type: ignore[override]
            return next(self.pieces, b"") or await asyncio.Future()  # type: ignore[return-value]

    class Transport(AsyncFakeTransport):
        @asynccontextmanager
        async def open(self, request: Any) -> Any:  # type: ignore[override]
            exchange = self._begin(request)
            yield Opened(exchange.head, exchange._read)

    async def main() -> None:
        transport = Transport(Silent(200, SSE, PIECES[:2]))
        client = AsyncClient(transport, Endpoint(BASE))
        stream = client.stream(runs.stream("t", assistant_id="a"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await stream.get_final_messages()
        with pytest.raises(UsageError, match="failed before its end, with Cancelled"):
            await stream.get_final_messages()

    asyncio.run(main())


@pytest.mark.parametrize("with_handler", [False, True])
def test_promise_3_a_stream_that_was_closed_has_nothing_final(
    rig: Rig, with_handler: bool
) -> None:
    stream = rig.run_stream(streaming(), with_handler=with_handler)
    rig.next(stream)
    rig.left(stream)

    over, pieces, *finally_ = rig.ways_to_the_end(stream)
    assert over() == pieces() == []
    for read in finally_:
        with pytest.raises(UsageError, match="it was closed before its end"):
            read()


def test_promise_9_a_stream_that_is_left_early_leaves_nothing_open(rig: Rig) -> None:
    exchange = streaming()
    transport = rig.transport(exchange, ok())
    client = rig.client(transport)
    feed = runs.stream("t", assistant_id="a")
    stream = rig.entered(client.stream(feed))
    rig.next(stream)
    rig.next(stream)
    assert not exchange.closed
    rig.left(stream)

    assert exchange.closed
    assert stream.snapshot.text == "Hel"
    assert rig.all(stream) == []
    with pytest.raises(UsageError):
        _ = stream.result
    with pytest.raises(FlowConsumed):
        client.stream(feed)
    assert rig.wait(client.run(RETRIEVE)).id == "r"


@pytest.mark.parametrize(
    "pieces",
    [
        [FakeError()],
        [PIECES[0], FakeError()],
        [sse("error", {"message": "it broke"})],
        [PIECES[0], b"data: {\n\n"],
    ],
)
def test_promise_9_a_caught_error_keeps_nothing_alive(rig: Rig, pieces: Any) -> None:
    def failing(conversation: Any) -> weakref.ref[Any]:
        transport = rig.transport(streaming(*pieces, FakeError()))
        with contextlib.suppress(RunsError):
            rig.wait(rig.client(transport, max_retries=0).run(conversation))
        return weakref.ref(transport)

    gc.disable()
    try:
        assert failing(runs.stream("t", assistant_id="a"))() is None
        assert failing(RETRIEVE)() is None
    finally:
        gc.enable()


def test_promise_9_whatever_ends_a_stream_its_exchange_is_closed(rig: Rig) -> None:
    for fault in (FakeError(), Cancelled(), KeyboardInterrupt(), LookupError()):
        exchange = streaming(PIECES[0], fault)
        stream = rig.client(rig.transport(exchange)).stream(
            runs.stream("t", assistant_id="a")
        )
        expected = StreamTruncated if isinstance(fault, FakeError) else type(fault)
        with pytest.raises(expected):
            rig.all(stream)
        assert exchange.closed


def test_one_feed_is_one_stream(rig: Rig) -> None:
    client = rig.client(rig.transport(streaming()))
    feed = runs.stream("t", assistant_id="a")
    client.stream(feed)

    with pytest.raises(FlowConsumed):
        client.stream(feed)


def test_a_stream_is_refused_as_a_call_is(rig: Rig) -> None:
    transport = rig.transport(refused(404, message="no such thread"))
    stream = rig.client(transport).stream(runs.stream("t", assistant_id="a"))

    with pytest.raises(NotFoundError, match=r"runs\.create: .* no such thread"):
        rig.all(stream)
    assert transport.exchanges[0].closed


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (RETRIEVE, r"not a Call, which is one request: pass it to run\(\)$"),
        (runs.list("t"), r"not a Paged, .*, or stream its items\(\) or pages\(\)$"),
    ],
)
def test_a_call_is_no_feed_to_stream(rig: Rig, call: Any, said: str) -> None:
    transport = rig.transport(ok())

    with pytest.raises(TypeError, match=said):
        rig.client(transport).stream(call)
    assert transport.requests == []


def test_pages_can_be_streamed(rig: Rig) -> None:
    def page(*ids: str, has_more: bool) -> Exchange:
        data = [{"id": id, "object": "thread.run"} for id in ids]
        body = json.dumps({"object": "list", "data": data, "has_more": has_more})
        return Exchange(200, JSON, [body.encode()])

    transport = rig.transport(page("1", "2", has_more=True), page("3", has_more=False))
    stream = rig.client(transport).stream(runs.list("t").items())

    assert [run.id for run in rig.all(stream)] == ["1", "2", "3"]
    assert stream.result == 3


# --- Keys ----------------------------------------------------------------------------


def leaky_endpoint(rig: Rig, kind: str) -> Endpoint:
    async def awaited() -> str:
        return key()

    match kind:
        case "bearer":
            return Endpoint(BASE, key())
        case "header":
            return Endpoint(BASE, headers={"x-pass": key()})
        case "query":
            return Endpoint(BASE, query={"code": key()})
        case "provider":
            return Endpoint(BASE, awaited if rig.is_async else key)
    return Endpoint.azure_openai("https://a.test", api_key=key())


def failing_tool() -> None:
    raise LookupError("a user's own")


def with_a_tool() -> Flow[None]:
    yield from runs.retrieve("r", "t")
    yield from Invoke(failing_tool)


ECHO = b'{"error": {"message": "%s"}}'


@pytest.mark.parametrize("kind", ["bearer", "header", "query", "provider", "azure"])
def test_promise_4_no_failure_shows_a_key(
    rig: Rig, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the error, its traceback with locals, or the log at its loudest."""
    caplog.set_level(logging.DEBUG)
    endpoint = leaky_endpoint(rig, kind)
    echo = ECHO % key().encode() if kind not in ("query", "header") else b""

    def failing(conversation: Any, *exchanges: Exchange) -> Callable[[], Any]:
        client = rig.client(rig.transport(*exchanges), endpoint, max_retries=1)
        return lambda: rig.wait(client.run(conversation))

    lost = [Exchange(opening=FakeError()) for _ in range(2)]
    assert_sealed(failing(RETRIEVE, *lost), TransportError)
    assert_sealed(failing(CREATE, lost[0]), OutcomeUnknown)
    assert_sealed(failing(RETRIEVE, *[Exchange(opening=NotSent("x"))] * 2), NotSent)
    assert_sealed(
        failing(RETRIEVE, *[Exchange(401, JSON, [echo]) for _ in range(2)]),
        AuthenticationError,
    )
    assert_sealed(failing(RETRIEVE, Exchange(404, JSON, [b"<html>"])), NotFoundError)
    assert_sealed(failing(RETRIEVE, Exchange(200, JSON, [b"{"])), MalformedResponse)
    assert_sealed(failing(with_a_tool(), ok()), LookupError)
    assert_sealed(
        failing(runs.stream("t", assistant_id="a"), streaming(PIECES[0])),
        StreamTruncated,
    )
    assert_sealed(
        failing(runs.stream("t", assistant_id="a"), Exchange(403, JSON, [echo])),
        Exception,
    )
    assert leaks_in(caplog.text) == []


def test_promise_4_no_failure_of_a_method_shows_a_key_it_was_given(rig: Rig) -> None:
    def with_key() -> dict[str, Any]:
        return {"extra_headers": {"authorization": key()}}

    def failing(call: Callable[[Any], Any], *exchanges: Exchange) -> Callable[[], Any]:
        client = rig.client(rig.transport(*exchanges), max_retries=0)
        return lambda: rig.wait(call(client.beta.threads.runs))

    lost = Exchange(opening=FakeError())
    dots = a_run().replace(b'"r"', b'".."')
    runs_of = [
        lambda runs: runs.retrieve("r", "t", **with_key()),
        lambda runs: runs.create("t", assistant_id="a", **with_key()),
        lambda runs: runs.create("t", assistant_id="a", stream=True, **with_key()),
        lambda runs: runs.poll("r", "t", **with_key()),
        lambda runs: runs.stream("t", assistant_id="a", **with_key()).until_done(),
    ]
    for call in runs_of:
        assert_sealed(failing(call, lost), TransportError)
    refused_at_once = [
        lambda runs: runs.retrieve("", "t", **with_key()),
        lambda runs: runs.create("", assistant_id="a", stream=True, **with_key()),
        lambda runs: runs.stream("", assistant_id="a", **with_key()),
        lambda runs: runs.stream("t", nonsense=1, **with_key()),
        lambda runs: runs.retrieve("r", "t", timeout="5", **with_key()),
        lambda runs: runs.create("t", assistant_id="a", stream="yes", **with_key()),
        lambda runs: runs.create(
            "t", assistant_id="a", temperature=float("nan"), **with_key()
        ),
        lambda runs: runs.create_and_poll(
            "t", assistant_id="a", poll_interval_ms="1", **with_key()
        ),
        lambda runs: runs.stream("t", assistant_id="a", idle_timeout="1", **with_key()),
    ]
    for call in refused_at_once:
        assert_sealed(failing(call), (UsageError, TypeError, ValueError))
    assert_sealed(
        failing(
            lambda runs: runs.create_and_poll("t", assistant_id="a", **with_key()),
            Exchange(200, JSON, [dots]),
        ),
        MalformedResponse,
    )


def test_promise_4_a_token_that_no_header_can_hold_is_not_shown(rig: Rig) -> None:
    def bad() -> Any:
        return key() + "\n"

    def bytes_() -> Any:
        return key().encode()

    for provider in (bad, bytes_):
        client = rig.client(rig.transport(), Endpoint(BASE, provider))
        assert_sealed(lambda client=client: rig.wait(client.run(RETRIEVE)), UsageError)  # type: ignore[misc]


def test_an_async_provider_needs_an_async_client() -> None:
    async def get_token() -> str:
        return "k"

    client = Client(FakeTransport(), Endpoint(BASE, get_token))
    with pytest.raises(UsageError, match=r"get_token is async .* AsyncClient"):
        client.run(RETRIEVE)


# --- The transport below -----------------------------------------------------------


def test_leaving_a_client_closes_its_transport_if_that_can_be_closed(rig: Rig) -> None:
    transport = rig.transport(ok())
    rig.left(rig.entered(rig.client(transport)))  # It has no close().
    closed = []

    def close() -> Any:
        async def later() -> None:
            closed.append(transport)

        return later() if rig.is_async else closed.append(transport)

    transport.close = close
    client = rig.client(transport)
    assert rig.entered(client) is client
    assert rig.wait(client.run(RETRIEVE)).status == "queued"
    assert closed == []

    rig.left(client)

    assert closed == [transport]


# --- How they look -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "transport", "shown"),
    [
        (Client, FakeTransport, f"<Client: {BASE} over FakeTransport>"),
        (AsyncClient, AsyncFakeTransport, f"<AsyncClient: {BASE} over AsyncFake"),
    ],
)
def test_promise_4_no_repr_of_a_client_shows_a_key(
    make: Any, transport: Any, shown: str
) -> None:
    client = make(transport(), Endpoint(BASE, key(), query={"k": key()}))

    assert repr(client).startswith(shown)
    assert leaks_in(repr(client)) == []
