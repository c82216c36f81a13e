"""What the server sent that does not follow the protocol."""

from __future__ import annotations

from runs_core.errors._base import APIError, OutcomeUnknown

__all__ = [
    "APIResponseValidationError",
    "EventTooLarge",
    "InvalidDelta",
    "MalformedEvent",
    "MalformedOutcomeUnknown",
    "MalformedResponse",
    "PageRepeated",
    "ProtocolError",
    "ResponseTooLarge",
    "UnexpectedContentType",
]


class ProtocolError(APIError):
    """What the server sent is not the Threads Runs protocol."""


class MalformedResponse(ProtocolError):
    """A response body is not JSON, or does not have the required shape.

    `where` is a JSONPath, or a byte offset if the text is not JSON at all.
    """

    def __init__(self, message: str, *, where: str = "$") -> None:
        super().__init__(message)
        self.where = where


class MalformedOutcomeUnknown(MalformedResponse, OutcomeUnknown):
    """The response to a request that was carried out cannot be read."""


class UnexpectedContentType(ProtocolError):
    """The response is not of a type that this operation returns.

    `content_type` is the media type that the server named.
    """

    def __init__(self, message: str, *, content_type: str | None = None) -> None:
        super().__init__(message)
        self.content_type = content_type


class ResponseTooLarge(ProtocolError):
    """A response body is longer than the limit it was read with."""


class PageRepeated(ProtocolError):
    """A server returned the same page again: following it would never end."""


class MalformedEvent(ProtocolError):
    """An event of a stream is not JSON, or does not have the required shape.

    `offset` is where the event's block begins in the stream, in bytes, and `event` its
    name on the wire.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, event: str | None = None
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.event = event


class InvalidDelta(ProtocolError):
    """An event does not fit what came before it; the snapshot has not changed.

    `event` is its name on the wire, `where` a JSONPath into its data.
    """

    def __init__(
        self, message: str, *, where: str = "$", event: str | None = None
    ) -> None:
        super().__init__(message)
        self.where = where
        self.event = event


class EventTooLarge(ProtocolError):
    """An event of a stream is longer than `max_event_bytes`, which is `limit`.

    `offset` is where the event's block begins in the stream, in bytes.
    """

    def __init__(self, message: str, *, limit: int, offset: int | None = None) -> None:
        super().__init__(message)
        self.limit = limit
        self.offset = offset


APIResponseValidationError = ProtocolError
