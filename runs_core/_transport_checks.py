"""Checks of what a transport returns: of the right type, and to be awaited or not."""

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
]


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
