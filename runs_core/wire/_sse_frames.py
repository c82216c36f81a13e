"""Event streams without their events: bytes in any cut to names and data, in bulk.

`Framer` is what decoders of event streams are built on. A decoder takes a whole chunk's
frames at once (`_frames`), so that no object is made for an event on the way, and makes
of them what it gives. `EventStreamDecoder.feed` shows how to have a short way besides,
for the chunk that completes one event.
"""

from __future__ import annotations

from typing import TypeAlias

from runs_core.wire._sse_blocks import (
    Block,
    end_of_blocks,
    first_too_large,
    read_block,
    start_of_too_large,
    starts_of_events,
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
from runs_core.wire._sse_state import StreamState

__all__ = ["Framer", "Frames", "Shape"]

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


class Framer(StreamState):
    """Finds the events of one stream, the same ones for every way to cut its bytes."""

    __slots__ = ()

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
            or ((13 in rest or 13 in end) and not is_open(rest, head, end))
            or (not spaced and any(data[:1] == b" " for data in datas))
        ):
            return None
        if len(text) > self._limit and start + max(map(len, datas), default=0) > (
            self._limit
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
            index = first_too_large(blocks, self._limit)
            if index is not None:
                self._fail(self._base + start_of_too_large(text, self._limit))
                del blocks[index:]
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
        shape = self._shape
        if shape is not None and shape[3] and block[:4] == b"id: ":
            line, _, behind = block.partition(b"\n")
            data = behind.removeprefix(shape[0])
            if data is not behind and 10 not in data and 0 not in line:
                self._id = line[4:].decode("utf-8", "replace")
                self._keep(rest, text, len(text))
                return shape[2], data, None, None
        found = read_block(block)
        name, what, id, retry = found
        if id is not None:
            self._id = id
        if what is not None and retry is None:
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

    def _offset_of(self, index: int, frames: Frames) -> int:
        """Give where in the stream the block of an event of the last frames begins."""
        _, datas, _, _, text = frames
        base = self.offset - len(text)
        starts = [base + start for start in starts_of_events(text)]
        if self._fault is not None:
            starts = [start for start in starts if start < self._fault]
        # One more event than there are in the text: the first was in a long block.
        if len(starts) < len(datas):
            starts.insert(0, self._long_start)
        return starts[index]
