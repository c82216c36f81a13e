"""Fakes for tests of the core: a scripted transport in both colours, and coroutines
driven without an event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from runs_core.transport import Opened
from runs_core.wire.http import Head, Request

T = TypeVar("T")


class FakeError(Exception):
    """What the fake transports declare as the error of their I/O."""


class Exchange:
    """One answer to come: its head, the pieces of its body, or exceptions instead."""

    def __init__(
        self,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (("content-type", "application/json"),),
        body: Iterable[bytes | BaseException] = (b"{}",),
        *,
        opening: BaseException | None = None,
    ) -> None:
        self.head = Head(status, headers)
        self.pieces: Iterator[bytes | BaseException] = iter(body)
        self.opening = opening
        self.timeouts: list[float | None] = []
        self.closed = False

    def _read(self) -> bytes:
        piece = next(self.pieces, b"")
        if isinstance(piece, BaseException):
            raise piece
        return piece


class FakeTransport:
    """Plays exchanges in order; its clock advances by `sleep` and by `tick` a look."""

    errors = (FakeError,)

    def __init__(self, *exchanges: Exchange, tick: float = 0.0) -> None:
        self.exchanges = list(exchanges)
        self.requests: list[Request] = []
        self.slept: list[float] = []
        self.time = 1000.0
        self.tick = tick

    def now(self) -> float:
        self.time += self.tick
        return self.time

    def _begin(self, request: Request) -> Exchange:
        self.requests.append(request)
        exchange = self.exchanges[len(self.requests) - 1]
        if exchange.opening is not None:
            raise exchange.opening
        return exchange

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        exchange = self._begin(request)
        try:
            yield Opened(exchange.head, exchange._read, exchange.timeouts.append)
        finally:
            exchange.closed = True

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class AsyncFakeTransport(FakeTransport):
    """The same for the async driver."""

    @asynccontextmanager
    async def open(self, request: Request) -> Any:  # type: ignore[override]
        exchange = self._begin(request)

        async def read() -> bytes:
            return exchange._read()

        try:
            yield Opened(exchange.head, read, exchange.timeouts.append)
        finally:
            exchange.closed = True

    async def sleep(self, seconds: float) -> None:  # type: ignore[override]
        super().sleep(seconds)


def run_async(awaitable: Awaitable[T]) -> T:
    """Run a coroutine that never really waits, without any event loop."""

    async def main() -> T:
        return await awaitable

    coroutine: Coroutine[Any, Any, T] = main()
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the coroutine waits for something that is not there")


Build = Callable[..., FakeTransport]
