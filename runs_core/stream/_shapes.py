"""The shape of an event, and functions that make events of the same shape.

These functions are generated once for a shape, as `runs_core.wire._structure` does for
a class. One makes data from a text, with all else as in the event that was seen. The
others make an event from decoded JSON, or from its bytes, if that has the keys that
were seen, and no others: only a fraction of what the general reader looks at is then
left to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

from attrs import fields_dict

from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterLogs,
    FunctionDelta,
    RefusalDeltaBlock,
    TextDelta,
)
from runs_core.stream.events import RunStreamEvent
from runs_core.wire._blank import blank_of
from runs_core.wire.codec import SCALARS, WireObject

__all__ = [
    "TEXTS",
    "Build",
    "Builds",
    "Parse",
    "Quick",
    "builds_of",
    "parser_of",
    "quick_reader_of",
]

# Makes the data of an event from a text.
Build: TypeAlias = Callable[[str], Any]
# Makes such a function for an id.
Builds: TypeAlias = Callable[[str], Build]
Quick: TypeAlias = Callable[[Any], RunStreamEvent | None]
Parse: TypeAlias = Callable[[bytes], RunStreamEvent]

# The texts of deltas. Nothing depends on what they say. `_accumulate._PARTS` names
# them, too, so that none is absent in what is shown; `MessageParts.extend` and
# `StepParts.extend` name those that come most.
TEXTS: dict[type, str] = {
    TextDelta: "value",
    RefusalDeltaBlock: "refusal",
    FunctionDelta: "arguments",
    CodeInterpreterDelta: "input",
    CodeInterpreterLogs: "logs",
}

# An object without its values: its class, and each slot with the shape of what is in
# it. A list has one element; its shape is `list` and the shape of the element.
_Shape: TypeAlias = "tuple[Any, ...] | str"
_TEXT, _NONE, _VALUE, _DICT, _EMPTY = "text", "None", "value", "dict", "[]"
_LEAVES = SCALARS | {tuple}


class _NoShape(Exception):
    """The event has something that these functions cannot make."""


def builds_of(event: Any, mark: str) -> Builds | None:
    """Return a function of an id that returns what makes such data from a text.

    The text takes the place of the mark, which is in the event once. None if the mark
    is not the whole of one of `TEXTS`.
    """
    values: list[Any] = []
    try:
        factory = _builder(_shape_of(event.data, values, mark))
    except _NoShape:
        return None
    if factory is None:
        return None
    id, *others = values
    assert id is event.data.id, "the first field of a delta is its id"
    return lambda id: factory(id, *others)


def quick_reader_of(event: Any) -> Quick | None:
    """Return what makes an event from JSON with the same keys, and None from other."""
    try:
        return _quick_reader(event.__class__, _shape_of(event.data, [], ""))
    except _NoShape:
        return None


def _shape_of(value: Any, values: list[Any], mark: str) -> _Shape:
    """Return an object's shape, and append its values to `values`."""
    cls = value.__class__
    text = TEXTS.get(cls)
    shape = [cls]
    # Every slot that is filled, including those that are not fields.
    for slot, item in object.__getstate__(value)[1].items():  # type: ignore[index]
        shape.append(slot)
        if mark and slot == text and item == mark:
            shape.append(_TEXT)
        else:
            shape.append(_shape_of_item(item, values, mark))
    return tuple(shape)


def _shape_of_item(item: Any, values: list[Any], mark: str) -> _Shape:
    if item is None:
        return _NONE
    cls = item.__class__
    if cls in _LEAVES:
        values.append(item)
        return _VALUE
    if isinstance(item, WireObject):
        return _shape_of(item, values, mark)
    if cls is list and not item:
        return _EMPTY
    if cls is list and len(item) == 1:
        return list, _shape_of_item(item[0], values, mark)
    if cls is dict and all(v is None or v.__class__ in _LEAVES for v in item.values()):
        values.append(item)
        return _DICT
    raise _NoShape


def _event_of(writer: _Writer, cls: type, made: str) -> list[str]:
    """Return the lines that return an event with this data."""
    writer.scope["new_event"] = blank_of(cls)
    return [
        "    event = new_event()",
        f"    event._data = {made}",
        "    event._build = None",
        "    return event",
    ]


class _Writer:
    """The lines that make an object of a shape; `item` says what is in its slots."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {}
        self.values = 0
        self.has_text = False

    def object(self, shape: Any) -> str:
        """Write what makes an object of this shape; return its name."""
        made = f"o{len(self.scope)}"
        self.scope[f"new_{made}"] = blank_of(shape[0])
        lines = [f"    {made} = new_{made}()"]
        for slot, item in zip(shape[1::2], shape[2::2], strict=True):
            lines.append(f"    {made}.{slot} = {self.item(item)}")
        self.lines += lines
        return made

    def item(self, shape: Any) -> str:
        if shape is _TEXT:
            self.has_text = True
        if shape is _VALUE or shape is _DICT:
            self.values += 1
            return f"v{self.values - 1}" + (".copy()" if shape is _DICT else "")
        if isinstance(shape, str):
            return shape
        if shape[0] is list:
            return f"[{self.item(shape[1])}]"
        return self.object(shape)

    def function(self, name: str, *lines: str) -> Any:
        code = compile("\n".join(lines), "<runs_core makes deltas>", "exec")
        exec(code, self.scope)
        return self.scope[name]


# There are few different shapes: no list in them has more than one element.
@lru_cache(maxsize=64)
def _builder(shape: _Shape) -> Callable[..., Build] | None:
    """Return what makes the function from the values; None if there is no text."""
    writer = _Writer()
    made = writer.object(shape)
    if not writer.has_text:
        return None
    names = ", ".join(f"v{at}" for at in range(writer.values))
    factory: Callable[..., Build] = writer.function(
        "factory",
        f"def factory({names}):",
        "  def build(text):",
        *writer.lines,
        f"    return {made}",
        "  return build",
    )
    return factory


# --- Of JSON -----------------------------------------------------------------------

# Fields of deltas that take whatever they are given, except null.
_SCALARS = frozenset({"id", "index", "name", "object", "output", "role"})


# Values are looked at in the order in which `_Writer` puts them in.
class _Looks:
    """The lines that take from JSON what goes into an object of a shape."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values = 0
        self._objects = 0

    def object(self, shape: Any, source: str) -> None:
        """Write what looks at an object, the value of the expression `source`."""
        if not isinstance(shape, tuple) or shape[0] is list:
            raise _NoShape
        cls = shape[0]
        raw = f"r{self._objects}"
        self._objects += 1
        items = [i for i in zip(shape[1::2], shape[2::2], strict=True) if i[1] != _NONE]
        self.lines.append(f"        {raw} = {source}")
        # If all the keys below are there, there is then no other.
        self._refuse_if(f"len({raw}) != {len(items)}")
        if not items:
            # No key is looked for that would show what it is: an empty text is as long.
            self._refuse_if(f"{raw}.__class__ is not dict")
        for slot, item in items:
            found = f"{raw}[{slot!r}]"
            if item == _VALUE:
                self._value(cls, slot, found)
            elif item == _EMPTY:
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
            raise _NoShape

    def _refuse_if(self, test: str) -> None:
        self.lines.append(f"        if {test}: return None")


@lru_cache(maxsize=64)
def _quick_reader(cls: type, shape: Any) -> Quick:
    """Return the function for an event of this shape, which has only its data."""
    looks = _Looks()
    looks.object(shape, "raw")
    writer = _Writer()
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


# --- Of bytes ----------------------------------------------------------------------


def parser_of(event: Any) -> Parse | None:
    """Return what makes an event from the bytes of JSON with the same keys.

    It raises for all other bytes, and for many that would be fine. None if there is no
    such function for something in the event, or msgspec is not installed.
    """
    try:
        return _parser(event.__class__, _shape_of(event.data, [], ""))
    except (_NoShape, ImportError):
        return None


class _Structs:
    """The msgspec classes for JSON with the keys of a shape, and no others.

    `paths` lead, from the outermost object, to what goes into an object of the shape,
    in the order in which `_Writer` puts it in.
    """

    def __init__(self) -> None:
        import msgspec

        self._msgspec = msgspec
        self.paths: list[str] = []

    def struct(self, shape: Any, path: str) -> Any:
        """Return the class for the object at this path."""
        if not isinstance(shape, tuple) or shape[0] is list:
            raise _NoShape
        fields = [
            (slot, self._type(shape[0], slot, item, f"{path}.{slot}"))
            for slot, item in zip(shape[1::2], shape[2::2], strict=True)
            if item != _NONE
        ]
        return self._msgspec.defstruct(
            "Delta", fields, forbid_unknown_fields=True, gc=False
        )

    def _type(self, cls: Any, slot: str, item: Any, path: str) -> Any:
        if item == _EMPTY:
            return self._list(object, 0)
        if item == _VALUE:
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
        raise _NoShape

    def _list(self, of: Any, length: int) -> Any:
        meta = self._msgspec.Meta(min_length=length, max_length=length)
        return Annotated[list[of], meta]


@lru_cache(maxsize=64)
def _parser(cls: type, shape: Any) -> Parse:
    structs = _Structs()
    outermost = structs.struct(shape, "raw")
    from msgspec.json import Decoder

    writer = _Writer()
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
