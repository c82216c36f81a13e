"""Every error this library raises, and whose fault each one is.

Below `RunsError`: what the caller did wrong (`UsageError`) or a function of theirs
(`ToolError`), and what went wrong between client and server (`APIError`): on the
network (`TransportError`), by an answer's status (`APIStatusError`), by what is not the
protocol (`ProtocolError`), by how a stream (`StreamEnded`) or the time ended
(`DeadlineExceeded`). Where something may have been done nevertheless, it is an
`OutcomeUnknown` besides.

openai-python's names stand for what they do there, so that its `except` clauses catch
what they are meant to: `APIConnectionError` is whatever kept the whole answer from
coming, `APITimeoutError` whatever took too long; two more are aliases at the end.

Messages name the place and the way out. They never quote payload or credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runs_core.models import ErrorObject, Run
    from runs_core.stream import RunSnapshot


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


# --- What the caller did, and the caller's functions --------------------------------


class UsageError(RunsError):
    """The call itself is wrong; nothing was sent."""


class FlowConsumed(UsageError):
    """This flow has already been driven: a flow runs once. Call the function again."""


class InvalidEndpoint(UsageError, ValueError):
    """The base URL is not one that requests can be sent to."""


class InvalidHeader(UsageError, ValueError):
    """A header's name or value cannot be sent."""


class InvalidPathParameter(UsageError, ValueError):
    """An id cannot be one segment of a URL path."""


class ToolOutputsInvalid(UsageError, ValueError):
    """The tool outputs do not answer the run's tool calls; nothing was sent."""


class ToolError(RunsError):
    """A tool call could not be answered. Its run was cancelled, if that was possible.

    The message says which. `name` is the function's; what it raised is the cause.
    """

    def __init__(self, message: str, *, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name


class UnknownTool(ToolError):
    """The run calls a function that was not given."""


class ToolArgumentsInvalid(ToolError):
    """The arguments of a call are not a JSON object."""


class ToolRoundsExceeded(ToolError):
    """The run asked for tools more often than `max_rounds`."""


# --- Between client and server ------------------------------------------------------


class APIError(RunsError):
    """Something went wrong between this client and the server.

    Where the server sent an error object, `code`, `param` and `type` are its fields.
    `body` is what the server sent: the `error` object, the decoded JSON, or text.
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
        self.message = message
        self.code = code
        self.param = param
        self.type = type
        self.body = body


class APIConnectionError(APIError):
    """The whole answer did not come: a connection failed, or took too long."""


class APITimeoutError(APIConnectionError):
    """Something took longer than it was allowed to."""


class DeadlineExceeded(APITimeoutError):
    """The deadline given for the whole operation has passed."""


# --- What the network did ----------------------------------------------------------


class TransportError(APIConnectionError):
    """The exchange failed below the protocol, and the request was perhaps sent."""


class NotSent(TransportError):
    """No byte of the request left: it is safe to send again."""


class TransportTimeout(TransportError, APITimeoutError):
    """The transport waited for as long as it was told to."""


class TransportProtocolError(TransportError):
    """The peer broke HTTP itself, or answered in an encoding that was not asked for."""


# --- What the server answered ------------------------------------------------------


class APIStatusError(APIError):
    """The server answered with a status that is not a success.

    `retry_after` is the wait in seconds that the server asked for, if it asked.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message, code=code, param=param, type=type, body=body)
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def status_code(self) -> int:
        """The same as `status`, under openai-python's name."""
        return self.status


class BadRequestError(APIStatusError):
    """400: the server found the request wrong."""


class ThreadBusy(BadRequestError):
    """400: the thread already has an active run, `run_id`, and takes no other."""

    thread_id: str | None = None
    run_id: str | None = None


class AuthenticationError(APIStatusError):
    """401: the server did not accept the credentials."""


class PermissionDeniedError(APIStatusError):
    """403: the credentials do not allow this."""


class NotFoundError(APIStatusError):
    """404: the server knows no such object or path."""


class ServiceRetired(NotFoundError):
    """404 from a hosted service that was switched off on 2026-08-26."""


class ConflictError(APIStatusError):
    """409: another change got in the way."""


class UnprocessableEntityError(APIStatusError):
    """422: the server understood the request and cannot do it."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the quota is used up."""


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


class UnexpectedRedirect(APIStatusError):
    """3xx: redirects are never followed, so that no other origin gets credentials.

    `location` is the scheme and host the server pointed to, without path and query.
    """

    location: str | None = None


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


class ConnectionOutcomeUnknown(TransportError, OutcomeUnknown):
    """The connection failed after the request was perhaps sent."""


class TimeoutOutcomeUnknown(ConnectionOutcomeUnknown, TransportTimeout):
    """The answer to a request that was perhaps sent took too long."""


class ServerErrorOutcomeUnknown(InternalServerError, OutcomeUnknown):
    """The server failed (5xx) and may have carried the request out before."""


# --- What is not the protocol ------------------------------------------------------


class ProtocolError(APIError):
    """What the server sent is not the Threads Runs protocol."""


class MalformedResponse(ProtocolError):
    """A response body is not the JSON or not the shape it must be.

    `where` is a JSONPath, or a byte offset where the text is not JSON at all.
    """

    def __init__(self, message: str, *, where: str = "$") -> None:
        super().__init__(message)
        self.where = where


class MalformedOutcomeUnknown(MalformedResponse, OutcomeUnknown):
    """The answer to a request that was carried out cannot be read."""


class UnexpectedContentType(ProtocolError):
    """The server answered something that is not what this operation returns."""

    def __init__(self, message: str, *, content_type: str | None = None) -> None:
        super().__init__(message)
        self.content_type = content_type


class ResponseTooLarge(ProtocolError):
    """A response body is longer than the limit it was read with."""


class PageRepeated(ProtocolError):
    """A server gave the same page again: following it would never end."""


class MalformedEvent(ProtocolError):
    """An event of a stream is not the JSON or not the shape it must be.

    `offset` is where the event's block begins in the stream, in bytes.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, event: str | None = None
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.event = event


class InvalidDelta(ProtocolError):
    """An event does not fit what came before it; the snapshot has not changed.

    `where` is a JSONPath into the event's data.
    """

    def __init__(self, message: str, *, where: str = "$") -> None:
        super().__init__(message)
        self.where = where


class EventTooLarge(ProtocolError):
    """An event of a stream is longer than `max_event_bytes`."""

    def __init__(self, message: str, *, limit: int, offset: int | None = None) -> None:
        super().__init__(message)
        self.limit = limit
        self.offset = offset


# --- How a stream ended wrongly ----------------------------------------------------


class StreamEnded(APIError):
    """A stream ended before its run did.

    `run_id` and `last_event` (a wire name) are the last that were seen, or None.
    `snapshot` holds all that had arrived.
    """

    def __init__(
        self,
        message: str,
        *,
        run_id: str | None = None,
        last_event: str | None = None,
        snapshot: RunSnapshot | None = None,
    ) -> None:
        super().__init__(message)
        self.run_id = run_id
        self.last_event = last_event
        self.snapshot = snapshot


class StreamTruncated(StreamEnded, APIConnectionError):
    """The bytes ended, or the connection broke, before the run's end was seen."""


class StreamIdle(StreamEnded, APITimeoutError):
    """No event came for as long as one was waited for; comments do not count."""


class StreamError(StreamEnded):
    """The server sent an `error` event."""

    def __init__(
        self,
        message: str,
        *,
        error: ErrorObject | None = None,
        run_id: str | None = None,
        last_event: str | None = None,
        snapshot: RunSnapshot | None = None,
        body: object = None,
    ) -> None:
        super().__init__(
            message, run_id=run_id, last_event=last_event, snapshot=snapshot
        )
        self.error = error
        if error is not None:
            self.code, self.param, self.type = error.code, error.param, error.type
        self.body = body


OpenAIError = RunsError
APIResponseValidationError = ProtocolError
