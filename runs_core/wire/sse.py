"""Event streams: bytes in any cut to server-sent events.

WHATWG HTML, section 9.2 "Server-sent events" ("Parsing an event stream",
"Interpreting an event stream").
"""

from __future__ import annotations

import re
from io import BytesIO
from itertools import repeat
from typing import Literal

from attrs import define

from runs_core.errors import EventTooLarge, UsageError

__all__ = ["EventStreamDecoder", "ServerSentEvent"]

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
# A line end and the blank lines behind it. Atomic, so that CRLF is never read as two.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
# A wait of more digits than this is longer than anybody lives; `int` refuses 4301.
_RETRY_DIGITS = 18
# An unfinished block is kept as it came up to here, or up to the length of a chunk:
# each byte is then copied a bounded number of times for any cut.
_RAW_BYTES = 2048

_Frames = tuple[list[str], list[bytes], "list[str] | None", "list[int | None] | None"]


@define(repr=False)
class ServerSentEvent:
    """One event of an event stream. Not to be changed: it is not frozen for speed.

    `event` is "message" if the server gave no name. `data` is as received, several
    data lines joined with LF. `id` is the last event id that the stream has set, in
    this event or before it. `retry` is what the event's own block asks for, in ms.
    """

    event: str
    data: bytes
    id: str = ""
    retry: int | None = None

    @property
    def text(self) -> str:
        """The data as UTF-8, with U+FFFD for bytes that are not."""
        return self.data.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<ServerSentEvent {self.event[:64]!r}, {len(self.data)} bytes>"


class EventStreamDecoder:
    """Gives the events of one stream, the same ones for every way to cut its bytes."""

    __slots__ = (
        "_base",
        "_begun",
        "_closed",
        "_fault",
        "_flush",
        "_id",
        "_limit",
        "_long",
        "_long_bytes",
        "_max_event_bytes",
        "_skip_lf",
        "_tail",
    )

    def __init__(
        self,
        max_event_bytes: int | None = 32 * 1024 * 1024,
        *,
        on_eof: Literal["discard", "flush"] = "discard",
    ) -> None:
        if on_eof not in ("discard", "flush"):
            raise UsageError(f"on_eof must be 'discard' or 'flush', not {on_eof!r}")
        if max_event_bytes is not None and max_event_bytes < 1:
            raise UsageError("max_event_bytes must be at least 1, or None for no limit")
        self._max_event_bytes = max_event_bytes
        self._limit = float("inf") if max_event_bytes is None else max_event_bytes
        self._flush = on_eof == "flush"
        self._begun = False
        self._closed = False
        self._fault: int | None = None
        self._id = ""
        self._base = 0  # where in the stream the unfinished block begins
        self._tail = b""  # the unfinished block, as it came
        self._long: _LongBlock | None = None  # or, if it got long, read line by line
        self._long_bytes = 0
        self._skip_lf = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Give the events that these bytes complete."""
        names, datas, ids, retries = self._frames(data)
        return list(
            map(
                ServerSentEvent,
                names,
                datas,
                repeat(self._id) if ids is None else ids,
                repeat(None) if retries is None else retries,
            )
        )

    def close(self) -> list[ServerSentEvent]:
        """Say that the bytes have ended."""
        if self._fault is not None:
            raise self._too_large(self._fault)
        if self._closed:
            return []
        self._closed = True
        block = self._long or _LongBlock(self._limit)
        block.feed(self._tail)
        self._tail = b""
        self._long = None
        if not self._flush:
            return []
        block.feed(b"\n\n")
        if block.size > self._limit:
            self._fault = self._base
            raise self._too_large(self._base)
        if block.id is not None:
            self._id = block.id
        data = block.take_data()
        if data is None:
            return []
        return [ServerSentEvent(block.name, data, self._id, block.retry)]

    @property
    def offset(self) -> int:
        """How many bytes of the stream have been fed."""
        return self._base + len(self._tail) + self._long_bytes

    def _frames(self, data: bytes | bytearray | memoryview) -> _Frames:
        if self._fault is not None:
            raise self._too_large(self._fault)
        if self._closed:
            raise UsageError(
                "this decoder was closed: a new stream needs a new EventStreamDecoder"
            )
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"feed takes bytes, not {type(data).__name__}")
        out: _Frames = [], [], [], []
        text = self._tail + bytes(data)
        self._tail = b""
        if not self._begun:
            if len(text) < 3 and _BOM.startswith(text):
                self._tail = text
                return out
            self._begun = True
            if text.startswith(_BOM):
                text = text[3:]
                self._base = 3
        while text:
            if self._skip_lf:
                self._skip_lf = False
                if text[0] == 10:
                    text = text[1:]
                    if self._long is not None:
                        self._long_bytes += 1
                    else:
                        self._base += 1
                    continue
            if self._long is None:
                self._long = _LongBlock(self._limit)
            end = self._long.feed(text)
            if self._long.size > self._limit:
                self._fault = self._base
                self._long = None
                return out
            if end < 0:
                self._long_bytes += len(text)
                self._skip_lf = text[-1] == 13
                return out
            self._skip_lf = text[end - 1] == 13
            self._base += self._long_bytes + end
            self._long_bytes = 0
            text = text[end:]
            block, self._long = self._long, None
            if block.id is not None:
                self._id = block.id
            found = block.take_data()
            if found is not None:
                out[0].append(block.name)
                out[1].append(found)
                assert out[2] is not None
                out[2].append(self._id)
                assert out[3] is not None
                out[3].append(block.retry)
        return out

    def _too_large(self, offset: int) -> EventTooLarge:
        limit = self._max_event_bytes
        assert limit is not None
        return EventTooLarge(
            f"the event at byte {offset} of the stream is longer than {limit} bytes;"
            " pass a larger max_event_bytes (None for no limit) to read it",
            limit=limit,
            offset=offset,
        )


_FIELDS = (b"data", b"event", b"id", b"retry")


class _LongBlock:
    """One block of a stream, read as its bytes come, keeping only what counts.

    `size` counts the values of all its known fields, and the LF between data lines.
    """

    __slots__ = (
        "_data",
        "_field",
        "_prefix",
        "_value",
        "id",
        "limit",
        "name",
        "retry",
        "size",
    )

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.size = 0
        self.name = "message"
        self.id: str | None = None
        self.retry: int | None = None
        self._data: BytesIO | None = None
        # The line that has begun: its field if known, b"" if it is to be ignored.
        self._field: bytes | None = None
        self._prefix = b""
        self._value = BytesIO()

    def take_data(self) -> bytes | None:
        return None if self._data is None else self._data.getvalue()

    def feed(self, text: bytes) -> int:
        """Read up to the block's end; give where that is in the text, or -1."""
        end = -1
        if self._field is None and not self._prefix and text[:1] in (b"\r", b"\n"):
            return 2 if text[:2] == b"\r\n" else 1
        if (found := _BLANK.search(text)) is not None:
            end = found.end()
            if text[end - 1] == 13 and text[end : end + 1] == b"\n":
                end += 1
            text = text[: found.end()]
        *lines, last = _LINE_END.split(text)
        for line in lines:
            self._begin(line)
            self._finish()
            if self.size > self.limit:
                return end
        if last:
            self._begin(last)
        return end

    def _begin(self, piece: bytes) -> None:
        if self._field is None:
            piece = self._prefix + piece
            name, colon, value = piece.partition(b":")
            if not colon or not value:
                if len(piece) <= 6:
                    self._prefix = piece
                else:
                    self._field = b""
                    self._prefix = b""
                return
            self._prefix = b""
            self._field = name if name in _FIELDS else b""
            piece = value[1:] if value[0] == 32 else value
            self._start_value()
        if self._field:
            self.size += len(piece)
            if self.size <= self.limit:
                self._value.write(piece)

    def _start_value(self) -> None:
        if self._field == b"data":
            if self._data is None:
                self._data = BytesIO()
            else:
                self._data.write(b"\n")
                self.size += 1
            self._value = self._data
        else:
            self._value = BytesIO()

    def _finish(self) -> None:
        field = self._field
        if field is None:
            name = self._prefix.removesuffix(b":")
            field = name if name in _FIELDS else b""
            self._field = field
            self._start_value()
        if field == b"event":
            self.name = self._value.getvalue().decode("utf-8", "replace") or "message"
        elif field == b"id":
            value = self._value.getvalue()
            if 0 not in value:
                self.id = value.decode("utf-8", "replace")
        elif field == b"retry":
            value = self._value.getvalue()
            digits = value.lstrip(b"0") or value[-1:]
            if value.isdigit() and len(digits) <= _RETRY_DIGITS:
                self.retry = int(digits)
        self._field = None
        self._prefix = b""
