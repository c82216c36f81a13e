"""What has been seen of a message or a step: which parts, and which are done."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import define, field

__all__ = ["Tracked", "TrackedPart", "always", "index_of"]

T = TypeVar("T")


@define
class TrackedPart:
    """A content block of a message, or a call of a step, and whether it is done."""

    kind: str | None = None
    done: bool = False


@define
class Tracked:
    """A message or a step, and the parts of it that were seen, by index."""

    id: str
    parts: dict[int, TrackedPart] = field(factory=dict)
    current: int | None = None
    done: bool = False
    _order: list[int] = field(factory=list, init=False)

    def see(self, index: int, part: TrackedPart) -> None:
        """Take a part as the one with this index."""
        if index not in self.parts:
            insort(self._order, index)
        self.parts[index] = part

    def position(self, index: int) -> int:
        """Return where the part is in a list that has no gaps."""
        return bisect_left(self._order, index)

    def indices(self, count: int) -> list[int]:
        """Return the indices of the parts of a list of `count`, which has no gaps."""
        known = self._order[:count]
        free = known[-1] + 1 if known else 0
        return known + list(range(free, free + count - len(known)))


def index_of(part: Any) -> int:
    """Return where a delta belongs; one server sends no index if there is only one."""
    index = part.index
    return index if type(index) is int else 0


def always(value: T) -> Callable[[], T]:
    """Return a function that always returns this value."""
    return lambda: value
