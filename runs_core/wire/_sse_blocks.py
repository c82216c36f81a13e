"""One block of an event stream: read whole, or line by line as its bytes come.

A block is what stands between two blank lines; it becomes an event if it has data.
WHATWG HTML section 9.2.6 says what each field does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

__all__ = [
    "Block",
    "LongBlock",
    "end_of_blocks",
    "read_block",
    "scan",
    "size_of",
    "unix",
]

# Atomic, so that CRLF is never read as two line ends.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_BLOCK = re.compile(rb"[^\r\n]++(?:[^\r\n]++|(?>\r\n|\n|\r)(?![\r\n]))*+")
_FIELDS = frozenset((b"data", b"event", b"id", b"retry"))
# The longest of them, and a colon: what may stand at a line's start before its field
# is known.
_UNDECIDED = len(b"retry:")
# `int` refuses more than 4300 digits (or what the process has set), and a wait of
# 10^18 ms is none.
_RETRY_DIGITS = 18


# What a block says: name, data, id, retry. Data is None where there is no data line,
# which makes it no event; id and retry are None where the block says nothing of them.
Block = tuple[str, bytes | None, str | None, int | None]
# Nearly every block. The others are read line by line.
_USUAL = re.compile(
    rb"(?:id: ?+([^\0\n]*)\n)?(?:event: ?+(.*)\n)?data: ?+(.*(?:\ndata: .*)*+)"
)


def unix(text: bytes) -> bytes:
    """Give the text with LF for every line end."""
    if 13 in text:
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text


def end_of_blocks(text: bytes, start: int) -> int:
    """Give where the last blank line of the text ends, or 0 if there is none.

    `text` begins with a line that is not blank; `start` is a position known to be
    before the blank line.
    """
    end = text.rfind(b"\n\n", start)
    if 13 in text:
        # A blank line is a line end behind a line end. Each search looks only behind
        # what the one before has found.
        end = max(end, text.rfind(b"\n\r", max(end, start)))
        end = max(end, text.rfind(b"\r\r", max(end, start)))
        if end >= 0 and text[end + 2 : end + 3] == b"\n" and text[end + 1] == 13:
            end += 1
    return end + 2 if end >= 0 else 0


def scan(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Give each block of the text, and where it begins."""
    for found in _BLOCK.finditer(text):
        yield found.start(), unix(found.group())


def size_of(block: bytes) -> int:
    """Count what the block keeps: its known fields' values, and LF between data."""
    size = lines = 0
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        if name in _FIELDS:
            size += len(value.removeprefix(b" "))
            lines += name == b"data"
    return size + max(0, lines - 1)


def read_block(block: bytes) -> Block:
    """Read a whole block, its lines ended by LF."""
    usual = _USUAL.fullmatch(block)
    if usual is None:
        return _read_lines(block)
    id, name, data = usual.groups()
    return (
        name.decode("utf-8", "replace") if name else "message",
        data.replace(b"\ndata: ", b"\n") if 10 in data else data,
        None if id is None else id.decode("utf-8", "replace"),
        None,
    )


def _read_lines(block: bytes) -> Block:
    name = b""
    id: str | None = None
    retry: int | None = None
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
        elif field == b"id":
            id = _id(value.removeprefix(b" "), id)
        elif field == b"retry":
            retry = _retry(value.removeprefix(b" "), retry)
    return _text(name) or "message", b"\n".join(data) if data else None, id, retry


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _id(value: bytes, before: str | None) -> str | None:
    return before if 0 in value else _text(value)


def _retry(value: bytes, before: int | None) -> int | None:
    digits = value.lstrip(b"0") or value[-1:]
    if value.isdigit() and len(digits) <= _RETRY_DIGITS:
        return int(digits)
    return before


class LongBlock:
    """A block that is read as it comes, because it is too long to be kept as it came.

    Holds each byte of data once. Lines that say nothing leave nothing behind.
    `size` is what is kept so far; reading stops when it is more than `limit`.
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
        self._name = ""
        self._data: BytesIO | None = None
        self._id: str | None = None
        self._retry: int | None = None
        self._after_cr = False
        # The line that has begun: its first bytes as long as its field is not known;
        # then its field (b"" for one that is ignored) and its value, if that is kept.
        self._undecided = b""
        self._field: bytes | None = None
        self._value: BytesIO | None = None

    @property
    def too_large(self) -> bool:
        return self.size > self._limit

    def feed(self, text: bytes) -> int:
        """Read on; give where in the text the block ends, or 0 if it does not yet."""
        if self._field is not None and 10 not in text and 13 not in text:
            self._extend(text)
            return 0
        begin = 0
        if self._after_cr:
            self._after_cr = False
            if text[0] == 10:
                begin = 1
        end = self._end(text, begin)
        lines = unix(text[begin : end or len(text)]).split(b"\n")
        if self._field is not None:
            self._extend(lines.pop(0))
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
        """Take what has come of the last line as the whole of it."""
        self._after_cr = False
        self.feed(b"\n")

    def read(self) -> Block:
        data = None if self._data is None else self._data.getvalue()
        return self._name or "message", data, self._id, self._retry

    def _end(self, text: bytes, begin: int) -> int:
        at_line_start = self._field is None and not self._undecided
        if at_line_start and text[begin : begin + 1] in (b"\r", b"\n"):
            return begin + 1
        if 13 not in text:
            return (
                text.find(b"\n\n", begin) + 2 if text.find(b"\n\n", begin) >= 0 else 0
            )
        found = _BLANK.search(text, begin)
        return found.end() if found else 0

    def _lines(self, lines: list[bytes]) -> None:
        data: list[bytes] = []
        for line in lines:
            field, _, value = line.partition(b":")
            if field not in _FIELDS:
                continue
            value = value.removeprefix(b" ")
            self.size += len(value)
            if field == b"data":
                data.append(value)
            else:
                self._set(field, value)
        if data:
            self._data_line().write(b"\n".join(data))
            self.size += len(data) - 1

    def _data_line(self) -> BytesIO:
        if self._data is None:
            self._data = BytesIO()
        else:
            self._data.write(b"\n")
            self.size += 1
        return self._data

    def _begin(self, piece: bytes) -> None:
        """Take the first bytes of a line."""
        piece = self._undecided + piece
        field, colon, value = piece.partition(b":")
        if value:
            self._undecided = b""
            self._field = field if field in _FIELDS else b""
            if field == b"data":
                self._value = self._data_line()
            elif self._field:
                self._value = BytesIO()
            self._extend(value.removeprefix(b" "))
        elif len(piece) <= _UNDECIDED:
            self._undecided = piece
        else:
            self._undecided = b""
            self._field = b""

    def _extend(self, piece: bytes) -> None:
        if self._value is not None:
            self.size += len(piece)
            if self.size <= self._limit:
                self._value.write(piece)

    def _finish(self) -> None:
        if self._field and self._field != b"data":
            assert self._value is not None
            self._set(self._field, self._value.getvalue())
        self._field = self._value = None

    def _set(self, field: bytes, value: bytes) -> None:
        if field == b"event":
            self._name = _text(value)
        elif field == b"id":
            self._id = _id(value, self._id)
        else:
            self._retry = _retry(value, self._retry)
