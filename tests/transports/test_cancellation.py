"""Cancelled at any point, an exchange leaves nothing behind, and the next one works."""

from __future__ import annotations

import asyncio
import math
import os
import ssl
import threading
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing
import trustme
from attrs import define

from runs_core.errors import TransportTimeout
from runs_core.wire.http import Request, Timeouts
from runs_transports.asyncio import AsyncioTransport
from runs_transports.trio import TrioTransport
from tests.transports.conftest import DESCRIPTORS
from tests.transports.peer import PATIENCE, Connection, Script, answering, peer, whole
from tests.transports.rigs import Io, fetch, get, post

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# So large that sending suspends too: TLS sends it in records, without it the sockets
# between client and server hold a lot.
LARGE = {"http": bytes(8 * 1024 * 1024), "https": bytes(128 * 1024)}


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    ca = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    ca.configure_trust(client)
    return server, client


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    result: str = request.param
    return result


def tolerant(script: Script, context: ssl.SSLContext | None) -> Script:
    """Play the script for as long as the client is there."""

    def played(connection: Connection) -> None:
        try:
            if context is not None:
                connection.secure(context)
            script(connection)
        except (OSError, AssertionError):
            return

    return played


def conversation(connection: Connection) -> None:
    connection.read_request()
    connection.send(CHUNKED)
    for _ in range(3):
        connection.send(b"1\r\na\r\n")
    connection.send(b"0\r\n\r\n")
    connection.wait_until_left()


def open_descriptors() -> int:
    return len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.exists() else 0


@define(eq=False)
class CancelAtStep(trio.abc.Instrument):
    """Cancels a scope when a task has been resumed for the n-th time."""

    scope: trio.CancelScope
    task: trio.lowlevel.Task
    steps: int

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is self.task:
            self.steps -= 1
            if self.steps == 0:
                self.scope.cancel()


def test_trio_can_be_cancelled_at_every_step(
    scheme: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server_context, client_context = contexts
    transport = TrioTransport(ssl_context=client_context)
    secured = server_context if scheme == "https" else None

    async def cancelled_at(step: int, request: Request) -> bool:
        with trio.CancelScope() as scope:
            instrument = CancelAtStep(scope, trio.lowlevel.current_task(), step)
            trio.lowlevel.add_instrument(instrument)
            try:
                await fetch(transport, request)
            finally:
                trio.lowlevel.remove_instrument(instrument)
        return scope.cancelled_caught

    async def main() -> int:
        small = get(f"{scheme}://127.0.0.1:{server.port}")
        request = post(small.url, LARGE[scheme])
        before = None
        step = 1
        while await cancelled_at(step, request):
            # The peer takes one connection after the other: once it has taken this
            # one, it is done with all before it.
            assert (await fetch(transport, small)).body == b"aaa"
            server.settle()
            before = before or open_descriptors()
            assert open_descriptors() == before
            step += 1
        return step

    with peer(tolerant(conversation, secured)) as server:
        assert trio.run(main) > 5


@types.coroutine
def cancelling_at_step(
    step: int, inner: Coroutine[Any, Any, object]
) -> Generator[Any, Any, None]:
    """Drive `inner`, and cancel the task when it has suspended for the n-th time."""
    task = asyncio.current_task()
    assert task is not None
    resume: Callable[[], Any] = partial(inner.send, None)
    while True:
        try:
            waiting_for = resume()
        except StopIteration:
            return
        step -= 1
        if step == 0:
            asyncio.get_running_loop().call_soon(task.cancel)
        try:
            value = yield waiting_for
        except BaseException as error:
            resume = partial(inner.throw, error)
        else:
            resume = partial(inner.send, value)


def test_asyncio_can_be_cancelled_at_every_step(
    scheme: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server_context, client_context = contexts
    transport = AsyncioTransport(ssl_context=client_context)
    secured = server_context if scheme == "https" else None

    async def cancelled_at(step: int, request: Request) -> bool:
        async def driven() -> None:
            await cancelling_at_step(step, fetch(transport, request))

        task = asyncio.create_task(driven())
        await asyncio.wait([task])
        return task.cancelled()

    async def main() -> int:
        # Everybody reports what goes wrong in a callback.
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        small = get(f"{scheme}://127.0.0.1:{server.port}")
        request = post(small.url, LARGE[scheme])
        before = None
        step = 1
        while await cancelled_at(step, request):
            assert (await fetch(transport, small)).body == b"aaa"
            server.settle()
            before = before or open_descriptors()
            assert open_descriptors() == before
            step += 1
        return step

    reported: list[object] = []
    with peer(tolerant(conversation, secured)) as server:
        assert asyncio.run(main()) > 4
    assert reported == []


def test_trio_leaves_by_the_exception_that_was_raised(
    scheme: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Also in a scope that has been cancelled, where closing could not wait."""
    server_context, client_context = contexts
    transport = TrioTransport(ssl_context=client_context)

    async def main() -> None:
        request = get(f"{scheme}://127.0.0.1:{server.port}")
        with trio.CancelScope() as scope:
            async with transport.open(request):
                scope.cancel()
                raise LookupError("mine")

    secured = server_context if scheme == "https" else None
    with (
        peer(tolerant(conversation, secured)) as server,
        pytest.raises(LookupError, match="mine"),
    ):
        trio.run(main)


def test_trio_timeouts_run_on_its_own_clock() -> None:
    """An hour of silence, and of sleep, passes in no time on a clock of the test's."""

    def script(connection: Connection) -> None:
        connection.answer(CHUNKED)
        connection.wait_until_left()

    async def main() -> None:
        transport = TrioTransport()
        start = transport.now()
        await transport.sleep(3600)
        assert transport.now() - start == 3600
        clock.autojump_threshold = math.inf  # The peer is in real time.
        async with transport.open(request) as opened:
            clock.autojump_threshold = 0
            with pytest.raises(TransportTimeout):
                await opened.read()
        assert transport.now() - start == 7200

    clock = trio.testing.MockClock(autojump_threshold=0)
    with peer(script) as server:
        request = Request(method="GET", url=server.url, timeouts=Timeouts(None, 3600))
        trio.run(main, clock=clock)


def test_asyncio_sleeps_and_tells_the_time_of_its_loop() -> None:
    async def main() -> None:
        transport = AsyncioTransport()
        start = transport.now()
        await transport.sleep(0.001)
        assert 0 < transport.now() - start < PATIENCE
        assert abs(asyncio.get_running_loop().time() - transport.now()) < PATIENCE

    asyncio.run(main())


def test_a_cancelled_read_does_not_disturb_the_next_exchange() -> None:
    reading = threading.Event()

    def script(connection: Connection) -> None:
        connection.answer(CHUNKED)
        reading.set()
        connection.wait_until_left()

    async def main(io: Io) -> bytes:
        with trio.move_on_after(0.01) as scope:
            async with io.open(get(server.url)) as opened:
                await opened.read()
        assert scope.cancelled_caught
        return (await fetch(io, get(server.url))).body

    with peer(script, answering(whole(b"next"))) as server:
        assert trio.run(main, TrioTransport()) == b"next"
    assert reading.is_set()
