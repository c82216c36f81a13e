"""Deltas added up: a tree of plain values that grows by fragments.

Texts append; numbers and other scalars replace one another, but no text. Objects are
merged key by key, lists whose entries have an index entry by entry; other lists
replace, unless they are empty. A string that names something (`id`, `type`, `role`, …)
is not a text: it replaces, and under one index `id` and `type` must not change. `add`
changes nothing when it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any, TypeAlias

from runs_core.errors import InvalidDelta
from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterImage,
    CodeInterpreterLogs,
    CodeInterpreterToolCallDelta,
    FileCitationDeltaAnnotation,
    FilePathDeltaAnnotation,
    FileSearchToolCallDelta,
    FunctionDelta,
    FunctionToolCallDelta,
    ImageFileDeltaBlock,
    ImageURLDeltaBlock,
    RefusalDeltaBlock,
    RunStepDeltaMessageDelta,
    TextDelta,
    TextDeltaBlock,
    ToolCallDeltaObject,
)
from runs_core.wire.codec import SCALARS, Irregular, Unknown, WireObject, field_names

__all__ = ["Entries", "add", "entries", "object_fragment", "plain", "text_writer"]

# An index is less than this beyond the end of its list: the rule of openai-node. Real
# servers leave no gap.
_MAX_GAP = 1024

# Strings that name something: sent again, they say the same again.
_NAMES = frozenset({"detail", "role", "status", "object"})
# Names that must not change: what is under one index is one thing.
_IDENTITY = frozenset({"id", "type"})

# The fields of deltas that write to a list by index.
_LISTS = frozenset({"annotations", "content", "outputs", "tool_calls"})

# The least that a delta of a known kind says, so that what it begins can be shown as an
# object of its class. Adding it again adds nothing.
_PARTS: dict[type[WireObject], dict[str, Callable[[], Any]]] = {
    TextDeltaBlock: {"text": TextDelta},
    TextDelta: {"value": str},
    RefusalDeltaBlock: {"refusal": str},
    ImageFileDeltaBlock: {"image_file": dict},
    ImageURLDeltaBlock: {"image_url": dict},
    FileCitationDeltaAnnotation: {"file_citation": dict},
    FilePathDeltaAnnotation: {"file_path": dict},
    RunStepDeltaMessageDelta: {"message_creation": dict},
    ToolCallDeltaObject: {"tool_calls": list},
    FunctionToolCallDelta: {"id": str, "function": FunctionDelta},
    FunctionDelta: {"arguments": str},
    CodeInterpreterToolCallDelta: {"id": str, "code_interpreter": CodeInterpreterDelta},
    CodeInterpreterDelta: {"input": str},
    CodeInterpreterLogs: {"logs": str},
    CodeInterpreterImage: {"image": dict},
    FileSearchToolCallDelta: {"id": str, "file_search": dict},
}


class Entries:
    """A list whose entries come by index, in any order, and perhaps with gaps."""

    __slots__ = ("by_index", "length", "places")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.by_index: dict[int, Any] = dict(enumerate(items))
        self.places: dict[int, int] = {}
        """The position in a delta's list of the entry for an index."""
        self.length = len(self.by_index)
        """One more than the highest index."""

    def put(self, index: int, entry: Any) -> None:
        self.by_index[index] = entry
        self.length = max(self.length, index + 1)


# A JSONPath, or the path before its last step and that step: joined only when needed.
_Where: TypeAlias = "str | tuple[_Where, str | int]"


def _path(where: _Where) -> str:
    if isinstance(where, str):
        return where
    before, step = where
    return _path(before) + (f".{step}" if isinstance(step, str) else f"[{step}]")


# --- A delta as plain values -------------------------------------------------------


def fragment(value: Any, where: _Where) -> Any:
    """Return what a delta says as a new tree, with `Entries` for its lists.

    Keys that the models have no field for are left out, except in unknown variants.
    Entries with the same index are added to one another. Raises `InvalidDelta` for an
    invalid index.
    """
    if isinstance(value, Unknown):
        return _opaque(value.raw, where)
    if not isinstance(value, WireObject):
        return _opaque(value, where)
    found = {}
    parts = _PARTS.get(type(value), {})
    for name in field_names(type(value)):
        item = getattr(value, name)
        if item is None and name in parts:
            item = parts[name]()
        if item.__class__ in SCALARS:
            found[name] = item
        elif name in _LISTS and isinstance(item, list):
            found[name] = entries(item, (where, name))
        elif item is not None:
            found[name] = fragment(item, (where, name))
    return found


def object_fragment(value: Any, where: _Where) -> dict[str, Any]:
    """Return what a delta says, like `fragment`; it must be an object."""
    found = fragment(value, where)
    if not isinstance(found, dict):
        raise _invalid("it is not an object", where)
    return found


def entries(items: list[Any], where: _Where) -> Entries:
    """Return the entries of a delta's list as a new tree, like `fragment`."""
    found = Entries()
    for position, item in enumerate(items):
        at = where, position
        entry = object_fragment(item, at)
        index = entry.pop("index", None)
        if index is None and isinstance(items, Irregular):
            # One server sends an object instead of a list, without an index.
            index = 0
        if type(index) is not int or index < 0:
            raise _invalid("an index must be a whole number, 0 or more", at)
        before = found.by_index.get(index)
        if before is None:
            found.places[index] = position
        else:
            # Its distance from the others is checked when it is added to them.
            _check(before, entry, at, max_gap=None)
            entry = _added(before, entry, "")
        found.put(index, entry)
    return found


def _opaque(value: Any, where: _Where) -> Any:
    """Return a copy of any JSON."""
    if isinstance(value, dict):
        return {key: _opaque(item, where) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(e, dict) and "index" in e for e in value):
            return entries(value, where)
        return [_opaque(item, where) for item in value]
    return value


# --- A tree that grows -------------------------------------------------------------


def add(tree: Any, delta: Any, where: str) -> Any:
    """Add a fragment to a tree and return the tree; None is an empty one.

    The tree takes over the fragment, which must not be used again.
    Raises `InvalidDelta`, having changed nothing, if the two do not fit.
    """
    _check(tree, delta, where, max_gap=_MAX_GAP)
    return _added(tree, delta, "")


def _check(old: Any, new: Any, where: _Where, *, max_gap: int | None) -> None:
    if isinstance(new, Entries):
        if old is not None and not isinstance(old, (Entries, list)):
            raise _invalid(_KIND, where)
        grown = _as_entries(old)
        length = grown.length
        for index, entry in new.by_index.items():
            at = where, new.places.get(index, index)
            if max_gap is not None and index >= length + max_gap:
                raise _invalid(f"an index is {max_gap} or more beyond the end", at)
            length = max(length, index + 1)
            _check(grown.by_index.get(index), entry, at, max_gap=max_gap)
    elif isinstance(new, dict):
        if old is not None and not isinstance(old, dict):
            raise _invalid(_KIND, where)
        before = old or {}
        for key in _IDENTITY & before.keys() & new.keys() if before else ():
            if before[key] and new[key] and before[key] != new[key]:
                raise _invalid(f"its {key} is not the one it had before", where)
        for key, item in new.items():
            had = before.get(key)
            if had is not None or item.__class__ not in SCALARS:
                _check(had, item, (where, key), max_gap=max_gap)
    elif isinstance(new, list):
        empty = isinstance(old, Entries) and not new
        if old is not None and not isinstance(old, list) and not empty:
            raise _invalid(_KIND, where)
    elif old.__class__ is not new.__class__ and not _are_alike(old, new, where):
        raise _invalid(_KIND, where)


def _are_alike(old: Any, new: Any, where: _Where) -> bool:
    """Return whether a scalar may follow what was there: no text gets lost."""
    if old is None or new is None:
        return True
    if isinstance(old, (dict, list, Entries)):
        return False
    if new == "" or not isinstance(old, _TEXTS) or isinstance(new, _TEXTS):
        return True
    return isinstance(where, tuple) and _is_name(str(where[1]))


def _added(old: Any, new: Any, key: str) -> Any:
    if old is None:
        return new
    if isinstance(new, Entries):
        grown = _as_entries(old)
        for index, entry in new.by_index.items():
            grown.put(index, _added(grown.by_index.get(index), entry, ""))
        return grown
    if isinstance(new, dict):
        for name, item in new.items():
            old[name] = _added(old.get(name), item, name)
        return old
    if new is None or new == "" or new == []:
        return old
    if isinstance(new, StringIO):  # of several parts for one index
        new = new.getvalue()
    if isinstance(new, str) and isinstance(old, (str, StringIO)):
        if not _is_name(key):
            text = _buffer(old)
            text.write(new)
            return text
        return new or old
    return new


def _is_name(key: str) -> bool:
    return key in _IDENTITY or key in _NAMES or key.endswith("_id")


def _buffer(text: str | StringIO) -> StringIO:
    if isinstance(text, StringIO):
        return text
    buffer = StringIO()
    buffer.write(text)
    return buffer


def _as_entries(items: Entries | list[Any] | None) -> Entries:
    return items if isinstance(items, Entries) else Entries(items or ())


def text_writer(entry: Any, kind: str, name: str) -> Callable[[str], object] | None:
    """Return what appends to a text of an entry of that kind, or None if it has none.

    It is valid until something else is added to the entry.
    """
    if not isinstance(entry, dict) or entry.get("type") != kind:
        return None
    part = entry.get(kind)
    if not isinstance(part, dict) or not isinstance(part.get(name), str | StringIO):
        return None
    part[name] = text = _buffer(part[name])
    return text.write


def plain(tree: Any) -> Any:
    """Return a tree as new dicts, lists and texts; gaps close up."""
    if isinstance(tree, StringIO):
        return tree.getvalue()
    if isinstance(tree, dict):
        return {key: plain(item) for key, item in tree.items()}
    if isinstance(tree, Entries):
        return [plain(tree.by_index[index]) for index in sorted(tree.by_index)]
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree


_TEXTS = (str, StringIO)
_KIND = "it is of another kind than before"


def _invalid(why: str, where: _Where) -> InvalidDelta:
    where = _path(where)
    return InvalidDelta(f"{why} @ {where}", where=where)
