"""What both drivers do for an effect without waiting, and what they refuse."""

from __future__ import annotations

import inspect
from typing import Any

from runs_core.errors import UsageError
from runs_core.flows.effects import Invoke, Open, Send, function_name
from runs_core.wire.http import Request

__all__ = ["absolute", "call_blocking", "check_awaited", "check_blocking"]


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


def check_blocking(context: object, transport: object) -> None:
    """Refuse by name a transport whose exchanges have to be awaited."""
    if not hasattr(context, "__enter__"):
        raise UsageError(
            f"{type(transport).__name__} is async and this client is not: use"
            " AsyncClient, or a blocking transport"
        )


def check_awaited(context: object, transport: object) -> None:
    """Refuse by name a transport whose exchanges cannot be awaited."""
    if not hasattr(context, "__aenter__"):
        raise UsageError(
            f"{type(transport).__name__} is blocking and this client is not: use"
            " Client, or an async transport"
        )
