"""`cancel_on_exit`: a run whose caller leaves before its end is cancelled."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import trio
from attrs import evolve

from runs_core import (
    AsyncClient,
    Client,
    Endpoint,
    Opened,
    Request,
    StreamTruncated,
    runs,
)
from runs_core.api.runs import RunFeed, run_requests
from runs_core.errors import DeadlineExceeded, NotFoundError, UsageError
from runs_core.flows.effects import Flow
from runs_core.flows.seen import Seen, cancelled_on_exit
from runs_core.models import Run
from runs_core.testing import (
    Action,
    Call,
    Cut,
    Hang,
    InMemoryTransport,
    LocalService,
    Pause,
    Say,
    Script,
    ServiceReply,
    ServiceRequest,
    Turn,
)
from runs_transports.asyncio import AsyncioTransport
from runs_transports.serve import serve
from runs_transports.trio import TrioTransport
from tests.fakes import Exchange, FakeTransport


class Bench:
    def __init__(self, *actions: Action) -> None:
        self.service = LocalService(Script([Turn(actions)]))
        self.transport = InMemoryTransport(self.service)
        self.client = Client(self.transport, Endpoint("http://l.test/v1", "k"))
        self.sleep = self.transport.sleep
        tool = {"type": "function", "function": {"name": "f"}}
        assistants = self.client.beta.assistants
        self.assistant = assistants.create(model="m", tools=[tool]).id
        question = {"role": "user", "content": "go"}
        self.thread = self.client.beta.threads.create(messages=[question]).id

    @property
    def cancelled(self) -> int:
        """How often it was asked for, whether or not the service did it."""
        asked = [r for r in self.service.requests if r.path.endswith("/cancel")]
        return len(asked)

    @property
    def run_id(self) -> str:
        (run,) = self.client.beta.threads.runs.list(self.thread)
        return run.id

    def feed(self, **options: Any) -> RunFeed:
        return runs.stream(self.thread, assistant_id=self.assistant, **options)


WORDS = Say("one two three four", every=4)


@pytest.mark.parametrize("wished", [True, False])
def test_leaving_a_stream_early_cancels_its_run_if_wished(wished: bool) -> None:
    bench = Bench(WORDS)
    with bench.client.stream(bench.feed(cancel_on_exit=wished)) as stream:
        next(text for text in stream.text_deltas)

    assert bench.cancelled == wished


def test_promise_9_the_thread_of_a_cancelled_run_can_be_used_soon() -> None:
    bench = Bench(WORDS, Hang())
    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        next(stream.text_deltas)
    bench.sleep(1)

    threads = bench.client.beta.threads
    threads.messages.create(bench.thread, role="user", content="again")
    (run,) = threads.runs.list(bench.thread)

    assert run.status == "cancelled"


def test_a_stream_that_has_ended_cancels_nothing() -> None:
    bench = Bench(WORDS)
    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        stream.until_done()
    stream.close()

    assert bench.cancelled == 0


def test_a_run_that_waits_for_its_caller_is_not_cancelled() -> None:
    bench = Bench(Call("f", {}))
    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        for event in stream:
            if event.event == "thread.run.requires_action":
                break

    assert bench.cancelled == 0


def test_a_stream_that_broke_cancels_its_run_when_it_is_left() -> None:
    bench = Bench(WORDS, Cut())
    feed = bench.feed(cancel_on_exit=True)
    with pytest.raises(StreamTruncated), bench.client.stream(feed) as stream:
        stream.until_done()

    assert bench.cancelled == 1


class OwnClient(Client):
    def __init__(self, transport: InMemoryTransport) -> None:
        super().__init__(transport, Endpoint("http://l.test/v1", "k"))


def test_promise_9_a_client_that_is_made_in_another_way_cancels_too() -> None:
    bench = Bench(WORDS, Cut())
    client = OwnClient(InMemoryTransport(bench.service))
    feed = bench.feed(cancel_on_exit=True)
    with pytest.raises(StreamTruncated), client.stream(feed) as stream:
        stream.until_done()

    assert bench.cancelled == 1


def test_promise_9_what_keeps_a_run_from_being_cancelled_hides_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(WORDS, Cut())
    # The second time it is asked for one, there is none.
    endpoint = Endpoint("http://l.test/v1", ["token"].pop)
    client = bench.client.with_options(endpoint=endpoint)
    caplog.set_level("DEBUG")
    feed = bench.feed(cancel_on_exit=True)
    with pytest.raises(StreamTruncated), client.stream(feed) as stream:
        stream.until_done()

    assert bench.cancelled == 0
    assert "the run could not be cancelled on exit (IndexError)" in caplog.text


@pytest.mark.parametrize(
    ("service", "became"),
    [
        (None, "was cancelled"),
        ("failing", r"could not be cancelled"),
    ],
)
def test_an_error_says_what_became_of_its_run(service: str | None, became: str) -> None:
    class Failing(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            if request.target.endswith("/cancel"):
                return ServiceReply(status=404, headers=[], chunks=[])
            return super().handle(request, now)

    def polls(bench: Bench) -> None:
        bench.client.beta.threads.runs.create_and_poll(
            bench.thread, assistant_id=bench.assistant, **options
        )

    def streams(bench: Bench) -> None:
        with bench.client.stream(bench.feed(**options)) as stream:
            stream.until_done()

    options: Any = {"deadline": 30.0, "cancel_on_exit": True}
    for way in (polls, streams):
        bench = Bench(Hang())
        if service:
            bench.service.__class__ = Failing
        with pytest.raises(DeadlineExceeded) as caught:
            way(bench)
        said = [f"run {bench.run_id} has begun"] if way is polls else []
        *notes, last = caught.value.__notes__
        assert notes == said
        assert re.fullmatch(rf"the run {became} on exit( \(NotFoundError\))?", last)


def test_no_other_error_gets_a_note_of_a_stream_that_is_left_meanwhile() -> None:
    bench = Bench(WORDS)
    mine = StreamTruncated("mine")
    try:
        raise mine
    except StreamTruncated:
        with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
            next(stream)

    assert bench.cancelled == 1
    assert not hasattr(mine, "__notes__")


Make = Callable[..., RunFeed]


@pytest.mark.parametrize(
    "make", [runs.stream, partial(runs.stream_tools, functions=[])]
)
@pytest.mark.parametrize(
    ("event", "cancels"),
    [
        ("message.created", 1),
        ("run.in_progress", 1),
        ("run.completed", 0),  # though its status lags behind
    ],
)
def test_promise_9_a_streamed_run_is_cancelled_if_it_is_known_and_has_not_ended(
    make: Make, event: str, cancels: int
) -> None:
    about = {"id": "msg_1", "object": "thread.message", "run_id": "run_1"}
    if event.startswith("run"):
        about = {"id": "run_1", "object": "thread.run", "status": "in_progress"}
    sent = f"event: thread.{event}\ndata: {json.dumps(about)}\n\n".encode()
    streams = Exchange(200, [("content-type", "text/event-stream")], [sent])
    transport = FakeTransport(streams, Exchange())
    client = Client(transport, Endpoint("http://l.test/v1", "k"))
    feed = make("thread_1", assistant_id="a", cancel_on_exit=True)
    with client.stream(feed) as stream:
        next(stream)

    urls = [request.url for request in transport.requests[1:]]
    assert urls == cancels * ["http://l.test/v1/threads/thread_1/runs/run_1/cancel"]


def poll_until(bench: Bench, interrupt: Callable[[Run], None]) -> None:
    """Make a run and poll it, until the caller is interrupted."""
    with pytest.raises(KeyboardInterrupt):
        bench.client.beta.threads.runs.create_and_poll(
            bench.thread,
            assistant_id=bench.assistant,
            on_poll=interrupt,
            cancel_on_exit=True,
        )


def interrupt_now(run: Run) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_poll_cancels_its_run_and_raises_what_interrupted_it() -> None:
    bench = Bench(Hang())

    poll_until(bench, interrupt_now)

    assert bench.cancelled == 1


def test_the_run_of_a_new_thread_is_cancelled_where_it_says_that_it_is() -> None:
    bench = Bench(Hang())

    with pytest.raises(KeyboardInterrupt):
        bench.client.beta.threads.create_and_run_poll(
            assistant_id=bench.assistant, on_poll=interrupt_now, cancel_on_exit=True
        )

    assert bench.cancelled == 1


class WithoutThreads(LocalService):
    """A server that leaves the thread out of its runs."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        answer = json.loads(b"".join(c for c in reply.chunks if isinstance(c, bytes)))
        answer.pop("thread_id", None)
        return evolve(reply, chunks=[json.dumps(answer).encode()])


def test_a_run_that_names_no_thread_is_cancelled_on_the_one_asked_for() -> None:
    bench = Bench(Hang())
    bench.service.__class__ = WithoutThreads

    poll_until(bench, interrupt_now)

    assert bench.cancelled == 1


def test_a_poll_that_is_left_at_its_runs_end_cancels_nothing() -> None:
    bench = Bench(WORDS)

    def interrupt(run: Run) -> None:
        if run.status == "completed":
            raise KeyboardInterrupt

    poll_until(bench, interrupt)

    assert bench.cancelled == 0


def stopped(*args: object) -> ServiceReply:
    raise KeyboardInterrupt


def test_a_poll_that_saw_nothing_yet_cancels_the_run_that_it_was_asked_for() -> None:
    bench = Bench(Hang())
    run = bench.client.run(runs.create(bench.thread, assistant_id=bench.assistant))
    service = bench.service

    class Interrupting(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            if request.method == "GET":
                raise KeyboardInterrupt
            return super().handle(request, now)

    service.__class__ = Interrupting
    with pytest.raises(KeyboardInterrupt):
        bench.client.run(runs.poll(run.id, bench.thread, cancel_on_exit=True))

    assert bench.cancelled == 1


def test_a_stream_of_outputs_is_cancelled_before_its_first_event_too() -> None:
    bench = Bench(Call("f", {}))
    run = bench.client.beta.threads.runs.create_and_poll(
        bench.thread, assistant_id=bench.assistant
    )
    assert run.required_action
    assert run.required_action.submit_tool_outputs
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    outputs: Any = [{"tool_call_id": call.id, "output": "x"}]
    feed = runs.submit_tool_outputs_stream(
        run.id, bench.thread, tool_outputs=outputs, cancel_on_exit=True
    )
    with bench.client.stream(feed):
        pass

    assert bench.cancelled == 1


def test_a_run_is_cancelled_though_closing_its_stream_fails() -> None:
    class Rude(InMemoryTransport):
        @contextmanager
        def open(self, request: Request) -> Iterator[Opened[bytes]]:
            with super().open(request) as opened:
                yield opened
                if request.url.endswith("/runs"):
                    raise LookupError("bug")

    bench = Bench(WORDS)
    client = Client(Rude(bench.service), Endpoint("http://l.test/v1", "k"))
    stream = client.stream(bench.feed(cancel_on_exit=True))
    assert next(text for text in stream.text_deltas)
    with pytest.raises(LookupError):
        stream.close()

    assert bench.cancelled == 1


def test_a_stream_that_was_never_answered_cancels_nothing() -> None:
    bench = Bench(WORDS)
    bench.service.handle = stopped  # type: ignore[method-assign]
    feed = runs.submit_tool_outputs_stream(
        "r", "t", tool_outputs=[], cancel_on_exit=True
    )
    stream = bench.client.stream(feed)
    with pytest.raises(KeyboardInterrupt), stream:
        pass
    stream.close()

    assert bench.cancelled == 0


def test_a_run_whose_id_no_path_can_hold_keeps_the_error_that_there_is() -> None:
    bench = Bench(WORDS)
    feed = bench.feed(cancel_on_exit=True)
    feed.on_exit = None
    odd = Seen(Run(id=".."), thread_id="t")  # type: ignore[call-arg]
    cancelled_on_exit(feed, odd.still_open, run_requests({}))

    assert feed.on_exit is not None
    assert feed.on_exit() is None


def test_a_flow_inside_another_refuses_what_only_a_client_can_do() -> None:
    def mine() -> Flow[Run]:
        return (yield from runs.poll("r", "t", cancel_on_exit=True))

    bench = Bench(WORDS)
    with pytest.raises(UsageError, match="cancel_on_exit is for a client"):
        bench.client.run(mine())


def test_promise_9_a_poll_that_nobody_could_leave_is_refused() -> None:
    bench = Bench(WORDS)
    poll: Any = runs.poll("r", "t", cancel_on_exit=True)
    with pytest.raises(UsageError, match=r"cancel_on_exit to run\(\)"):
        bench.client.stream(poll)
    with pytest.raises(NotFoundError):  # It can still be run.
        bench.client.run(poll)


@pytest.mark.parametrize(
    "make", [runs.create_and_poll, runs.stream, runs.create_and_stream]
)
def test_the_wish_is_true_or_false(make: Any) -> None:
    with pytest.raises(TypeError, match="cancel_on_exit must be True or False"):
        make("t", assistant_id="a", cancel_on_exit="no")


def test_a_poll_that_is_late_cancels_its_run() -> None:
    bench = Bench(Hang())
    with pytest.raises(DeadlineExceeded) as caught:
        bench.client.beta.threads.runs.create_and_poll(
            bench.thread,
            assistant_id=bench.assistant,
            deadline=30.0,
            cancel_on_exit=True,
        )

    assert caught.value.run is not None
    assert bench.cancelled == 1


def test_a_tool_loop_that_is_left_while_a_tool_runs_cancels_its_run() -> None:
    bench = Bench(Call("f", {}))

    def interrupt() -> None:
        raise KeyboardInterrupt

    feed = runs.stream_tools(
        bench.thread,
        assistant_id=bench.assistant,
        functions={"f": interrupt},
        cancel_on_exit=True,
    )
    with pytest.raises(KeyboardInterrupt), bench.client.stream(feed) as stream:
        stream.until_done()

    assert bench.cancelled == 1


def test_a_cancellation_that_fails_hides_nothing() -> None:
    bench = Bench(WORDS)
    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        next(stream)

        def lost(*args: object) -> Any:
            raise ConnectionResetError

        bench.service.handle = lost  # type: ignore[method-assign]


def test_promise_9_leaving_waits_five_seconds_for_a_server_that_does_not_answer() -> (
    None
):
    bench = Bench(WORDS)
    silent = ServiceReply(
        status=200, headers=[("content-type", "application/json")], chunks=[Pause(999)]
    )
    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        next(stream)
        bench.service.handle = lambda *_: silent  # type: ignore[method-assign]
        left = bench.transport.time

    assert 0 < bench.transport.time - left <= 5.0


async def streamed_until(
    client: AsyncClient, leave: Callable[[], Awaitable[None]]
) -> None:
    """Stream a run that never ends, until `leave` is called and cancels the task."""
    assistant = await client.beta.assistants.create(model="m")
    question = {"role": "user", "content": "go"}
    thread = await client.beta.threads.create(messages=[question])
    feed = runs.stream(thread.id, assistant_id=assistant.id, cancel_on_exit=True)
    async with client.stream(feed) as stream:
        async for _ in stream.text_deltas:
            await leave()


def test_a_cancelled_trio_task_still_cancels_its_run() -> None:
    async def main(base_url: str) -> None:
        client = AsyncClient(TrioTransport(), Endpoint(base_url))
        with trio.CancelScope() as scope:

            async def leave() -> None:
                scope.cancel()

            await streamed_until(client, leave)
        assert scope.cancelled_caught

    with serve(LocalService(Script([Turn((Say("x"), Hang()))]))) as server:
        trio.run(main, server.base_url)
        assert server.service.executions["cancellations"] == 1


class OwnAsyncClient(AsyncClient):
    def __init__(self, base_url: str) -> None:
        super().__init__(AsyncioTransport(), Endpoint(base_url))


def test_promise_9_a_cancelled_asyncio_task_still_cancels_its_run() -> None:
    async def main(base_url: str) -> None:
        client = OwnAsyncClient(base_url)
        reached = asyncio.Event()

        async def leave() -> None:
            reached.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(streamed_until(client, leave))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serve(LocalService(Script([Turn((Say("x"), Hang()))]))) as server:
        asyncio.run(main(server.base_url))
        assert server.service.executions["cancellations"] == 1


def test_a_cancelled_trio_task_cancels_the_run_that_it_polls() -> None:
    async def main(base_url: str) -> None:
        client = AsyncClient(TrioTransport(), Endpoint(base_url))
        assistant = await client.beta.assistants.create(model="m")
        thread = await client.beta.threads.create()
        with trio.CancelScope() as scope:
            await client.run(
                runs.create_and_poll(
                    thread.id,
                    assistant_id=assistant.id,
                    on_poll=lambda run: scope.cancel(),
                    cancel_on_exit=True,
                )
            )
        assert scope.cancelled_caught

    with serve(LocalService(Script([Turn((Say("x"), Hang()))]))) as server:
        trio.run(main, server.base_url)
        assert server.service.executions["cancellations"] == 1


def test_leaving_asks_once() -> None:
    bench = Bench(WORDS)
    asked = []

    def busy(request: ServiceRequest, now: float) -> ServiceReply:
        asked.append(request.target)
        return ServiceReply(status=503, headers=[("retry-after", "0")], chunks=[])

    with bench.client.stream(bench.feed(cancel_on_exit=True)) as stream:
        next(stream)
        bench.service.handle = busy  # type: ignore[method-assign]

    assert len(asked) == 1
