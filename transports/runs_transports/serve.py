"""A loopback HTTP server around a sans-I/O service.

For tests and demonstrations::

    with serve() as server:
        client = Client(SocketTransport(), Endpoint(server.base_url))
"""

from __future__ import annotations

import contextlib
import ipaddress
import selectors
import socket
import ssl
import threading
import time
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from runs_core.errors import UsageError
from runs_core.testing import LocalService, ServiceReply, ServiceRequest
from runs_core.testing.transport import check_service
from runs_transports._blocking import end_waits
from runs_transports._extras import comes_with
from runs_transports._request import in_url

with comes_with("sockets", __name__):
    from runs_transports._served_connection import (
        IDLE_SECONDS,
        ClientLeft,
        Reply,
        ServedConnection,
    )

__all__ = ["Server", "Service", "serve"]

_JOIN_SECONDS = 5.0
# Before accepting is tried again after it failed.
_RETRY_SECONDS = 0.05


class Service(Protocol):
    """What can be served: requests in, replies out, no I/O."""

    @property
    def prefix(self) -> str:
        """The path that all of the service's paths begin with, like `/v1`."""
        ...

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        """Return the reply; `now` is the time in Unix seconds."""
        ...


ServiceT = TypeVar("ServiceT", bound=Service)


@overload
def serve(
    service: None = None,
    *,
    host: str = ...,
    port: int = ...,
    ssl_context: ssl.SSLContext | None = ...,
    allow_remote: bool = ...,
) -> Server[LocalService]: ...
@overload
def serve(
    service: ServiceT,
    *,
    host: str = ...,
    port: int = ...,
    ssl_context: ssl.SSLContext | None = ...,
    allow_remote: bool = ...,
) -> Server[ServiceT]: ...
def serve(
    service: Service | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ssl_context: ssl.SSLContext | None = None,
    allow_remote: bool = False,
) -> Server[Any]:
    """Start a server and return it; close it, or use it in a `with`.

    Without a service it serves a new `LocalService`. Port 0 takes a free one. With
    `ssl_context`, one for servers that has a certificate, it speaks TLS. Credentials
    are checked by the service, if at all, so it listens to this machine only: `host`
    must be a loopback address unless `allow_remote`.
    """
    if service is not None:
        check_service(service)
        if not isinstance(getattr(service, "prefix", None), str):
            raise UsageError(
                "a service that is served must have a prefix: the path that all of its"
                " paths begin with, such as '/v1', or ''"
            )
    if not (allow_remote or _is_loopback(host)):
        raise UsageError(
            f"{host} is not a loopback address, and others could reach this server:"
            " pass allow_remote=True if you want that"
        )
    if ssl_context is not None and ssl_context.protocol is ssl.PROTOCOL_TLS_CLIENT:
        raise UsageError(
            "ssl_context is for clients: create one for servers with"
            " ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)"
        )
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )
    if service is None:
        return Server(LocalService(), listener, host, ssl_context)
    return Server(service, listener, host, ssl_context)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server(Generic[ServiceT]):
    """A running server. Each connection has a thread; the service has one lock.

    `base_url` is what an `Endpoint` takes, `service` is what is being served. The lock
    is held while the service handles a request and while it produces a chunk, never
    while waiting for a client. The server owns the listener from the beginning, and
    closes it even if the server cannot start.
    """

    base_url: str
    service: ServiceT

    def __init__(
        self,
        service: ServiceT,
        listener: socket.socket,
        host: str,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.service = service
        self._listener = listener
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: dict[threading.Thread, socket.socket] = {}
        with contextlib.ExitStack() as owned:
            owned.enter_context(listener)
            # Otherwise it would wait for another client if this one has already left.
            listener.setblocking(False)
            scheme = "http" if ssl_context is None else "https"
            port = listener.getsockname()[1]
            self.base_url = f"{scheme}://{in_url(host)}:{port}{service.prefix}"
            # Closing a socket does not wake a thread that waits for it; a byte does.
            wake_reader, self._wake_writer = socket.socketpair()
            owned.enter_context(wake_reader)
            owned.enter_context(self._wake_writer)
            self._selector = owned.enter_context(selectors.DefaultSelector())
            self._selector.register(listener, selectors.EVENT_READ)
            self._selector.register(wake_reader, selectors.EVENT_READ)
            self._acceptor = threading.Thread(
                target=self._accept, name="runs-serve", daemon=True
            )
            self._acceptor.start()
            self._owned = owned.pop_all()

    def close(self) -> None:
        """Stop listening, drop all connections and wait for their threads.

        Threads in which the service is still working after five seconds are left.
        """
        if not self._closing.is_set():
            self._closing.set()
            self._wake_writer.send(b"\0")
        self._acceptor.join()
        for connection in self._threads.values():
            end_waits(connection)
        end = time.monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            self._selector.select()
            if not self._closing.is_set():
                self._accept_one()

    def _accept_one(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            # For example, no descriptor is left. The client is still waiting, and the
            # selector would report it again at once.
            self._closing.wait(_RETRY_SECONDS)
            return
        # The client has left, or no thread can be started for it: the others go on.
        with contextlib.suppress(OSError, RuntimeError):
            self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        try:
            # Otherwise small chunks wait for the client's acknowledgements.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(IDLE_SECONDS)
            if self._ssl_context is not None:
                with connection:  # Detached once it is wrapped.
                    connection = self._ssl_context.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
            thread = threading.Thread(
                target=self._talk, args=(connection,), name="runs-serve", daemon=True
            )
            thread.start()
        except BaseException:
            connection.close()
            raise
        self._threads = {t: c for t, c in self._threads.items() if t.is_alive()}
        self._threads[thread] = connection

    def _talk(self, connection: socket.socket) -> None:
        # A client that leaves does not concern the server.
        with connection, contextlib.suppress(ClientLeft):
            ServedConnection(connection, self._handle).run()

    def _handle(self, request: ServiceRequest) -> Reply:
        with self._lock:
            return Reply(self.service.handle(request, time.time()), self._lock)


if __name__ == "__main__":
    raise SystemExit("this module is not a command: use 'runs-core serve'")
