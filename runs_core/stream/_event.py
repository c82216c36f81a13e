"""What the events of a run's stream have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from attrs import define

from runs_core.wire._blank import Blank
from runs_core.wire._serializable import Serializable
from runs_core.wire.codec import WireObject, structure_hook, unstructure

__all__ = [
    "DeltaEvent",
    "Event",
    "KnownEvent",
    "WholeEvent",
    "model_of",
    "model_reader",
]

DataT = TypeVar("DataT")


class Event(Serializable, metaclass=Blank):
    """An event of a run's stream, with a known name or not."""

    # Not a field: it is set on few events, and an empty slot costs the others nothing.
    __slots__ = ("_synthetic",)

    _synthetic: bool

    @property
    def synthetic(self) -> bool:
        """Whether the client made the event, from what it asked the server for.

        False for everything that came in the stream. Not part of equality.
        """
        try:
            return self._synthetic
        except AttributeError:
            return False

    @synthetic.setter
    def synthetic(self, value: bool) -> None:
        self._synthetic = value

    def to_dict(self) -> dict[str, Any]:
        """Return the event's name, and its data as received."""
        this: Any = self  # The classes below have `event` and `data`.
        return {"event": this.event, "data": unstructure(this.data)}

    def _dump(self) -> dict[str, Any]:
        this: Any = self
        if not isinstance(this.data, WireObject):
            return self.to_dict()
        return {"event": this.event, "data": this.data.model_dump()}


# Not frozen, which would triple the cost of making one, and defined once: every further
# call of `define` takes longer than making a class.
@define(eq=False, repr=False, getstate_setstate=False)
class KnownEvent(Event, Generic[DataT]):
    """An event with a name that this library knows. Do not change it.

    `event` is the name on the wire, `data` what came with it. Equality compares both.
    """

    # `event` is declared by the classes below: the type of each is its own name.
    data: DataT

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KnownEvent) and type(self) is type(other):
            return bool(self.data == other.data)
        return NotImplemented

    # `data` is not hashable.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data!r})"


class _LateEvent(KnownEvent[DataT]):
    """An event whose data is made when it is first looked at."""

    __slots__ = ("_data",)

    _data: DataT

    def __getstate__(self) -> object:
        # Including what a subclass adds; `data` is among the slots.
        state: Any = object.__getstate__(self)
        own, slots = state
        return own, {name: v for name, v in slots.items() if name not in _LATE_SLOTS}


class DeltaEvent(_LateEvent[DataT]):
    """An event that comes in thousands, nearly all alike.

    One made by a template holds the text that it adds, and the function that makes
    `data` from it, until `data` is looked at. It need not be: a snapshot takes the text
    alone. `Template.make` makes such events.
    """

    __slots__ = ("_build", "_text")

    _build: Callable[[str], DataT] | None
    _text: str

    def __attrs_init__(self, data: DataT) -> None:
        self._data = data
        self._build = None

    if not TYPE_CHECKING:

        @property
        def data(self) -> DataT:
            build = self._build
            if build is not None:
                self._data = data = build(self._text)
                self._build = None
                return data
            return self._data

        @data.setter
        def data(self, data: DataT) -> None:
            self._data = data
            self._build = None


class WholeEvent(_LateEvent[DataT]):
    """An event that brings a whole object: a run, a step, a message, a thread.

    One that was read from a stream holds the object's JSON until `data` is looked at.
    It need not be: callers who want texts read deltas, and a snapshot takes the JSON.
    """

    # `_raw` is the decoded JSON. `_json` is its text, from which others make an object
    # of their own; None if it is not kept.
    __slots__ = ("_json", "_raw")

    _json: bytes | None
    _raw: dict[str, Any] | None

    def __attrs_init__(self, data: DataT) -> None:
        self._data = data
        self._json = self._raw = None

    if not TYPE_CHECKING:

        @property
        def data(self) -> DataT:
            raw = self._raw
            if raw is None:
                return self._data
            self._data = data = model_reader(self.__class__)(raw)
            # In this order: another thread may look, or copy the event, meanwhile.
            self._json = None
            self._raw = None
            return data

        @data.setter
        def data(self, data: DataT) -> None:
            self._data = data
            self._json = None
            self._raw = None


_LATE_SLOTS = frozenset(
    slot for cls in (_LateEvent, DeltaEvent, WholeEvent) for slot in cls.__slots__
)


@cache
def model_of(event: Any) -> type[Any]:
    """Return the class of an event's `data`, given the event's class."""
    (model,) = get_args(event.__orig_bases__[0])
    return model  # type: ignore[no-any-return]


@cache
def model_reader(event: type[KnownEvent[DataT]]) -> Callable[[Any], DataT]:
    """Return the function that makes `data` from decoded JSON."""
    return structure_hook(model_of(event))
