"""How much time is left to wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from runs_core.wire.http import shorter

__all__ = ["Deadline", "for_socket"]

# settimeout(0) would mean "do not block", and raise something other than a timeout.
_SHORTEST_WAIT = 1e-3
# Sockets count milliseconds in 32 bits: some systems refuse a longer wait, and others
# turn it into a short one. This is 23 days.
_LONGEST_WAIT = 2_000_000.0


def for_socket(seconds: float) -> float:
    """Return the wait, clamped to what a socket can count."""
    return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)


class Deadline:
    """The moment `seconds` after it is created; never, for None."""

    def __init__(
        self, seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._at: float | None = None
        if seconds is not None:
            self._at = clock() + for_socket(seconds)

    def within(self, seconds: float | None) -> float | None:
        """Return the shorter of a timeout and the time left."""
        if self._at is None:
            return seconds
        return shorter(seconds, max(self._at - self._clock(), 0.0))

    def left(self, shares: int = 1) -> float | None:
        """Return the time left, or one of equal shares of it, for `settimeout`.

        Raises TimeoutError if there is none left: with a minimum wait instead, a peer
        that sends without pause would never time out.
        """
        if self._at is None:
            return None
        left = self._at - self._clock()
        if left <= 0:
            raise TimeoutError("timed out")
        return left / shares
