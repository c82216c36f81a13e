"""Pages of lists, by cursors: `after`, `before`, `limit`, `order`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runs_core.testing.objects import JSON
from runs_core.testing.refusal import not_found

__all__ = ["page"]

_DEFAULT_LIMIT = 20


def page(kind: str, objects: Iterable[JSON], query: Mapping[str, Any]) -> JSON:
    """Return one page of `objects`, which are in order of creation.

    The newest are first unless `order` is `asc`. `after` selects what follows the
    object with that id in this order, `before` what directly precedes it; with both,
    the page begins after the one and ends before the other.
    """
    items = list(objects)
    if query.get("order", "desc") == "desc":
        items.reverse()
    places = {item["id"]: place for place, item in enumerate(items)}

    def place_of(name: str) -> int:
        if query[name] not in places:
            raise not_found(kind, query[name])
        return places[query[name]]

    start = place_of("after") + 1 if "after" in query else 0
    end = place_of("before") if "before" in query else len(items)
    window = items[start:end]
    limit = query.get("limit", _DEFAULT_LIMIT)
    backwards = "before" in query and "after" not in query
    data = window[-limit:] if backwards else window[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(window) > len(data),
    }
