"""What a decoder of an event stream keeps from one chunk to the next."""

from __future__ import annotations

import sys
from typing import Literal

from runs_core._checks import check_whole
from runs_core.errors import EventTooLarge, InvalidOption, UsageError
from runs_core.wire._sse_long import LongBlock
from runs_core.wire._sse_shapes import (
    CRLF,
    LF,
    NO_EVENT,
    SHORT_BYTES,
    UNNAMED,
    UNNAMED_CRLF,
    Shape,
    Style,
)

__all__ = [
    "RAW_BYTES",
    "WARY_AFTER",
    "WHOLE_BYTES",
    "StreamState",
    "as_bytes",
    "checked_limit",
    "closed",
    "flushes",
    "odd_after",
    "too_large",
]

_BOM = b"\xef\xbb\xbf"
_NOTHING: tuple[list[bytes], int, int] = [], 0, 0
# An unfinished block is kept as it came up to this length, or that of a chunk: each
# byte is then copied a bounded number of times, however the stream is split.
RAW_BYTES = 2048
# From this count of odd chunks on, it is not looked up whether one is exactly one
# regular event.
WARY_AFTER = 16
_MOST_ODD = 24
_REGULAR_COUNTS = 3
# Up to this length a chunk is tried as exactly one event, which copies it twice.
WHOLE_BYTES = 64 * 1024


class StreamState:
    """The unfinished block of a stream, how its events look, and how it ended.

    The block that is not finished is in one of two places: in `_pieces`, as it came,
    or in `_long`, read so far.
    """

    __slots__ = (
        "_base",
        "_bom",
        "_closed",
        "_counted",
        "_fault",
        "_flush",
        "_free",
        "_id",
        "_lane",
        "_limit",
        "_long",
        "_long_bytes",
        "_long_start",
        "_odd",
        "_pieces",
        "_room",
        "_shape",
        "_special",
        "_split",
        "_style",
        "_whole",
    )

    def __init__(
        self, max_event_bytes: int | None, on_eof: Literal["discard", "flush"]
    ) -> None:
        self._limit = limit = checked_limit(max_event_bytes)
        self._flush = flushes(on_eof)
        # The last event id of the stream.
        self._id = ""
        # Where in the stream the unfinished block begins.
        self._base = 0
        # The unfinished block as it came. It does not begin with a line end.
        self._pieces: list[bytes] = []
        # How many bytes of it may wait unread. (As many pieces of one byte may wait in
        # addition, without being counted: hence half of the limit.)
        half = limit // 2
        self._room = half if half < RAW_BYTES else RAW_BYTES
        # How many more bytes may come before it is read.
        self._free = 0
        # The longest chunk that is tried as exactly one event.
        self._whole = limit if limit < WHOLE_BYTES else WHOLE_BYTES
        # The unfinished block as far as it was read, and how many bytes that is.
        self._long: LongBlock | None = None
        self._long_bytes = 0
        # Where the last such block that was finished began.
        self._long_start = 0
        # How lines end in this stream, as far as it is known.
        self._style: Style = LF
        # How the last regular event looked.
        self._shape: Shape = UNNAMED
        # How odd the last chunks were: see `odd_after`.
        self._odd = 0
        # Whether events of one shape come in a row, and nothing is special.
        self._split = False
        # The shape again while no block is unfinished: only then can a chunk be one
        # event.
        self._lane: Shape | None = None
        # Whether the next chunk must be looked at first: at the stream's beginning,
        # within a long block, after a fault, and when closed.
        self._special = True
        self._bom: bytes | None = b""
        self._closed = False
        self._fault: int | None = None
        # The pieces that `offset` has counted, how many they were, and their bytes.
        self._counted = _NOTHING

    @property
    def offset(self) -> int:
        """How many bytes of the stream have been fed."""
        before = self._base + self._long_bytes + len(self._bom or b"")
        pieces = self._pieces
        if len(pieces) < 2:
            return before + len(pieces[0]) if pieces else before
        # A list of pieces only grows at its end. For callers who ask after each piece,
        # each is counted once; for those who do not ask, `feed` counts nothing.
        last, count, size = self._counted
        if last is not pieces:
            count = size = 0
        size += sum(map(len, pieces[count:]))
        self._counted = pieces, len(pieces), size
        return before + size

    def _prepare(self, data: bytes) -> bytes:
        """Deal with what is special, and return what is left of the data."""
        if self._fault is not None:
            raise too_large(self._limit, self._fault)
        if self._closed:
            raise closed()
        if self._bom is None or not data:
            return data
        data = self._bom + data
        if data[0] == _BOM[0]:
            if _BOM.startswith(data):
                self._bom = data
                return b""
            if data.startswith(_BOM):
                self._base = len(_BOM)
                data = data[len(_BOM) :]
        self._bom = None
        self._begin()
        self._lane = NO_EVENT
        self._split = len(data) > SHORT_BYTES and data.startswith(UNNAMED[0])
        if 13 in data:
            end = data.find(b"\n")
            if end > 0 and data[end - 1] == 13:
                self._style, self._shape = CRLF, UNNAMED_CRLF
        return data

    def _keep(self, rest: bytes, length: int, new: int) -> None:
        """Keep the unfinished block that a text ends with; what is before it is done.

        It is kept as it came if that copies no more than a bounded multiple of what is
        new: at most `new` bytes of it have not been kept before.
        """
        size = len(rest)
        self._base += length - size
        self._free = self._room - size
        if not rest:
            self._pieces = []
            self._lane = self._shape
        elif size < self._room or size <= min(self._limit, max(new, RAW_BYTES)):
            self._pieces = [rest]
            self._lane = None
        else:
            self._stop()
            self._long = LongBlock(self._limit)
            self._long_bytes = size
            self._long.feed(rest)
            if self._long.too_large:
                self._fail(self._base)
                self._base += size

    def _resume(
        self, base: int, pieces: list[bytes], id: str, style: Style, shape: Shape
    ) -> None:
        """Go on in a stream that something else has read so far, to these pieces."""
        self._bom = None
        self._begin()
        self._base = base
        self._pieces = pieces
        self._free -= sum(map(len, pieces))
        self._id = id
        self._style = style
        self._shape = shape
        self._lane = None

    def _begin(self) -> None:
        """Go back to where nothing is special: between two blocks."""
        self._special = False
        self._free = self._room

    def _stop(self) -> None:
        """Let go of the unfinished block, and leave all lanes."""
        self._pieces = []
        self._long = None
        self._long_bytes = 0
        self._shape = UNNAMED
        self._lane = None
        self._special = True
        self._split = False
        self._free = 0

    def _fail(self, offset: int) -> None:
        self._stop()
        self._fault = offset


def odd_after(odd: int, shape: Shape | None) -> int:
    """Return the count of odd chunks after one whose last event looked so, or not.

    It is for chunks that were not known at once. Where every third of them is regular,
    or more, the count stays low, and all are looked up.
    """
    if shape is None:
        return odd + 1 if odd < _MOST_ODD else odd
    return odd - _REGULAR_COUNTS if odd > _REGULAR_COUNTS else 0


def checked_limit(max_event_bytes: int | None) -> int:
    """Return the limit of an event as a number; None means no limit."""
    if max_event_bytes is None:
        return sys.maxsize
    check_whole("max_event_bytes", max_event_bytes, 0)
    return max_event_bytes


def flushes(on_eof: Literal["discard", "flush"]) -> bool:
    """Return whether the end of the bytes ends the last event."""
    if on_eof not in ("discard", "flush"):
        raise InvalidOption(f"on_eof must be 'discard' or 'flush', not {on_eof!r}")
    return on_eof == "flush"


def as_bytes(data: bytes | bytearray | memoryview) -> bytes:
    """Return a chunk as bytes that is something else."""
    try:
        return bytes(memoryview(data))
    except TypeError:
        kind = type(data).__name__
        raise TypeError(f"an event stream is bytes, not {kind}") from None


def too_large(limit: int, offset: int) -> EventTooLarge:
    return EventTooLarge(
        f"the event at byte {offset} of the stream has more than {limit} bytes;"
        " to read it, pass a larger max_event_bytes, or None for no limit",
        limit=limit,
        offset=offset,
    )


def closed() -> UsageError:
    return UsageError("this decoder is closed: make a new one for each stream")
