"""What the messages and steps of a snapshot have in common: how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import define, field

from runs_core.stream._accumulate import Entries, plain

__all__ = ["Parts", "Shown", "Write"]

Write: TypeAlias = Callable[[str], object]
"""Appends to a text of a message or step."""

WholeT = TypeVar("WholeT")
PartT = TypeVar("PartT")


@define
class Shown(Generic[WholeT, PartT]):
    """What was made from a message or step for callers, until it changes."""

    whole: WholeT | None = None
    text: str | None = None
    parts: dict[int, PartT] = field(factory=dict)
    """The blocks or calls that were looked at, by index; `whole` has the same ones."""

    def share(self, written: Entries, made: list[PartT]) -> None:
        """Take what was made from all entries; what was made before stays."""
        for at, index in enumerate(sorted(written.by_index)):
            made[at] = self.parts.setdefault(index, made[at])


class Parts(Generic[WholeT, PartT]):
    """What messages and steps have in common: how they are shown."""

    __slots__ = ("_shown",)

    _shown: Shown[WholeT, PartT] | None

    def changed(self) -> None:
        """Note that text was added by what `extend` returned."""
        self._shown = None

    def _so_far(self) -> Shown[WholeT, PartT]:
        shown = self._shown
        if shown is None:
            shown = self._shown = Shown()
        return shown

    def model(self) -> WholeT:
        """Return the message or step; the same object until it changes."""
        shown = self._so_far()
        if shown.whole is None:
            shown.whole = self._make(shown)
        return shown.whole

    def part(self, index: int, position: int) -> PartT | None:
        """Return one block or call, at the cost of that one.

        If no delta has written under its index, it is the one at this position of a
        whole object. None if it is no longer there.
        """
        written = self._written()
        if written is None or index not in written.by_index:
            parts = self._parts_of(self.model())
            return parts[position] if position < len(parts) else None
        shown = self._so_far().parts
        if index not in shown:
            made = self._of([plain(written.by_index[index])])
            (shown[index],) = self._parts_of(made)
        return shown[index]

    def _make(self, shown: Shown[WholeT, PartT]) -> WholeT:
        raise NotImplementedError

    def _written(self) -> Entries | None:
        """Return the parts that deltas have written to."""
        raise NotImplementedError

    def _of(self, parts: list[Any]) -> WholeT:
        """Return a message or step with these parts, which are plain values."""
        raise NotImplementedError

    def _parts_of(self, whole: WholeT) -> list[PartT]:
        raise NotImplementedError
