"""Checks that refuse what is not a transport, or is one of the other kind."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from runs_core.errors import UsageError

__all__ = [
    "check_awaited",
    "check_blocking",
    "check_opened",
    "check_pending",
    "check_piece",
    "check_transport",
    "is_async",
]


def check_transport(transport: Any) -> None:
    """Raise `UsageError` for anything that is not a transport."""
    lacks = [n for n in ("errors", "open", "sleep") if not hasattr(transport, n)]
    if isinstance(transport, type) or lacks:
        raise UsageError(
            "transport must be an object with errors, open and sleep, such as"
            f" RequestsTransport(); {_what_it_is(transport, lacks)}"
        )
    errors = transport.errors
    if not isinstance(errors, tuple) or not all(map(_is_exception, errors)):
        raise UsageError(
            f"errors of {type(transport).__name__} must be a tuple of exception types,"
            " such as (OSError,)"
        )
    if not all(issubclass(cls, Exception) for cls in errors):
        # Ctrl-C and cancellation: the core would go on, and repeat the request.
        raise UsageError(
            f"errors of {type(transport).__name__} must be subclasses of Exception:"
            " others, such as KeyboardInterrupt, do not mean that a connection failed"
        )


def is_async(transport: Any) -> bool:
    """Return whether the transport shows, without being used, that it is async.

    Either member may hide it: `sleep` may be a plain function that returns an
    awaitable, and `open` one that returns a context manager written as a class.
    """
    return inspect.iscoroutinefunction(transport.sleep) or inspect.isasyncgenfunction(
        inspect.unwrap(transport.open)
    )


def _is_exception(cls: object) -> bool:
    return isinstance(cls, type) and issubclass(cls, BaseException)


def _what_it_is(transport: object, lacks: list[str]) -> str:
    if isinstance(transport, type):
        return f"{transport.__name__} is a class: call it"
    return f"{type(transport).__name__} has no {' and no '.join(lacks)}"


class _Colour(NamedTuple):
    word: str
    transport: str
    client: str
    enter: str
    decorator: str


_BLOCKING = _Colour(
    "blocking", "a blocking transport", "Client", "__enter__", "@contextmanager"
)
_ASYNC = _Colour(
    "async", "an async transport", "AsyncClient", "__aenter__", "@asynccontextmanager"
)


def check_blocking(context: object, transport: object) -> None:
    """Raise `UsageError` if the transport's exchanges have to be awaited."""
    _check_colour(context, transport, _BLOCKING, _ASYNC)


def check_awaited(context: object, transport: object) -> None:
    """Raise `UsageError` if the transport's exchanges cannot be awaited."""
    _check_colour(context, transport, _ASYNC, _BLOCKING)


def _check_colour(
    context: object, transport: object, wanted: _Colour, other: _Colour
) -> None:
    if hasattr(context, wanted.enter):
        return
    name, kind = type(transport).__name__, type(context).__name__
    if hasattr(context, other.enter):
        raise UsageError(
            f"{name} is {other.word} and this client is not: use {other.client}, or"
            f" {wanted.transport}"
        )
    if inspect.iscoroutine(context):
        context.close()  # It will not be awaited.
    raise UsageError(
        f"open() of {name} returns a {kind}, not a context manager: decorate it with"
        f" {wanted.decorator}"
    )


def check_opened(opened: Any, transport: object) -> None:
    """Raise `UsageError` for anything that is not an `Opened`."""
    if not all(hasattr(opened, name) for name in ("head", "read", "set_timeout")):
        raise UsageError(
            f"open() of {type(transport).__name__} gives a {type(opened).__name__},"
            " not Opened(head, read)"
        )


def check_piece(piece: object, transport: object) -> None:
    """Raise `UsageError` for anything that is not a piece of a body."""
    if isinstance(piece, bytes | bytearray | memoryview):
        return
    if inspect.iscoroutine(piece):
        piece.close()  # It will not be awaited.
    raise UsageError(
        f"read() of {type(transport).__name__} returns a {type(piece).__name__}, not"
        ' bytes (b"" at the end)'
    )


def check_pending(given: object, transport: object) -> None:
    """Raise `UsageError` if an async `read` returns something not awaitable."""
    if not inspect.isawaitable(given):
        raise UsageError(
            f"read() of {type(transport).__name__} returns a {type(given).__name__},"
            " which cannot be awaited: make it an async def"
        )
