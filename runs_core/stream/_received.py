"""Whole objects as a snapshot takes them from events: shared with nobody."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import define

from runs_core.stream._copy import copied
from runs_core.stream._event import WholeEvent, model_reader
from runs_core.wire.codec import ABSENT, loads, unstructure

__all__ = ["Received", "peek", "received"]

T = TypeVar("T")


@define(eq=False)
class Received(Generic[T]):
    """An object of its own, or the JSON that it is made of when it is looked at."""

    _made: T | None
    _json: bytes = b""
    _event: type[WholeEvent[T]] = WholeEvent

    def look(self) -> T:
        """Give the object; always the same one."""
        # Before `_made`, and let go of after it: another thread may look, too.
        json = self._json
        made = self._made
        if made is None:
            self._made = made = model_reader(self._event)(loads(json))
            self._json = b""
        return made

    def plain(self, name: str) -> Any:
        """Give a field as it is on the wire, as new dicts and lists; None if absent.

        It does not count as looking, and takes less.
        """
        json = self._json
        if self._made is None:
            return loads(json).get(name)
        value = unstructure(getattr(self._made, name))
        return None if value is ABSENT else value


def received(event: WholeEvent[T]) -> Received[T]:
    """Take what an event brought, and leave the event as it is."""
    # It is there as long as nobody has looked, who may have changed what they saw.
    json = event._json
    if json is None:
        return Received(copied(event.data))
    return Received(None, json, event.__class__)


def peek(event: WholeEvent[Any], name: str) -> Any:
    """Give a field of `data` that is read as it came; it counts as not looked at."""
    raw = event._raw
    return getattr(event.data, name) if raw is None else raw.get(name)
