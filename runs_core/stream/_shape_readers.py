"""Functions that read deltas of a shape that was seen: from JSON, or from its bytes.

They are generated once for a shape, and read only what has the keys that were seen, and
no others: that is a fraction of what the general reader looks at. For the delta in
`_shapes`, the one for decoded JSON begins like this; it ends as the one there, and with
an event around the data:

    def read(raw):
        try:
            r0 = raw
            if len(r0) != 3: return None
            v0 = r0['id']
            if v0 is None: return None
            r1 = r0['delta']
            if len(r1) != 1: return None
            a = r1['content']
            if a.__class__ is not list or len(a) != 1: return None
            r2 = a[0]
            ...
        except (KeyError, TypeError):
            return None
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

from attrs import fields_dict

from runs_core.stream._shapes import (
    EMPTY,
    NONE,
    TEXTS,
    VALUE,
    NoShape,
    Writer,
    shape_of,
)
from runs_core.stream.events import RunStreamEvent
from runs_core.wire._blank import blank_of

__all__ = ["Parse", "Quick", "parser_of", "quick_reader_of"]

Quick: TypeAlias = Callable[[Any], RunStreamEvent | None]
Parse: TypeAlias = Callable[[bytes], RunStreamEvent]

# Fields of deltas that take whatever they are given, except null.
_SCALARS = frozenset({"id", "index", "name", "object", "output", "role"})


def _event_of(writer: Writer, cls: type, made: str) -> list[str]:
    """Return the lines that return an event with this data."""
    writer.scope["new_event"] = blank_of(cls)
    return [
        "    event = new_event()",
        f"    event._data = {made}",
        "    event._build = None",
        "    return event",
    ]


# --- From decoded JSON -------------------------------------------------------------


def quick_reader_of(event: Any) -> Quick | None:
    """Return what makes an event from JSON with the same keys, and None from other."""
    try:
        return _quick_reader(event.__class__, shape_of(event.data, [], ""))
    except NoShape:
        return None


# Values are looked at in the order in which `Writer` puts them in.
class _Looks:
    """The lines that take from JSON what goes into an object of a shape."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values = 0
        self._objects = 0

    def object(self, shape: Any, source: str) -> None:
        """Write what looks at an object, the value of the expression `source`."""
        if not isinstance(shape, tuple) or shape[0] is list:
            raise NoShape
        cls = shape[0]
        raw = f"r{self._objects}"
        self._objects += 1
        items = [i for i in zip(shape[1::2], shape[2::2], strict=True) if i[1] != NONE]
        self.lines.append(f"        {raw} = {source}")
        # If all the keys below are there, there is then no other.
        self._refuse_if(f"len({raw}) != {len(items)}")
        if not items:
            # No key is looked for that would show what it is: an empty text is as long.
            self._refuse_if(f"{raw}.__class__ is not dict")
        for slot, item in items:
            found = f"{raw}[{slot!r}]"
            if item == VALUE:
                self._value(cls, slot, found)
            elif item == EMPTY:
                self._refuse_if(f"{found} != []")
            elif item[0] is list:
                self.lines.append(f"        a = {found}")
                self._refuse_if("a.__class__ is not list or len(a) != 1")
                self.object(item[1], "a[0]")
            else:
                self.object(item, found)

    def _value(self, cls: Any, slot: str, found: str) -> None:
        value = f"v{self.values}"
        self.values += 1
        self.lines.append(f"        {value} = {found}")
        if slot == "type":
            self._refuse_if(f"{value} != {fields_dict(cls)[slot].default!r}")
        elif slot in _SCALARS or slot == TEXTS.get(cls):
            self._refuse_if(f"{value} is None")
        else:
            raise NoShape

    def _refuse_if(self, test: str) -> None:
        self.lines.append(f"        if {test}: return None")


@lru_cache(maxsize=64)
def _quick_reader(cls: type, shape: Any) -> Quick:
    """Return the function for an event of this shape, which has only its data."""
    looks = _Looks()
    looks.object(shape, "raw")
    writer = Writer()
    made = writer.object(shape)
    quick: Quick = writer.function(
        "read",
        "def read(raw):",
        "    try:",
        *looks.lines,
        "        id = r0['id']",
        # It is not an object, or lacks a key.
        "    except (KeyError, TypeError):",
        "        return None",
        "    if id.__class__ is not str or not id: return None",
        *writer.lines,
        *_event_of(writer, cls, made),
    )
    return quick


# --- From bytes --------------------------------------------------------------------


def parser_of(event: Any) -> Parse | None:
    """Return what makes an event from the bytes of JSON with the same keys.

    It raises for all other bytes, and for many that would be fine. None if there is no
    such function for something in the event, or msgspec is not installed.
    """
    try:
        return _parser(event.__class__, shape_of(event.data, [], ""))
    except (NoShape, ImportError):
        return None


class _Structs:
    """The msgspec classes for JSON with the keys of a shape, and no others.

    `paths` lead, from the outermost object, to what goes into an object of the shape,
    in the order in which `Writer` puts it in.
    """

    def __init__(self) -> None:
        import msgspec

        self._msgspec = msgspec
        self.paths: list[str] = []

    def struct(self, shape: Any, path: str) -> Any:
        """Return the class for the object at this path."""
        if not isinstance(shape, tuple) or shape[0] is list:
            raise NoShape
        fields = [
            (slot, self._type(shape[0], slot, item, f"{path}.{slot}"))
            for slot, item in zip(shape[1::2], shape[2::2], strict=True)
            if item != NONE
        ]
        return self._msgspec.defstruct(
            "Delta", fields, forbid_unknown_fields=True, gc=False
        )

    def _type(self, cls: Any, slot: str, item: Any, path: str) -> Any:
        if item == EMPTY:
            return self._list(object, 0)
        if item == VALUE:
            self.paths.append(path)
            return self._value(cls, slot)
        if item[0] is list:
            return self._list(self.struct(item[1], f"{path}[0]"), 1)
        return self.struct(item, path)

    def _value(self, cls: Any, slot: str) -> Any:
        if slot == "type":
            return Literal[fields_dict(cls)[slot].default]
        if slot == "index":
            return int
        if slot == "id":
            return Annotated[str, self._msgspec.Meta(min_length=1)]
        if slot in _SCALARS or slot == TEXTS.get(cls):
            return str
        raise NoShape

    def _list(self, of: Any, length: int) -> Any:
        meta = self._msgspec.Meta(min_length=length, max_length=length)
        return Annotated[list[of], meta]


@lru_cache(maxsize=64)
def _parser(cls: type, shape: Any) -> Parse:
    structs = _Structs()
    outermost = structs.struct(shape, "raw")
    from msgspec.json import Decoder

    writer = Writer()
    made = writer.object(shape)
    writer.scope["decode"] = Decoder(outermost).decode
    lines = [f"    v{at} = {path}" for at, path in enumerate(structs.paths)]
    parse: Parse = writer.function(
        "parse",
        "def parse(data):",
        "    raw = decode(data)",
        *lines,
        *writer.lines,
        *_event_of(writer, cls, made),
    )
    return parse
