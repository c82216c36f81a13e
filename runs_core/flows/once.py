"""Flows that say so when they are driven a second time.

A bare generator that has ended looks, to `yield from`, like one that has just returned
None; these raise `FlowConsumed` instead.
"""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from runs_core.errors import FlowConsumed
from runs_core.flows.effects import Ask, Feed, Flow

__all__ = ["OnceFeed", "check_unconsumed", "once"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class OnceFeed(Feed[ItemT, T]):
    """A flow or feed around a generator."""

    __slots__ = ("_ended", "_flow")

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._ended = False

    def __iter__(self) -> Generator[Ask, Any, T]:
        self._check()
        return self

    def __next__(self) -> Ask:
        return self.send(None)

    def send(self, value: Any) -> Ask:
        """Give the answer to the last effect and get the next one."""
        self._check()
        try:
            return self._flow.send(value)
        except BaseException:
            self._ended = True
            raise

    def throw(
        self,
        typ: Any,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
        /,
    ) -> Ask:
        """Give an exception as the answer to the last effect."""
        self._check()
        try:
            return self._flow.throw(typ)
        except BaseException:
            self._ended = True
            raise

    def close(self) -> None:
        """End the flow where it stands."""
        self._ended = True
        self._flow.close()

    def _check(self) -> None:
        if self._ended:
            _refuse()


def once(flow: Flow[T]) -> Flow[T]:
    """Give the flow so that a second use of it raises `FlowConsumed`."""
    return OnceFeed[Any, T](flow)


def check_unconsumed(flow: Flow[Any]) -> None:
    """Raise `FlowConsumed` for a generator that has already ended."""
    if getattr(flow, "gi_frame", flow) is None:
        _refuse()


def _refuse() -> NoReturn:
    raise FlowConsumed("this flow has already been driven: call the function again")
