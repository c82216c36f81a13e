"""Every error this library raises, and whose fault each one is.

Below `RunsError`: what the caller did wrong (`UsageError`) or a function of theirs
(`ToolError`), and what went wrong between client and server (`APIError`): on the
network (`TransportError`), by an answer's status (`APIStatusError`), by what is not the
protocol (`ProtocolError`), by how a stream (`StreamEnded`) or the time ended
(`DeadlineExceeded`). Where something may have been done nevertheless, it is an
`OutcomeUnknown` besides.

openai-python's names stand for what they do there, so that its `except` clauses catch
what they are meant to: `APIConnectionError` is whatever kept the whole answer from
coming, `APITimeoutError` whatever took too long; two more are aliases (`OpenAIError`,
`APIResponseValidationError`).

Messages name the place and the way out. They never quote payload or credentials.
"""

from runs_core.errors._base import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    DeadlineExceeded,
    OpenAIError,
    OutcomeUnknown,
    RunsError,
)
from runs_core.errors._network import (
    ConnectionOutcomeUnknown,
    NotSent,
    TimeoutOutcomeUnknown,
    TransportError,
    TransportProtocolError,
    TransportTimeout,
)
from runs_core.errors._protocol import (
    APIResponseValidationError,
    EventTooLarge,
    InvalidDelta,
    MalformedEvent,
    MalformedOutcomeUnknown,
    MalformedResponse,
    PageRepeated,
    ProtocolError,
    ResponseTooLarge,
    UnexpectedContentType,
)
from runs_core.errors._status import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerErrorOutcomeUnknown,
    ServiceRetired,
    ThreadBusy,
    UnexpectedRedirect,
    UnprocessableEntityError,
)
from runs_core.errors._stream import (
    StreamEnded,
    StreamError,
    StreamIdle,
    StreamTruncated,
)
from runs_core.errors._usage import (
    FlowConsumed,
    InvalidEndpoint,
    InvalidHeader,
    InvalidOption,
    InvalidPathParameter,
    ToolArgumentsInvalid,
    ToolError,
    ToolOutputsInvalid,
    ToolRoundsExceeded,
    UnknownTool,
    UsageError,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionOutcomeUnknown",
    "DeadlineExceeded",
    "EventTooLarge",
    "FlowConsumed",
    "InternalServerError",
    "InvalidDelta",
    "InvalidEndpoint",
    "InvalidHeader",
    "InvalidOption",
    "InvalidPathParameter",
    "MalformedEvent",
    "MalformedOutcomeUnknown",
    "MalformedResponse",
    "NotFoundError",
    "NotSent",
    "OpenAIError",
    "OutcomeUnknown",
    "PageRepeated",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimitError",
    "ResponseTooLarge",
    "RunsError",
    "ServerErrorOutcomeUnknown",
    "ServiceRetired",
    "StreamEnded",
    "StreamError",
    "StreamIdle",
    "StreamTruncated",
    "ThreadBusy",
    "TimeoutOutcomeUnknown",
    "ToolArgumentsInvalid",
    "ToolError",
    "ToolOutputsInvalid",
    "ToolRoundsExceeded",
    "TransportError",
    "TransportProtocolError",
    "TransportTimeout",
    "UnexpectedContentType",
    "UnexpectedRedirect",
    "UnknownTool",
    "UnprocessableEntityError",
    "UsageError",
]

# Tracebacks, reprs and pickles name them by where they are had from.
for _name in __all__:
    globals()[_name].__module__ = __name__
