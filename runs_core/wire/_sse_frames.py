"""Event streams without their events: bytes in any cut to names and data, in bulk.

`Framer` is what decoders of event streams are built on. A decoder takes a whole
chunk's frames at once, so that no object is made for an event on the way. It may also
read `_lane`, `_pieces` and their like, to have a short way of its own for the chunk
that completes one event: `EventStreamDecoder.feed` is the model.
"""

from __future__ import annotations

import sys
from typing import Literal, TypeAlias

from runs_core.errors import EventTooLarge, UsageError
from runs_core.wire._sse_blocks import (
    LongBlock,
    end_of_blocks,
    read_block,
    scan,
    size_of,
    unix,
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
# No block begins with it: it would not be within one.
_NO_HEAD = b"\n\n"

# What a chunk completes: the events' names (one str if they have all the same), their
# data, their ids if not all have the last one, their retries if any has one, and the
# text they were found in, for `Framer._offset_of`.
Frames: TypeAlias = tuple[
    str | list[str], list[bytes], list[str] | None, list[int | None] | None, bytes
]
# How an event looked that has one data line and sets neither id nor retry: all before
# its data, all behind it, its name, and whether "data:" has its space. Another event
# that looks so differs in its data only (which begins with no space, if none is there).
Shape: TypeAlias = tuple[bytes, bytes, str, bool]


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
        self,
        max_event_bytes: int | None,
        on_eof: Literal["discard", "flush"],
    ) -> None:
        if on_eof not in ("discard", "flush"):
            raise UsageError(f"on_eof is 'discard' or 'flush', not {on_eof!r}")
        if max_event_bytes is not None and max_event_bytes < 1:
            raise UsageError("max_event_bytes is at least 1, or None for no limit")
        limit = sys.maxsize if max_event_bytes is None else max_event_bytes
        self._limit = limit
        self._flush = on_eof == "flush"
        # The last event id of the stream.
        self._id = ""
        # Where in the stream the unfinished block begins.
        self._base = 0
        # The unfinished block as it came, and how much more of it may be kept so.
        # Its first byte is no line end.
        self._pieces: list[bytes] = []
        self._room = min(limit - _SINGLES, _RAW_BYTES)
        self._free = -1
        self._singles = _SINGLES if self._room > 0 else 0
        self._whole = min(limit, _WHOLE_BYTES)
        # The unfinished block as it is read, how much of it has been, and where the
        # last one that was finished began.
        self._long: LongBlock | None = None
        self._long_bytes = 0
        self._long_start = 0
        # The shapes of the last event and of the last that looked different; whether
        # events of one shape come in a row; and the first again while no block is
        # unfinished, which is when a chunk can be one event.
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
        if self._special:
            data = self._prepare(data)
            if self._long is not None and data:
                return self._continue(self._long, data)
        if not data:
            return "", [], None, None, b""
        text = data
        if self._pieces:
            self._pieces.append(data)
            text = b"".join(self._pieces)
        if (shape := self._shape) is None or not self._split:
            return self._blocks(text, len(data))
        head, end, name, spaced = shape
        start = len(head)
        if text[:start] != head:
            other = self._other
            if other is None or text[: len(other[0])] != other[0]:
                return self._blocks(text, len(data))
            self._shape, self._other = other, shape
            head, end, name, spaced = other
            start = len(head)
        # Every event of this text looks like the last one, if nothing that is left by
        # splitting at their beginnings has a line end in it.
        datas = text.split(end + head)
        datas[0] = datas[0][start:]
        body, found, rest = datas.pop().rpartition(end)
        if found:
            datas.append(body)
        joined = b"".join(datas)
        if (
            10 in joined
            or 13 in joined
            or not _is_open(rest, found and head, end)
            or not (spaced or not any(data[:1] == b" " for data in datas))
            or not (len(text) <= self._limit or self._fit(datas, start))
        ):
            return self._blocks(text, len(data))
        self._keep(
            rest if found else head + rest, text, len(text) if datas else len(data)
        )
        return name, datas, None, None, text

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
        name, data, id, retry = block
        if id is not None:
            self._id = id
        return name, [data], None, [retry], b""

    def _prepare(self, data: bytes) -> bytes:
        """Give what is left of the data when what is special has been dealt with."""
        if self._fault is not None:
            raise self._too_large(self._fault)
        if self._closed:
            raise UsageError("this decoder is closed: make one for each stream")
        if self._bom is not None and data:
            data = self._bom + data
            if _BOM.startswith(data) and data != _BOM:
                self._bom = data
                return b""
            self._bom = None
            self._special = False
            self._free = self._room
            if data.startswith(_BOM):
                self._base = 3
                return data[3:]
        return data

    def _one(self, block: bytes, text: bytes, rest: bytes) -> Frames:
        """Give what a text completes that has one block, with LF, and a beginning."""
        name, data, id, retry = read_block(block)
        if id is not None:
            self._id = id
        if data is not None and id is None and retry is None:
            head = _head(block, data)
            if head is not None:
                self._other = self._shape
                self._shape = head, b"\n\n", name, head[-1] == 32
                self._split = True
        self._keep(rest, text, len(text))
        if data is None:
            return "", [], None, None, b""
        return name, [data], None, None if retry is None else [retry], text

    def _blocks(self, text: bytes, new: int) -> Frames:
        """Give what a text of any shape completes; its last `new` bytes are new."""
        if text < b"\x0e" and text[0] in b"\r\n":
            stripped = text.lstrip(b"\r\n")
            self._base += len(text) - len(stripped)
            self._pieces = []
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
            rest = blocks.pop()
            if rest[:1] == b"\n":
                rest = rest[1:]
        if not blocks:
            self._keep(rest, text, new)
            return "", [], None, None, b""
        if len(text) > self._limit:
            self._check(text, blocks)
        names: list[str] = []
        datas: list[bytes] = []
        ids: list[tuple[int, str]] = []
        retries: dict[int, int] = {}
        head, name = _expect(self._shape)
        other_head, other_name = _expect(self._other)
        spaced = head[-1] == 32
        misses = 0
        for block in blocks:
            data = block.removeprefix(head)
            if data is block:
                head, other_head = other_head, head
                name, other_name = other_name, name
                spaced = head[-1] == 32
                misses += 1
                data = block.removeprefix(head)
            if data is not block and 10 not in data and (spaced or data[:1] != b" "):
                names.append(name)
                datas.append(data)
                continue
            misses += 1
            found_name, found, id, retry = read_block(block)
            if id is not None and id != self._id:
                ids.append((len(datas), self._id))
                self._id = id
            if found is None:
                continue
            if retry is not None:
                retries[len(datas)] = retry
            elif id is None and (begin := _head(block, found)) is not None:
                head = begin
                name = found_name
                spaced = head[-1] == 32
            names.append(found_name)
            datas.append(found)
        if self._fault is None:
            self._split = misses < 3
            self._shape = _shape(head, name, eol)
            self._other = _shape(other_head, other_name, eol)
            self._keep(rest, text, len(text))
        return (
            names,
            datas,
            _spread(ids, self._id, len(datas)) if ids else None,
            [retries.get(i) for i in range(len(datas))] if retries else None,
            text,
        )

    def _keep(self, rest: bytes, text: bytes, new: int) -> None:
        """Keep the unfinished block that a text ends with.

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
        elif (
            size <= _RAW_BYTES
            and size <= self._limit
            or size <= min(2 * new, self._limit)
        ):
            self._pieces = [rest]
            self._lane = None
        else:
            self._stop()
            self._long = LongBlock(self._limit)
            self._long_bytes = size
            self._long.feed(rest)
            if self._long.too_large:
                self._fail(self._base)

    def _continue(self, long: LongBlock, data: bytes) -> Frames:
        """Read on in a long block, and in what is behind it."""
        end = long.feed(data)
        if long.too_large:
            self._fail(self._base)
            return "", [], None, None, b""
        if not end:
            self._long_bytes += len(data)
            return "", [], None, None, b""
        self._long_start = self._base
        self._base += self._long_bytes + end
        self._long_bytes = 0
        self._long = None
        self._special = False
        self._free = self._room
        name, found, id, retry = long.read()
        if id is not None:
            self._id = id
        id = self._id
        frames = self._frames(data[end:])
        if found is None:
            return frames
        names, datas, ids, retries, text = frames
        if isinstance(names, str):
            names = [names] * len(datas)
        if retry is not None and retries is None:
            retries = [None] * len(datas)
        return (
            [name, *names],
            [found, *datas],
            None if ids is None else [id, *ids],
            None if retries is None else [retry, *retries],
            text,
        )

    def _fit(self, datas: list[bytes], start: int) -> bool:
        return max(map(len, datas), default=0) + start <= self._limit

    def _check(self, text: bytes, blocks: list[bytes]) -> None:
        """Leave the blocks before the first that is too large, and note that one."""
        limit = self._limit
        for index, block in enumerate(blocks):
            if len(block) > limit and size_of(block) > limit:
                del blocks[index:]
                starts = (start for start, raw in scan(text) if size_of(raw) > limit)
                self._fail(self._base + next(starts))
                return

    def _stop(self) -> None:
        """Let go of the unfinished block, and leave all lanes."""
        self._pieces = []
        self._long = None
        self._long_bytes = 0
        self._shape = self._other = self._lane = None
        self._special = True
        self._free = -1

    def _fail(self, offset: int) -> None:
        self._stop()
        self._fault = offset

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


def _is_open(rest: bytes, head: bytes, end: bytes) -> bool:
    """Whether no block ends in this beginning of one, of which `head` is expected."""
    if 13 not in rest and (10 not in rest or end == b"\n\n"):
        return True
    if head.startswith(rest):
        return True
    body = rest.removeprefix(head)
    return body is not rest and 13 not in body and (10 not in body or end == b"\n\n")


def _head(block: bytes, data: bytes) -> bytes | None:
    """Give all that is before the data of a block, if that is its last line."""
    if 10 in data or not block.endswith(data):
        return None
    head = block[: len(block) - len(data)]
    line = head[head.rfind(b"\n") + 1 :]
    return (
        head if line == b"data: " or (line == b"data:" and data[:1] != b" ") else None
    )


def _expect(shape: Shape | None) -> tuple[bytes, str]:
    if shape is None:
        return _NO_HEAD, ""
    return unix(shape[0]), shape[2]


def _shape(head: bytes, name: str, eol: bytes) -> Shape | None:
    if head is _NO_HEAD:
        return None
    return head.replace(b"\n", eol), eol + eol, name, head[-1] == 32


def _spread(changes: list[tuple[int, str]], last: str, count: int) -> list[str]:
    """Give the id of each event, from the places where it changes and what it was."""
    ids: list[str] = []
    for index, before in changes:
        ids += [before] * (index - len(ids))
    return ids + [last] * (count - len(ids))
