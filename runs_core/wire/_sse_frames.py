"""Event streams without their events: bytes in any cut to names and data, in bulk.

`Framer` is what decoders of event streams are built on. A decoder asks for the data of
the one event that a short chunk completes (`_one_event`), and otherwise takes a whole
chunk's frames at once (`_any`), so that no object is made for an event on the way;
`_frames` does both. `EventStreamDecoder.feed` has a shorter way besides, for a chunk
that is one event and looks like the last.
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
from runs_core.wire._sse_shapes import CRLF, LF, Shape, Style, shape_of
from runs_core.wire._sse_state import (
    SHORT_BYTES,
    StreamState,
    as_bytes,
    too_large,
)

__all__ = ["SHORT_BYTES", "UNFINISHED", "Framer", "Frames", "Shape"]

# What a chunk completes: the data of its events if all have the same name, and that;
# or name and data of each. Their ids if not all have the last one, their retries if any
# has one; and, for `Framer._offsets_of`, the text they were found in, which is the last
# that was fed.
Frames: TypeAlias = tuple[
    str,
    list[bytes],
    list[tuple[str, bytes]],
    list[str] | None,
    list[int | None] | None,
    bytes,
]

# What `Framer._one_event` gives where no event has ended. No data that it gives has a
# line end in it.
UNFINISHED: Final = b"\n"

_I = ord("i")


class Framer(StreamState):
    """Finds the events of one stream, the same ones for every way to cut its bytes."""

    __slots__ = ()

    def _frames(self, data: bytes | bytearray | memoryview) -> Frames:
        """Give what these bytes complete; raise the fault met by an earlier call."""
        if (
            type(data) is bytes
            and 0 < (n := len(data)) <= self._free
            and (n <= SHORT_BYTES or data[-1] == 10)
        ):
            pieces = self._pieces
            found = self._one_event(data)
            if found is UNFINISHED:
                return _nothing()
            if found is not None:
                text = b"".join([*pieces, data])
                return self._shape[2], [found], [], None, None, text
        return self._any(data)

    def _any(self, data: bytes | bytearray | memoryview) -> Frames:
        """Give what these bytes complete, if `_one_event` does not."""
        if type(data) is not bytes:
            data = as_bytes(data)
        if self._special:
            data = self._prepare(data)
            if data:
                if self._long is not None:
                    return self._continue(self._long, data)
                return self._frames(data)
        if not data:
            return _nothing()
        new = len(data)
        text = data
        if pieces := self._pieces:
            pieces.append(data)
            text = b"".join(pieces)
        elif data[0] == 10 or data[0] == 13:
            text = data.lstrip(b"\r\n")
            self._base += new - len(text)
            if not text:
                return _nothing()
        if self._split and new > SHORT_BYTES:
            frames = self._uniform(text, new)
            if frames is not None:
                return frames
        style, blocks, rest, eol = self._split_text(text, new)
        events: list[tuple[str, bytes]] = []
        ids = retries = None
        if blocks:
            if len(text) > self._limit:
                index = first_too_large(blocks, self._limit)
                if index is not None:
                    self._fail(self._base + start_of_too_large(text, self._limit))
                    del blocks[index:]
            events, ids, retries = read_blocks(self, blocks, style)
            if self._fault is not None:
                self._base += len(text)
                return "", [], events, ids, retries, text
            if eol != style.eol:
                shape = self._shape
                self._shape = shape_of(unix(shape[0]), shape[2], eol)
            new = len(text)
        self._keep(rest, text, new)
        return "", [], events, ids, retries, text

    def _one_event(self, data: bytes) -> bytes | None:
        """Give the data of the one event that a chunk completes, or `UNFINISHED`.

        None, and nothing has changed, if it may be another number of events, or one
        that is not regular. The event's shape is then in `_shape`.

        `data` is not empty, and no more than `_free`. It need not be tried if it is
        longer than `SHORT_BYTES` and does not end with a line.
        """
        pieces = self._pieces
        text = data
        if pieces:
            pieces.append(data)
            text = b"".join(pieces)
            pieces.pop()
        id = None
        shape = self._shape
        behind = text.removeprefix(shape[0])
        if behind is text:
            eol, before, end, shapes = self._style
            body = text
            if text[0] == _I:
                line, _, body = text.partition(eol)
                id = line.removeprefix(b"id: ")
                if id is line or 0 in id or 10 in id or 13 in id:
                    return None
                behind = body.removeprefix(shape[0])
            if behind is body:
                line, parted, behind = body.partition(before)
                known = shapes.get(line)
                if parted and known is not None:
                    shape = known
                elif parted or text[0] in b"\r\n" or text.rpartition(end)[1]:
                    return None
                else:
                    # Not even a head, it seems.
                    return self._unfinished(text) if is_open(text, b"", end) else None
        head, end, _, spaced = shape
        if not spaced and behind[:1] == b" ":
            return None
        value, ended, rest = behind.rpartition(end)
        if 13 in rest or (10 in rest and 13 in end):
            if not ended and end == rest[-3:] + b"\n":
                value = rest[:-3]
                ended = end
                rest = b""
            elif not is_open(rest, head, end):
                return None
        if not ended:
            # The head has come whole: it has no blank line.
            return self._unfinished(text)
        if 10 in value or 13 in value:
            return None
        if id is not None:
            self._id = id.decode("utf-8", "replace")
        self._shape = shape
        if rest:
            size = len(rest)
            self._base += len(text) - size
            self._pieces = [rest]
            self._free = self._room - size
            self._lane = None
        else:
            self._base += len(text)
            self._lane = shape if spaced and id is None else None
            if pieces:
                self._pieces = []
                self._free = self._room
        return value

    def _unfinished(self, text: bytes) -> bytes:
        """Keep a text in which no block ends."""
        self._pieces = [text]
        self._free = self._room - len(text)
        self._lane = None
        return UNFINISHED

    def _uniform(self, text: bytes, new: int) -> Frames | None:
        """Give what a text completes in which all events have one shape; or None."""
        head, end, name, spaced = self._shape
        body = text.removeprefix(head)
        if body is text:
            return None
        # From the right, which finds as many in three quarters of the time.
        datas = body.rsplit(end + head)
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
        if len(text) > self._limit and len(head) + max(map(len, datas), default=0) > (
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
        return name, datas, [], None, None, text

    def _split_text(
        self, text: bytes, new: int
    ) -> tuple[Style, list[bytes], bytes, bytes]:
        """Give the style of a text's blocks, these, the rest, and the stream's eol."""
        if 13 not in text:
            self._style = LF
            # From the right, which takes half as long. What more line ends there are,
            # a block then ends with them, and reads the same.
            blocks = text.rsplit(LF.behind)
            return LF, blocks, blocks.pop(), LF.eol
        if self._style is CRLF and len(text) <= self._limit:
            blocks = text.rsplit(CRLF.behind)
            rest = blocks.pop()
            if not rest or is_open(rest, self._shape[0], CRLF.behind):
                return CRLF, blocks, rest, CRLF.eol
        return LF, *self._mixed(text, new)

    def _mixed(self, text: bytes, new: int) -> tuple[list[bytes], bytes, bytes]:
        """Split a text with any line ends: blocks with LF, the rest, the eol."""
        cut = end_of_blocks(text, max(0, len(text) - new - 3))
        eol = LF.eol
        if text[cut - 1] == 13:
            eol = b"\r"
        elif text[cut - 2] == 13:
            eol = CRLF.eol
            self._style = CRLF
        blocks = unix(text[:cut]).rsplit(LF.behind)
        blocks.pop()
        return blocks, text[cut:], eol

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
        name_, datas, events, ids, retries, place = frames
        events = [*((name_, data) for data in datas), *events]
        if ids is None and id != self._id:
            ids = [self._id] * len(events)
        if retries is None and retry is not None:
            retries = [None] * len(events)
        return (
            "",
            [],
            [(name, found), *events],
            None if ids is None else [id, *ids],
            None if retries is None else [retry, *retries],
            place,
        )

    def _finish(self) -> Frames:
        """Give what the end of the bytes completes; after it, nothing can be fed."""
        if self._fault is not None:
            raise too_large(self._limit, self._fault)
        block = None
        if self._flush and not self._closed:
            if self._long is not None:
                self._long.close()
                if self._long.too_large:
                    self._fail(self._base)
                    raise too_large(self._limit, self._base)
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
        return name, [block[1]], [], None, [retry], b""

    def _offsets_of(self, frames: Frames) -> list[int]:
        """Give where in the stream the blocks of the last frames' events begin."""
        _, datas, events, _, _, text = frames
        base = self.offset - len(text)
        starts = [base + start for start in starts_of_events(text)]
        if self._fault is not None:
            starts = [start for start in starts if start < self._fault]
        # One more event than there are in the text: the first was in a long block.
        if len(starts) < len(datas) + len(events):
            starts.insert(0, self._long_start)
        return starts


def _nothing() -> Frames:
    return "", [], [], None, None, b""
