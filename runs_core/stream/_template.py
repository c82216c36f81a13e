"""Reading deltas that differ in one text only, without parsing the rest of them again.

Consecutive deltas of a message or a call are the same JSON except for one string. A
template is what stands before and after that string, and what makes an event from it. A
document that begins and ends with these bytes, with exactly one JSON string between
them, has the tokens of the document that the template was learned from, except for that
string: its event is the one that a full parse returns.

A template is learned from one document, by putting a mark in the string's place and
parsing that: the mark must come out as the whole of a text that nothing depends on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, TypeAlias

from attrs import define, field, frozen

from runs_core.errors import MalformedResponse
from runs_core.stream._read import Loads, event_reader
from runs_core.stream._shape_readers import Parse, Quick, parser_of, quick_reader_of
from runs_core.stream._shapes import TEXTS, Build, Builds, builds_of
from runs_core.stream.events import EVENT_CLASSES, RunStreamEvent
from runs_core.wire._blank import blank_of
from runs_core.wire.codec import loads as _loads

__all__ = [
    "NO_TEMPLATE",
    "Template",
    "Templates",
    "learn",
    "make_parse_string",
    "parse_string",
]

ParseString: TypeAlias = Callable[[bytes], str]

# Such a text, as nearly every server writes it. If the pattern finds something else,
# the mark comes out elsewhere.
_TEXT = re.compile(
    rb'"(?:%s)"[ \t]*:[ \t]*("(?:[^"\\]|\\.)*+")' % "|".join(TEXTS.values()).encode()
)
# The data's id, as most servers write it; if it finds another id, the mark shows that.
_ID = re.compile(rb'"id"[ \t]*:[ \t]*"([ !#-\[\]-~]{1,128})"')
_MARK_ID = b"runs-core puts an id here"
_MARK: str = "runs-core puts a text here"
_MARK_JSON = b'"' + _MARK.encode() + b'"'
# Deltas are some 200 bytes long. A longer one costs more to parse for nothing.
_MAX_BYTES = 4096
# What other streams may reuse is shorter: it is kept, and a server has written it.
_MAX_SHARED = 512
# As many as messages or calls that may be written at the same time.
_MOST = 4
# Learning takes the time that this many hits save.
_PAYS = 8
# Enough to tell which key is the first, and how it is spaced.
_BEGINNING = 8
# If learning never pays, one miss in 2 to this power is learned from.
_MAX_DOUBLINGS = 8


@frozen
class Template:
    """What the deltas of one text look like: `prefix`, its string, `suffix`."""

    name: str
    prefix: bytes
    suffix: bytes
    blank: Callable[[], Any]
    """Makes an event with nothing in it."""
    build: Build
    """Makes its data."""

    def make(self, text: str) -> RunStreamEvent:
        """Return the event with this text."""
        event = self.blank()
        event._text = text
        event._build = self.build
        return event  # type: ignore[no-any-return]


# No event has this name.
NO_TEMPLATE = Template("", b"", b"", object, str)


@define
class Templates:
    """The templates of one stream, the one used last first.

    Misses are learned from, except the first of a stream or after templates have paid:
    a first delta is often unlike those that follow it. If what was learned does not
    pay, fewer and fewer misses are learned from, down to one in 256, and the older
    templates are given up.
    """

    _loads: Loads
    uses_parsers: bool = False
    """Whether JSON may be read by something other than `loads`."""
    quick: dict[str, Quick] = field(factory=dict)
    """What reads JSON of the shape that was learned from last, by event name."""
    parsers: dict[str, Parse] = field(factory=dict)
    """What reads bytes of that shape, if that is to be tried."""
    refusals: int = 0
    """How often a parser has refused what came since one was learned."""
    first: Template = NO_TEMPLATE
    hits: int = 0
    """How often a template was used since one was learned."""
    others: tuple[Template, ...] = ()
    misses: int = 0
    wait: int = 1
    """How many misses are not learned from, before the next one that is."""
    _unpaid: int = 0
    _beginning: bytes = b""

    def have_just_paid(self) -> bool:
        """Return whether the last miss is the first one after many hits."""
        return self.misses == 1 and self.hits >= _PAYS

    def find(self, name: str, data: bytes) -> Template | None:
        """Return the template that fits around its string; it is then the first."""
        for template in (self.first, *self.others):
            if (
                template.name == name
                and data.startswith(template.prefix)
                and data.endswith(template.suffix)
            ):
                if template is not self.first:
                    known = (self.first, *self.others)
                    self.others = tuple(t for t in known if t is not template)
                    self.first = template
                return template
        return None

    def expect(self, name: str, event: RunStreamEvent) -> None:
        """Expect that the next events of this name look like this one.

        Does nothing if templates pay: no other way is needed then.
        """
        quick = quick_reader_of(event) if self._unpaid and not self.hits else None
        if quick is None:
            return
        self.quick[name] = quick
        parse = parser_of(event) if self.uses_parsers else None
        if parse is not None:
            self.parsers[name] = parse
            self.refusals = 0

    def refuse(self, name: str) -> None:
        """Note that a parser was tried in vain, and give it up if that is too often."""
        self.refusals += 1
        if self.refusals >= _PAYS:
            del self.parsers[name]

    def learn(self, name: str, data: bytes) -> None:
        """Learn from the data of an event that no template fits."""
        self._unpaid = 0 if self.hits >= _PAYS * self.misses else self._unpaid + 1
        # As many as may be written at the same time must be learned before any pays.
        doublings = max(0, self._unpaid - _MOST)
        self.wait = 2 ** min(doublings, _MAX_DOUBLINGS) - 1
        beginning = data[:_BEGINNING]
        alike = beginning == self._beginning
        self._beginning = beginning
        # If they do not even begin alike, there is nothing to be learned.
        template = learn(name, data, self._loads) if alike or not doublings else None
        if template is not None:
            # If learning does not pay, one template is enough to try.
            known = (self.first, *self.others) if doublings <= _MOST else ()
            self.others = known[: _MOST - 1]
            self.first = template
        self.hits = self.misses = 0


def learn(name: str, data: bytes, loads: Loads) -> Template | None:
    """Return the template of an event's data, or None if it has none."""
    if len(data) > _MAX_BYTES or 10 in data or 13 in data:
        return None
    texts = list(_TEXT.finditer(data))
    if not texts:
        return None
    found = texts[-1]
    prefix, suffix = data[: found.start(1)], data[found.end(1) :]
    # The marks for text and id may not be there already, escaped or not.
    others = prefix + suffix
    if b"\\" in others or _MARK_JSON[1:-1] in others or _MARK_ID in others:
        return None
    build: Build | None = None
    id = _ID.search(prefix) if loads is _loads and len(data) <= _MAX_SHARED else None
    if id is not None:
        around = prefix[: id.start(1)], prefix[id.end(1) :], suffix
        builds = _builds_around(name, *around)
        build = None if builds is None else builds(id[1].decode())
    if build is None:
        event = _read_marked(name, prefix, suffix, loads)
        if event is None or (builds := builds_of(event, _MARK)) is None:
            return None
        build = builds(event.data.id)
    return Template(name, prefix, suffix, blank_of(EVENT_CLASSES[name]), build)


@lru_cache(maxsize=64)
def _builds_around(
    name: str, before: bytes, between: bytes, suffix: bytes
) -> Builds | None:
    """Return what `builds_of` returns, if the data's id is between the first two.

    One stream's deltas are like those of another, except for their ids.
    """
    event = _read_marked(name, before + _MARK_ID + between, suffix, _loads)
    if event is None or event.data.id != _MARK_ID.decode():
        return None
    return builds_of(event, _MARK)


def _read_marked(name: str, prefix: bytes, suffix: bytes, loads: Loads) -> Any:
    """Return the event with the mark as its text; None if it is not an event."""
    reader = event_reader(name)
    try:
        raw = loads(prefix + _MARK_JSON + suffix)
        return None if reader is None else reader(raw)
    except MalformedResponse:
        return None


# --- One JSON string ---------------------------------------------------------------


def parse_string(data: bytes) -> str:
    """Return the string that is the whole of a JSON text, or raise ValueError.

    UTF-8 must be valid, and the string must hold no control character. White space
    around it, including CR and LF, may be refused or not.
    """
    text = data.decode()
    if text[:1] == '"':
        string, end = scanstring(text, 1)
        if end == len(text):
            found: str = string
            return found
    raise ValueError


@cache
def make_parse_string() -> ParseString:
    """Return the fastest equivalent of `parse_string`: msgspec's, if installed."""
    try:
        from msgspec.json import Decoder
    except ImportError:
        return parse_string
    return Decoder(str).decode
