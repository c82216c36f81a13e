"""Errors that do not hold a function's arguments.

A traceback keeps the locals of every frame it went through, and tools print them:
`TracebackException(capture_locals=True)`, rich, error reporters. So the frames of
functions that take keys are removed from their errors' tracebacks.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["forget_frames", "name_frames", "sealed", "sealed_init"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def sealed(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap the function so that its errors' tracebacks end at the line of the call."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        callers = sys.exception()
        try:
            return function(*args, **kwargs)
        except Exception as error:
            del args, kwargs
            forget_frames(error, callers)
            raise error

    return call


def sealed_init(cls: type[T]) -> type[T]:
    """Make the tracebacks of a class's construction end at the line of the call."""
    cls.__init__ = sealed(cls.__init__)  # type: ignore[method-assign]  # attrs made it
    return cls


def forget_frames(error: BaseException, callers: BaseException | None) -> None:
    """Drop the frames of an error and of those that led to it, and suppressed errors.

    `callers` is the error that was being handled when the work began, if any: the
    error's context ends there, and its frames are the caller's own.
    """
    seen = {id(callers), id(None)}
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.__traceback__ = None
        if current.__suppress_context__:
            # It is never shown, and a library's own error can hold the request.
            current.__context__ = None
        todo += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions


def name_frames(error: BaseException) -> None:
    """Add a note to an error that says where it was raised, without locals."""
    places = ["The frames that held the request:"]
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        line = traceback.tb_lineno
        places.append(f'  File "{code.co_filename}", line {line}, in {code.co_name}')
        traceback = traceback.tb_next
    error.add_note("\n".join(places))
