"""trio's streams, with h11."""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from runs_core.errors import UsageError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request
from runs_transports._deadline import Deadline
from runs_transports._errors import not_sent, timed_out
from runs_transports._extras import comes_with
from runs_transports._request import Address
from runs_transports._tls import Trust

with comes_with("trio", __name__):
    import trio

    from runs_transports.http1 import READ_BYTES, Http1Exchange

__all__ = ["TrioTransport"]


class TrioTransport:
    """Opens one connection for each request, and closes it with the exchange.

    It reads no environment and uses no proxy. `ssl_context` is used as it is; the
    default verifies against the system's trust store. If it is cancelled anywhere, it
    closes the connection before the cancellation propagates.
    """

    errors: tuple[type[BaseException], ...] = (
        OSError,
        trio.BrokenResourceError,
        trio.ClosedResourceError,  # Another task closed it during a wait for bytes.
    )

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._trust = Trust(ssl_context)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        """Send the request and yield the start of the response."""
        self.now()  # Raises where trio does not run.
        exchange = Http1Exchange(request)
        timeouts = request.timeouts
        opening = Deadline(timeouts.total, self.now)
        stream = await self._connect(exchange.address, opening.within(timeouts.connect))
        try:
            wire = _Wire(stream, exchange, opening.within(timeouts.read))
            await wire.send()
            wire.set_timeout(opening.within(timeouts.read))
            head = await wire.read_head()
            wire.set_timeout(timeouts.read)
            yield Opened(head, wire.read, wire.set_timeout)
        finally:
            await _close(stream)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of trio's clock."""
        await trio.sleep(seconds)

    def now(self) -> float:
        """Return trio's time, which a test may have replaced."""
        try:
            return trio.current_time()
        except RuntimeError as error:
            raise UsageError(
                "TrioTransport works below trio.run(…) only: with asyncio, use"
                " AsyncioTransport"
            ) from error

    def shield(self) -> trio.CancelScope:
        """Return a scope in which a cancelled task can still talk to the server."""
        return trio.CancelScope(shield=True)

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Cancel what is awaited here for longer, and raise TimeoutError."""
        with trio.move_on_after(seconds) as scope:
            yield
        if scope.cancelled_caught:
            raise TimeoutError

    async def _connect(
        self, address: Address, timeout: float | None
    ) -> _Connection | trio.SSLStream[_Connection]:
        try:
            with trio.move_on_after(_wait(timeout)):
                with _ungrouped():
                    tcp = await trio.open_tcp_stream(address.host, address.port)
                connection = _Connection(tcp)
                stream: _Connection | trio.SSLStream[_Connection] = connection
                if address.tls:
                    stream = await self._secured(connection, address)
                connection.is_ready = True
                return stream
        except (OSError, ValueError, trio.BrokenResourceError) as error:
            raise not_sent(address, _cause(error), timeout) from error
        raise not_sent(address, TimeoutError(), timeout)

    async def _secured(
        self, stream: _Connection, address: Address
    ) -> trio.SSLStream[_Connection]:
        try:
            secured = trio.SSLStream(
                stream,
                self._trust.context(),
                server_hostname=address.server_name,
                https_compatible=True,
            )
            await secured.do_handshake()
        except BaseException:
            await _close(stream)
            raise
        return secured


class _Connection(trio.abc.Stream):
    """A connection on which sending can end, unnoticed by the TLS on it.

    An `SSLStream` whose sending is cancelled or fails cannot be read any more, and a
    peer may respond and close before it has taken the whole request. `is_ready` says
    that the connection is made: what fails before has sent nothing.
    """

    is_ready = False

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._sending = trio.CancelScope()
        self._is_stopped = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        with trio.CancelScope() as self._sending:
            if self._is_stopped:
                self._sending.cancel()
            try:
                await self._stream.send_all(data)
            except trio.BrokenResourceError:
                if not self.is_ready:
                    raise

    def stop_sending(self) -> None:
        self._is_stopped = True
        self._sending.cancel()

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Wire:
    """An exchange on a connected stream."""

    def __init__(
        self,
        stream: _Connection | trio.SSLStream[_Connection],
        exchange: Http1Exchange,
        timeout: float | None,
    ) -> None:
        self._stream = stream
        self._connection: _Connection
        if isinstance(stream, _Connection):
            self._connection = stream
        else:
            self._connection = stream.transport_stream
        self._exchange = exchange
        self._timeout = timeout

    def set_timeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    async def send(self) -> None:
        """Send the request, or a part of it if the peer refuses it before its end."""
        faults: list[BaseException] = []
        listening = trio.CancelScope(shield=True)
        # No fault leaves the nursery, which would wrap it in a group.
        with _ungrouped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen, listening, faults)
                try:
                    await self._send()
                except BaseException as error:
                    faults.append(error)
                listening.cancel()
        if faults:
            raise faults.pop()

    async def _send(self) -> None:
        with trio.move_on_after(_wait(self._timeout)) as scope:
            # What the peer sent before can still be read; if it sent nothing, reading
            # finds that out.
            with suppress(trio.BrokenResourceError):
                await self._stream.send_all(self._exchange.data_to_send)
        if scope.cancelled_caught:
            raise timed_out(self._exchange.address, self._timeout)

    async def _listen(
        self, until: trio.CancelScope, faults: list[BaseException]
    ) -> None:
        """Take what comes of the head meanwhile; a refusal or a fault ends sending."""
        try:
            with until:
                while self._exchange.head is None:
                    self._exchange.receive(await self._received())
        except Exception as error:
            faults.append(error)
        if faults or self._exchange.refused:
            self._connection.stop_sending()

    async def read_head(self) -> Head:
        with trio.move_on_after(_wait(self._timeout)):
            while (head := self._exchange.head) is None:
                self._exchange.receive(await self._received())
            return head
        raise timed_out(self._exchange.address, self._timeout)

    async def _received(self) -> bytes | bytearray:
        try:
            return await self._stream.receive_some(READ_BYTES)
        except trio.BrokenResourceError as error:
            if isinstance(_cause(error), ConnectionError):
                raise self._exchange.cut_off() from None
            raise

    async def read(self) -> bytes:
        with trio.move_on_after(_wait(self._timeout)):
            while (piece := self._exchange.next_piece()) is None:
                self._exchange.receive(await self._received())
            return piece
        raise timed_out(self._exchange.address, self._timeout)


@contextmanager
def _ungrouped() -> Iterator[None]:
    """Raise what comes in a nursery's group as itself.

    Ctrl-C can come at any point, and a cancellation while the nursery ends.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        stray = group.split(trio.Cancelled)[1] or group
        raise stray.exceptions[0] from None


async def _close(stream: trio.abc.Stream) -> None:
    # Forcefully: it neither waits for the peer nor says goodbye. Shielded, so that a
    # cancellation does not replace the exception that is propagating.
    with trio.CancelScope(shield=True):
        await trio.aclose_forcefully(stream)


def _wait(timeout: float | None) -> float:
    return math.inf if timeout is None else max(timeout, 0.0)


def _cause(error: BaseException) -> BaseException:
    """Return the failure below trio's exception: of the first address, or of TLS."""
    match error.__cause__:
        case BaseExceptionGroup(exceptions=(first, *_)):
            return first
        case OSError() as cause:
            return cause
        case _:
            return error
