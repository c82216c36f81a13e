"""A run's stream: from bytes, however they are split, to typed events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runs_core.errors import MalformedEvent, MalformedResponse
from runs_core.stream._read import DELTAS, UNNAMED, event_reader, read_event
from runs_core.stream._template import (
    NO_TEMPLATE,
    Template,
    Templates,
    make_parse_string,
)
from runs_core.stream.events import RunStreamEvent
from runs_core.wire._sse_frames import (
    SHORT_BYTES,
    UNFINISHED,
    Found,
    Framer,
    Shape,
    head_of,
)
from runs_core.wire.codec import loads as _loads
from runs_core.wire.codec import make_loads
from runs_core.wire.sse import MAX_EVENT_BYTES, ServerSentEvent

__all__ = ["RunEventDecoder"]


class RunEventDecoder(Framer):
    """A decoder of one run's stream: the same events, however its bytes are split.

    A fault never swallows events: `feed` returns those before it, and every later
    `feed` and `close` raises. `error` events are events; an end marker (`[DONE]`) is
    none, but sets `done`, and everything after it is ignored. What a known event must
    have is decided by its name: the `object` field of its data need not agree.

    `loads` parses JSON, instead of `runs_core.wire.codec.loads`; if it raises, the
    standard library tries again.
    """

    __slots__ = (
        "_done",
        "_fused",
        "_fused_lane",
        "_fused_of",
        "_loads",
        "_malformed",
        "_parse_string",
        "_templates",
    )

    def __init__(
        self,
        max_event_bytes: int | None = MAX_EVENT_BYTES,
        *,
        loads: Callable[[bytes | str], Any] | None = None,
    ) -> None:
        super().__init__(max_event_bytes, "discard")
        self._loads = _loads if loads is None else make_loads(loads)
        self._parse_string = make_parse_string()
        self._templates = Templates(self._loads, loads is None)
        # For a chunk that is exactly one event of the first template: what is before
        # and after the string, and the template. Then what this was made from.
        self._fused: tuple[bytes, bytes, Template] | None = None
        self._fused_of = NO_TEMPLATE
        self._fused_lane: Shape = self._shape
        self._done = False
        self._malformed: tuple[str, int, str] | None = None

    @property
    def done(self) -> bool:
        """Whether the server has sent an end marker."""
        return self._done

    def feed(self, data: bytes | bytearray | memoryview) -> list[RunStreamEvent]:
        """Return the events that these bytes complete.

        Raises `MalformedEvent` or `EventTooLarge` for a fault in the bytes before
        these, and `UsageError` after `close`.
        """
        if type(data) is bytes:
            lane = self._lane
            if lane is not None and self._fused is not None:
                prefix, suffix, template = self._fused
                body = data.removeprefix(prefix)
                value = body.removesuffix(suffix)
                if (
                    value is not body is not data
                    # Around a JSON string, line ends would be white space.
                    and not (10 in value or 13 in value)
                    and len(data) <= self._whole
                ):
                    try:
                        text = self._parse_string(value)
                    except Exception:  # whatever a parser raises
                        pass
                    else:
                        self._base += len(data)
                        self._templates.hits += 1
                        # By hand, as `Template.make` does it.
                        event = template.blank()
                        event._text = text
                        event._build = template.build
                        return [event]
            n = len(data)
            if 0 < n <= self._free:
                pieces = self._pieces
                if not (10 in data or 13 in data):
                    pieces.append(data)
                    self._free -= n
                    self._lane = None
                    return []
                if n <= SHORT_BYTES or data[-1] == 10:
                    found = self._one_event(data)
                    if found is UNFINISHED:
                        return []
                    if found is not None:
                        return self._one(found, pieces, data)
            if n and self._fused is not None and not self._special:
                events = self._alike(data, *self._fused)
                if events:
                    return events
        if self._done:
            return []
        if self._malformed is not None:
            raise _malformed_event(*self._malformed)
        return self._events(self._any(data))

    def close(self) -> list[RunStreamEvent]:
        """Say that the bytes have ended; an event that is not complete is dropped."""
        if self._done:
            return []
        if self._malformed is not None:
            raise _malformed_event(*self._malformed)
        self._finish()
        return []

    def _one(
        self, found: bytes, pieces: list[bytes], data: bytes
    ) -> list[RunStreamEvent]:
        """Read the data of an event that came alone, at the end of these pieces."""
        name = self._shape[2]
        templates = self._templates
        template = templates.first
        if name == template.name:
            body = found.removeprefix(template.prefix)
            value = body.removesuffix(template.suffix)
            if value is not body is not found:
                try:
                    text = self._parse_string(value)
                except Exception:  # whatever a parser raises
                    pass
                else:
                    templates.hits += 1
                    self._fuse(template)
                    return [template.make(text)]
        event: RunStreamEvent | None
        try:
            if name in DELTAS:
                event = self._delta(name, found, template)
                self._fuse(templates.first)
            else:
                event = read_event(name, found, self._loads)
        except MalformedResponse as error:
            seen = [ServerSentEvent(name, found)]
            self._fail_at(0, (seen, (*pieces[:-1], data)), error)
            return []
        if event is None:
            self._done = True
            self._stop()
            return []
        return [event]

    def _alike(
        self, data: bytes, prefix: bytes, suffix: bytes, template: Template
    ) -> list[RunStreamEvent]:
        """Return the events of a chunk that begins with some of one template.

        Return none, and change nothing, if the first is not of that template.
        """
        events: list[RunStreamEvent] = []
        pieces = self._pieces
        text = b"".join([*pieces, data]) if pieces else data
        if not text.startswith(prefix) or len(text) > self._limit:
            return events
        parse, blank, build = self._parse_string, template.blank, template.build
        # From the right, which finds a short end sooner.
        parts = text.rsplit(suffix)
        parts.pop()
        n = 0
        try:
            for part in parts:
                value = part.removeprefix(prefix)
                if value is part or 10 in value or 13 in value:
                    break
                string = parse(value)
                event = blank()
                event._text = string
                event._build = build
                events.append(event)
                n += len(part)
        except Exception:  # whatever a parser raises
            pass
        if not events:
            return events
        self._templates.hits += len(events)
        n += len(events) * len(suffix)
        self._base += n
        self._shape = self._fused_lane
        self._pieces = []
        self._free = self._room
        rest = text[n:]
        self._lane = None if rest else self._shape
        body = rest.removeprefix(head_of(self._shape))
        if 10 in body or 13 in body:
            events += self._events(self._found(rest))
        elif rest:
            self._pieces.append(rest)
            self._free -= len(rest)
        return events

    def _fuse(self, template: Template) -> None:
        """Expect chunks that are one event of the last shape and this template."""
        shape = self._shape
        if template is not self._fused_of or shape is not self._fused_lane:
            self._fused_of = template
            self._fused_lane = shape
            self._fused = None
            if template.name == shape[2]:
                prefix, suffix = head_of(shape) + template.prefix, template.suffix
                self._fused = prefix, suffix + shape[1], template

    def _events(self, found: Found) -> list[RunStreamEvent]:
        """Read what was found in a chunk, up to a fault or an end marker."""
        events: list[RunStreamEvent] = []
        if not found[0]:
            return events
        event: RunStreamEvent | None
        parse = self._parse_string
        templates = self._templates
        template = templates.first
        expected, make = template.name, template.make
        prefix, suffix = template.prefix, template.suffix
        hits = 0
        try:
            for seen in found[0]:
                name, data = seen.event, seen.data
                if name == expected:
                    body = data.removeprefix(prefix)
                    value = body.removesuffix(suffix)
                    if value is not body is not data:
                        try:
                            text = parse(value)
                        except Exception:  # whatever a parser raises
                            pass
                        else:
                            hits += 1
                            events.append(make(text))
                            continue
                if name in DELTAS:
                    templates.hits += hits
                    hits = 0
                    event = self._delta(name, data, template)
                    if templates.first is not template:
                        template = templates.first
                        expected, make = template.name, template.make
                        prefix, suffix = template.prefix, template.suffix
                else:
                    event = read_event(name, data, self._loads)
                if event is None:
                    self._done = True
                    self._stop()
                    break
                events.append(event)
        except MalformedResponse as error:
            self._fail_at(len(events), found, error)
        else:
            self._fuse(template)
        templates.hits += hits
        return events

    def _fail_at(self, index: int, found: Found, error: MalformedResponse) -> None:
        """Keep the fault of one of the found events, for every later call to raise."""
        name = found[0][index].event
        self._malformed = name, self._offsets_of(found)[index], str(error)
        self._stop()

    def _delta(self, name: str, data: bytes, tried: Template) -> RunStreamEvent:
        """Read a delta that does not fit the template that was tried."""
        templates = self._templates
        parse = templates.parsers.get(name)
        # Not worth looking for if there is a parser and templates do not pay.
        pays = parse is None or templates.misses >= templates.wait
        if pays and (templates.others or templates.first is not tried):
            template = templates.find(name, data)
            if template is not None:
                value = data[len(template.prefix) : len(data) - len(template.suffix)]
                try:
                    text = self._parse_string(value)
                except Exception:  # whatever a parser raises
                    pass
                else:
                    templates.hits += 1
                    return template.make(text)
        templates.misses += 1
        due = templates.misses > templates.wait and not templates.have_just_paid()
        event: RunStreamEvent | None
        if parse is not None:
            try:
                event = parse(data)
            except Exception:  # whatever a parser raises
                templates.refuse(name)
            else:
                if due:
                    templates.learn(name, data)
                return event
        raw = self._loads(data)
        quick = templates.quick.get(name)
        event = None if quick is None else quick(raw)
        if event is None:
            reader = event_reader(name)
            assert reader is not None
            event = reader(raw)
            if due:
                templates.expect(name, event)
        if due:
            templates.learn(name, data)
        return event


def _malformed_event(name: str, offset: int, why: str) -> MalformedEvent:
    called = "unnamed event" if name == UNNAMED else f"{name} event"
    return MalformedEvent(
        f"the {called} at byte {offset} of the stream is malformed: {why}",
        offset=offset,
        event=name,
    )
