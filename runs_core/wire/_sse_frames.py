"""Event streams without their events: bytes in any cut to names and data, in bulk.

`Framer` is what decoders of event streams are built on. A decoder asks for the data of
the one event that a short chunk completes (`_little`), and otherwise takes a whole
chunk's frames at once (`_any`), so that no object is made for an event on the way;
`_frames` does both. `EventStreamDecoder.feed` has shorter ways besides, for events that
look like the last.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from runs_core.wire._sse_blocks import (
    end_of_blocks,
    first_too_large,
    is_open,
    read_block,
    start_of_too_large,
    starts_of_events,
    unix,
)
from runs_core.wire._sse_events import read_blocks
from runs_core.wire._sse_long import LongBlock
from runs_core.wire._sse_shapes import CRLF, LF, Shape, Style, head_of, shape_of
from runs_core.wire._sse_state import SHORT_BYTES, StreamState

__all__ = ["SHORT_BYTES", "UNFINISHED", "Framer", "Frames", "Shape"]

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

# What `Framer._little` gives where no event has ended: data that has no line end, has
# not this.
UNFINISHED: Final = b"\n"

# What may be behind a line without a blank line behind it.
_ONE_LINE_END = (b"", b"\r\n", b"\r", b"\n")


class Framer(StreamState):
    """Finds the events of one stream, the same ones for every way to cut its bytes."""

    __slots__ = ()

    def _frames(self, data: bytes | bytearray | memoryview) -> Frames:
        """Give what these bytes complete; raise the fault met by an earlier call."""
        if type(data) is bytes and 0 < len(data) <= self._free:
            pieces = self._pieces
            found = self._little(data)
            if found is UNFINISHED:
                return _nothing()
            if found is not None:
                assert self._shape is not None
                text = b"".join([*pieces, data])
                return self._shape[2], [found], None, None, text
        return self._any(data)

    def _any(self, data: bytes | bytearray | memoryview) -> Frames:
        """Give what these bytes complete, if `_little` does not."""
        if type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise TypeError(f"feed takes bytes, not {type(data).__name__}")
            data = bytes(data)
        if self._special:
            data = self._prepare(data)
            if data and self._long is not None:
                return self._continue(self._long, data)
            if data:
                return self._frames(data)
        if not data:
            return _nothing()
        text = data
        if pieces := self._pieces:
            text = b"".join([*pieces, data])
        new = len(data)
        if new <= SHORT_BYTES:
            frames = self._lone(text)
            if frames is not None:
                return frames
        frames = self._uniform(text, new) if self._split else None
        return frames or self._blocks(text, new)

    def _little(self, data: bytes) -> bytes | None:
        """Give the data of the one event that a short chunk completes, or `UNFINISHED`.

        None, and nothing has changed, if it may be another number of events, or one
        that is not regular. The event's shape is then in `_shape`.

        `data` is not empty, and no more than `_free`.
        """
        eol, before, end, shapes = self._style
        pieces = self._pieces
        if not (10 in data or 13 in data):
            pieces.append(data)
            self._free -= len(data)
            self._lane = None
            return UNFINISHED
        if len(data) > SHORT_BYTES and (pieces or data[-1] != 10):
            return None
        text = b"".join([*pieces, data]) if pieces else data
        id = None
        body = text
        if self._with_ids:
            line, _, body = text.partition(eol)
            id = line.removeprefix(b"id: ")
            if id is line or 0 in id or 10 in id or 13 in id:
                return None
        shape = self._shape
        if shape is None or (behind := body.removeprefix(shape[0])) is body:
            head, _, behind = body.partition(before)
            shape = shapes.get(head)
            if shape is None:
                line, _, head = head.partition(eol)
                if not behind and line in shapes and b"data: ".startswith(head):
                    return self._unfinished(text)
                if id is not None:
                    return None
                id = line.removeprefix(b"id: ")
                shape = shapes.get(head)
                if shape is None or id is line:
                    return None
                if 0 in id or 10 in id or 13 in id:
                    return None
        elif not shape[3] and behind[:1] == b" ":
            return None
        value, found, rest = behind.rpartition(end)
        if not found:
            # Here the head has come whole: it has no blank line.
            if end == LF.behind:
                return None if 13 in rest else self._unfinished(text)
            value = rest.rstrip(b"\r\n")
            ended = rest[len(value) :]
            if ended != b"\r\n\r":
                if 10 in value or 13 in value or ended not in _ONE_LINE_END:
                    return None
                return self._unfinished(text)
            rest = b""
        if 10 in value or 13 in value:
            return None
        if rest and (13 in rest or 13 in end) and not is_open(rest, shape[0], end):
            return None
        if id is not None:
            self._id = id.decode("utf-8", "replace")
            self._with_ids = True
        elif self._with_ids:
            self._with_ids = False
        if shape is not self._shape:
            self._shape = shape
        size = len(rest)
        self._base += len(text) - size
        self._lane = shape if shape[3] and not rest and id is None else None
        if pieces or rest:
            self._pieces = [rest] if rest else []
            self._free = self._room - size
        return value

    def _unfinished(self, text: bytes) -> bytes:
        """Keep a text in which no block ends."""
        self._pieces = [text]
        self._free = self._room - len(text)
        self._lane = None
        return UNFINISHED

    def _lone(self, text: bytes) -> Frames | None:
        """Give what a text with LF says that is one block, of any kind; or None."""
        block = text.removesuffix(b"\n\n")
        if block is text or 13 in block or block[:1] == b"\n":
            return None
        if block.rfind(b"\n\n") >= 0 or len(block) > self._limit:
            return None
        self._style = LF
        name, data, id, retry = read_block(block)
        self._with_ids = id is not None
        if id is not None:
            self._id = id
        elif data is not None and retry is None:
            head = head_of(block, data)
            if head is not None:
                self._shape = shape_of(head, name, b"\n")
                self._split = True
        self._keep(b"", text, len(text))
        if data is None:
            return _nothing()
        return name, [data], None, None if retry is None else [retry], text

    def _uniform(self, text: bytes, new: int) -> Frames | None:
        """Give what a text completes in which all events have one shape; or None."""
        shape = self._shape
        if shape is None:
            return None
        head, end, name, spaced = shape
        start = len(head)
        if text[:start] != head:
            return None
        # From the right, which finds as many in three quarters of the time.
        datas = text.rsplit(end + head)
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
                return _nothing()
            text = stripped
        if 13 in text:
            return self._crlf(text, new) or self._mixed(text, new)
        self._style = LF
        # From the right, which takes half as long. What more line ends there are, a
        # block then ends with them, and reads the same.
        blocks = text.rsplit(LF.behind)
        return self._finished(blocks, blocks.pop(), text, new, LF, LF.eol)

    def _crlf(self, text: bytes, new: int) -> Frames | None:
        """Give what a text completes whose blocks all end with CRLF; or None."""
        if self._style is not CRLF or len(text) > self._limit:
            return None
        blocks = text.rsplit(CRLF.behind)
        rest = blocks.pop()
        if rest and not is_open(rest, b"", CRLF.behind):
            return None
        return self._finished(blocks, rest, text, new, CRLF, CRLF.eol)

    def _mixed(self, text: bytes, new: int) -> Frames:
        """Give what a text completes whose lines end in any way."""
        cut = end_of_blocks(text, max(0, len(text) - new - 3))
        eol = LF.eol
        if text[cut - 1] == 13:
            eol = b"\r"
        elif text[cut - 2] == 13:
            eol = CRLF.eol
            self._style = CRLF
        blocks = unix(text[:cut]).rsplit(LF.behind)
        blocks.pop()
        return self._finished(blocks, text[cut:], text, new, LF, eol)

    def _finished(
        self,
        blocks: list[bytes],
        rest: bytes,
        text: bytes,
        new: int,
        style: Style,
        eol: bytes,
    ) -> Frames:
        """Give what blocks of this style say, and keep the rest of their text.

        `eol` is how lines end in the stream.
        """
        if not blocks:
            self._keep(rest, text, new)
            return _nothing()
        if len(text) > self._limit:
            index = first_too_large(blocks, self._limit)
            if index is not None:
                self._fail(self._base + start_of_too_large(text, self._limit))
                del blocks[index:]
        said = read_blocks(blocks, style, self._shape, self._id)
        names, datas, ids, retries, self._id, shape, turns = said
        if self._fault is not None:
            self._base += len(text)
        else:
            if shape is not None and eol != style.eol:
                shape = shape_of(unix(shape[0]), shape[2], eol)
            self._shape = shape
            self._split = turns < 3
            self._keep(rest, text, len(text))
        return names, datas, ids, retries, text

    def _continue(self, long: LongBlock, data: bytes) -> Frames:
        """Read on in a long block, and in what is behind it."""
        end = long.feed(data)
        if long.too_large:
            fed = self.offset + len(data)
            self._fail(self._base)
            self._base = fed
            return _nothing()
        if not end:
            self._long_bytes += len(data)
            return _nothing()
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
            return _nothing()
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


def _nothing() -> Frames:
    return "", [], None, None, b""
