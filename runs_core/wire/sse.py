"""Event streams: bytes in any cut to server-sent events.

WHATWG HTML, section 9.2 "Server-sent events" ("Parsing an event stream",
"Interpreting an event stream").
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal

from attrs import define

from runs_core.wire._sse_frames import Framer

__all__ = ["MAX_EVENT_BYTES", "EventStreamDecoder", "ServerSentEvent"]

# What an event may take unless another limit is given. Images and whole runs come as
# one event; 1 MiB has broken real users of other clients, no limit would break memory.
MAX_EVENT_BYTES = 32 * 1024 * 1024


class _Made(type):
    """Makes instances as usual, by `__attrs_init__`; `_blank` makes them without.

    A class that has no `__init__` is made in half the time, and with it goes a tenth
    of what a decoder does for an event.
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made: Any = super().__call__()
        made.__attrs_init__(*args, **kwargs)
        return made


@define(init=False, repr=False, weakref_slot=False)
class ServerSentEvent(metaclass=_Made):
    """One event of an event stream. Not to be changed: it is not frozen for speed.

    `event` is "message" if the server gave no name. `data` is as received, several
    data lines joined with LF. `id` is the last event id that the stream has set, in
    this event or before it. `retry` is what the event's own block asks for, in ms.
    """

    event: str
    data: bytes
    id: str = ""
    retry: int | None = None

    if TYPE_CHECKING:

        def __init__(
            self, event: str, data: bytes, id: str = "", retry: int | None = None
        ) -> None: ...

    @property
    def text(self) -> str:
        """The data as UTF-8, with U+FFFD for bytes that are not."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return self.data.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<ServerSentEvent {self.event[:64]!r}, {len(self.data)} bytes>"


_blank = type.__call__.__get__(ServerSentEvent)


class EventStreamDecoder(Framer):
    """Gives the events of one stream, the same ones for every way to cut its bytes."""

    __slots__ = ()

    def __init__(
        self,
        max_event_bytes: int | None = MAX_EVENT_BYTES,
        *,
        on_eof: Literal["discard", "flush"] = "discard",
    ) -> None:
        super().__init__(max_event_bytes, on_eof)

    def feed(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Give the events that these bytes complete."""
        lane = self._lane
        if lane is not None:
            if type(data) is bytes:
                head, tail, name, _ = lane
                body = data.removeprefix(head)
                found = body.removesuffix(tail)
                if found is not body is not data and not (10 in found or 13 in found):
                    n = len(data)
                    if n <= self._whole:
                        self._base += n
                        event = _blank()
                        event.event = name
                        event.data = found
                        event.id = self._id
                        event.retry = None
                        return [event]
        elif len(data) == 1 and type(data) is bytes and data > b"\r":
            pieces = self._pieces
            if 0 < len(pieces) < self._singles:
                pieces.append(data)
                return []
        n = len(data)
        frames = None
        if 0 < n <= self._free and type(data) is bytes:
            pieces = self._pieces
            if pieces or data >= b"\x0e":
                pieces.append(data)
                if 10 not in data and 13 not in data:
                    self._free -= n
                    self._lane = None
                    return []
                text = b"".join(pieces)
                if 13 not in text:
                    block, end, rest = text.rpartition(b"\n\n")
                    if not end:
                        self._pieces = [text]
                        self._free = self._room - len(text)
                        self._lane = None
                        return []
                    shape = self._shape
                    if shape is not None:
                        found = block.removeprefix(shape[0])
                        if (
                            found is not block
                            and 10 not in found
                            and (shape[3] or found[:1] != b" ")
                        ):
                            self._keep(rest, text, n)
                            event = _blank()
                            event.event = shape[2]
                            event.data = found
                            event.id = self._id
                            event.retry = None
                            return [event]
                    if block.find(b"\n\n") < 0:
                        frames = self._one(block, text, rest)
                    else:
                        pieces.pop()
                else:
                    pieces.pop()
        if frames is None:
            frames = self._frames(data)
        names, datas, ids, retries, _ = frames
        events = []
        id = self._id
        for name, found in zip(
            repeat(names) if isinstance(names, str) else names, datas
        ):
            event = _blank()
            event.event = name
            event.data = found
            event.id = id
            event.retry = None
            events.append(event)
        if ids is not None:
            for event, event.id in zip(events, ids):
                pass
        if retries is not None:
            for event, event.retry in zip(events, retries):
                pass
        return events

    def close(self) -> list[ServerSentEvent]:
        """Say that the bytes have ended."""
        name, datas, _, retries, _ = self._finish()
        if not datas:
            return []
        assert retries is not None
        assert isinstance(name, str)
        return [ServerSentEvent(name, datas[0], self._id, retries[0])]
