"""Event streams without their events: bytes in any cut to names and data, in bulk.

`Framer` is what decoders of event streams are built on. A decoder takes a whole chunk's
frames at once (`_frames`), so that no object is made for an event on the way, and makes
of them what it gives. `EventStreamDecoder.feed` shows how to have a short way besides,
for the chunk that completes one event.
"""

from __future__ import annotations

import sys
from typing import Literal, TypeAlias

from runs_core.errors import EventTooLarge, UsageError
from runs_core.wire._sse_blocks import (
    Block,
    end_of_blocks,
    first_too_large,
    read_block,
    scan,
    unix,
)
from runs_core.wire._sse_long import LongBlock
from runs_core.wire._sse_shapes import (
    Shape,
    expected,
    head_of,
    is_open,
    read_blocks,
    shape_of,
)

__all__ = ["Framer", "Frames", "Shape"]

_BOM = b"\xef\xbb\xbf"
# An unfinished block is kept as it came up to this length, or that of a chunk: each
# byte is then copied a bounded number of times, however the stream is cut.
_RAW_BYTES = 1024
# So many single bytes are kept as they came before they are joined and counted.
_SINGLES = 256
# Up to this length a chunk is tried as exactly one event, which copies it twice.
_WHOLE_BYTES = 64 * 1024

# What a chunk completes: the events' names (one str if they have all the same), their
# data, their ids if not all have the last one, their retries if any has one; and, for
# `Framer._offset_of`, the text they were found in, which is the last that was fed.
Frames: TypeAlias = tuple[
    str | list[str],
    list[bytes],
    list[str] | None,
    list[int | None] | None,
    bytes,
]


class Framer:
    """Finds the events of one stream, the same ones for every way to cut its bytes.

    The block that is not finished is in one of two places: in `_pieces`, as it came,
    or in `_long`, read so far.
    """

    __slots__ = (
        "_base",
        "_bom",
        "_closed",
        "_fault",
        "_flush",
        "_free",
        "_id",
        "_lane",
        "_limit",
        "_long",
        "_long_bytes",
        "_long_start",
        "_other",
        "_pieces",
        "_room",
        "_shape",
        "_singles",
        "_special",
        "_split",
        "_whole",
    )

    def __init__(
        self, max_event_bytes: int | None, on_eof: Literal["discard", "flush"]
    ) -> None:
        if on_eof not in ("discard", "flush"):
            raise UsageError(f"on_eof is 'discard' or 'flush', not {on_eof!r}")
        if max_event_bytes is not None and max_event_bytes < 0:
            raise UsageError("max_event_bytes is a number of bytes, or None: no limit")
        limit = sys.maxsize if max_event_bytes is None else max_event_bytes
        self._limit = limit
        self._flush = on_eof == "flush"
        # The last event id of the stream.
        self._id = ""
        # Where in the stream the unfinished block begins.
        self._base = 0
        # The unfinished block as it came. Its first byte is no line end. How many bytes
        # may be kept so, how many more, and how many pieces of one byte, not counted.
        self._pieces: list[bytes] = []
        self._room = min(limit - _SINGLES, _RAW_BYTES)
        self._free = 0
        self._singles = 0
        self._whole = min(limit, _WHOLE_BYTES)
        # The unfinished block as it is read, how much of it has been, and where the
        # last one that was finished began.
        self._long: LongBlock | None = None
        self._long_bytes = 0
        self._long_start = 0
        # The shapes of the last event and of the last that looked different; whether
        # events of one shape come in a row; and the first shape's lane while no block
        # is unfinished, which is when a chunk can be one event.
        self._shape: Shape | None = None
        self._other: Shape | None = None
        self._split = True
        self._lane: Shape | None = None
        # Whether the next chunk must be looked at first: at the stream's beginning,
        # within a long block, after a fault, and when closed.
        self._special = True
        self._bom: bytes | None = b""
        self._closed = False
        self._fault: int | None = None

    @property
    def offset(self) -> int:
        """How many bytes of the stream have been fed."""
        kept = len(self._bom or b"") + sum(map(len, self._pieces))
        return self._base + self._long_bytes + kept

    def _frames(self, data: bytes | bytearray | memoryview) -> Frames:
        """Give what these bytes complete; raise the fault met by an earlier call."""
        if type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise TypeError(f"feed takes bytes, not {type(data).__name__}")
            data = bytes(data)
        if (lane := self._lane) is not None:
            head, end, name, _ = lane
            body = data.removeprefix(head)
            found = body.removesuffix(end)
            if (
                found is not body is not data
                and not (10 in found or 13 in found)
                and len(data) <= self._whole
            ):
                self._base += len(data)
                return name, [found], None, None, data
        if self._special:
            data = self._prepare(data)
            if self._long is not None and data:
                return self._continue(self._long, data)
        if not data:
            return "", [], None, None, b""
        text = data
        if pieces := self._pieces:
            pieces.append(data)
            if len(data) <= self._free and not (10 in data or 13 in data):
                self._free -= len(data)
                return "", [], None, None, b""
            text = b"".join(pieces)
        return self._uniform(text, len(data)) or self._blocks(text, len(data))

    def _uniform(self, text: bytes, new: int) -> Frames | None:
        """Give what a text completes in which all events have one shape; or None."""
        shape = self._shape
        if shape is None or not self._split:
            return None
        if text[: len(shape[0])] != shape[0]:
            shape = self._swap(text)
            if shape is None:
                return None
        head, end, name, spaced = shape
        start = len(head)
        datas = text.split(end + head)
        datas[0] = datas[0][start:]
        body, found, rest = datas.pop().rpartition(end)
        if found:
            datas.append(body)
        # One look at all data at once: a line end in it, and there is more to be read.
        joined = b"".join(datas)
        if (
            10 in joined
            or 13 in joined
            or (
                (13 in rest or 13 in end)
                and not is_open(rest, head if found else b"", end)
            )
            or (not spaced and any(data[:1] == b" " for data in datas))
            or (len(text) > self._limit and not _fit(datas, self._limit - start))
        ):
            return None
        if not found:
            rest = head + rest
        free = self._room - len(rest)
        if free > 0 and rest:
            self._base += len(text) - len(rest)
            self._pieces = [rest]
            self._free = free
            self._lane = None
        else:
            self._keep(rest, text, len(text) if datas else new)
        return name, datas, None, None, text

    def _blocks(self, text: bytes, new: int) -> Frames:
        """Give what a text of any shape completes; its last `new` bytes are new."""
        if text[0] in b"\r\n":
            stripped = text.lstrip(b"\r\n")
            self._base += len(text) - len(stripped)
            if not stripped:
                return "", [], None, None, b""
            text = stripped
        eol = b"\n"
        if 13 in text:
            cut = end_of_blocks(text, max(0, len(text) - new - 3))
            if text[cut - 1] == 13:
                eol = b"\r"
            elif text[cut - 2] == 13:
                eol = b"\r\n"
            rest = text[cut:]
            blocks = unix(text[:cut]).split(b"\n\n")
            blocks.pop()
        else:
            blocks = text.split(b"\n\n")
            rest = blocks.pop().removeprefix(b"\n")
        if not blocks:
            self._keep(rest, text, new)
            return "", [], None, None, b""
        if len(text) > self._limit:
            blocks = self._fitting(blocks, text)
        names, datas, ids, retries, self._id, heads, misses = read_blocks(
            blocks, expected(self._shape), expected(self._other), self._id
        )
        if self._fault is not None:
            self._base += len(text)
        else:
            self._shape = shape_of(*heads[0], eol)
            self._other = shape_of(*heads[1], eol)
            self._split = misses < 3
            self._keep(rest, text, len(text))
        return names, datas, ids, retries, text

    def _one(self, block: bytes, text: bytes, rest: bytes) -> Block:
        """Give what one block says, with LF, behind which a text has a beginning."""
        shape = self._swap(block)
        if shape is not None and shape[3]:
            data = block.removeprefix(shape[0])
            if 10 not in data:
                self._keep(rest, text, len(text))
                return shape[2], data, None, None
        found = read_block(block)
        name, what, id, retry = found
        if id is not None:
            self._id = id
        elif what is not None and retry is None:
            head = head_of(block, what)
            if head is not None:
                self._other = self._shape
                self._shape = shape_of(head, name, b"\n")
                self._split = True
        self._keep(rest, text, len(text))
        return found

    def _swap(self, text: bytes) -> Shape | None:
        """Expect the other shape, and give it, if the text begins as it does."""
        other = self._other
        if other is None or text[: len(other[0])] != other[0]:
            return None
        self._shape, self._other = other, self._shape
        return other

    def _keep(self, rest: bytes, text: bytes, new: int) -> None:
        """Keep the unfinished block that a text ends with; what is before it is done.

        As it came, if that copies no more than a bounded multiple of what is new: at
        most `new` bytes of it have not been kept before.
        """
        size = len(rest)
        self._base += len(text) - size
        self._free = self._room - size
        if not rest:
            self._pieces = []
            shape = self._shape
            self._lane = shape if shape is not None and shape[3] else None
        elif size <= self._limit and size <= max(2 * new, _RAW_BYTES):
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

    def _continue(self, long: LongBlock, data: bytes) -> Frames:
        """Read on in a long block, and in what is behind it."""
        end = long.feed(data)
        if long.too_large:
            fed = self.offset + len(data)
            self._fail(self._base)
            self._base = fed
            return "", [], None, None, b""
        if not end:
            self._long_bytes += len(data)
            return "", [], None, None, b""
        self._long_start = self._base
        self._base += self._long_bytes + end
        self._long_bytes = 0
        self._long = None
        self._begin()
        name, found, id, retry = long.read()
        if id is not None:
            self._id = id
        id = self._id
        frames = self._frames(data[end:])
        if found is None:
            return frames
        names, datas, ids, retries, place = frames
        if isinstance(names, str):
            names = [names] * len(datas)
        if ids is None and id != self._id:
            ids = [self._id] * len(datas)
        if retries is None and retry is not None:
            retries = [None] * len(datas)
        return (
            [name, *names],
            [found, *datas],
            None if ids is None else [id, *ids],
            None if retries is None else [retry, *retries],
            place,
        )

    def _prepare(self, data: bytes) -> bytes:
        """Give what is left of the data when what is special has been dealt with."""
        if self._fault is not None:
            raise self._too_large(self._fault)
        if self._closed:
            raise UsageError("this decoder is closed: make one for each stream")
        if self._bom is None or not data:
            return data
        data = self._bom + data
        if _BOM.startswith(data) and data != _BOM:
            self._bom = data
            return b""
        self._bom = None
        self._begin()
        if data.startswith(_BOM):
            self._base = len(_BOM)
            return data[len(_BOM) :]
        return data

    def _finish(self) -> Frames:
        """Give what the end of the bytes completes; after it, nothing can be fed."""
        if self._fault is not None:
            raise self._too_large(self._fault)
        block = None
        if self._flush and not self._closed:
            if self._long is not None:
                self._long.close()
                if self._long.too_large:
                    self._fail(self._base)
                    raise self._too_large(self._base)
                block = self._long.read()
            else:
                tail = (self._bom or b"") + b"".join(self._pieces)
                block = read_block(unix(tail).removesuffix(b"\n"))
        self._stop()
        self._closed = True
        if block is None or block[1] is None:
            return "", [], None, None, b""
        name, _, id, retry = block
        if id is not None:
            self._id = id
        return name, [block[1]], None, [retry], b""

    def _begin(self) -> None:
        """Be where nothing is special: between two blocks."""
        self._special = False
        self._free = self._room
        self._singles = _SINGLES if self._room > 0 else 0

    def _stop(self) -> None:
        """Let go of the unfinished block, and leave all lanes."""
        self._pieces = []
        self._long = None
        self._long_bytes = 0
        self._shape = self._other = self._lane = None
        self._special = True
        self._free = self._singles = 0

    def _fail(self, offset: int) -> None:
        self._stop()
        self._fault = offset

    def _fitting(self, blocks: list[bytes], text: bytes) -> list[bytes]:
        """Give the blocks before the first that is too large, and note that one."""
        index = first_too_large(blocks, self._limit)
        if index is None:
            return blocks
        for start, block in scan(text):
            if first_too_large([block], self._limit) is not None:
                self._fail(self._base + start)
                break
        return blocks[:index]

    def _too_large(self, offset: int) -> EventTooLarge:
        limit = self._limit
        return EventTooLarge(
            f"the event at byte {offset} of the stream has more than {limit} bytes;"
            " to read it, pass a larger max_event_bytes, or None for no limit",
            limit=limit,
            offset=offset,
        )

    def _offset_of(self, index: int, frames: Frames) -> int:
        """Give where in the stream the block of an event of the last frames begins."""
        _, datas, _, _, text = frames
        starts = [at for at, block in scan(text) if read_block(block)[1] is not None]
        if len(starts) < len(datas):
            if index == 0:
                return self._long_start
            index -= 1
        return self.offset - len(text) + starts[index]


def _fit(datas: list[bytes], limit: int) -> bool:
    return max(map(len, datas), default=0) <= limit
