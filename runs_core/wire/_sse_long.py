"""A block of an event stream that is read as its bytes arrive."""

from __future__ import annotations

import re
from io import BytesIO

from runs_core.wire._sse_blocks import FIELDS, Block, read_id, read_retry, unix

__all__ = ["LongBlock"]

# Atomic, so that CRLF is never read as two line ends.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
# How much is split into lines at once: short lines take many times their bytes.
_SLICE_BYTES = 8 * 1024
# How much of a line may come before its field is known: the longest field's name and a
# colon.
_UNDECIDED = len(b"retry:")


class LongBlock:
    """A block that is too long to be kept as it came, as far as it has been read.

    Holds each byte of data once, and hands them out without a copy: `BytesIO` gives its
    own buffer away. Lines that say nothing leave nothing behind. `size` counts as
    `start_of_too_large` does; no more is held once it is over the limit.
    """

    __slots__ = (
        "_after_cr",
        "_data",
        "_field",
        "_id",
        "_limit",
        "_name",
        "_retry",
        "_undecided",
        "_value",
        "size",
    )

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._name = b""
        self._data: BytesIO | None = None
        self._id: str | None = None
        self._retry: int | None = None
        self._after_cr = False
        # The line that has begun: its first bytes until its field is known; then its
        # field (b"" for one that is ignored), and its value if that is kept.
        self._undecided = b""
        self._field: bytes | None = None
        self._value: BytesIO | None = None

    @property
    def too_large(self) -> bool:
        return self.size > self._limit

    def feed(self, text: bytes) -> int:
        """Read on; return where in the text the block ends, or 0 if it does not yet."""
        if self._field is not None and not (10 in text or 13 in text):
            self._extend(text)
            return 0
        for start in range(0, len(text), _SLICE_BYTES):
            end = self._read(text[start : start + _SLICE_BYTES])
            if end or self.too_large:
                return start + end
        return 0

    def _read(self, text: bytes) -> int:
        begin = 1 if self._after_cr and text[0] == 10 else 0
        self._after_cr = False
        end = self._end(text, begin)
        lines = unix(text[begin : end or len(text)]).split(b"\n")
        if self._field is not None:
            self._extend(lines.pop(0))
            if not lines:
                return 0
            self._finish()
        last = lines.pop()
        if lines:
            lines[0] = self._undecided + lines[0]
            self._undecided = b""
            self._lines(lines)
        self._begin(last)
        self._after_cr = not end and text[-1] == 13
        return end

    def close(self) -> None:
        """Take the last line, as far as it has come, as complete."""
        self._after_cr = False
        self.feed(b"\n")

    def read(self) -> Block:
        """Return what the block says."""
        name = self._name.decode("utf-8", "replace") or "message"
        data = None if self._data is None else self._data.getvalue()
        return name, data, self._id, self._retry

    def _end(self, text: bytes, begin: int) -> int:
        at_line_start = self._field is None and not self._undecided
        if at_line_start and text[begin : begin + 1] in (b"\r", b"\n"):
            return begin + 1
        if 13 in text:
            found = _BLANK.search(text, begin)
            return found.end() if found else 0
        end = text.find(b"\n\n", begin)
        return end + 2 if end >= 0 else 0

    def _lines(self, lines: list[bytes]) -> None:
        """Read whole lines."""
        data: list[bytes] = []
        for line in lines:
            field, _, value = line.partition(b":")
            if field in FIELDS:
                value = value.removeprefix(b" ")
                self.size += len(value)
                if field == b"data":
                    data.append(value)
                else:
                    self._set(field, value)
        if data:
            self.size += len(data) - 1
            self._data_line().write(b"\n".join(data))

    def _begin(self, piece: bytes) -> None:
        """Read the first bytes of a line, or more of them."""
        piece = self._undecided + piece
        field, _, value = piece.partition(b":")
        self._undecided = b""
        if value:
            self._field = field if field in FIELDS else b""
            if self._field:
                self._value = self._data_line() if field == b"data" else BytesIO()
            self._extend(value.removeprefix(b" "))
        elif len(piece) <= _UNDECIDED:
            self._undecided = piece
        else:
            self._field = b""

    def _extend(self, piece: bytes) -> None:
        """Read more of a line's value."""
        if self._value is not None:
            self.size += len(piece)
            if self.size <= self._limit:
                self._value.write(piece)

    def _finish(self) -> None:
        """End the line that has begun."""
        if self._value is not None and self._value is not self._data:
            self._set(self._field, self._value.getvalue())
        self._field = self._value = None

    def _data_line(self) -> BytesIO:
        """Return the data, ready for one more line."""
        if self._data is None:
            self._data = BytesIO()
        else:
            self._data.write(b"\n")
            self.size += 1
        return self._data

    def _set(self, field: bytes | None, value: bytes) -> None:
        if field == b"event":
            self._name = value
        elif field == b"id":
            self._id = read_id(value, self._id)
        else:
            self._retry = read_retry(value, self._retry)
