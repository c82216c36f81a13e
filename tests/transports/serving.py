"""A service that says what a test has written, and plain clients of its server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from attrs import field, frozen

from runs_core.testing import Pause, ServiceReply, ServiceRequest
from runs_transports.conformance.peer import PATIENCE
from runs_transports.conformance.tls import one_authority
from runs_transports.serve import Server, serve

Handler = Callable[[ServiceRequest, float], ServiceReply]


@frozen
class FakeService:
    """Answers with what a test has written, and keeps the requests."""

    handler: Handler
    prefix: str = "/v1"
    requests: list[ServiceRequest] = field(factory=list)

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        self.requests.append(request)
        return self.handler(request, now)


def whole(body: bytes, status: int = 200) -> ServiceReply:
    fields = (
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
    )
    return ServiceReply(status=status, headers=fields, chunks=(body,))


def stream(chunks: Iterable[bytes | Pause]) -> ServiceReply:
    fields = (("content-type", "text/event-stream"),)
    return ServiceReply(status=200, headers=fields, chunks=chunks)


def echo(request: ServiceRequest, now: float) -> ServiceReply:
    return whole(request.body)


def serving(
    handler: Handler = echo, tls: ServerAndClient | None = None
) -> Server[FakeService]:
    return serve(FakeService(handler), ssl_context=tls and tls.server)


@frozen
class ServerAndClient:
    """The TLS settings of both ends, that trust each other."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def tls_contexts() -> ServerAndClient:
    authority = one_authority()
    return ServerAndClient(authority.server("127.0.0.1"), authority.trusted)


def connect(server: Server[Any], tls: ServerAndClient | None = None) -> socket.socket:
    port = int(server.base_url.partition("127.0.0.1:")[2].partition("/")[0])
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    if tls is None:
        return plain
    with plain:  # Which is empty once it is wrapped.
        # Else a cut could not be told from an end.
        return tls.client.wrap_socket(
            plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False
        )


def say(connection: socket.socket, data: bytes) -> bytes:
    """Send, and give all that comes back until the server closes."""
    connection.sendall(data)
    return hear(connection)


def hear(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


class Endless:
    """Chunks that pause for an hour after the first, and know when they are closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._given: list[object] = []  # So that only closing ends them.

    def chunks(self) -> Iterator[bytes | Pause]:
        try:
            while True:
                yield b"x"
                yield Pause(3600)
        finally:
            self.closed.set()

    def __call__(self, request: ServiceRequest, now: float) -> ServiceReply:
        chunks = self.chunks()
        self._given.append(chunks)
        return stream(chunks)


def unhandled(monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
    """Collect what threads end with."""
    seen: list[BaseException | None] = []

    def hook(args: threading.ExceptHookArgs) -> None:
        seen.append(args.exc_value)

    monkeypatch.setattr(threading, "excepthook", hook)
    return seen
