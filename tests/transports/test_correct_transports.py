"""Transports that keep the contract in unusual ways: the suite accepts them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import (
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)

import pytest

from runs_core.testing import scenarios
from runs_core.transport import Opened
from runs_core.wire.http import Request
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance import TransportSuite, cancellation
from runs_transports.conformance.cancellation import CancellationSuite
from runs_transports.conformance.left_open import closing_what_it_opens
from runs_transports.conformance.rig import (
    Rig,
    run_on_asyncio,
)
from runs_transports.conformance.tls import one_authority
from runs_transports.http1 import Http1Exchange
from runs_transports.torture import open_descriptors
from runs_transports.torture.asyncio import cancel_at_each_step
from tests.transports.rigs import Correct, Exchange

SUITE = TransportSuite()


class Resetting(Correct):
    """Ends its connections with RST, as `abort` does in many frameworks."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        exchange = Http1Exchange(request)
        place = exchange.address.host, exchange.address.port
        with socket.create_connection(place) as sock:
            at_once = struct.pack("ii", 1, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            sock.sendall(exchange.data_to_send)
            while exchange.head is None:
                exchange.receive(sock.recv(65536))

            def read() -> bytes:
                while (piece := exchange.next_piece()) is None:
                    exchange.receive(sock.recv(65536))
                return piece

            yield Opened(exchange.head, read)


@pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])
def test_a_connection_may_be_reset_when_its_exchange_is_over(closing):
    SUITE.test_bytes_after_the_body_belong_to_no_answer(
        Rig(Resetting(), run_on_asyncio), closing
    )


def test_what_an_earlier_test_left_open_is_not_held_against_this_one():
    earlier = socket.socket()

    with closing_what_it_opens():
        earlier.close()


@pytest.mark.skipif(open_descriptors() == 0, reason="nobody can tell what is open")
@pytest.mark.parametrize("suite", [None, TransportSuite])
def test_what_this_test_left_open_is_counted(suite):
    with (
        ExitStack() as kept,
        pytest.raises(AssertionError, match=r"left open: 1 .* closed by `close\(\)`"),
        closing_what_it_opens(suite),
    ):
        kept.enter_context(socket.socket())


class OnLoops(Correct):
    """Needs an event loop, and keeps it, as gevent does."""

    def __init__(self, loops: ExitStack) -> None:
        super().__init__()
        self.loops = loops

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        self.loops.enter_context(closing(asyncio.new_event_loop()))
        with super().open(request) as opened:
            yield opened


def test_a_loop_that_a_process_opens_once_is_not_held_against_a_suite():
    with ExitStack() as loops:
        for suite in (object(), object()):
            with closing_what_it_opens(suite):
                exchange_on(OnLoops(loops))
            with closing_what_it_opens(suite):
                exchange_on(Correct())


@pytest.mark.skipif(open_descriptors() == 0, reason="nobody can tell what is open")
def test_loops_that_each_test_opens_are_counted():
    suite = object()
    with ExitStack() as loops:
        with closing_what_it_opens(suite):
            exchange_on(OnLoops(loops))
        with (
            pytest.raises(AssertionError, match="sockets or files that were left"),
            closing_what_it_opens(suite),
        ):
            exchange_on(OnLoops(loops))


def exchange_on(transport):
    SUITE.test_a_whole_body_is_given_in_each_framing(
        Rig(transport, run_on_asyncio), scenarios.FRAMED[0]
    )


class Keeping(Correct):
    """Keeps its connections, as a pool does, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = ExitStack()
        self.close = self.kept.close

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        yield self.kept.enter_context(super().open(request))


class AsyncKeeping(AsyncioTransport):
    def __init__(self) -> None:
        super().__init__()
        self.kept = AsyncExitStack()
        self.close = self.kept.aclose

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        yield await self.kept.enter_async_context(super().open(request))


@pytest.mark.parametrize("pool", [Keeping, AsyncKeeping])
def test_connections_may_be_kept_until_the_transport_is_closed(pool):
    with closing_what_it_opens():
        exchange_on(pool())


class ClosingAnother(AsyncioTransport):
    """Ends what an earlier test has left open, as a collection may at any time."""

    def __init__(self, other: socket.socket) -> None:
        super().__init__()
        self.other = other

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        self.other.close()
        async with super().open(request) as opened:
            yield opened


class Cancelling(CancellationSuite):
    cancel_at_each_step = cancel_at_each_step


def test_fewer_descriptors_after_a_cancellation_are_none_too_many(monkeypatch):
    monkeypatch.setattr(cancellation, "PATIENCE", 1.0)
    harness = Rig(ClosingAnother(socket.socket()), run_on_asyncio)

    Cancelling().test_promise_9_an_exchange_may_be_cancelled_at_each_step(
        harness, "http", one_authority()
    )
