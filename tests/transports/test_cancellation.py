"""What the async transports do when they are left, each in its framework's own way.

That they can be cancelled anywhere is in `runs_transports.conformance.cancellation`.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import threading

import pytest
import trio
import trio.testing

from runs_core.errors import TransportTimeout
from runs_core.wire.http import Request, Timeouts
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.cancellation import conversation, tolerant
from runs_transports.conformance.peer import (
    CHUNKED,
    PATIENCE,
    Connection,
    answering,
    peer,
    silent_after,
    whole,
)
from runs_transports.conformance.rig import Io, fetch, get
from runs_transports.conformance.tls import one_authority, url
from runs_transports.trio import TrioTransport


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_trio_leaves_by_the_exception_that_was_raised(scheme: str) -> None:
    """Also in a scope that has been cancelled, where closing could not wait."""
    authority = one_authority()
    transport = TrioTransport(ssl_context=authority.trusted)

    async def main() -> None:
        request = get(f"{scheme}://127.0.0.1:{server.port}")
        with trio.CancelScope() as scope:
            async with transport.open(request):
                scope.cancel()
                raise LookupError("mine")

    secured = authority.server("127.0.0.1") if scheme == "https" else None
    with (
        peer(tolerant(conversation, secured)) as server,
        pytest.raises(LookupError, match="mine"),
    ):
        trio.run(main)


def test_trio_timeouts_run_on_its_own_clock() -> None:
    """An hour of silence, and of sleep, passes in no time on a clock of the test's."""

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
    with peer(silent_after(CHUNKED)) as server:
        request = Request(method="GET", url=server.url, timeouts=Timeouts(None, 3600))
        trio.run(main, clock=clock)


def test_promise_9_a_cancellation_at_the_end_of_a_handshake_leaves_nothing() -> None:
    """asyncio would leave a transport, and refuse the next use of its descriptor."""
    authority = one_authority()
    context = authority.trusted
    left: list[asyncio.Task[None]] = []

    class Handshake(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if left:
                left.pop().cancel()

    context.sslobject_class = Handshake

    async def main() -> None:
        transport = AsyncioTransport(ssl_context=context)
        request = get(url(server.port))

        async def exchange() -> None:
            async with transport.open(request) as opened:
                assert await opened.read() == b"{}"

        left.append(asyncio.create_task(exchange()))
        await asyncio.wait(left)
        assert not left
        await exchange()

    secured = tolerant(answering(whole()), authority.server("127.0.0.1"))
    with peer(secured) as server:
        asyncio.run(main())


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
        async def cancel(scope: trio.CancelScope) -> None:
            await trio.to_thread.run_sync(reading.wait)
            scope.cancel()

        async with trio.open_nursery() as nursery, io.open(get(server.url)) as opened:
            nursery.start_soon(cancel, nursery.cancel_scope)
            await opened.read()
        assert nursery.cancel_scope.cancelled_caught
        return (await fetch(io, get(server.url))).body

    with peer(script, answering(whole(b"next"))) as server:
        assert trio.run(main, TrioTransport()) == b"next"
