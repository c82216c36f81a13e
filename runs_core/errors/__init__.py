"""Every error this library raises, and whose fault each one is.

Below `RunsError` are mistakes of the caller (`UsageError`) or of the caller's functions
(`ToolError`), and what went wrong between client and server (`APIError`): on the
network (`TransportError`), a status other than success (`APIStatusError`), data that
does not follow the protocol (`ProtocolError`), a stream that ended too early
(`StreamEnded`), a deadline that passed (`DeadlineExceeded`). If the request may have
been carried out nevertheless, the error is also an `OutcomeUnknown`.

openai-python's names mean what they mean there, so that its `except` clauses catch what
they are meant to: `APIConnectionError` is anything that kept the whole response from
arriving, `APITimeoutError` anything that took too long. `OpenAIError` and
`APIResponseValidationError` are aliases.

Messages say where it happened and what to do. They never quote credentials, and of
payloads only names, statuses and the server's own error message.
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

# Tracebacks, reprs and pickles name the module that users import them from.
for _name in __all__:
    globals()[_name].__module__ = __name__
