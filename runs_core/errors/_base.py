"""The base of all errors, and the classes that several modules derive from."""

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
    "text_or_none",
]


class RunsError(Exception):
    """Something in a conversation with a Threads Runs server went wrong.

    `run` is the run as last seen, if the operation has seen one; it may go on at the
    server. `retries_taken` counts the attempts before the one that failed.
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
        self.code = code or text_or_none(said.get("code"))
        self.param = param or text_or_none(said.get("param"))
        self.type = type or text_or_none(said.get("type"))
        self.body = body

    @property
    def message(self) -> str:
        """What `str` of the error is, too."""
        return Exception.__str__(self)

    @message.setter
    def message(self, message: str) -> None:
        self.args = (message,)


def text_or_none(value: object) -> str | None:
    """Return a field of an error as text: some servers send integers."""
    return None if value is None else str(value)


class APIConnectionError(APIError):
    """The whole response did not arrive: a connection failed, or took too long."""


class APITimeoutError(APIConnectionError):
    """Something took longer than it was allowed to."""


class DeadlineExceeded(APITimeoutError):
    """The deadline given for the whole operation has passed."""


class OutcomeUnknown(RunsError):
    """The request may have been carried out; sending it again could do it twice.

    The same error also has the type of what went wrong: a stream that breaks before its
    first event raises a `StreamTruncated` that is an `OutcomeUnknown`. The message says
    how to find out. For programs, `operation` is the request (`runs.create`, …), and
    `thread_id` and `run_id` are the ids that it was about, as far as they are known.
    """

    operation: str | None = None
    thread_id: str | None = None
    run_id: str | None = None


OpenAIError = RunsError
