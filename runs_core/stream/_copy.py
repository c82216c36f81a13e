"""Copies of models that share nothing that can be changed."""

from __future__ import annotations

from typing import Any, TypeVar

from runs_core.wire.codec import Irregular, WireObject

__all__ = ["copied"]

T = TypeVar("T")

_LEAVES = frozenset({str, int, float, bool, type(None)})
_set = object.__setattr__


def copied(value: T) -> T:
    """Give an equal value that shares no object, list or dict with the given one."""
    made: T = _copied(value)
    return made


def _copied(value: Any) -> Any:
    cls = value.__class__
    if cls in _LEAVES:
        return value
    if cls is list:
        return [_copied(item) for item in value]
    if cls is dict:
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, WireObject):
        made = cls.__new__(cls)
        # Every slot that is filled, also those that are no fields.
        for name, item in object.__getstate__(value)[1].items():  # type: ignore[index]
            _set(made, name, item if item.__class__ in _LEAVES else _copied(item))
        return made
    if isinstance(value, Irregular):
        return Irregular([_copied(item) for item in value], single=value.single)
    # `TextOf`, and the mark of what is absent.
    return value
