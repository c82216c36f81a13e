"""What the blocking transports have in common: deadlines on sockets."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

__all__ = ["Deadline", "TimedStream", "connect", "for_socket"]

# settimeout(0) would mean "do not wait", which raises another error than a timeout.
_SHORTEST_WAIT = 1e-3
# Sockets count milliseconds in 32 bits: a longer wait is refused by some systems, and
# is a short one on others. Nobody sits out 23 days to see the difference.
_LONGEST_WAIT = 2_000_000.0


def for_socket(seconds: float) -> float:
    """Give the wait as one that a socket can count."""
    return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)


class Deadline:
    """A moment, some seconds from when it is made; never, for None."""

    def __init__(self, seconds: float | None) -> None:
        self._at: float | None = None
        if seconds is not None:
            self._at = time.monotonic() + for_socket(seconds)

    def left(self, shares: int = 1) -> float | None:
        """Give the time until then, or one of equal shares of it, for `settimeout`.

        Raises TimeoutError when there is none left: waiting a little nevertheless
        would never end with a peer that sends without pause.
        """
        if self._at is None:
            return None
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left / shares


def connect(
    host: str,
    port: int,
    deadline: Deadline,
    options: Iterable[tuple[int, int, int | bytes]] = (),
) -> socket.socket:
    """Connect to one of the host's addresses; for a handshake the rest is left.

    They are tried in turn, each for an equal share of the time: one that does not
    answer keeps nobody from the next. Looking up the name takes what the system takes.
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


class TimedStream(io.RawIOBase):
    """What a socket sends before a deadline, however few bytes come at a time.

    A socket's own timeout begins anew with each byte that arrives. `stream` is how the
    socket has been read so far. `restart()` sets the deadline, `timeout` seconds away.
    """

    timeout: float | None

    def __init__(self, stream: Any, sock: socket.socket) -> None:
        self.timeout = sock.gettimeout()
        self._stream = stream
        self._sock = sock
        self.restart()

    def restart(self) -> None:
        self._deadline = Deadline(self.timeout)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._sock.settimeout(self._deadline.left())
        # One recv at most, where `readinto` would wait until the buffer is full.
        size: int = self._stream.readinto1(buffer)
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()
