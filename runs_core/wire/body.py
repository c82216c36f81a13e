"""A whole body from its pieces, within its limit and its time."""

from __future__ import annotations

from attrs import define, field

from runs_core.errors import ResponseTooLarge, TransportTimeout
from runs_core.wire.http import Head, Response

__all__ = ["BODY_LIMIT", "ERROR_BODY_LIMIT", "Body"]

# A page of a hundred run steps with code interpreter output is a few MiB at most.
BODY_LIMIT = 32 * 1024 * 1024
# Error bodies are read to be shown: a proxy's HTML page fits, a flood does not.
ERROR_BODY_LIMIT = 64 * 1024


@define
class Body:
    """A body being gathered: at most `limit` bytes, until `until` on the clock.

    Of an error's body the first 64 KiB are kept; a longer other one raises.
    """

    head: Head
    limit: int
    until: float | None
    _parts: bytearray = field(factory=bytearray)

    def add(self, piece: bytes) -> bool:
        """Take a piece; say whether more is wanted."""
        self._parts += piece
        if len(self._parts) <= self._allowed:
            return bool(piece)
        if self.is_error:
            del self._parts[self._allowed :]
            return False
        raise ResponseTooLarge(f"the answer is longer than {self.limit} bytes")

    def left(self, now: float) -> float | None:
        """Seconds left, or raise `TransportTimeout`."""
        if self.until is None:
            return None
        if now >= self.until:
            raise TransportTimeout("the answer did not end in time")
        return self.until - now

    def response(self) -> Response:
        """The whole answer."""
        return Response(self.head.status, self.head.headers, bytes(self._parts))

    @property
    def is_error(self) -> bool:
        """Whether it only explains its status: then not all of it has to arrive."""
        return self.head.status >= 300

    @property
    def _allowed(self) -> int:
        return min(self.limit, ERROR_BODY_LIMIT) if self.is_error else self.limit
