"""Transports without a network: a service in the same process, on virtual time.

A client on one of these is as fast as the code itself: sleeping and waiting only move
the clock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from runs_core.errors import TransportTimeout, UsageError
from runs_core.testing.exchange import Pause, ServiceReply, ServiceRequest
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request

__all__ = [
    "AsyncInMemoryTransport",
    "InMemoryTransport",
    "Service",
    "check_service",
]


class Service(Protocol):
    """Requests in, replies out: `LocalService`, or your own fake."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        """Return the reply; `now` is the time in Unix seconds."""
        ...


def check_service(service: object) -> None:
    """Raise `UsageError` for anything that is not a service, such as its class."""
    if isinstance(service, type):
        what = f"{service.__name__}, a class: call it"
    elif not callable(getattr(service, "handle", None)):
        what = f"of type {type(service).__name__}"
    else:
        return
    raise UsageError(
        "service must be an object with handle(request, now), such as LocalService(),"
        f" not {what}"
    )


class _BaseInMemoryTransport:
    """The service, the requests that reached it, and the clock."""

    errors: tuple[type[BaseException], ...] = (ConnectionError,)

    def __init__(self, service: Service, *, time: float = 1_700_000_000.0) -> None:
        check_service(service)
        self.service = service
        """The service that answers."""
        self.time = time
        """The virtual time, in Unix seconds; the service is told it, too."""
        self.requests: list[Request] = []
        """The requests that were handed over, in order."""

    def now(self) -> float:
        """Return the virtual time in seconds; only `sleep` and pauses move it."""
        return self.time

    def _reply(self, request: Request) -> ServiceReply:
        self.requests.append(request)
        _, _, path, query, _ = urlsplit(request.url)
        arrived = ServiceRequest(
            method=request.method,
            target=f"{path}?{query}" if query else path,
            headers=tuple(request.headers),
            body=request.body or b"",
        )
        return self.service.handle(arrived, self.time)

    def _reader(
        self, reply: ServiceReply, timeout: float | None
    ) -> tuple[Callable[[], bytes], Callable[[float | None], None]]:
        chunks = iter(reply.chunks)

        def read() -> bytes:
            start = self.time
            for chunk in chunks:
                if not isinstance(chunk, Pause):
                    return chunk
                self.time += chunk.seconds
                if timeout is not None and self.time - start > timeout:
                    self.time = start + timeout
                    raise TransportTimeout(f"no byte came for {timeout:g} s")
            return b""

        def set_timeout(seconds: float | None) -> None:
            nonlocal timeout
            timeout = seconds

        return read, set_timeout


class InMemoryTransport(_BaseInMemoryTransport):
    """A blocking transport to a service in the same process."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        """Hand the request over and yield the start of the response."""
        reply = self._reply(request)
        read, set_timeout = self._reader(reply, request.timeouts.read)
        try:
            yield Opened(Head(reply.status, reply.headers), read, set_timeout)
        finally:
            reply.abandon()

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.time += seconds


class AsyncInMemoryTransport(_BaseInMemoryTransport):
    """An async transport to a service in the same process, for any event loop."""

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        """Hand the request over and yield the start of the response."""
        reply = self._reply(request)
        read, set_timeout = self._reader(reply, request.timeouts.read)

        async def read_async() -> bytes:
            return read()

        try:
            yield Opened(Head(reply.status, reply.headers), read_async, set_timeout)
        finally:
            reply.abandon()

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.time += seconds
