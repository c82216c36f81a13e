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
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from runs_core.errors import UsageError
from runs_core.testing import LocalService, ServiceReply, ServiceRequest
from runs_transports._extras import comes_with

with comes_with("sockets", __name__):
    import h11

__all__ = ["Server", "Service", "serve"]

# A client that neither sends nor takes a byte for so long has gone.
_IDLE_SECONDS = 300.0
# More than any request of this API without files; a server for tests keeps it whole.
_MAX_BODY_BYTES = 64 * 1024 * 1024
_READ_BYTES = 64 * 1024
_JOIN_SECONDS = 5.0


class Service(Protocol):
    """What can be served: requests in, replies out, and no I/O."""

    @property
    def prefix(self) -> str:
        """The path that all of the service's paths begin with, like `/v1`."""
        ...

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        """Give the reply; `now` is the time in Unix seconds."""
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
    """Give a server that is answering already; close it, or use it in a `with`.

    Without a service it serves a new `LocalService`. Port 0 takes a free one. The
    server checks no credentials, so that it listens to this machine only: `host` must
    be a loopback address unless `allow_remote`.
    """
    if not (allow_remote or _is_loopback(host)):
        raise UsageError(
            f"{host} is not a loopback address, and this server lets everybody in:"
            " pass allow_remote=True if that is meant"
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
    is held while the service answers and while it gives a chunk, never while a client
    is waited for.
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
        scheme = "http" if ssl_context is None else "https"
        name = f"[{host}]" if ":" in host else host
        port = listener.getsockname()[1]
        self.base_url = f"{scheme}://{name}:{port}{service.prefix}"
        self.service = service
        self._listener = listener
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: dict[threading.Thread, socket.socket] = {}
        # Closing a socket does not wake the thread that waits for it; a byte does.
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, name="runs-serve", daemon=True
        )
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening and drop all connections; their threads have ended."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake_writer.send(b"\0")
        self._acceptor.join()
        for thread, connection in self._threads.items():
            with contextlib.suppress(OSError):
                # Not SSLSocket's own, which would pull the session from under the
                # thread that uses it.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            thread.join(_JOIN_SECONDS)
        for end in (self._listener, self._wake_reader, self._wake_writer):
            end.close()

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
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not self._closing.is_set():
                selector.select()
                if self._closing.is_set():
                    return
                with contextlib.suppress(OSError):
                    self._start(self._listener.accept()[0])

    def _start(self, connection: socket.socket) -> None:
        # Without it, small chunks wait for the client's acknowledgements.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(_IDLE_SECONDS)
        if self._ssl_context is not None:
            with connection:  # Which is empty once it is wrapped.
                connection = self._ssl_context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
        thread = threading.Thread(
            target=self._talk, args=(connection,), name="runs-serve", daemon=True
        )
        self._threads = {t: c for t, c in self._threads.items() if t.is_alive()}
        self._threads[thread] = connection
        thread.start()

    def _talk(self, connection: socket.socket) -> None:
        # The client left, or spoke no TLS: no matter of the server's.
        with connection, contextlib.suppress(OSError):
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            _Conversation(connection, self._handle, self._closing).run()

    def _handle(self, request: ServiceRequest) -> _Reply:
        with self._lock:
            reply = self.service.handle(request, time.time())
        return _Reply(reply, self._lock)


class _Reply:
    """A reply whose chunks are taken under the service's lock."""

    def __init__(self, reply: ServiceReply, lock: threading.Lock) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self._chunks = iter(reply.chunks)
        self._lock = lock

    def __iter__(self) -> Iterator[bytes | float]:
        """Give bytes to send, and seconds to wait."""
        while True:
            with self._lock:
                chunk = next(self._chunks, None)
            if chunk is None:
                return
            yield chunk if isinstance(chunk, bytes) else chunk.seconds

    def close(self) -> None:
        # Generators have it; other iterators have nothing to clean up.
        if close := getattr(self._chunks, "close", None):
            with self._lock:
                close()


class _ClientLeft(OSError):
    """The client closed its end while it was being answered."""


class _Conversation:
    """The exchanges on one connection, one after the other."""

    def __init__(
        self,
        connection: socket.socket,
        handle: Callable[[ServiceRequest], _Reply],
        closing: threading.Event,
    ) -> None:
        self._connection = connection
        self._handle = handle
        self._closing = closing
        self._http = h11.Connection(h11.SERVER)

    def run(self) -> None:
        """Return when the client has no more requests, or has broken HTTP."""
        try:
            while (request := self._read_request()) is not None:
                self._answer(request)
                if self._http.our_state is not h11.DONE:
                    return
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)

    def _read_request(self) -> ServiceRequest | None:
        start = self._next_event()
        if not isinstance(start, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := self._next_event(), h11.Data):
            body += event.data
            if len(body) > _MAX_BODY_BYTES:
                raise h11.RemoteProtocolError("body too long", error_status_hint=413)
        return ServiceRequest(
            method=start.method.decode("ascii"),
            target=start.target.decode("ascii"),
            headers=tuple(
                (name.decode("ascii"), value.decode("latin-1"))
                for name, value in start.headers
            ),
            body=bytes(body),
        )

    def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(self._connection.recv(_READ_BYTES))
        return event

    def _answer(self, request: ServiceRequest) -> None:
        try:
            reply = self._handle(request)
        except Exception:
            # A fault of the service's: the client is told so, if it is still there, and
            # whoever runs the server sees the traceback.
            with contextlib.suppress(OSError):
                self._refuse(500)
            raise
        with contextlib.closing(reply):
            self._send(
                h11.Response(status_code=reply.status, headers=list(reply.headers))
            )
            if request.method != "HEAD":
                for chunk in reply:
                    if isinstance(chunk, bytes):
                        self._send(h11.Data(data=chunk))
                    else:
                        self._pause(chunk)
            self._send(h11.EndOfMessage())

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the client is there and the server is open."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
        # As a plain socket, because TLS cannot peek.
        if not socket.socket.recv(self._connection, 1, socket.MSG_PEEK):
            raise _ClientLeft
        self._closing.wait(end - time.monotonic())

    def _refuse(self, status: int) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            fields = [("content-length", "0"), ("connection", "close")]
            self._send(h11.Response(status_code=status, headers=fields))
            self._send(h11.EndOfMessage())
            # Closing with bytes unread would reset the connection, and the answer
            # could be lost with it.
            self._connection.shutdown(socket.SHUT_WR)
            self._connection.settimeout(1.0)
            for _ in range(_MAX_BODY_BYTES // _READ_BYTES):
                if not self._connection.recv(_READ_BYTES):
                    return

    def _send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._connection.sendall(data)
