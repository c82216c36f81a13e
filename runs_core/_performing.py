"""What the drivers do to perform an effect, apart from the transport's I/O."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
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
    "check_blocking_functions",
    "dated",
    "nothing_open",
    "place_of",
    "raise_translated",
    "shown",
]


def absolute(ask: Send | Open) -> Request:
    """Return the effect's request, with no timeout longer than the effect's."""
    if isinstance(ask.request, Request):
        return ask.request.within(ask.timeout)
    raise UsageError(
        "the flow has no endpoint: drive bound(flow, endpoint), or use a Client"
    )


def dated(head: Head, clock: Callable[[], float]) -> Head:
    """Return the head, with the time of receipt as `Date` if it needs one and has none.

    RFC 9110 section 6.6.1 has recipients with a clock add it. A `Retry-After` that is a
    date is counted from there.
    """
    if "retry-after" not in head.headers or "date" in head.headers:
        return head
    return evolve(head, headers=[*head.headers, ("date", http_date(clock()))])


def call_blocking(ask: Invoke) -> Any:
    """Return the result of the user's function; raise `UsageError` if it is async."""
    result = ask.function(*ask.args, **ask.kwargs)
    if not inspect.isawaitable(result):
        return result
    if inspect.iscoroutine(result):
        result.close()
    raise _is_async(ask.function)


def check_blocking_functions(functions: Iterable[Callable[..., Any]]) -> None:
    """Raise `UsageError` for a function that is async, as far as it shows uncalled."""
    for function in functions:
        call = getattr(function, "__call__", None)  # noqa: B004
        if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call):
            raise _is_async(function)


def _is_async(function: Callable[..., Any]) -> UsageError:
    return UsageError(
        f"{function_name(function)} is async and this client is not: use AsyncClient,"
        " or a plain function"
    )


async def call_awaited(ask: Invoke, transport: object) -> Any:
    """Return the awaited result of the user's function, or raise `InvokeTimeout`.

    The transport's `within` keeps the timeout, because each framework cancels in its
    own way; without `within`, there is none.
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
        # From a flow that the function itself has driven: not this effect's timeout.
        raise DeadlineExceeded(str(error)) from error


def raise_translated(
    error: BaseException,
    expected: tuple[type[BaseException], ...],
    callers: BaseException | None,
    place: str = "",
) -> NoReturn:
    """Raise `TransportError` for an error that the transport declares as its own.

    Any other error, and any `RunsError`, is raised as it is. The transport's frames
    hold the request's bytes, including keys, so no error keeps them; a mistake names
    them in a note. `place` is what the connection was to.
    """
    declared = isinstance(error, expected)
    if isinstance(error, Exception) and not declared:
        name_frames(error)
    forget_frames(error, callers)
    try:
        if isinstance(error, RunsError) or not declared:
            raise error
        connection = f"the connection to {place}" if place else "the connection"
        message = f"{connection} failed: {type(error).__name__}"
        raise TransportError(message) from error
    finally:
        del error, callers  # They would otherwise hold their own tracebacks.


def nothing_open() -> UsageError:
    """Return the error for a `Read` without a response to read from."""
    return UsageError(
        "there is no open response to Read: Open one first; a Read that fails closes it"
    )


def place_of(request: Request) -> str:
    """Return the host, and the port if it is in the URL: what a message may say."""
    authority, *_ = re.split("[/?#]", request.url.partition("://")[2], maxsplit=1)
    return authority.rpartition("@")[2]


def shown(request: Request, head: Head) -> str:
    """Return a line on an exchange: no query, header or body, and no key in the id."""
    id = head.request_id
    if any(key in (id or "") for key in keys_in(request.headers.secret())):
        id = "[redacted]"
    path = urlsplit(request.url).path
    return f"{request.method} {path}: {head.status} (request id {one_line(str(id))})"
