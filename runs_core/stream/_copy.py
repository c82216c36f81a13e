"""Copies of models that share nothing mutable with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from runs_core.wire._blank import blank_of
from runs_core.wire.codec import SCALARS, Irregular, WireObject, field_names

__all__ = ["copied", "state_of"]

T = TypeVar("T")

_LEAVES = SCALARS | {type(None)}
_copiers: dict[type, Callable[[Any], Any]] = {}


def copied(value: T) -> T:
    """Return an equal value that shares no object, list or dict with the given one."""
    made: T = _copied(value)
    return made


def state_of(value: Any, **changed: Any) -> tuple[None, dict[str, Any]]:
    """Return an object's state for `copy` and `pickle`: its slots, with changes."""
    return None, {slot: getattr(value, slot) for slot in value.__slots__} | changed


def _copied(value: Any) -> Any:
    cls = value.__class__
    if cls in _LEAVES:
        return value
    if cls is list:
        return [_copied(item) for item in value] if value else []
    if cls is dict:
        return {key: _copied(item) for key, item in value.items()} if value else {}
    copier = _copiers.get(cls)
    if copier is not None:
        return copier(value)
    if isinstance(value, WireObject):
        copier = _copiers[cls] = _make_copier(cls)
        return copier(value)
    if isinstance(value, Irregular):
        return Irregular([_copied(item) for item in value], single=value.single)
    # `TextOf`, and the marker for what is absent.
    return value


def _make_copier(cls: type[WireObject]) -> Callable[[Any], Any]:
    """Return the function that copies objects of a class: one line for each slot."""
    frozen = cls.__setattr__ is not object.__setattr__
    fields = field_names(cls)
    slots = [slot for base in cls.__mro__ for slot in getattr(base, "__slots__", ())]
    lines = ["def copy(old):", "    made = blank()"]
    for slot in dict.fromkeys([*fields, *slots]):
        # Most are None, or of the other classes that are not copied.
        value = f"v if (v := old.{slot}) is None or type(v) in leaves else copied(v)"
        if slot not in fields and slot != "_extra":
            value = f"old.{slot}"  # the id of an exchange, or the names of keys
        keep = f"put(made, {slot!r}, {value})" if frozen else f"made.{slot} = {value}"
        if slot in fields:
            lines.append(f"    {keep}")
        elif slot != "__weakref__":
            # Not a field: most objects do not have it.
            lines.append(f"    if hasattr(old, {slot!r}): {keep}")
    lines.append("    return made")
    scope: dict[str, Any] = {
        "blank": blank_of(cls),
        "copied": _copied,
        "leaves": _LEAVES,
        "put": object.__setattr__,
    }
    exec(compile("\n".join(lines), f"<runs_core copies {cls.__name__}>", "exec"), scope)
    copier: Callable[[Any], Any] = scope["copy"]
    return copier
