"""A whole body from its pieces, within limits of size and time."""

from __future__ import annotations

from attrs import define, field

from runs_core.errors import ResponseTooLarge, TransportTimeout
from runs_core.wire.http import Head, Response

__all__ = ["BODY_LIMIT", "ERROR_BODY_LIMIT", "Body", "end_of_body"]

# A page of a hundred run steps with code interpreter output is a few MiB at most.
BODY_LIMIT = 32 * 1024 * 1024
# Error bodies are read to be shown: a proxy's HTML page fits, a flood does not.
ERROR_BODY_LIMIT = 64 * 1024
# How long a body may take, in seconds, however steadily its bytes trickle in.
_BODY_TIME = 15 * 60.0
# The status says what happened; its explanation is worth a short wait.
_ERROR_BODY_TIME = 10.0


def end_of_body(head: Head, now: float, until: float | None) -> float:
    """Return when the body must have ended: by `until`, within its own time.

    That is 10 seconds for an error's body, and 15 minutes for any other.
    """
    longest = now + (_ERROR_BODY_TIME if _is_error(head) else _BODY_TIME)
    return longest if until is None else min(longest, until)


@define
class Body:
    """A body being gathered: at most `limit` bytes, until `until` on the clock.

    Of an error's body at most the first 64 KiB are kept; any other that is too long
    raises.
    """

    head: Head
    limit: int
    until: float | None
    _parts: bytearray = field(factory=bytearray)

    def add(self, piece: bytes) -> bool:
        """Take a piece; return whether more is wanted. Raises `ResponseTooLarge`."""
        self._parts += piece
        if len(self._parts) <= self._allowed:
            return bool(piece)
        if self.is_error:
            del self._parts[self._allowed :]
            return False
        raise ResponseTooLarge(f"the response is longer than {self.limit} bytes")

    def left(self, now: float) -> float | None:
        """Return the seconds left, None for no limit, or raise `TransportTimeout`."""
        if self.until is None:
            return None
        if now >= self.until:
            raise TransportTimeout("the response did not end in time")
        return self.until - now

    def response(self) -> Response:
        """Return the whole response."""
        return Response(self.head.status, self.head.headers, bytes(self._parts))

    @property
    def is_error(self) -> bool:
        """Whether it only explains its status: then not all of it has to arrive."""
        return _is_error(self.head)

    @property
    def _allowed(self) -> int:
        return min(self.limit, ERROR_BODY_LIMIT) if self.is_error else self.limit


def _is_error(head: Head) -> bool:
    return head.status >= 300
