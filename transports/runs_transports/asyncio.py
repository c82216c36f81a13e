"""asyncio's standard library streams, with h11."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Any

from runs_core.errors import UsageError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request
from runs_transports._deadline import Deadline
from runs_transports._errors import not_sent, timed_out
from runs_transports._extras import comes_with
from runs_transports._request import Address
from runs_transports._tls import Trust

with comes_with("sockets", __name__):
    from runs_transports.http1 import READ_BYTES, Http1Exchange

__all__ = ["AsyncioTransport"]

_CLOSE_SECONDS = 1.0
# In seconds: asyncio takes no None for this.
_NEVER = 1e9


class AsyncioTransport:
    """Opens one connection for each request, and closes it with the exchange.

    It reads no environment and uses no proxy. `ssl_context` is used as it is; the
    default verifies against the system's trust store. If it is cancelled anywhere, it
    closes the connection before the cancellation propagates.

    On uvloop's loop, a server that ends its TLS connection without saying so
    (close_notify) right after a large response can cut that off: uvloop then drops what
    has not been read (seen with 1 MB; asyncio's own loop delivers all).
    """

    errors: tuple[type[BaseException], ...] = (OSError,)

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._trust = Trust(ssl_context)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        """Send the request and yield the start of the response."""
        self.now()  # Raises where no loop of asyncio runs.
        exchange = Http1Exchange(request)
        timeouts = request.timeouts
        opening = Deadline(timeouts.total, self.now)
        reader, writer = await self._connect(
            exchange.address, opening.within(timeouts.connect)
        )
        try:
            wire = _Wire(reader, writer, exchange, opening.within(timeouts.read))
            wire.send()
            head = await wire.read_head()
            wire.set_timeout(timeouts.read)
            yield Opened(head, wire.read, wire.set_timeout)
        finally:
            await _close(writer)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of the loop's clock."""
        await asyncio.sleep(seconds)

    def now(self) -> float:
        """Return the time of the running loop."""
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError as error:
            raise UsageError(
                "AsyncioTransport works in a running loop of asyncio only: with trio,"
                " use TrioTransport"
            ) from error

    def shield(self) -> AbstractContextManager[object]:
        """Return a scope in which a cancelled task can still talk to the server.

        asyncio cancels a task once, and lets it go on. anyio, on which Starlette and
        FastAPI run, cancels every further wait in a cancelled scope of its own.
        """
        anyio: Any = sys.modules.get("anyio")  # Imported if one of its scopes is used.
        return nullcontext() if anyio is None else anyio.CancelScope(shield=True)

    def within(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Cancel what is awaited here for longer, and raise TimeoutError."""
        return asyncio.timeout(seconds)

    async def _connect(
        self, address: Address, timeout: float | None
    ) -> tuple[_Reader, asyncio.StreamWriter]:
        context = self._trust.context() if address.tls else None
        deadline = Deadline(timeout, self.now)
        try:
            async with asyncio.timeout(timeout):
                connection = await _connected(address, deadline)
                try:
                    return await self._streams(connection, address, context)
                except BaseException:
                    connection.close()
                    raise
        except (OSError, ValueError) as error:
            raise not_sent(address, error, timeout) from error

    async def _streams(
        self,
        connection: socket.socket,
        address: Address,
        context: ssl.SSLContext | None,
    ) -> tuple[_Reader, asyncio.StreamWriter]:
        # As `asyncio.open_connection` does, but with a reader of ours.
        loop = asyncio.get_running_loop()
        reader = _Reader()
        transport: asyncio.Transport
        if context is None:
            transport, protocol = await loop.create_connection(
                lambda: asyncio.StreamReaderProtocol(reader), sock=connection
            )
        else:
            protocol = _OverTls(reader)
            transport = await _secured(connection, address, context, protocol)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _secured(
    connection: socket.socket,
    address: Address,
    context: ssl.SSLContext,
    protocol: asyncio.StreamReaderProtocol,
) -> asyncio.Transport:
    """Make the TLS transport, or abort what has been made of it.

    In two steps: if `create_connection` with TLS is cancelled while it ends, it leaves
    a transport that waits for the peer's goodbye, and nobody else knows. asyncio then
    refuses the next connection that gets the same descriptor (seen with CPython 3.11 to
    3.13).
    """
    loop = asyncio.get_running_loop()
    plain, _ = await loop.create_connection(_Silent, sock=connection)
    try:
        secured = None
        # uvloop reads in spite of `_Silent`, and may have come upon the peer's end.
        if not plain.is_closing():
            secured = await loop.start_tls(
                plain,
                protocol,
                context,
                server_hostname=address.server_name,
                # asyncio's own is a minute; `_connect` has one for all of it.
                ssl_handshake_timeout=_NEVER,
            )
        if secured is None:
            raise ConnectionResetError("closed before or during the handshake")
        protocol.connection_made(secured)
    except BaseException:
        plain.abort()
        raise
    return secured


class _OverTls(asyncio.StreamReaderProtocol):
    """Does not ask to send on after the peer's end, of which asyncio would warn.

    The inherited class finds out that there is TLS only when it is told so, and the end
    may come with the end of the handshake.
    """

    def eof_received(self) -> bool:
        super().eof_received()
        return False


class _Silent(asyncio.Protocol):
    """Leaves what the peer sends to the TLS that follows."""

    # Any: uvloop's transports are none of asyncio's classes.
    def connection_made(self, transport: Any) -> None:
        transport.pause_reading()


async def _connected(address: Address, deadline: Deadline) -> socket.socket:
    """Connect to one of the host's addresses; the time left is for a handshake.

    They are tried in turn, as in `runs_transports._blocking`. asyncio's
    `happy_eyeballs_delay`, which tries them concurrently, can leave a connection open
    when it is cancelled (seen with CPython 3.11).
    """
    loop = asyncio.get_running_loop()
    *others, last = await loop.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM
    )
    for tried, place in enumerate(others):
        with suppress(OSError):
            async with asyncio.timeout(deadline.left(1 + len(others) - tried)):
                return await _connected_to(place)
    return await _connected_to(last)


async def _connected_to(place: tuple[Any, Any, int, str, Any]) -> socket.socket:
    family, kind, protocol, _, address = place
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


class _Reader(asyncio.StreamReader):
    """Raises why a connection broke only after what came before.

    asyncio's own drops what has come while nobody waited for it.
    """

    _why: Exception | None = None

    def set_exception(self, exc: Exception) -> None:
        self._why = exc
        self.feed_eof()

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        if self._why is not None and not data:
            raise self._why
        return data


class _Wire:
    """An exchange on a pair of streams."""

    def __init__(
        self,
        reader: _Reader,
        writer: asyncio.StreamWriter,
        exchange: Http1Exchange,
        timeout: float | None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._exchange = exchange
        self._timeout = timeout

    def set_timeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def send(self) -> None:
        # The loop sends it while `read_head` waits: a peer may respond before it has
        # taken the whole request, and a connection that breaks while draining would
        # not be read. Draining what is already in memory would save nothing.
        self._writer.write(self._exchange.data_to_send)

    async def read_head(self) -> Head:
        async with self._limit():
            while (head := self._exchange.head) is None:
                self._exchange.receive(await self._received())
        return head

    async def read(self) -> bytes:
        async with self._limit():
            while (piece := self._exchange.next_piece()) is None:
                self._exchange.receive(await self._received())
        return piece

    async def _received(self) -> bytes:
        try:
            return await self._reader.read(READ_BYTES)
        except ConnectionError:
            raise self._exchange.cut_off() from None

    @asynccontextmanager
    async def _limit(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            raise timed_out(self._exchange.address, self._timeout) from error


async def _close(writer: asyncio.StreamWriter) -> None:
    # Aborting neither waits for the peer nor says goodbye. The loop closes the socket
    # in its next iterations; waiting for them leaves nothing open.
    writer.transport.abort()
    with suppress(OSError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await writer.wait_closed()
