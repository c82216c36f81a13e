"""Flows that a deadline ends: none of their effects takes more time than is left."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

from attrs import evolve

from runs_core.errors import DeadlineExceeded, TransportError
from runs_core.flows.effects import (
    Ask,
    Flow,
    Invoke,
    InvokeTimeout,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.wire.http import shorter

__all__ = ["bounded", "in_steps", "late"]

T = TypeVar("T")


def in_steps(flow: Flow[T], answer: Callable[[Ask], Flow[Any]]) -> Flow[T]:
    """Drive the flow, with `answer` answering each effect."""
    step: Callable[[], Ask] = partial(next, flow)
    while True:
        try:
            ask = step()
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            del step  # The error in it would otherwise hold its own traceback.
        try:
            # Without a name of its own: it can be a token.
            step = partial(flow.send, (yield from answer(ask)))
        except BaseException as error:
            step = partial(flow.throw, error)


def bounded(ask: Ask, until: float | None) -> Generator[Ask, Any, Any]:
    """Ask for the effect with no more time than is left until `until`, if given.

    Raises `DeadlineExceeded` once it has passed; for an `Invoke`, `InvokeTimeout`.
    """
    if until is not None:
        match ask:
            case Send() | Open() | Read():
                return _timed(ask, until)
            case Sleep():
                return _timed_sleep(ask, until)
            case Invoke():
                return _timed_invoke(ask, until)
    return iter(ask)


def _timed(ask: Send | Open | Read, until: float) -> Generator[Ask, Any, Any]:
    left = yield from _left(until)
    try:
        return (yield evolve(ask, timeout=shorter(ask.timeout, left)))
    except TransportError as error:
        yield from _left(until, error)
        raise


def _timed_sleep(ask: Sleep, until: float) -> Generator[Ask, Any, None]:
    left = yield from _left(until)
    if ask.seconds <= left:
        yield from ask
        return
    yield from Sleep(left, reason=ask.reason)
    raise late()


def _timed_invoke(ask: Invoke, until: float) -> Generator[Ask, Any, Any]:
    timed = yield from ask.until(until)
    if timed.timeout == 0:
        raise InvokeTimeout(str(late()))
    try:
        return (yield timed)
    except InvokeTimeout as error:
        if timed.timeout == ask.timeout:
            raise
        raise InvokeTimeout(str(late())) from error


def _left(until: float, cause: BaseException | None = None) -> Flow[float]:
    """Return the seconds left, or raise `DeadlineExceeded`."""
    left = until - (yield from Now())
    if left <= 0:
        raise late() from cause
    return left


def late(operation: str = "") -> DeadlineExceeded:
    """Return the error for what took too long: an operation, or all of it."""
    return DeadlineExceeded(
        f"{operation or 'the conversation'} did not end by its deadline: give a longer"
        " one, or None for no limit"
    )
