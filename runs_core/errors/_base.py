"""The base of all errors, and those that errors of several modules are, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runs_core.models import Run

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "DeadlineExceeded",
    "OpenAIError",
    "OutcomeUnknown",
    "RunsError",
]


class RunsError(Exception):
    """Something in a conversation with a Threads Runs server went wrong.

    `run` is the run as it was last seen, where the operation had seen one: it goes on
    at the server. `retries_taken` counts the attempts before the one that failed.
    """

    run: Run | None = None
    retries_taken: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by calling the class again: its arguments are not those of the exception.
        return _rebuilt, (type(self), self.args, vars(self))


def _rebuilt(cls: type[RunsError], args: tuple[Any, ...], state: Any) -> RunsError:
    error = cls.__new__(cls, *args)
    vars(error).update(state)
    return error


class APIError(RunsError):
    """Something went wrong between this client and the server.

    `body` is what the server sent: the `error` object, the decoded JSON, or text.
    `code`, `param` and `type` are its fields if it is an object and they are not given.
    """

    code: str | None
    param: str | None
    type: str | None
    body: object

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message)
        said = body if isinstance(body, dict) else {}
        self.message = message
        self.code = code or _text(said.get("code"))
        self.param = param or _text(said.get("param"))
        self.type = type or _text(said.get("type"))
        self.body = body


def _text(value: object) -> str | None:
    # Some servers send integers.
    return None if value is None else str(value)


class APIConnectionError(APIError):
    """The whole answer did not come: a connection failed, or took too long."""


class APITimeoutError(APIConnectionError):
    """Something took longer than it was allowed to."""


class DeadlineExceeded(APITimeoutError):
    """The deadline given for the whole operation has passed."""


class OutcomeUnknown(RunsError):
    """The request may have been carried out; sending it again could do it twice.

    An error of this class says by another class what went wrong, too: what ends a
    stream before its first event, say, is a `StreamTruncated` and an `OutcomeUnknown`.
    The message says how to find out. For programs: `operation` is what was asked for
    (`runs.create`, …), `thread_id` and `run_id` what it was asked of, where it was.
    """

    operation: str | None = None
    thread_id: str | None = None
    run_id: str | None = None


OpenAIError = RunsError
