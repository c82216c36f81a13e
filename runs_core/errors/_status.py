"""What the server refused, by the response's status."""

from __future__ import annotations

from collections.abc import Mapping

from runs_core.errors._base import APIError, OutcomeUnknown

__all__ = [
    "APIStatusError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerErrorOutcomeUnknown",
    "ServiceRetired",
    "ThreadBusy",
    "UnexpectedRedirect",
    "UnprocessableEntityError",
]


class APIStatusError(APIError):
    """The server answered with a status that is not a success.

    `headers` are the response's, and lookup in them ignores case. `request_id` is the
    server's id for the exchange, if it sent one. `retry_after` is the wait in seconds
    that the server asked for, if it asked.
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
    """400: the server found the request invalid."""


class ThreadBusy(BadRequestError):
    """400: the thread already has an active run, and takes no other.

    `thread_id` and `run_id` name them, as far as they are known.
    """

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
    """422: the server understood the request but cannot carry it out."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the quota is used up."""


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


class UnexpectedRedirect(APIStatusError):
    """3xx: redirects are never followed, so that no other origin gets credentials.

    `location` is the scheme and host the server pointed to, without path and query.
    """

    location: str | None = None


class ServerErrorOutcomeUnknown(InternalServerError, OutcomeUnknown):
    """The server failed (5xx), and may have carried out the request first."""
