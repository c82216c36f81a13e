"""All transports behind one face: a test is written once, as an `async def`.

The blocking ones never suspend it, so that sending into it once runs it to its end.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

import trio
from attrs import frozen

from runs_core.transport import Opened, Transport
from runs_core.wire.http import Head, Request, Timeouts
from runs_transports.asyncio import AsyncioTransport
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport

T = TypeVar("T")
AsyncOpened = Opened[Awaitable[bytes]]


class Io(Protocol):
    """What a test uses of a transport."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]: ...

    def open(self, request: Request) -> AbstractAsyncContextManager[AsyncOpened]: ...

    async def sleep(self, seconds: float) -> None: ...


Scenario = Callable[[Io], Coroutine[Any, Any, T]]


class _Blocking:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.errors = transport.errors

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[AsyncOpened]:
        with self._transport.open(request) as opened:

            async def read() -> bytes:
                return opened.read()

            yield Opened(opened.head, read, opened.set_timeout)

    async def sleep(self, seconds: float) -> None:
        self._transport.sleep(seconds)


class Rig(Protocol):
    name: str

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T: ...


def _finish(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a blocking transport suspended")


class Requests:
    name = "requests"

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T:
        with RequestsTransport(ssl_context=ssl_context) as transport:
            return _finish(scenario(_Blocking(transport)))


class Sockets:
    name = "sockets"

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T:
        return _finish(scenario(_Blocking(SocketTransport(ssl_context=ssl_context))))


class Trio:
    name = "trio"

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T:
        transport: Io = TrioTransport(ssl_context=ssl_context)
        return trio.run(scenario, transport)


class Asyncio:
    name = "asyncio"

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T:
        transport: Io = AsyncioTransport(ssl_context=ssl_context)
        return asyncio.run(scenario(transport))


RIGS: tuple[Rig, ...] = (Requests(), Sockets(), Trio(), Asyncio())


@frozen
class Answer:
    head: Head
    pieces: list[bytes]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


async def fetch(io: Io, request: Request) -> Answer:
    """Exchange the request for its whole answer."""
    async with io.open(request) as opened:
        pieces = []
        while piece := await opened.read():
            pieces.append(piece)
        assert await opened.read() == b""  # The end stays the end.
        return Answer(opened.head, pieces)


def get(url: str, *, read: float | None = 5.0, connect: float | None = 5.0) -> Request:
    return Request(method="GET", url=url, timeouts=Timeouts(connect, read))


def post(
    url: str,
    body: bytes | None = b"{}",
    *,
    read: float | None = 5.0,
    connect: float | None = 5.0,
    **headers: str,
) -> Request:
    return Request(
        method="POST",
        url=url,
        body=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeouts=Timeouts(connect, read),
    )
