"""What an operation answers, before it is an HTTP message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from runs_core.testing.exchange import Pause
from runs_core.testing.objects import JSON

__all__ = ["Answer", "Handler", "Stream", "deleted"]


@frozen
class Answer:
    """A JSON object. `polled` marks a run, whose answer says when to look again."""

    body: JSON
    polled: bool = False


@frozen
class Stream:
    """An event stream."""

    chunks: Iterator[bytes | Pause]


# Takes the ids of the path, the checked body and query, and the time.
Handler: TypeAlias = Callable[
    [tuple[str, ...], JSON, Mapping[str, Any], float], Answer | Stream
]


def deleted(kind: str, id: str) -> Answer:
    """Say that the object is gone; `kind` is as in `thread.message`."""
    return Answer({"id": id, "object": f"{kind}.deleted", "deleted": True})
