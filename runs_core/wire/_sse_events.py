"""Server-sent events: what an event stream is decoded to."""

from __future__ import annotations

from attrs import define

from runs_core.errors import UsageError
from runs_core.wire._blank import Blank, blank_of

__all__ = ["ServerSentEvent", "blank", "event_of"]


@define(repr=False, weakref_slot=False)
class ServerSentEvent(metaclass=Blank):
    """One event of an event stream. Do not change it: it is not frozen, for speed.

    `event` is its name: "message" if the server gave none. `data` is as received,
    without line ends; several data lines are joined with LF. `id` is the last event id
    that the stream has set, in this event or before it. `retry` is how long this event
    asks to wait before reconnecting, in milliseconds; None if it does not ask.
    """

    # Where it is public, and so where pickles find it. Sphinx looks for docstrings of
    # attributes there, too, and finds none.
    __module__ = "runs_core.wire.sse"

    event: str
    data: bytes
    id: str = ""
    retry: int | None = None

    @property
    def text(self) -> str:
        """The data as UTF-8, with U+FFFD for bytes that are not."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return self.data.decode("utf-8", "replace")

    def encode(self, last_id: str = "") -> bytes:
        """Return the event's lines as a server sends them, for a reader to decode.

        The name "message" needs no line, and neither does the id if it is `last_id`,
        the last one that the same reader was sent. Each line of the data gets a line of
        its own, which ends with LF. Raises `UsageError` for a name or an id that no
        line can hold.
        """
        lines = []
        if self.event not in ("message", ""):
            lines.append(f"event: {_in_a_line('name', self.event)}")
        if self.id != last_id:
            if "\0" in self.id:
                raise UsageError(
                    "the id of an event must not have NUL: readers skip it"
                )
            lines.append(f"id: {_in_a_line('id', self.id)}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        head = "".join(f"{line}\n" for line in lines).encode()
        data = self.data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return head + b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n"

    def __repr__(self) -> str:
        return f"<ServerSentEvent {self.event[:64]!r}, {len(self.data)} bytes of data>"


blank = blank_of(ServerSentEvent)


def event_of(name: str, data: bytes, id: str, retry: int | None) -> ServerSentEvent:
    """Return an event; calling the class takes eight times as long."""
    event = blank()
    event.event = name
    event.data = data
    event.id = id
    event.retry = retry
    return event


def _in_a_line(what: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise UsageError(f"the {what} of an event must not have line ends in it")
    return value
