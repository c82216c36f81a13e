"""Errors that leave it unknown whether a request was carried out."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from runs_core.errors import (
    MalformedOutcomeUnknown,
    MalformedResponse,
    OutcomeUnknown,
    RunsError,
)
from runs_core.flows.request import ApiRequest, Repeat

__all__ = ["as_unknown", "how_to_find_out", "mark_unknown"]

ErrorT = TypeVar("ErrorT", bound=RunsError)

# What to do about a request that was perhaps carried out, by its operation.
_LIST = "list what is there before you repeat it"
_NO_LIST = "threads cannot be listed, so at worst there is an unused one"
_TO_FIND_OUT = {
    "runs.create": f"{_LIST}, with runs.list(thread_id, limit=1)",
    "runs.submit_tool_outputs": (
        "check whether the run still waits for them before you repeat it, with"
        " runs.retrieve(run_id, thread_id)"
    ),
    "messages.create": f"{_LIST}, with messages.list(thread_id, limit=1)",
    "assistants.create": f"{_LIST}, with assistants.list(limit=1)",
    "threads.create": _NO_LIST,
    "threads.create_and_run": f"{_NO_LIST}, with a run on it",
}


def how_to_find_out(request: ApiRequest) -> str:
    """Return what to do about a request that was perhaps carried out."""
    if request.repeat is Repeat.KEYED:
        return "it may have been carried out: repeat it with the same idempotency_key"
    what_to_do = _TO_FIND_OUT.get(request.operation, _LIST)
    return f"it may have been carried out, so it was not sent again: {what_to_do}"


def mark_unknown(error: OutcomeUnknown, request: ApiRequest) -> None:
    """Record the request on the error, for programs that want to find out."""
    ids = dict(request.ids)
    error.operation = request.operation
    error.thread_id = ids.get("thread_id")
    error.run_id = ids.get("run_id")


def as_unknown(error: ErrorT, request: ApiRequest) -> ErrorT:
    """Return the error as one that is also an `OutcomeUnknown`, and says what to do.

    Returns the error itself if it is one already, or if sending the request twice does
    no more than sending it once. Where `errors` has no class for both, one is made with
    the name of the error's own class: what went wrong is the same.
    """
    if request.repeat is Repeat.SAFE or isinstance(error, OutcomeUnknown):
        return error
    message = f"{error}; {how_to_find_out(request)}"
    unknown: Any = _made(type(error), (message,), vars(error))
    mark_unknown(unknown, request)
    unknown.__cause__ = error.__cause__
    result: ErrorT = unknown
    return result


def _made(
    cls: Any, args: tuple[Any, ...], attributes: dict[str, Any]
) -> OutcomeUnknown:
    error: OutcomeUnknown = _unknown_class(cls)(*args)
    vars(error).update(attributes)
    return error


@cache
def _unknown_class(cls: type[RunsError]) -> type[OutcomeUnknown]:
    if cls is MalformedResponse:
        return MalformedOutcomeUnknown

    # Made when needed: any error that ends a stream or rejects a response can follow a
    # request that was carried out, and a class for each would say nothing more.
    def init(self: RunsError, *args: Any) -> None:
        Exception.__init__(self, *args)

    def reduce(self: RunsError) -> tuple[Any, ...]:
        return _made, (cls, self.args, vars(self))

    members: dict[str, Any] = {
        "__doc__": cls.__doc__,
        "__module__": cls.__module__,
        "__init__": init,
        "__reduce__": reduce,
    }
    bases: tuple[Any, ...] = (cls, OutcomeUnknown)
    return type(cls.__name__, bases, members)
