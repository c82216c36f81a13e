"""Streams that ended too early."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from runs_core.errors._base import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    text_or_none,
)

if TYPE_CHECKING:
    from runs_core.models import ErrorObject
    from runs_core.stream import RunSnapshot

__all__ = [
    "StreamEnded",
    "StreamError",
    "StreamIdle",
    "StreamTruncated",
]


class StreamEnded(APIError):
    """A stream ended before its run did.

    `run_id` and `last_event` (a wire name) are the last that were seen, or None.
    `snapshot` holds everything that had arrived; it is None only in an error that you
    build without one.
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
        # Typed as it is in what this library raises.
        self.snapshot = cast("RunSnapshot", snapshot)


class StreamTruncated(StreamEnded, APIConnectionError):
    """The bytes ended, or the connection broke, before the run's end was seen."""


class StreamIdle(StreamEnded, APITimeoutError):
    """No event came within the idle timeout, or no byte within the read timeout.

    Comments are not events.
    """


class StreamError(StreamEnded):
    """The server sent an `error` event.

    `error` is the object that it sent, without credentials; `body` is the same as a
    dict.
    """

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
            self.code = text_or_none(error.code)
            self.param = text_or_none(error.param)
            self.type = text_or_none(error.type)
        self.body = body
