"""Responses that are closed from elsewhere during a wait for their bytes."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
import requests
import trio

from runs_core.errors import TransportError
from runs_core.transport import Transport
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.cancellation import tolerant
from runs_transports.conformance.peer import (
    CHUNKED,
    PATIENCE,
    STILL_OPEN,
    UNFRAMED,
    Peer,
    peer,
    silent_after,
)
from runs_transports.conformance.rig import get, in_time
from runs_transports.conformance.tls import one_authority
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport

SOON = 0.02  # Enough to begin to wait in; nothing breaks where it is not.


@contextmanager
def by_a_thread(close: Callable[[], object]) -> Iterator[None]:
    timer = threading.Timer(SOON, close)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@contextmanager
def by_a_signal(close: Callable[[], object]) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, lambda *_: close())
    try:
        signal.setitimer(signal.ITIMER_REAL, SOON)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


CLOSERS = [by_a_thread]
if hasattr(signal, "setitimer"):
    CLOSERS.append(by_a_signal)


@pytest.fixture(params=[CHUNKED, UNFRAMED], ids=["chunked", "unframed"])
def head(request: pytest.FixtureRequest) -> bytes:
    result: bytes = request.param
    return result


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, head: bytes) -> Iterator[Peer]:
    secured = one_authority().server("127.0.0.1") if request.param == "https" else None
    with peer(tolerant(silent_after(head), secured)) as server:
        server.url = f"{request.param}://127.0.0.1:{server.port}"
        yield server


def check_closing(
    transport: Transport, server: Peer, closed_by: Callable[..., Any]
) -> None:
    context = transport.open(get(server.url, read=PATIENCE))
    opened = context.__enter__()
    with (
        in_time(),
        suppress(TransportError, *transport.errors),
        closed_by(partial(context.__exit__, None, None, None)),
    ):
        assert opened.read() == b""

    assert server.left.wait(PATIENCE), STILL_OPEN
    with suppress(TransportError, *transport.errors):
        assert opened.read() == b""


@pytest.mark.parametrize("closed_by", CLOSERS)
@pytest.mark.parametrize("make", [RequestsTransport, SocketTransport])
def test_promise_9_a_blocking_answer_may_be_closed_while_it_is_read(
    server: Peer, make: Callable[..., Transport], closed_by: Callable[..., Any]
) -> None:
    transport = make(ssl_context=one_authority().trusted)

    check_closing(transport, server, closed_by)


@pytest.mark.parametrize("closed_by", CLOSERS)
def test_promise_9_an_answer_to_a_callers_session_may_be_closed_while_it_is_read(
    head: bytes, closed_by: Callable[..., Any]
) -> None:
    with peer(silent_after(head)) as server, requests.Session() as session:
        check_closing(RequestsTransport(session), server, closed_by)


def on_asyncio(
    read: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]
) -> None:
    async def both() -> None:
        await asyncio.gather(read(), close())

    asyncio.run(both())


def on_trio(
    read: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]
) -> None:
    async def both() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            nursery.start_soon(close)

    trio.run(both)


@pytest.mark.parametrize(
    ("make", "run"), [(AsyncioTransport, on_asyncio), (TrioTransport, on_trio)]
)
def test_promise_9_an_async_answer_may_be_closed_while_it_is_read(
    server: Peer, make: Callable[..., Any], run: Callable[..., None]
) -> None:
    transport = make(ssl_context=one_authority().trusted)
    context = transport.open(get(server.url))
    entered: list[bool] = []

    async def read() -> None:
        opened = await context.__aenter__()
        entered.append(True)
        with in_time(), suppress(TransportError, *transport.errors):
            assert await opened.read() == b""

    async def close() -> None:
        while not entered:
            await transport.sleep(0.001)
        await transport.sleep(0.001)
        await context.__aexit__(None, None, None)

    run(read, close)
