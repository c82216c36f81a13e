"""What an operation is asked, and its answer: HTTP messages without the HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from runs_core.testing.exchange import Pause
from runs_core.testing.objects import JSON

__all__ = ["Answer", "Asked", "Handler", "Stream", "deleted"]


@frozen
class Answer:
    """A JSON object. `polled` marks a run: its response says when to look again."""

    body: JSON
    polled: bool = False


@frozen
class Stream:
    """An event stream."""

    chunks: Iterator[bytes | Pause]


@frozen(kw_only=True)
class Asked:
    """What an operation was asked, already checked.

    `ids` are those in the path, in order; `params` is the body; `now` is the time in
    Unix seconds.
    """

    ids: tuple[str, ...]
    params: JSON
    query: Mapping[str, Any]
    now: float


Handler: TypeAlias = Callable[[Asked], Answer | Stream]


def deleted(kind: str, id: str) -> Answer:
    """Say that the object is gone; `kind` is as in `thread.message`."""
    return Answer({"id": id, "object": f"{kind}.deleted", "deleted": True})
