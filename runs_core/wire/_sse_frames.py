"""How the events of a stream are found in its chunks.

`Framer` is what decoders of event streams are built on. A decoder asks for the data of
the one event that a short chunk completes (`_one_event`), so that no object need be
made for it, and otherwise for all events of a chunk at once (`_any`); `_found` does
both. `EventStreamDecoder.feed` has shorter ways besides, for a chunk that is one event
and looks like one before, and for one of several that look like the last.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from runs_core.wire._sse_blocks import (
    Block,
    is_open,
    start_of_too_large,
    starts_of_events,
)
from runs_core.wire._sse_events import ServerSentEvent, blank, event_of
from runs_core.wire._sse_long import LongBlock
from runs_core.wire._sse_reading import read_text
from runs_core.wire._sse_shapes import CRLF, LF, SHORT_BYTES, Shape, head_of
from runs_core.wire._sse_state import (
    WARY_AFTER,
    StreamState,
    as_bytes,
    odd_after,
    too_large,
)

__all__ = [
    "SHORT_BYTES",
    "UNFINISHED",
    "WARY_AFTER",
    "Found",
    "Framer",
    "Shape",
    "head_of",
    "split_alike",
]

# The events that a chunk completes; and, for `Framer._offsets_of`, the parts of the
# text they were found in: the last one that was fed.
Found: TypeAlias = tuple[list[ServerSentEvent], tuple[bytes, ...]]

# What `Framer._one_event` gives where no event has ended. No data that it gives has a
# line end in it.
UNFINISHED: Final = b"\n"

_I = ord("i")


class Framer(StreamState):
    """Finds the events of one stream: the same ones, however its bytes are split."""

    __slots__ = ()

    def _found(self, data: bytes | bytearray | memoryview) -> Found:
        """Return what these bytes complete; raise the fault met by an earlier call."""
        if (
            type(data) is bytes
            and 0 < (n := len(data)) <= self._free
            and (n <= SHORT_BYTES or data[-1] == 10)
        ):
            pieces = self._pieces
            found = self._one_event(data)
            if found is UNFINISHED:
                return [], ()
            if found is not None:
                texts = (*pieces[:-1], data) if pieces else (data,)
                return [event_of(self._shape[2], found, self._id, None)], texts
        return self._any(data)

    def _any(self, data: bytes | bytearray | memoryview) -> Found:
        """Return what these bytes complete, if `_one_event` does not."""
        if type(data) is not bytes:
            data = as_bytes(data)
        if self._special:
            data = self._prepare(data)
            if data:
                if self._long is not None:
                    return self._continue(self._long, data)
                return self._found(data)
        if not data:
            return [], ()
        pieces = self._pieces
        if not pieces and (data[0] == 10 or data[0] == 13):
            text = data.lstrip(b"\r\n")
            self._base += len(data) - len(text)
            data = text
            if not data:
                return [], ()
        if self._split:
            uniform = self._uniform(data)
            if uniform is not None:
                return uniform, (*pieces, data)
        new = len(data)
        text = data
        if pieces:
            pieces.append(data)
            text = b"".join(pieces)
        if len(text) > self._limit:
            start = start_of_too_large(text, self._limit)
            if start is not None:
                events = read_text(text[:start], self._id, LF)[0] if start else []
                self._fail(self._base + start)
                self._base += len(text)
                return events, (text,)
        style = CRLF if 13 in text else LF
        events, rest, self._id, style, shape, alike = read_text(text, self._id, style)
        self._style = style
        if len(rest) < len(text):
            self._split = alike
            self._odd = odd_after(self._odd, shape)
            if shape is not None:
                self._shape = shape
            new = len(text)
        self._keep(rest, len(text), new)
        return events, (text,)

    def _one_event(self, data: bytes) -> bytes | None:
        """Return the data of the one event that a chunk completes, or `UNFINISHED`.

        None, and nothing has changed, if it may be another number of events, or one
        that is not regular. The event's shape is then in `_shape`. If an event has
        ended, the list of pieces that there was has one more than before, if it had
        any: what has come of it with `data`.

        `data` is not empty, and no more than `_free`. It need not be tried if it is
        longer than `SHORT_BYTES` and does not end with a line.
        """
        pieces = self._pieces
        shape = self._shape
        head, end, _, _ = shape
        text, ended, rest = data.rpartition(end)
        if pieces:
            if (
                not ended
                and data[0] > 13
                and not (
                    # Only with a CR can there be another blank line.
                    (13 in data or 13 in end) and b"" in data.splitlines()
                )
            ):
                pieces.append(data)
                self._free -= len(data)
                self._lane = None
                return UNFINISHED
            # Joined is only what is before the event's end, if that is all in `data`.
            if ended:
                pieces.append(text)
                text = b"".join(pieces)
            else:
                pieces.append(data)
                # It may have begun before.
                text, ended, rest = b"".join(pieces).rpartition(end)
        if self._odd >= WARY_AFTER:
            if pieces:
                pieces.pop()
            return None
        # An empty text is not what is expected, whatever that is.
        if not ended:
            if 13 in end and rest[-3:] + b"\n" == end:
                text, ended, rest = rest[:-3], rest[-3:], b""
            elif (pieces or data[0] not in b"\r\n") and is_open(rest, head, end):
                self._pieces = [rest]
                self._free = self._room - len(rest)
                self._lane = None
                return UNFINISHED
        elif (13 in rest or (10 in rest and 13 in end)) and not is_open(
            rest, head, end
        ):
            text = b""
        id = None
        value = text.removeprefix(head)
        if value is text:
            # Does it look like one before, perhaps behind an id?
            eol, before, _, shapes = self._style
            body = text
            if text and text[0] == _I:
                line, _, body = text.partition(eol)
                id = line.removeprefix(b"id: ")
                if id is line:
                    id = line.removeprefix(b"id:")
                if id is line or 0 in id or 10 in id or 13 in id:
                    body = b""
                value = body.removeprefix(head)
            if value is body:
                line, parted, value = body.partition(before)
                known = shapes.get(line)
                if parted and known is not None and (known[0] or value[:1] != b" "):
                    shape = known
                else:
                    value = b"\n"
        if 10 in value or 13 in value:
            if pieces:
                pieces.pop()
            return None
        if id is not None:
            self._id = id.decode("utf-8", "replace")
        self._shape = shape
        self._base += len(text) + len(ended)
        if rest:
            self._pieces = [rest]
            self._free = self._room - len(rest)
            self._lane = None
        else:
            self._lane = shape if id is None else None
            if pieces:
                self._pieces = []
                self._free = self._room
        return value

    def _uniform(self, data: bytes) -> list[ServerSentEvent] | None:
        """Return the events that a chunk completes, all of one shape.

        None, and nothing has changed but `_split`, if they are not. `_split` is set.
        The chunk is not joined to what was there before it: only its first event is.
        """
        start = b"".join(self._pieces)
        name, id = self._shape[2], self._id
        datas, rest = split_alike(start, data, self._shape, self._limit)
        if rest is data:
            self._split = False
            return None
        size = len(start) + len(data)
        left = len(rest)
        free = self._room - left
        if free > 0 and rest:
            self._base += size - left
            self._pieces = [rest]
            self._free = free
            self._lane = None
        else:
            self._keep(rest, size, size if datas else len(data))
        events = []
        for value in datas:
            event = blank()
            event.event = name
            event.data = value
            event.id = id
            event.retry = None
            events.append(event)
        return events

    def _continue(self, long: LongBlock, data: bytes) -> Found:
        """Read on in a long block, and in what is behind it."""
        end = long.feed(data)
        if long.too_large:
            fed = self.offset + len(data)
            self._fail(self._base)
            self._base = fed
            return [], ()
        if not end:
            self._long_bytes += len(data)
            return [], ()
        self._long_start = self._base
        self._base += self._long_bytes + end
        self._long_bytes = 0
        self._long = None
        self._begin()
        before = self._events_of(long.read())
        events, texts = self._found(data[end:])
        return before + events, texts

    def _events_of(self, block: Block) -> list[ServerSentEvent]:
        """Return the event that a block says, if it has data; note its id."""
        name, data, id, retry = block
        if id is not None:
            self._id = id
        return [] if data is None else [event_of(name, data, self._id, retry)]

    def _finish(self) -> list[ServerSentEvent]:
        """Return what the end of the bytes completes; after it, nothing can be fed."""
        if self._fault is not None:
            raise too_large(self._limit, self._fault)
        events = []
        if self._flush and not self._closed:
            if self._long is not None:
                self._long.close()
                if self._long.too_large:
                    self._fail(self._base)
                    raise too_large(self._limit, self._base)
                events = self._events_of(self._long.read())
            else:
                tail = (self._bom or b"") + b"".join(self._pieces)
                if tail:
                    events = read_text(tail + b"\n\n", self._id, LF)[0]
        self._stop()
        self._closed = True
        return events

    def _offsets_of(self, found: Found) -> list[int]:
        """Return where in the stream the blocks of the last found events begin."""
        events, texts = found
        text = b"".join(texts)
        base = self.offset - len(text)
        starts = [base + start for start in starts_of_events(text)]
        if self._fault is not None:
            starts = [start for start in starts if start < self._fault]
        # One more event than there are in the text: the first was in a long block.
        if len(starts) < len(events):
            starts.insert(0, self._long_start)
        return starts


def split_alike(
    start: bytes, data: bytes, shape: Shape, limit: int
) -> tuple[list[bytes], bytes]:
    """Return the data of the events of this shape that a chunk ends, and the rest.

    The rest is the chunk itself if it holds anything else. `start` is what was there
    before the chunk; the first event alone is joined to it.
    """
    spaced, end, _, between = shape
    head = spaced or head_of(shape)
    # From the right, which finds as many in three quarters of the time.
    datas = data.rsplit(between)
    first = start + datas[0]
    datas[0] = value = first.removeprefix(head)
    body, found, last = datas.pop().rpartition(end)
    rest = last
    if found:
        datas.append(body)
    else:
        rest = head + last
    # One look at all data at once: a line end in it, and there is more to be read.
    joined = b"".join(datas)
    if (
        value is first
        or 10 in joined
        or 13 in joined
        or ((13 in last or (10 in last and 13 in end)) and not is_open(rest, head, end))
        or not (spaced or all(value[:1] != b" " for value in datas))
        or (
            len(start) + len(data) > limit
            and len(head) + max(map(len, datas), default=0) > limit
        )
    ):
        return [], data
    return datas, rest
