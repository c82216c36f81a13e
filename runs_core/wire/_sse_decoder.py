"""The decoder that is fed the chunks of an event stream."""

from __future__ import annotations

from typing import Literal

from runs_core.wire._sse_events import ServerSentEvent, blank
from runs_core.wire._sse_frames import SHORT_BYTES, UNFINISHED, WARY_AFTER, Framer

__all__ = ["MAX_EVENT_BYTES", "EventStreamDecoder"]

# What an event may take unless another limit is given. Images and whole runs come as
# one event: a limit of 1 MiB has broken real users of other clients, and none at all
# lets a server take all memory.
MAX_EVENT_BYTES = 32 * 1024 * 1024


class EventStreamDecoder(Framer):
    """A decoder of one event stream: the same events, however its bytes are split.

    A byte order mark at the beginning is skipped; lines end with CR, LF or CRLF; a
    block without data is not an event, and bytes that are not UTF-8 are not an error. A
    stream that ends within an event has not sent it: `close` drops it, or, if `on_eof`
    is "flush", treats it as complete.

    An event may take `max_event_bytes` (None: any number). That counts the values of
    its `data`, `event`, `id` and `retry` lines, as they come, and no other line: those
    leave nothing behind, however long they are. Beyond it, `EventTooLarge` is raised,
    but swallows nothing: `feed` returns the events before it, and the next `feed` or
    `close`, and every later one, raises it.

    A decoder holds no more of a stream than its unfinished event, or, of what it has
    not looked at yet, up to 4 KiB or the length of the last chunk.
    """

    __slots__ = ()

    # Where it is public.
    __module__ = "runs_core.wire.sse"

    def __init__(
        self,
        max_event_bytes: int | None = MAX_EVENT_BYTES,
        *,
        on_eof: Literal["discard", "flush"] = "discard",
    ) -> None:
        super().__init__(max_event_bytes, on_eof)

    def feed(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Return the events that these bytes complete.

        Raises `EventTooLarge` for an event in the bytes before these, and `UsageError`
        after `close`.
        """
        if type(data) is bytes:
            lane = self._lane
            if lane is not None:
                # Nothing is unfinished: is this one event that looks like the last?
                head, tail, name, _ = lane
                body = data.removeprefix(head)
                if body is data and self._odd >= WARY_AFTER:
                    body = b""
                elif body is data:
                    # Or like one before?
                    _, before, tail, shapes = self._style
                    line, _, body = data.partition(before)
                    known = shapes.get(line)
                    if known is None:
                        body = b""
                    else:
                        self._lane = self._shape = known
                        head, _, name, _ = known
                        if not head and body[:1] == b" ":
                            body = b""
                found = body.removesuffix(tail)
                if found is not body and not (10 in found or 13 in found):
                    n = len(data)
                    if n <= self._whole:
                        self._base += n
                        event = blank()
                        event.event = name
                        event.data = found
                        event.id = self._id
                        event.retry = None
                        return [event]
                self._lane = None
            n = len(data)
            if n == 1:
                pieces = self._pieces
                if len(pieces) < self._free and (
                    data > b"\r" or (pieces and pieces[-1][-1] > 13)
                ):
                    pieces.append(data)
                    return []
            free = self._free - n
            if free >= 0 and n:
                # Or no more than a part of a line, or a whole one?
                if not (10 in data or 13 in data) or (
                    data[-1] == 10
                    and data[0] > 13
                    and data.find(b"\n") == n - 1
                    and (13 not in data or data.find(b"\r") == n - 2)
                ):
                    self._pieces.append(data)
                    self._free = free
                    return []
                if n <= SHORT_BYTES or data[-1] == 10:
                    only = self._one_event(data)
                    if only is UNFINISHED:
                        return []
                    if only is not None:
                        event = blank()
                        event.event = self._shape[2]
                        event.data = only
                        event.id = self._id
                        event.retry = None
                        return [event]
            if n and self._split:
                events = self._uniform(data)
                if events is not None:
                    return events
            if self._bom is not None and n <= 2 * SHORT_BYTES and data[-1:] == b"\n":
                # The stream begins. Not `self.feed`: that may be a subclass's.
                return EventStreamDecoder.feed(self, self._prepare(data))
        return self._any(data)[0]

    def close(self) -> list[ServerSentEvent]:
        """End the stream; return the last event, if `on_eof` asks for it.

        Raises `EventTooLarge` if that was found. Can be called again, and returns
        nothing then.
        """
        return self._finish()
