"""How long there is still to wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from runs_core.wire.http import shorter

__all__ = ["Deadline", "for_socket"]

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

    def __init__(
        self, seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._at: float | None = None
        if seconds is not None:
            self._at = clock() + for_socket(seconds)

    def within(self, seconds: float | None) -> float | None:
        """Give a timeout of so many seconds, or of those left until then, if less."""
        if self._at is None:
            return seconds
        return shorter(seconds, max(self._at - self._clock(), 0.0))

    def left(self, shares: int = 1) -> float | None:
        """Give the time until then, or one of equal shares of it, for `settimeout`.

        Raises TimeoutError when there is none left: waiting a little nevertheless
        would never end with a peer that sends without pause.
        """
        if self._at is None:
            return None
        left = self._at - self._clock()
        if left <= 0:
            raise TimeoutError("timed out")
        return left / shares
