"""What both drivers do for an effect without waiting."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

from attrs import evolve

from runs_core._sealed import forget_frames, name_frames
from runs_core._words import one_line
from runs_core.errors import (
    DeadlineExceeded,
    RunsError,
    TransportError,
    UsageError,
)
from runs_core.flows.effects import (
    Invoke,
    InvokeTimeout,
    Open,
    Send,
    function_name,
)
from runs_core.wire._dates import http_date
from runs_core.wire.http import Head, Request, keys_in

__all__ = [
    "absolute",
    "call_awaited",
    "call_blocking",
    "dated",
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


def dated(head: Head, clock: Callable[[], float]) -> Head:
    """Give the head with a `Date`, that of its receipt, if it needs one and has none.

    RFC 9110 section 6.6.1 has recipients with a clock add it. A `Retry-After` that is a
    date is counted from there.
    """
    if "retry-after" not in head.headers or "date" in head.headers:
        return head
    return evolve(head, headers=[*head.headers, ("date", http_date(clock()))])


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


async def call_awaited(ask: Invoke, transport: object) -> Any:
    """Give what the user's function returns, awaited; raise `InvokeTimeout` in time.

    In the transport's `within`, if it has that: how to cancel is the framework's own.
    """
    within = getattr(transport, "within", None)
    if ask.timeout is None or within is None:
        return await _called(ask)
    own: BaseException | None = None
    try:
        async with within(ask.timeout):
            try:
                return await _called(ask)
            except TimeoutError as error:
                own = error
                raise
    except TimeoutError as error:
        if error is own:
            raise
        raise InvokeTimeout(
            f"{function_name(ask.function)} did not end in time"
        ) from error
    finally:
        own = None  # It would otherwise hold its own traceback.


async def _called(ask: Invoke) -> Any:
    try:
        result = ask.function(*ask.args, **ask.kwargs)
        return await result if inspect.isawaitable(result) else result
    except InvokeTimeout as error:
        # Of a flow that the function has driven: not at the timeout of this effect.
        raise DeadlineExceeded(str(error)) from error


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
    try:
        if isinstance(error, RunsError) or not declared:
            raise error
        message = f"the connection failed: {type(error).__name__}"
        raise TransportError(message) from error
    finally:
        del error, callers  # Which would otherwise hold their own tracebacks.


def shown(request: Request, head: Head) -> str:
    """Say what was asked and answered: no query, header, body, or key in the id."""
    id = head.request_id
    if any(key in (id or "") for key in keys_in(request.headers.secret())):
        id = "[redacted]"
    path = urlsplit(request.url).path
    return f"{request.method} {path}: {head.status} (request id {one_line(str(id))})"
