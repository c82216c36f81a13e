"""Tests that an async transport lets other tasks run whenever it waits."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from runs_transports.conformance.peer import UNFRAMED, Connection, full_backlog, peer
from runs_transports.conformance.rig import (
    Io,
    Rig,
    RigFixture,
    declared,
    fetch,
    get,
    post,
)

__all__ = ["EventLoopTests"]

Sleep = Callable[[float], Awaitable[Any]]
Aside = Callable[[Sleep], Coroutine[Any, Any, None]]

TURN = 0.01
PAUSE = 0.1
# How long a peer waits for another task before it ends the wait for bytes: long enough
# for a busy machine.
HELD_SECONDS = 2.0


def held(what: str) -> str:
    return f"no other task ran while {what}: the event loop was blocked"


class EventLoopTests(RigFixture):
    """No wait blocks the event loop; blocking transports, which have none, are skipped.

    Another task is started beside the transport, on asyncio or trio.
    """

    @pytest.fixture
    def async_rig(self, rig: Rig) -> Rig:
        if not rig.is_async:
            pytest.skip("a blocking transport has no event loop to block")
        return rig

    @pytest.mark.parametrize("said", [b"", UNFRAMED], ids=["head", "body"])
    def test_other_tasks_go_on_while_it_waits_for_bytes(
        self, async_rig: Rig, said: bytes
    ) -> None:
        asked = threading.Event()
        went_on = threading.Event()
        in_time: list[bool] = []

        def script(connection: Connection) -> None:
            connection.answer(said)
            asked.set()
            in_time.append(went_on.wait(HELD_SECONDS))
            connection.send(UNFRAMED.removeprefix(said) + b"a")

        async def other(sleep: Sleep) -> None:
            while not asked.is_set():
                await sleep(TURN / 10)
            # Later, because a checkpoint before a wait that blocks is not enough.
            await sleep(TURN)
            went_on.set()

        async def scenario(io: Io) -> None:
            async with beside(other):
                await fetch(io, get(server.url, read=None))

        with peer(script) as server:
            async_rig.run(scenario)

        assert in_time == [True], held("it waited for bytes")

    @pytest.mark.skipif(sys.platform != "linux", reason="others refuse or wait in line")
    def test_other_tasks_go_on_while_it_connects(self, async_rig: Rig) -> None:
        async def connect(io: Io) -> None:
            with suppress(*declared(io)):
                await fetch(io, post(f"http://127.0.0.1:{port}", connect=PAUSE))

        with full_backlog() as port:
            check_others_go_on(async_rig, connect, "it waited to be connected")

    def test_other_tasks_go_on_while_it_sleeps(self, async_rig: Rig) -> None:
        check_others_go_on(async_rig, lambda io: io.sleep(PAUSE), "`sleep` waited")


def check_others_go_on(
    rig: Rig, wait: Callable[[Io], Coroutine[Any, Any, None]], what: str
) -> None:
    """Fail if another task does nothing during a wait of `PAUSE`."""

    async def scenario(io: Io) -> bool:
        went_on = False

        async def other(sleep: Sleep) -> None:
            nonlocal went_on
            await sleep(TURN)
            went_on = True

        async with beside(other):
            await wait(io)
            return went_on

    assert rig.run(scenario), held(what)


@asynccontextmanager
async def beside(aside: Aside) -> AsyncIterator[None]:
    """Run a task with its framework's own `sleep`; end it when this is left."""
    trio = _running_trio()
    if trio is not None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(aside, trio.sleep)
            yield
            nursery.cancel_scope.cancel()
        return
    if not _is_asyncio_task():
        pytest.skip(
            "it runs on neither asyncio nor trio: no task can be started beside it"
        )
    task = asyncio.create_task(aside(asyncio.sleep))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _is_asyncio_task() -> bool:
    # A running loop is not enough: Twisted can run its own tasks on asyncio's loop.
    with suppress(RuntimeError):
        return asyncio.current_task() is not None
    return False


def _running_trio() -> Any:
    """Return trio if it is running; it need not be installed."""
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError):
            trio.lowlevel.current_task()
            return trio
    return None
