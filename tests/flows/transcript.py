"""A flow's test as a transcript: its effects, and the answers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from runs_core.flows.effects import Ask, Flow

T = TypeVar("T")

Expected = Any
"""An effect to equal, an effect's class, or a function that says whether it fits."""


def perform(flow: Flow[T], transcript: Iterable[tuple[Expected, Any]]) -> T:
    """Send the flow each answer, and check the effect that is written before it.

    An exception as an answer is thrown into the flow. The flow must end when the
    transcript does; its result is given.
    """
    step: Callable[[], Ask] = lambda: next(flow)  # noqa: E731
    lines = list(transcript)
    for number, (expected, answer) in enumerate(lines):
        try:
            ask = step()
        except StopIteration as end:
            raise AssertionError(
                f"the flow ended in {end.value!r} before line {number}: {expected}"
            ) from None
        _check(number, expected, ask)
        step = _reply(flow, answer)
    try:
        ask = step()
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError(f"after the transcript's end the flow asks for {ask}")


def _reply(flow: Flow[Any], answer: Any) -> Callable[[], Ask]:
    if isinstance(answer, BaseException):
        return lambda: flow.throw(answer)
    return lambda: flow.send(answer)


def _check(number: int, expected: Expected, ask: Ask) -> None:
    if isinstance(expected, type):
        assert isinstance(ask, expected), f"line {number}: {ask}"
    elif callable(expected):
        assert expected(ask), f"line {number}: {ask}"
    else:
        assert ask == expected, f"line {number}"
