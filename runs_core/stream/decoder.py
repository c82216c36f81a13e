"""A run's stream: bytes in any cut to typed events."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any

from runs_core.errors import MalformedEvent, MalformedResponse
from runs_core.stream._read import UNNAMED, read_event
from runs_core.stream.events import RunStreamEvent
from runs_core.wire._sse_frames import Framer, Frames
from runs_core.wire.codec import loads as _loads
from runs_core.wire.codec import make_loads

__all__ = ["RunEventDecoder"]


class RunEventDecoder(Framer):
    """Gives the events of one run's stream, the same ones for every cut of its bytes.

    A fault never swallows events: `feed` gives those before it, and every later `feed`
    and `close` raises. `error` events are events; an end marker (`[DONE]`) gives none,
    sets `done`, and all that comes after it is ignored. What a known event lacks is
    decided by its name: the `object` field of its data need not agree.

    `loads` parses JSON, if not as `runs_core.wire.codec.loads` does; where it raises,
    the standard library tries again.
    """

    __slots__ = ("_done", "_loads", "_malformed")

    def __init__(
        self,
        *,
        max_event_bytes: int | None = 32 * 1024 * 1024,
        loads: Callable[[bytes | str], Any] | None = None,
    ) -> None:
        super().__init__(max_event_bytes, "discard")
        self._loads = _loads if loads is None else make_loads(loads)
        self._done = False
        self._malformed: tuple[str, int, str] | None = None

    @property
    def done(self) -> bool:
        """Whether the server has said that this was all."""
        return self._done

    def feed(self, data: bytes | bytearray | memoryview) -> list[RunStreamEvent]:
        """Give the events that these bytes complete.

        Raises `MalformedEvent` or `EventTooLarge` if that was found in the bytes before
        these, and `UsageError` after `close`.
        """
        if self._done:
            return []
        if self._malformed is not None:
            raise _malformed_event(*self._malformed)
        frames = self._frames(data)
        return self._events(frames) if frames[1] else []

    def close(self) -> list[RunStreamEvent]:
        """Say that the bytes have ended. An event that is not complete is dropped."""
        if self._done:
            return []
        if self._malformed is not None:
            raise _malformed_event(*self._malformed)
        self._finish()
        return []

    def _events(self, frames: Frames) -> list[RunStreamEvent]:
        names, datas, _, _, _ = frames
        events: list[RunStreamEvent] = []
        for name, data in zip(
            repeat(names) if isinstance(names, str) else names, datas, strict=False
        ):
            try:
                event = read_event(name, data, self._loads)
            except MalformedResponse as error:
                index = len(events)
                self._malformed = name, self._offset_of(index, frames), str(error)
                break
            if event is None:
                self._done = True
                break
            events.append(event)
        return events


def _malformed_event(name: str, offset: int, why: str) -> MalformedEvent:
    called = "unnamed event" if name == UNNAMED else f"{name} event"
    return MalformedEvent(
        f"the {called} at byte {offset} of the stream is malformed: {why}",
        offset=offset,
        event=name,
    )
