"""A deadline ends the user's own async functions, on real frameworks.

Their clocks count as usual, and can be put on: nothing waits for a deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import Factory, define
from trio.testing import MockClock

from runs_core import AsyncClient, Client, Endpoint, runs
from runs_core.errors import DeadlineExceeded, OutcomeUnknown, ToolError
from runs_core.flows.effects import Flow, Invoke
from runs_core.models import Run
from runs_core.testing import Call, LocalService, Script, Turn
from runs_transports.asyncio import AsyncioTransport
from runs_transports.requests import RequestsTransport
from runs_transports.serve import serve
from runs_transports.trio import TrioTransport

# Enough for a run to get to its function, also on a busy machine.
DEADLINE = 60.0
# How long functions hang that nobody cancels.
PATIENCE = 10.0
ADD = {"type": "function", "function": {"name": "add", "parameters": {}}}
TWO_CALLS = Turn((Call("add", {}), Call("add", {})))


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put on."""

    _ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def jump(self, seconds: float) -> None:
        self._ahead += seconds


def run_on_asyncio(main: Callable[[], Any]) -> Any:
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(main())


def run_on_trio(main: Callable[[], Any]) -> Any:
    return trio.run(main, clock=MockClock(rate=1.0))


@define
class Bench:
    """A server whose run asks for a tool, and a framework to meet it on."""

    base_url: str
    run: Callable[..., Any]
    transport: Callable[[], Any]
    clock: Callable[[], Any]
    sleep: Callable[[float], Awaitable[None]]
    # How much later it is when a function hangs.
    later: float = DEADLINE
    cancelled: list[str] = Factory(list)

    async def hang(self, *args: Any, **kwargs: Any) -> Any:
        self.clock().jump(self.later)
        try:
            await self.sleep(PATIENCE)
        except BaseException:
            self.cancelled.append("it")
            raise

    def client(self, auth: Any = "key", **options: Any) -> AsyncClient:
        return AsyncClient(self.transport(), Endpoint(self.base_url, auth), **options)

    def raises(self, main: Callable[[], Awaitable[Any]]) -> DeadlineExceeded:
        """Return the error, raised only after the function has left."""
        with pytest.raises(DeadlineExceeded) as caught:
            self.run(main)
        assert self.cancelled == ["it"]
        return caught.value


FRAMEWORKS: dict[str, tuple[Any, Any, Any, Any]] = {
    "asyncio": (
        run_on_asyncio,
        AsyncioTransport,
        asyncio.get_running_loop,
        asyncio.sleep,
    ),
    "trio": (
        run_on_trio,
        TrioTransport,
        trio.lowlevel.current_clock,
        trio.sleep,
    ),
}


@pytest.fixture
def base_url() -> Iterator[str]:
    with serve(LocalService(Script([TWO_CALLS]))) as server:
        yield server.base_url


@pytest.fixture(params=FRAMEWORKS)
def bench(request: pytest.FixtureRequest, base_url: str) -> Bench:
    return Bench(base_url, *FRAMEWORKS[request.param])


@pytest.fixture
def ids(base_url: str) -> tuple[str, str]:
    with RequestsTransport() as transport:
        beta = Client(transport, Endpoint(base_url, "key")).beta
        assistant = beta.assistants.create(model="m", tools=[ADD])
        return beta.threads.create().id, assistant.id


@pytest.mark.parametrize(
    ("kind", "on_tool_error", "streamed", "whose"),
    [
        ("named", "raise", False, "loop"),
        ("batch", "output", True, "loop"),
        ("named", "output", True, "client"),
        ("batch", "raise", False, "client"),
    ],
)
def test_promise_6_an_async_tool_is_cancelled_at_the_deadline(
    bench: Bench,
    ids: tuple[str, str],
    kind: str,
    on_tool_error: Any,
    streamed: bool,
    whose: str,
) -> None:
    thread, assistant = ids
    functions: Any = bench.hang if kind == "batch" else {"add": bench.hang}
    options: dict[str, Any] = {"functions": functions, "on_tool_error": on_tool_error}

    async def main() -> None:
        client = bench.client(deadline=DEADLINE if whose == "client" else None)
        options["deadline"] = DEADLINE if whose == "loop" else None
        options["assistant_id"] = assistant
        if streamed:
            async with client.stream(runs.stream_tools(thread, **options)) as events:
                await events.until_done()
        else:
            await client.run(runs.run_tools(thread, **options))

    error = bench.raises(main)

    assert "its run goes on at the server" in str(error)
    assert error.run is not None
    assert error.run.status == "requires_action"


def test_promise_6_an_async_on_poll_is_cancelled_at_the_deadline(
    bench: Bench, ids: tuple[str, str]
) -> None:
    thread, assistant = ids

    async def main() -> None:
        flow = runs.create_and_poll(
            thread, assistant_id=assistant, on_poll=bench.hang, deadline=DEADLINE
        )
        await bench.client().run(flow)

    error = bench.raises(main)

    assert isinstance(error.run, Run)


def test_promise_6_an_async_token_provider_is_cancelled_at_the_deadline(
    bench: Bench,
) -> None:
    async def main() -> None:
        client = bench.client(bench.hang, deadline=DEADLINE)
        await client.beta.threads.create()

    bench.raises(main)


def test_promise_6_a_clients_deadline_ends_functions_of_ones_own_flow(
    bench: Bench,
) -> None:
    def flow(timeout: float | None) -> Flow[None]:
        yield from Invoke(bench.hang, timeout=timeout)

    async def main(timeout: float | None) -> None:
        await bench.client(deadline=DEADLINE).run(flow(timeout))

    assert "the conversation" in str(bench.raises(lambda: main(2 * DEADLINE)))
    bench.cancelled.clear()
    bench.later = DEADLINE / 2
    assert "Bench.hang did not end" in str(bench.raises(lambda: main(DEADLINE / 2)))


def test_promise_6_nothing_is_begun_after_the_deadline(
    bench: Bench, ids: tuple[str, str]
) -> None:
    thread, assistant = ids
    begun = []

    async def late() -> str:
        begun.append("tool")
        # As a function does that computes for too long, for whatever began before it.
        bench.clock().jump(DEADLINE)
        return "sum"

    async def main() -> None:
        flow = runs.run_tools(
            thread, assistant_id=assistant, functions={"add": late}, deadline=DEADLINE
        )
        await bench.client().run(flow)

    with pytest.raises(DeadlineExceeded):
        bench.run(main)

    assert begun == ["tool"]


def test_an_ended_run_is_given_though_on_poll_hangs(
    bench: Bench, ids: tuple[str, str]
) -> None:
    thread, assistant = ids

    async def on_poll(run: Run) -> None:
        await bench.hang()

    async def main() -> Run:
        client = bench.client()
        runs_of = client.beta.threads.runs
        run = await runs_of.create_and_poll(thread_id=thread, assistant_id=assistant)
        await runs_of.cancel(run.id, thread_id=thread)
        flow = runs.poll(run.id, thread, on_poll=on_poll, deadline=DEADLINE)
        return await client.run(flow)

    run = bench.run(main)

    assert run.status == "cancelled"
    assert bench.cancelled == ["it"]


def test_the_timeout_of_a_flow_inside_a_tool_is_the_tools_error(
    bench: Bench, ids: tuple[str, str]
) -> None:
    thread, assistant = ids

    def inner() -> Flow[None]:
        yield from Invoke(bench.hang, timeout=DEADLINE)

    async def tool() -> None:
        await bench.client().run(inner())

    async def main() -> None:
        flow = runs.run_tools(thread, assistant_id=assistant, functions={"add": tool})
        await bench.client().run(flow)

    with pytest.raises(ToolError, match="its run was cancelled") as caught:
        bench.run(main)

    assert isinstance(caught.value.__cause__, DeadlineExceeded)


def test_promise_6_a_token_that_comes_too_late_leaves_the_outcome_unknown(
    bench: Bench,
) -> None:
    asked = []

    async def token() -> str:
        asked.append("token")
        if len(asked) > 1:
            await bench.hang()
        return "key"

    class Losing:
        """Loses the first answer."""

        def __init__(self, transport: Any) -> None:
            self.errors = (*transport.errors, ConnectionResetError)
            self.within, self.now = transport.within, transport.now

        @asynccontextmanager
        async def open(self, request: Any) -> AsyncIterator[Any]:
            raise ConnectionResetError
            yield

        async def sleep(self, seconds: float) -> None:
            """Lose no time over it."""

    async def main() -> None:
        endpoint = Endpoint(bench.base_url, token)
        client = AsyncClient(Losing(bench.transport()), endpoint, deadline=DEADLINE)
        await client.beta.threads.create(idempotency_key="once")

    error = bench.raises(main)

    assert isinstance(error, OutcomeUnknown)
    assert error.retries_taken == 1


def test_a_timeout_of_a_tools_own_is_its_error(
    bench: Bench, ids: tuple[str, str]
) -> None:
    thread, assistant = ids
    own = TimeoutError("a database")

    async def late() -> None:
        raise own

    async def main() -> None:
        flow = runs.run_tools(
            thread, assistant_id=assistant, functions={"add": late}, deadline=DEADLINE
        )
        await bench.client().run(flow)

    with pytest.raises(ToolError) as caught:
        bench.run(main)

    assert caught.value.__cause__ is own
