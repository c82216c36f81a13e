"""Blocking sockets from the standard library, with h11."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from runs_core.transport import Opened
from runs_core.wire.http import Head, Request
from runs_transports._blocking import connect, end_waits, send_listening
from runs_transports._deadline import Deadline
from runs_transports._errors import not_sent, timed_out
from runs_transports._extras import comes_with
from runs_transports._request import Address
from runs_transports._tls import Trust

with comes_with("sockets", __name__):
    from runs_transports.http1 import READ_BYTES, Http1Exchange

__all__ = ["SocketTransport"]


class SocketTransport:
    """Opens one connection for each request, and closes it with the exchange.

    It reads no environment and uses no proxy. `ssl_context` is used as it is; the
    default verifies against the system's trust store. Threads may share a transport.
    The connect timeout is for all of the host's addresses and the handshake together;
    looking up the host name takes as long as the system takes.
    """

    errors: tuple[type[BaseException], ...] = (OSError,)

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._trust = Trust(ssl_context)

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        """Send the request and yield the start of the response."""
        exchange = Http1Exchange(request)
        timeouts = request.timeouts
        opening = Deadline(timeouts.total)
        connection = self._connect(exchange.address, opening.within(timeouts.connect))
        with closing(
            _Wire(connection, exchange, opening.within(timeouts.read))
        ) as wire:
            wire.send()
            wire.set_timeout(opening.within(timeouts.read))
            head = wire.read_head()
            wire.set_timeout(timeouts.read)
            yield Opened(head, wire.read, wire.set_timeout)

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(seconds)

    def _connect(self, address: Address, timeout: float | None) -> socket.socket:
        try:
            connection = connect(address.host, address.port, Deadline(timeout))
            return self._secured(connection, address) if address.tls else connection
        except (OSError, ValueError) as error:
            raise not_sent(address, error, timeout) from error

    def _secured(self, connection: socket.socket, address: Address) -> socket.socket:
        try:
            return self._trust.context().wrap_socket(
                connection, server_hostname=address.server_name
            )
        except BaseException:
            connection.close()
            raise


class _Wire:
    """An exchange on a connected socket."""

    def __init__(
        self, connection: socket.socket, exchange: Http1Exchange, timeout: float | None
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._timeout = timeout
        # Held during a wait for bytes; reentrant, for a signal handler that closes.
        self._waiting = threading.RLock()

    def set_timeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def send(self) -> None:
        # A peer may respond before it has taken the whole request, whether or not it
        # then closes.
        with self._timeouts():
            send_listening(
                self._connection,
                self._exchange.data_to_send,
                Deadline(self._timeout),
                self._exchange,
                READ_BYTES,
            )

    def read_head(self) -> Head:
        deadline = Deadline(self._timeout)
        while (head := self._exchange.head) is None:
            self._receive(deadline)
        return head

    def read(self) -> bytes:
        deadline = Deadline(self._timeout)
        while (piece := self._exchange.next_piece()) is None:
            self._receive(deadline)
        return piece

    def _receive(self, deadline: Deadline) -> None:
        with self._timeouts(), self._waiting:
            self._connection.settimeout(deadline.left())
            try:
                data = self._connection.recv(READ_BYTES)
            except ConnectionError:
                raise self._exchange.cut_off() from None
        self._exchange.receive(data)

    def close(self) -> None:
        """Close the connection, also while another thread waits for its bytes."""
        if not self._waiting.acquire(blocking=False):
            end_waits(self._connection)
            self._waiting.acquire()
        try:
            self._connection.close()
        finally:
            self._waiting.release()

    @contextmanager
    def _timeouts(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise timed_out(self._exchange.address, self._timeout) from error
