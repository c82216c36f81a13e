"""Blocking sockets that keep a deadline, and whose waits can be ended."""

from __future__ import annotations

import io
import selectors
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runs_transports._deadline import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from runs_transports.http1 import Http1Exchange

__all__ = ["TimedStream", "connect", "end_waits", "send_listening"]


def connect(
    host: str,
    port: int,
    deadline: Deadline,
    options: Iterable[tuple[int, int, int | bytes]] = (),
) -> socket.socket:
    """Connect to one of the host's addresses; the time left is for a handshake.

    They are tried in turn, each for an equal share of the time: one that does not
    answer does not keep the next from being tried. Looking up the name takes as long as
    the system takes.
    """
    *others, last = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for tried, place in enumerate(others):
        with suppress(OSError):
            return _connect_to(place, deadline, 1 + len(others) - tried, options)
    return _connect_to(last, deadline, 1, options)


def _connect_to(
    place: tuple[int, int, int, str, tuple[object, ...]],
    deadline: Deadline,
    shares: int,
    options: Iterable[tuple[int, int, int | bytes]],
) -> socket.socket:
    family, kind, protocol, _, address = place
    connection = socket.socket(family, kind, protocol)
    try:
        for option in options:
            connection.setsockopt(*option)
        connection.settimeout(deadline.left(shares))
        connection.connect(address)
        connection.settimeout(deadline.left())
    except BaseException:
        connection.close()
        raise
    return connection


def send_listening(
    sock: socket.socket,
    data: bytes,
    deadline: Deadline,
    exchange: Http1Exchange,
    piece: int,
) -> None:
    """Send the data, or a part of it if the peer refuses the request before its end.

    It listens, and reads up to `piece` bytes at once, only when nothing can be sent. If
    the peer has closed, that is left for a later read to find out. The socket does not
    block afterwards.
    """
    rest = memoryview(data)
    sock.setblocking(False)
    while rest:
        events = 0 if exchange.head else selectors.EVENT_READ
        try:
            rest = rest[sock.send(rest) :]
            continue
        except ssl.SSLWantReadError:
            events = selectors.EVENT_READ
        except (BlockingIOError, ssl.SSLWantWriteError):
            events |= selectors.EVENT_WRITE
        except (ConnectionError, ssl.SSLEOFError):
            return
        _wait(sock, events, deadline)
        _listen(sock, exchange, piece)
        if exchange.refused:
            return


def _wait(sock: socket.socket, events: int, deadline: Deadline) -> None:
    # Made only here: most requests are sent at once.
    with selectors.DefaultSelector() as waiting:
        waiting.register(sock, events)
        if not waiting.select(deadline.left()):
            raise TimeoutError("timed out")


def _listen(sock: socket.socket, exchange: Http1Exchange, piece: int) -> None:
    """Take what has come of the response's head."""
    try:
        while exchange.head is None:
            exchange.receive(sock.recv(piece))
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return
    except ConnectionError:
        raise exchange.cut_off() from None


def end_waits(sock: socket.socket) -> None:
    """Make threads that wait for bytes from the socket see its end.

    Closing alone does not wake them. This ends the connection in all processes that
    share it. It bypasses `SSLSocket.shutdown`, which would discard the TLS state that a
    waiting thread is using.
    """
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class TimedStream(io.RawIOBase):
    """Reads from a socket until a deadline, however few bytes come at a time.

    A socket's own timeout starts again with each byte that arrives. `stream` is how the
    socket has been read so far. `restart()` sets the deadline, `timeout` seconds away.
    `leave()` ends the stream, also for a thread that waits in it, and otherwise leaves
    the socket alone: it may already belong to another exchange.
    """

    timeout: float | None

    def __init__(self, stream: Any, sock: socket.socket) -> None:
        self.timeout = sock.gettimeout()
        self._stream = stream
        self._sock = sock
        # Whether it may have read on: http.client reads the head from it.
        self._has_more = True
        self._left = self._waits = False
        # Reentrant, because a signal handler may take it again.
        self._lock = threading.RLock()
        self.restart()

    def restart(self) -> None:
        self._deadline = Deadline(self.timeout)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        # With room for more than the stream can hold, it would wait for another recv
        # before it gives what it has.
        most = io.DEFAULT_BUFFER_SIZE if self._has_more else None
        self._sock.settimeout(self._deadline.left())
        with self._lock:
            if self._left:
                return 0
            self._waits = True
        try:
            # Released, because the buffer may be shortened to what was read.
            with memoryview(buffer) as whole, whole[:most] as view:
                # At most one recv: `readinto` would wait until the buffer is full.
                size: int = self._stream.readinto1(view)
                self._has_more = size == len(view) <= io.DEFAULT_BUFFER_SIZE
        finally:
            with self._lock:
                self._waits = False
        return size

    def leave(self) -> None:
        with self._lock:
            self._left = True
            if self._waits:
                end_waits(self._sock)

    def close(self) -> None:
        self._stream.close()
        super().close()
