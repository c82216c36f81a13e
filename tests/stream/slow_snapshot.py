"""A second model of what deltas add up to: slow, obvious, and on plain JSON.

Written from the rules alone, and sharing nothing with the snapshot: each delta creates
the whole message or step anew.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

# What a block or call of a known kind may say, and what it has before it says more.
KNOWN: dict[str, dict[str, Any]] = {
    "text": {"text": {"value": "", "annotations": None}},
    "refusal": {"refusal": ""},
    "image_file": {"image_file": {"file_id": None, "detail": None}},
    "image_url": {"image_url": {"url": None, "detail": None}},
    "function": {"id": "", "function": {"name": None, "arguments": "", "output": None}},
    "code_interpreter": {
        "id": "",
        "code_interpreter": {"input": "", "outputs": None},
    },
    "file_search": {"id": "", "file_search": {}},
    "file_citation": {
        "text": None,
        "start_index": None,
        "end_index": None,
        "file_citation": {"file_id": None, "quote": None},
    },
    "file_path": {
        "text": None,
        "start_index": None,
        "end_index": None,
        "file_path": {"file_id": None},
    },
    "logs": {"logs": ""},
    "image": {"image": {"file_id": None}},
    "message_creation": {"message_creation": {"message_id": None}},
    "tool_calls": {"tool_calls": []},
}
LISTS = ("content", "annotations", "tool_calls", "outputs")


class Bad(Exception):
    """The delta cannot be added."""


class Part:
    """One message or step; `key` is where its deltas go."""

    def __init__(self, raw: dict[str, Any], key: str) -> None:
        self.raw = raw
        self.key = key
        self.ended = False
        self.tree: Any = None

    def replace(self, raw: dict[str, Any], *, last: bool) -> None:
        if self.ended and not last:
            return
        self.ended = last
        self.raw = deepcopy(raw)
        empty = raw.get(self.key) == [] or (
            isinstance(raw.get(self.key), dict)
            and raw[self.key].get("tool_calls") == []
        )
        if last or not empty:
            self.tree = None

    def add(self, delta: Any) -> None:
        if self.ended or (delta is None and self.key == "step_details"):
            return
        old = self.raw.get(self.key) if self.tree is None else self.tree
        new = by_index(delta or []) if self.key == "content" else described(delta)
        if not isinstance(new, dict):
            raise Bad
        self.tree = added(old, unless_told(new, old))

    def shown(self) -> dict[str, Any]:
        if self.tree is None:
            return self.raw
        shown = {**self.raw, self.key: closed(self.tree)}
        if self.key == "step_details" and "type" in self.tree:
            # A step is of the type that its details are of.
            shown.setdefault("type", self.tree["type"])
        return shown


class Indexed(dict[int, Any]):
    """A list whose entries came by index."""


def described(entry: Any) -> Any:
    """Return what an entry says: for a known kind, what such an entry can say."""
    kind = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in KNOWN:
        return opened(entry)
    return {"type": kind, **fitted(entry, KNOWN[kind])}


def fitted(entry: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, start in known.items():
        value = start if entry.get(key) is None else entry[key]
        if value is None:
            continue
        if key in LISTS:
            found[key] = by_index(value)
        elif isinstance(start, dict) and start and isinstance(value, dict):
            found[key] = fitted(value, start)
        else:
            found[key] = opened(value)
    return found


def opened(value: Any) -> Any:
    """Return any JSON, with its lists of entries with an index as `Indexed`."""
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(e, dict) and "index" in e for e in value):
            return by_index(value)
        return [opened(item) for item in value]
    return value


def by_index(items: Any) -> Indexed:
    found = Indexed()
    for item in items if isinstance(items, list) else [items]:
        if not isinstance(item, dict):
            raise Bad
        index = item.get("index")
        if index is None and not isinstance(items, list):
            index = 0
        if type(index) is not int or index < 0:
            raise Bad
        entry = described(item)
        entry.pop("index", None)
        found[index] = added(found.get(index), entry, near=False)
    return found


def unless_told(new: dict[Any, Any], old: Any) -> dict[Any, Any]:
    """Return a delta without the calls that it tells again, by id and name."""
    told = old.get("tool_calls") if isinstance(old, dict) else None
    calls = new.get("tool_calls")
    if not isinstance(calls, Indexed) or not isinstance(told, list | Indexed):
        return new
    by_place = dict(enumerate(told)) if isinstance(told, list) else told

    def is_again(index: int, call: dict[str, Any]) -> bool:
        function = call.get("function")
        named = isinstance(function, dict) and function.get("name")
        before = closed(by_place.get(index))
        return bool(named and call.get("id")) and said(call, before)

    kept = Indexed((i, call) for i, call in calls.items() if not is_again(i, call))
    return {**new, "tool_calls": kept}


def said(new: Any, old: Any) -> bool:
    if isinstance(new, dict):
        return isinstance(old, dict) and all(
            said(value, old.get(key)) for key, value in new.items()
        )
    return new in (None, "") or new == old


def added(old: Any, new: Any, key: str = "", *, near: bool = True) -> Any:
    if new is None or (new == [] and isinstance(old, list | Indexed)):
        return old
    if isinstance(new, Indexed):
        if not isinstance(old, Indexed | list | None):
            raise Bad
        grown = Indexed(enumerate(old) if isinstance(old, list) else old or {})
        for index, entry in new.items():
            if near and index >= max(grown, default=-1) + 1 + 1024:
                raise Bad
            grown[index] = added(grown.get(index), entry, near=near)
        return grown
    if isinstance(new, dict):
        if isinstance(old, Indexed) or not isinstance(old, dict | None):
            raise Bad
        result = dict(old or {})
        for name in ("id", "type"):
            before, after = result.get(name), new.get(name)
            if before and after and before != after:
                raise Bad
        for name, value in new.items():
            result[name] = added(result.get(name), value, name, near=near)
        return result
    if isinstance(old, dict) or (old is not None and type(old) is list) != (
        old is not None and type(new) is list
    ):
        raise Bad
    names = ("id", "type", "role", "status", "detail", "object")
    if key in names or key.endswith("_id") or old is None:
        return old if new == "" and old is not None else new
    if isinstance(old, str) and not isinstance(new, str):
        raise Bad
    if isinstance(old, str):
        return old + new
    return old if new == "" else new


def closed(value: Any) -> Any:
    """Return plain JSON again: lists in the order of their indices."""
    if isinstance(value, Indexed):
        return [closed(value[index]) for index in sorted(value)]
    if isinstance(value, list):
        return [closed(item) for item in value]
    if isinstance(value, dict):
        return {key: closed(item) for key, item in value.items()}
    return value
