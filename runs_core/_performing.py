"""What both drivers do for an effect without waiting, and what they refuse."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from runs_core._sealed import forget_frames, name_frames
from runs_core.errors import RunsError, TransportError, UsageError
from runs_core.flows.effects import Invoke, Open, Send, function_name
from runs_core.wire.http import Head, Request, keys_in

__all__ = [
    "absolute",
    "call_blocking",
    "check_awaited",
    "check_blocking",
    "check_transport",
    "raise_translated",
    "shown",
]


def absolute(ask: Send | Open) -> Request:
    """Give the effect's request, with no timeout longer than the effect's."""
    if isinstance(ask.request, Request):
        return ask.request.within(ask.timeout)
    raise UsageError(
        "the flow has no endpoint: drive bound(flow, endpoint), or use a Client"
    )


def call_blocking(ask: Invoke) -> Any:
    """Give what the user's function returns; refuse by name what has to be awaited."""
    result = ask.function(*ask.args, **ask.kwargs)
    if not inspect.isawaitable(result):
        return result
    if inspect.iscoroutine(result):
        result.close()
    raise UsageError(
        f"{function_name(ask.function)} is async and this client is not: use"
        " AsyncClient, or a plain function"
    )


def check_transport(transport: Any) -> None:
    """Refuse, in words, what is no transport."""
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
            f"errors of {type(transport).__name__} must be kinds of Exception: any"
            " other is no failure of a connection but the wish to stop"
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
    """Refuse by name a transport whose exchanges have to be awaited."""
    _check_colour(context, transport, _BLOCKING, _ASYNC)


def check_awaited(context: object, transport: object) -> None:
    """Refuse by name a transport whose exchanges cannot be awaited."""
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
        context.close()  # Nobody will await it.
    raise UsageError(
        f"open() of {name} gives a {kind} and not a context manager: decorate it with"
        f" {wanted.decorator}"
    )


def raise_translated(
    error: BaseException,
    expected: tuple[type[BaseException], ...],
    callers: BaseException | None,
) -> NoReturn:
    """Raise the core's error for one that the transport declares as its own.

    Any other as it is. The transport's frames hold the request's bytes, keys among
    them, so no error keeps them; one that is a mistake has them in a note.
    """
    declared = isinstance(error, expected)
    if isinstance(error, Exception) and not declared:
        name_frames(error)
    forget_frames(error, callers)
    if isinstance(error, RunsError) or not declared:
        raise error
    raise TransportError(f"the connection failed: {type(error).__name__}") from error


def shown(request: Request, head: Head) -> str:
    """Say what was asked and answered: no query, header, body, or key in the id."""
    id = head.request_id
    if any(key in (id or "") for key in keys_in(request.headers.secret())):
        id = "[redacted]"
    path = urlsplit(request.url).path
    return f"{request.method} {path}: {head.status} (request id {id})"
