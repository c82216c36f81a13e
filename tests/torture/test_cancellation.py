"""Every operation, cancelled at each of its steps, on trio and on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import trio
from attrs import frozen

from runs_core import AsyncClient, Endpoint, runs
from runs_core.flows.effects import Feed
from runs_core.testing import AsyncInMemoryTransport, Hang, LocalService, Script
from runs_core.transport import Opened
from runs_core.wire.http import Request
from runs_transports.asyncio import AsyncioTransport
from runs_transports.serve import serve
from runs_transports.torture import asyncio as asyncio_torture
from runs_transports.torture import open_descriptors
from runs_transports.torture import trio as trio_torture
from runs_transports.trio import TrioTransport
from tests.torture.world import BASE_URL, OPERATIONS, Operation, World

CANCELLING = Operation(
    "runs.stream, cancelled on exit",
    lambda w: runs.stream(w.thread, assistant_id=w.mute, cancel_on_exit=True),
    ("runs",),
)


@frozen
class Framework:
    name: str
    run: Callable[[Callable[[], Awaitable[None]]], None]
    checkpoint: Callable[[], Awaitable[None]]
    shield: Callable[[], Any] | None
    tasks: Callable[[], int]
    cancel_at_each_step: Callable[..., Awaitable[int]]


FRAMEWORKS = (
    Framework(
        "trio",
        trio.run,
        trio.lowlevel.checkpoint,
        lambda: trio.CancelScope(shield=True),
        lambda: trio.lowlevel.current_statistics().tasks_living,
        trio_torture.cancel_at_each_step,
    ),
    Framework(
        "asyncio",
        lambda main: asyncio.run(main()),  # type: ignore[arg-type]
        lambda: asyncio.sleep(0),
        None,
        lambda: len(asyncio.all_tasks()),
        asyncio_torture.cancel_at_each_step,
    ),
)


class Suspending(AsyncInMemoryTransport):
    """Suspends wherever a real transport can, and knows how many exchanges are open."""

    def __init__(self, world: World, framework: Framework) -> None:
        super().__init__(world.service)
        self.open_now = 0
        self._checkpoint = framework.checkpoint
        if framework.shield is not None:
            self.shield = framework.shield

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        await self._checkpoint()
        self.open_now += 1
        try:
            async with super().open(request) as opened:

                async def read() -> bytes:
                    await self._checkpoint()
                    return await opened.read()

                await self._checkpoint()
                yield Opened(opened.head, read, opened.set_timeout)
        finally:
            self.open_now -= 1

    async def sleep(self, seconds: float) -> None:
        await self._checkpoint()
        await super().sleep(seconds)


class Bench:
    """Carries an operation out, again and again, each time in a new world."""

    def __init__(self, operation: Operation, framework: Framework) -> None:
        self._operation = operation
        self._framework = framework
        self.renew()

    def renew(self) -> None:
        self.world = World()
        self.transport = Suspending(self.world, self._framework)
        self.client = AsyncClient(self.transport, Endpoint(BASE_URL, "key"))

    async def attempt(self) -> None:
        flow = self._operation.begin(self.world)
        if isinstance(flow, Feed):
            async with self.client.stream(flow) as stream:
                await stream.until_done()
        else:
            await self.client.run(flow)

    async def check(self) -> None:
        """Nothing is left open, made twice, or in the way of what follows."""
        assert self.transport.open_now == 0
        assert self._framework.tasks() == self.tasks
        assert all(
            self.world.executions.get(c, 0) <= 1 for c in self._operation.creates
        )
        await self.client.beta.assistants.retrieve(self.world.mute)
        self.renew()

    async def torture(self) -> int:
        self.tasks = self._framework.tasks()
        return await self._framework.cancel_at_each_step(self.attempt, self.check)


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    result: Framework = request.param
    return result


@pytest.mark.parametrize("operation", [*OPERATIONS, CANCELLING], ids=str)
def test_promise_9_an_operation_may_be_cancelled_at_each_step(
    framework: Framework, operation: Operation
) -> None:
    async def main() -> None:
        # At least where it opens, where the answer begins, and where it is read.
        assert await Bench(operation, framework).torture() >= 3

    framework.run(main)


def test_promise_9_a_run_whose_task_is_cancelled_is_cancelled_where_that_was_wished(
    framework: Framework,
) -> None:
    left: list[tuple[int, int]] = []

    async def main() -> None:
        bench = Bench(CANCELLING, framework)
        bench.tasks = framework.tasks()

        async def count() -> None:
            made = bench.world.executions
            left.append((made.get("runs", 0), made.get("cancellations", 0)))
            await bench.check()

        await framework.cancel_at_each_step(bench.attempt, count)

    framework.run(main)

    # Before there was one, or while nobody knew of it; while it went on; after its end.
    assert set(left[:-1]) == {(0, 0), (1, 0), (1, 1)}
    assert left[0] == (0, 0)
    assert left[-1] == (1, 0)


REAL = {"trio": TrioTransport, "asyncio": AsyncioTransport}


@pytest.mark.parametrize("name", ["runs.stream", "runs.stream_tools"])
def test_promise_9_a_conversation_on_real_sockets_may_be_cancelled_at_each_step(
    framework: Framework, name: str
) -> None:
    operation = next(o for o in OPERATIONS if o.name == name)
    before = open_descriptors()
    world = World()
    transport = REAL[framework.name]()

    async def main() -> None:
        client = AsyncClient(transport, Endpoint(server.base_url))
        tasks = framework.tasks()

        async def attempt() -> None:
            # A thread of its own, because an attempt before may have left a run on it.
            del world.thread
            await client.run(operation.begin(world))

        async def after() -> None:
            assert framework.tasks() == tasks
            await client.beta.threads.retrieve(world.thread)

        world.thread  # noqa: B018 (there is one to forget)
        assert await framework.cancel_at_each_step(attempt, after) > 3

    with serve(world.service) as server:
        framework.run(main)

    assert open_descriptors() == before


def test_promise_9_a_run_is_cancelled_where_anyio_cancels_each_wait_again() -> None:
    """As below Starlette and FastAPI, when a client has gone."""
    service = LocalService(Script([Hang()]))

    async def main() -> None:
        client = AsyncClient(AsyncioTransport(), Endpoint(server.base_url))
        thread = await client.beta.threads.create()
        assistant = await client.beta.assistants.create(model="m")
        feed = runs.stream(thread.id, assistant_id=assistant.id, cancel_on_exit=True)
        with anyio.CancelScope() as scope:
            async with client.stream(feed) as stream:
                async for _ in stream:
                    scope.cancel()
        assert scope.cancelled_caught

    with serve(service) as server:
        asyncio.run(main())

    assert service.executions["cancellations"] == 1
