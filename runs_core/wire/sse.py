"""Event streams: from bytes, however they are split, to server-sent events.

WHATWG HTML, section 9.2 "Server-sent events" ("Parsing an event stream",
"Interpreting an event stream").
"""

from __future__ import annotations

from typing import Literal

from attrs import define

from runs_core.errors import UsageError
from runs_core.wire._blank import Blank, blank_of
from runs_core.wire._sse_frames import SHORT_BYTES, UNFINISHED, Framer

__all__ = ["MAX_EVENT_BYTES", "EventStreamDecoder", "ServerSentEvent"]

# What an event may take unless another limit is given. Images and whole runs come as
# one event: a limit of 1 MiB has broken real users of other clients, and none at all
# lets a server take all memory.
MAX_EVENT_BYTES = 32 * 1024 * 1024


@define(repr=False, weakref_slot=False)
class ServerSentEvent(metaclass=Blank):
    """One event of an event stream. Do not change it: it is not frozen, for speed."""

    event: str
    """The event's name: "message" if the server gave none."""

    data: bytes
    """The data as received, without line ends; several data lines joined with LF."""

    id: str = ""
    """The last event id that the stream has set, in this event or before it."""

    retry: int | None = None
    """How long this event asks to wait before reconnecting, in milliseconds."""

    @property
    def text(self) -> str:
        """The data as UTF-8, with U+FFFD for bytes that are not."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return self.data.decode("utf-8", "replace")

    def encode(self, last_id: str = "") -> bytes:
        """Return the event's lines as a server sends them, for a reader to decode.

        The name "message" needs no line, nor does the id if it is `last_id`, the last
        one that the same reader was sent. Each line of the data gets its own: they end
        with LF afterwards. Raises `UsageError` for a name or an id that no line can
        hold.
        """
        lines = []
        if self.event not in ("message", ""):
            lines.append(f"event: {_in_a_line('name', self.event)}")
        if self.id != last_id:
            lines.append(f"id: {_in_a_line('id', self.id)}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        head = "".join(f"{line}\n" for line in lines).encode()
        data = self.data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return head + b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n"

    def __repr__(self) -> str:
        return f"<ServerSentEvent {self.event[:64]!r}, {len(self.data)} bytes of data>"


_blank = blank_of(ServerSentEvent)


def _in_a_line(what: str, value: str) -> str:
    # Readers ignore an id with NUL.
    if any(character in value for character in "\n\r\0"):
        raise UsageError(f"the {what} of an event must not have line ends or NUL in it")
    return value


class EventStreamDecoder(Framer):
    """A decoder of one event stream: the same events, however its bytes are split.

    A byte order mark at the beginning is skipped; lines end with CR, LF or CRLF; a
    block without data is no event; bytes that are not UTF-8 are no error. A stream that
    ends within an event has not sent it: `close` drops it, or, if `on_eof` is "flush",
    treats it as complete.

    An event may take `max_event_bytes` (None: any number). That counts the values of
    its `data`, `event`, `id` and `retry` lines, as they come, and no other line: those
    leave nothing behind, however long they are. Beyond it, `EventTooLarge` is raised,
    but swallows nothing: `feed` returns the events before it, and the next `feed` or
    `close`, and every later one, raises it.

    What is held for a stream is its unfinished event and no more, or up to 4 KiB or the
    last chunk's length of what has not been looked at yet.
    """

    __slots__ = ()

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
                head, tail, name, _, _ = lane
                body = data.removeprefix(head)
                if body is data:
                    # Or like one before?
                    _, before, tail, shapes = self._style
                    line, _, body = data.partition(before)
                    known = shapes.get(line)
                    if known is None:
                        body = b""
                    else:
                        self._lane = self._shape = known
                        name = known[2]
                found = body.removesuffix(tail)
                if found is not body and not (10 in found or 13 in found):
                    n = len(data)
                    if n <= self._whole:
                        self._base += n
                        event = _blank()
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
                # Or no more than a piece of one?
                if not (10 in data or 13 in data):
                    self._pieces.append(data)
                    self._free = free
                    return []
                if n <= SHORT_BYTES or data[-1] == 10:
                    only = self._one_event(data)
                    if only is UNFINISHED:
                        return []
                    if only is not None:
                        event = _blank()
                        event.event = self._shape[2]
                        event.data = only
                        event.id = self._id
                        event.retry = None
                        return [event]
            if n > SHORT_BYTES and self._split:
                # Asked for first: a long block behind the events takes the shape away.
                name = self._shape[2]
                datas = self._uniform(data)
                if datas is not None:
                    events = []
                    id = self._id
                    for found in datas:
                        event = _blank()
                        event.event = name
                        event.data = found
                        event.id = id
                        event.retry = None
                        events.append(event)
                    return events
            if self._bom is not None and data[-1:] == b"\n":
                # The stream begins. Not `self.feed`: that may be a subclass's.
                return EventStreamDecoder.feed(self, self._prepare(data))
        return self._many(data)

    def _many(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Return the events that these bytes complete, if they may be any number."""
        kind, datas, pairs, ids, retries, _ = self._any(data)
        events = []
        id = self._id
        for found in datas:
            event = _blank()
            event.event = kind
            event.data = found
            event.id = id
            event.retry = None
            events.append(event)
        for name, found in pairs:
            event = _blank()
            event.event = name
            event.data = found
            event.id = id
            event.retry = None
            events.append(event)
        # Not zipped: with `strict`, that takes 280 ns to begin with.
        if ids is not None:
            for index, event in enumerate(events):
                event.id = ids[index]
        if retries is not None:
            for index, event in enumerate(events):
                event.retry = retries[index]
        return events

    def close(self) -> list[ServerSentEvent]:
        """End the stream; return the last event, if `on_eof` asks for it.

        Raises `EventTooLarge` if that was found. Can be called again, and returns
        nothing then.
        """
        name, datas, _, _, retries, _ = self._finish()
        if not datas or retries is None:
            return []
        return [ServerSentEvent(name, datas[0], self._id, retries[0])]
