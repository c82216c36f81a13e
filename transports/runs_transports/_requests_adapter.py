"""A requests adapter that connects and reads responses as our transports do."""

from __future__ import annotations

import http.client
import io
import math
import os
import queue
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import SKIP_HEADER

from runs_core.wire.http import Request
from runs_transports._blocking import TimedStream, connect, send_listening
from runs_transports._deadline import Deadline
from runs_transports._errors import not_sent, timed_out
from runs_transports._request import Address, in_url
from runs_transports._tls import Trust
from runs_transports.http1 import READ_BYTES, Http1Exchange

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["StrictAdapter"]

# Of each host; more than threads usually share a transport, so that each finds one.
MAX_IDLE = 100
# As long as httpx keeps an idle connection, which is enough between two polls.
MAX_IDLE_SECONDS = 5.0


class StrictAdapter(HTTPAdapter):
    """Trusts an SSLContext and nothing else, and has responses read by h11."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._trust = Trust(ssl_context)
        super().__init__(pool_maxsize=MAX_IDLE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _Pool,
            "https": _SecurePool,
        }

    def get_connection_with_tls_context(
        self, request: PreparedRequest, *args: Any, **kwargs: Any
    ) -> Any:
        if Address.of(request.url or "").tls:
            context = self._trust.context()
            self.poolmanager.connection_pool_kw["ssl_context"] = context
        return super().get_connection_with_tls_context(request, *args, **kwargs)

    def request_url(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> str:
        """Return the target unchanged; a proxy is asked for the whole URL."""
        url = super().request_url(request, *args, **kwargs)
        return Address.of(request.url or "").target if url.startswith("/") else url

    def add_headers(self, request: PreparedRequest, **kwargs: Any) -> None:
        """Keep urllib3 from adding a User-Agent to a request that has none."""
        request.headers.setdefault("user-agent", SKIP_HEADER)

    def __getstate__(self) -> Any:
        # The inherited method leaves out what it does not know, so a copy would fail.
        state: Any = super().__getstate__()
        return {**state, "_trust": self._trust}

    def close(self) -> None:
        """Close the idle connections.

        The inherited method leaves that to the garbage collector: an exception that is
        kept somewhere would keep them open.
        """
        keys = self.poolmanager.pools.keys()  # The container cannot be iterated itself.
        for key in keys:
            self.poolmanager.pools[key].close()
        super().close()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Let the context alone decide what is verified.

        The inherited method would add certifi's authorities to it. urllib3 sets what
        the pool is told here on the context, which may be the caller's.
        """
        if conn.scheme == "https":
            context = self._trust.context()
            conn.cert_reqs = context.verify_mode
            conn.assert_hostname = None if context.check_hostname else False


class _Response(http.client.HTTPResponse):
    """A response that h11 reads, and http.client only passes on.

    http.client itself takes a head or trailer that is cut off for a complete one, and
    guesses at chunks and lengths that are malformed; what it reads line by line has no
    limit, in time or in length.
    """

    def __init__(
        self, sock: socket.socket, exchange: Http1Exchange, method: str | None
    ) -> None:
        super().__init__(sock, method=method)
        self.timed = TimedStream(self.fp, sock)
        self._exchange = exchange

    def begin(self) -> None:
        exchange = self._exchange
        while exchange.head is None:
            exchange.receive(_received(self.timed, exchange))
        self.status = self.code = exchange.head.status
        self.version, self.reason = 11, ""
        self.headers = self.msg = http.client.HTTPMessage()
        for name, value in exchange.head.headers:
            self.headers[name] = value
        # From here on it is a stream without framing, which ends with the body.
        self.fp = io.BufferedReader(_Body(exchange, self.timed))
        self.chunked, self.length, self.will_close = False, None, False


class _Body(io.RawIOBase):
    """The body of an exchange, as a raw stream for http.client."""

    def __init__(self, exchange: Http1Exchange, stream: TimedStream) -> None:
        self._exchange = exchange
        self._stream = stream
        self._piece = io.BytesIO()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not (size := self._piece.readinto(buffer)):
            piece = self._exchange.next_piece()
            if piece == b"":
                break
            if piece is None:
                self._exchange.receive(_received(self._stream, self._exchange))
            else:
                self._piece = io.BytesIO(piece)
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def _received(stream: TimedStream, exchange: Http1Exchange) -> bytes:
    try:
        return stream.read(READ_BYTES)
    except ConnectionError:
        raise exchange.cut_off() from None


class _Connection(HTTPConnection):
    """Connects within one timeout, and knows whether it can be reused."""

    exchange: Http1Exchange | None = None
    is_refused = False
    process = 0
    good_until = math.inf

    @property
    def origin(self) -> str:
        scheme = "https" if isinstance(self, HTTPSConnection) else "http"
        return f"{scheme}://{in_url(self.host)}:{self.port}"

    def _new_conn(self) -> socket.socket:
        # urllib3's own method would allow the whole timeout to each of the host's
        # addresses, and again to the handshake.
        try:
            return connect(
                self._dns_host,
                self.port,
                Deadline(self.timeout),
                self.socket_options or (),
            )
        except (OSError, ValueError) as error:
            raise not_sent(Address.of(self.origin), error, self.timeout) from error

    def connect(self) -> None:
        super().connect()
        self.process = os.getpid()

    def putrequest(self, method: str, *args: Any, **kwargs: Any) -> None:
        request = Request(method=method, url=self.origin)
        self.exchange = Http1Exchange(request, keep_alive=True)
        self.is_refused = False
        super().putrequest(method, *args, **kwargs)

    def send(self, data: Any) -> None:
        """Send a part of the request, unless the peer has refused it before."""
        if self.sock is None:
            self.connect()
        sock: Any = self.sock
        if self.exchange is None or self.is_refused:
            return
        if self.debuglevel > 0:
            print("send:", repr(data))  # As http.client does.
        try:
            # The whole timeout again, for sending.
            deadline = Deadline(self.timeout)
            send_listening(sock, data, deadline, self.exchange, READ_BYTES)
        except TimeoutError as error:
            raise timed_out(self.exchange.address, self.timeout) from error
        self.is_refused = self.exchange.refused

    # A method, where http.client has a class: http.client only calls it.
    def response_class(  # type: ignore[override]
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None
    ) -> _Response:
        assert self.exchange is not None, "a response follows a request"
        return _Response(sock, self.exchange, method)


# Its `response_class` is _Connection's.
class _SecureConnection(  # pyright: ignore[reportIncompatibleVariableOverride]
    _Connection, HTTPSConnection
):
    pass


class _Idle(queue.LifoQueue[Any]):
    """The idle connections of a pool, without the lock of the inherited methods.

    A signal handler, or a stream that is collected, may need them in the middle of
    another request's `get` or `put`, and would wait for itself. A list needs no lock
    for one step; threads that put at once may exceed the size by one each.
    """

    def put(self, item: Any, block: bool = False, timeout: float | None = None) -> None:
        if len(self.queue) >= self.maxsize:
            raise queue.Full
        self.queue.append(item)

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        try:
            return self.queue.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        return len(self.queue)


class _Pool(HTTPConnectionPool):
    """Reuses no connection that is long idle, left in doubt, or from before a fork.

    A peer or a middlebox may have dropped an idle one; a request on it then fails, and
    it is unknown whether it was carried out. What a doubtful one delivers may belong to
    the previous response; what one from before a fork delivers, to another process.
    """

    QueueCls = _Idle
    # urllib3's own classes do not match its protocols either.
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked = threading.local()

    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send the target unchanged: the inherited method requotes it."""
        before = getattr(self._asked, "target", None)
        self._asked.target = url
        try:
            return super().urlopen(method, url, *args, **kwargs)
        finally:
            # A signal handler may make a request in the middle of another one.
            self._asked.target = before

    def _make_request(
        self, conn: Any, method: str, url: str, *args: Any, **kwargs: Any
    ) -> Any:
        return super()._make_request(conn, method, self._asked.target, *args, **kwargs)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        idle = time.monotonic() > connection.good_until
        if idle or connection.process != os.getpid():
            connection.close()  # A closed one connects again.
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.good_until = time.monotonic() + MAX_IDLE_SECONDS
            exchange = conn.exchange
            if exchange is None or conn.is_refused or not exchange.reusable:
                conn.close()
        pool: Any = self.pool
        try:
            pool.put(conn, block=False)
        # The inherited method warns of a full pool, and that it is closed.
        except (AttributeError, queue.Full):
            if conn is not None:
                conn.close()


class _SecurePool(_Pool, HTTPSConnectionPool):
    # Narrower than HTTPSConnectionPool's, but not than _Pool's.
    ConnectionCls = _SecureConnection
