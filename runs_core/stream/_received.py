"""Whole objects that a snapshot takes from events, and does not share with them."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from runs_core.stream._copy import copied
from runs_core.stream._event import WholeEvent, model_reader
from runs_core.wire.codec import ABSENT, loads, unstructure

__all__ = ["Received"]

T = TypeVar("T")


class Received(Generic[T]):
    """The object that an event brought, as one of the snapshot's own.

    It is made from the event's JSON when it is first looked at. If the event does not
    hold that (any more), it is a copy of the event's object.
    """

    # `_it` is the JSON until then: with one slot, it is never neither of the two.
    __slots__ = ("_event", "_it")

    def __init__(self, event: WholeEvent[T]) -> None:
        self._event = event.__class__
        json = event._json
        self._it: bytes | T = copied(event.data) if json is None else json

    def look(self) -> T:
        """Return the object; the same one from then on."""
        it: Any = self._it
        if isinstance(it, bytes):
            self._it = it = model_reader(self._event)(loads(it))
        made: T = it
        return made

    def plain(self, name: str) -> Any:
        """Return a field as it is on the wire, as new dicts and lists; None if absent.

        It does not count as looking, and takes less time.
        """
        it = self._it
        if isinstance(it, bytes):
            return loads(it).get(name)
        value = unstructure(getattr(it, name))
        return None if value is ABSENT else value
