"""What an object of the wire is in Python, whatever it says.

The models are built from these few pieces. Together they make what was received encode
back equal: a field that is absent stays distinct from one that is null, unknown fields
and variants are kept, and what has the wrong shape is still readable.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from enum import Enum
from functools import cache, partial
from typing import Any, ClassVar, SupportsIndex, TypeAlias, TypeVar

from attrs import define, fields, frozen

from runs_core._omit import Omit
from runs_core.wire._blank import Blank
from runs_core.wire._serializable import Serializable

__all__ = [
    "ABSENT",
    "SCALARS",
    "FieldNames",
    "Irregular",
    "Reads",
    "Tagged",
    "TextOf",
    "Unknown",
    "Value",
    "WireObject",
    "field_names",
    "note",
    "unstructure",
]

T = TypeVar("T")

# Those of an object's keys that are fields, and the others.
_Found: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]

# The classes of JSON's scalars, except null.
SCALARS = frozenset({str, int, float, bool})

# How many sets of keys are kept for a class, and how many characters one may have: it
# is the server that chooses them.
_MOST_FOUND = 64
_MAX_KEYS = 2048


class _Absent(Enum):
    ABSENT = "ABSENT"

    def __repr__(self) -> str:
        return "ABSENT"


# A key that is not there, where None would mean JSON's null.
ABSENT: Any = _Absent.ABSENT


@frozen
class Tagged:
    """Marks a union, in `Annotated`, whose members differ in the string under `key`.

    A member's tag is the `Literal` type of its field of that name. The `Unknown` member
    takes every other tag, what is not an object, and a known tag's object that lacks
    what that member requires.
    """

    key: str


@frozen
class Reads:
    """Marks a field, in `Annotated`, whose value is read by a function."""

    read: Callable[[Any], Any]


class WireObject(Serializable, metaclass=Blank):
    """An attrs class whose fields are named as on the wire.

    None in a field is a key that is absent, unless the object came with a null there.
    (Which of the two it is, if None was assigned later, is not defined.) `extra` holds
    the keys that the class has no field for. Equality compares fields and `extra`. An
    object built by keyword (`attrs.evolve` does that, too) leaves out what is None.
    """

    # Not fields: most objects never fill these slots, and an empty slot costs nothing.
    # `_sent` names the fields that are on the wire even if they are None.
    __slots__ = ("__weakref__", "_extra", "_sent")

    # Keys without which the object means nothing, besides fields without a default.
    _required: ClassVar[tuple[str, ...]] = ()
    # Keys that need not be there, but must be an object if they are.
    _objects: ClassVar[tuple[str, ...]] = ()

    _extra: dict[str, Any]
    _sent: tuple[str, ...]

    @property
    def extra(self) -> dict[str, Any]:
        """The keys that were received and that the class has no field for."""
        extra: dict[str, Any] = getattr(self, "_extra", None) or {}
        return extra

    def to_dict(self) -> dict[str, Any]:
        """Return what the object is on the wire; equal to what was received."""
        raw: dict[str, Any] = unstructure(self)
        return raw

    def _dump(self) -> dict[str, Any]:
        dumped: dict[str, Any] = _dumped(self)
        return dumped

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let pydantic's models and FastAPI's routes have fields of this class."""
        from runs_core.wire._pydantic import core_schema

        return core_schema(source)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Say in JSON schemas that this is an object, and no more."""
        return {"type": "object", "title": cls.__name__}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WireObject) or type(self) is not type(other):
            return NotImplemented
        return self.extra == other.extra and all(
            getattr(self, name) == getattr(other, name)
            for name in field_names(self.__class__)
        )

    def __repr__(self) -> str:
        shown = [
            f"{name}={value!r}"
            for name in field_names(self.__class__)
            if (value := getattr(self, name)) is not None
        ]
        if self.extra:
            shown.append(f"extra={self.extra!r}")
        return f"{self.__class__.__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Every slot that is filled. attrs' own state has the fields only.
        state: Any = object.__getstate__(self)
        return _rebuilt, (self.__class__, state[1])


def _rebuilt(cls: type[WireObject], state: dict[str, Any]) -> WireObject:
    made = cls.__new__(cls)
    for name, value in state.items():
        object.__setattr__(made, name, value)
    return made


def field_names(cls: type[Any]) -> tuple[str, ...]:
    """Return the names of the class's fields, in the order of its constructor."""
    names: tuple[str, ...] = _field_names(cls)
    return names


# Untyped: mypy takes a class to be unhashable if its instances may be.
_field_names: Any = cache(lambda cls: tuple(field.name for field in fields(cls)))


class Value(WireObject):
    """An object that users build and send (some are received, too). Frozen.

    A field that is not given is not sent; one that is given as None is sent as null.
    `attrs.evolve` passes every field, and so sends null for what was not there: to
    change one, change the dict from `to_dict`, and send that.
    """

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        sent = []
        for name in field_names(self.__class__):
            value = getattr(self, name)
            if value is None:
                sent.append(name)
            elif value is ABSENT:
                object.__setattr__(self, name, None)
        object.__setattr__(self, "_sent", tuple(sent))


class FieldNames:
    """The fields of a class, and which of an object's keys they are.

    The objects of a server have the same keys again and again: what was found is kept,
    if it takes little memory.
    """

    def __init__(self, cls: type[Any]) -> None:
        self.names = frozenset(field_names(cls))
        self.found: dict[tuple[str, ...], _Found] = {}

    def find(self, keys: tuple[str, ...]) -> _Found:
        """Return which of the keys are fields, and which are not."""
        names = self.names
        found = (
            tuple([key for key in keys if key in names]),
            tuple([key for key in keys if key not in names]),
        )
        if sum(map(len, keys)) <= _MAX_KEYS:
            if len(self.found) >= _MOST_FOUND:
                self.found.clear()
            self.found[keys] = found
        return found


def note(made: WireObject, raw: dict[str, Any], fields: FieldNames) -> None:
    """Record which fields a new object was sent with, and its keys without a field."""
    keys = tuple(raw)
    known, unknown = fields.found.get(keys) or fields.find(keys)
    object.__setattr__(made, "_sent", known)
    if unknown:
        object.__setattr__(made, "_extra", {key: raw[key] for key in unknown})


@define(eq=False, repr=False)
class Unknown(WireObject):
    """A member of a union that this library does not know: `raw` is what was received.

    Its keys are attributes as well, with plain values. Encodes as `raw`. `type` tells
    the members of the union apart.
    """

    raw: Any = ABSENT

    @property
    def type(self) -> str:
        """The variant's own name for itself; "" if it has none."""
        kind = self.get("type")
        return kind if isinstance(kind, str) else ""

    # For type checkers, too: `if block.type == "text": block.text` passes as it does
    # with a union of known members; an unknown one has that type only if it is broken.
    def __getattr__(self, name: str) -> Any:
        # Not what Python itself asks for, nor `raw` before it is there.
        if not name.startswith("_") and name != "raw":
            found = self.get(name, ABSENT)
            if found is not ABSENT:
                return found
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default`; `raw` may be anything."""
        return self.raw.get(key, default) if isinstance(self.raw, dict) else default


class Irregular(list[T]):
    """A list where none was sent: nothing, or (`single`) an element by itself.

    Encodes as what was sent, as long as it has as many elements.
    """

    __slots__ = ("single",)

    single: bool

    def __init__(self, items: Iterable[T] = (), *, single: bool = False) -> None:
        super().__init__(items)
        self.single = single

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return partial(Irregular, single=self.single), (list(self),)


class TextOf(str):
    """A text read from a number. Encodes as the number, `raw`."""

    __slots__ = ("raw",)

    raw: float

    def __new__(cls, raw: float) -> TextOf:
        made = super().__new__(cls, raw)
        made.raw = raw
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return TextOf, (self.raw,)


# --- Objects to values -------------------------------------------------------------


def unstructure(value: Any) -> Any:
    """Return what a value is on the wire, as new dicts and lists of plain values.

    What was received comes back equal. A key whose value is `omit` is left out. What
    JSON cannot express is left as it is.
    """
    # Most values are of JSON's own classes; `isinstance` takes long with abstract ones.
    kind = value.__class__
    if value is None or kind in SCALARS:
        return value
    if kind is list:
        return [unstructure(item) for item in value]
    if isinstance(value, _SCALARS):
        return value.raw if isinstance(value, TextOf) else value
    if isinstance(value, WireObject):
        return _as_raw(value)
    if kind is dict or isinstance(value, Mapping):
        return {
            key: unstructure(item)
            for key, item in value.items()
            if not isinstance(item, Omit)
        }
    if isinstance(value, _LISTS) and not isinstance(value, _NOT_LISTS):
        items = [unstructure(item) for item in value]
        alone = isinstance(value, Irregular) and value.single and len(items) == 1
        return items[0] if alone else items
    return value


_SCALARS = (str, int, float)
# Not every iterable: a set has no order, and foreign models iterate over pairs.
_LISTS = (Sequence, Iterator, KeysView, ValuesView)
_NOT_LISTS = (bytes, bytearray, memoryview)


def _as_raw(value: WireObject) -> Any:
    if isinstance(value, Unknown):
        return unstructure(value.raw)
    raw = {}
    for name in field_names(value.__class__):
        item = getattr(value, name)
        # Most are scalars, and `isinstance` takes twice as long with `Unknown`.
        if item.__class__ in SCALARS:
            raw[name] = item
        elif item is not None and not _is_absent(item):
            raw[name] = unstructure(item)
    for name in getattr(value, "_sent", ()):
        raw.setdefault(name, None)
    return _with_extra(raw, value)


def _with_extra(raw: dict[str, Any], value: WireObject) -> dict[str, Any]:
    # Most objects have none.
    return raw | unstructure(extra) if (extra := value.extra) else raw


def _is_absent(item: Any) -> bool:
    if isinstance(item, Irregular):
        return not item
    return isinstance(item, Unknown) and item.raw is ABSENT


def _dumped(value: Any) -> Any:
    # As in `unstructure`.
    kind = value.__class__
    if value is None or kind in SCALARS:
        return value
    if isinstance(value, WireObject) and not isinstance(value, Unknown):
        names = field_names(kind)
        dumped = {name: _dumped(getattr(value, name)) for name in names}
        return _with_extra(dumped, value)
    if isinstance(value, Unknown) and value.raw is ABSENT:
        return None
    if isinstance(value, list):
        return [_dumped(item) for item in value]
    return str(value) if isinstance(value, TextOf) else unstructure(value)
