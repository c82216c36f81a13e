"""What an answer's status means: the error to raise, and how long the server asks to
wait.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from runs_core import errors
from runs_core.flows.effects import Flow, Read
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.wire import codec
from runs_core.wire.body import ERROR_BODY_LIMIT
from runs_core.wire.http import Head, Headers, Response

__all__ = ["finite_number", "refusal", "retry_after", "status_error"]

_BY_STATUS: dict[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}

_ADVICE = {
    401: "check the key and the kind of credentials this endpoint takes",
    403: "these credentials do not allow it",
    404: "check the base URL's path prefix, and the ids",
    429: "wait, or ask for a higher limit",
}

# A server's own sentence is shown, up to a length that a terminal can hold.
_MESSAGE_LIMIT = 500

# Two sentences of the real service; both name the thread and its active run.
_BUSY = re.compile(
    r"[Tt]hread (?P<thread>\S+) already has an active run (?P<run>[\w-]+)"
    r"|messages to (?P<thread_>\S+) while a run (?P<run_>[\w-]+) is active"
)


def status_error(response: Response, request: ApiRequest) -> errors.APIStatusError:
    """Give the error for an answer that is not a 2xx.

    `body` is the answer's `error` object, else its JSON, else its text.
    """
    body = _body(response)
    fields = body if isinstance(body, dict) else {}
    said = _said(body)
    summary = f"{request.operation}: the server answered {response.status}"
    if said is None:
        advice = _ADVICE.get(response.status)
        message = summary + (f": {advice}" if advice else " without an error object")
    else:
        message = f"{summary}: {said}"
    cls = _error_class(response.status, said, request)
    error = cls(
        message,
        status=response.status,
        headers=dict(response.headers),
        request_id=response.request_id,
        retry_after=retry_after(response.headers),
        code=_text(fields.get("code")),
        param=_text(fields.get("param")),
        type=_text(fields.get("type")),
        body=body,
    )
    error.retries_taken = response.retries_taken
    _add_details(error, said, response)
    return error


def refusal(
    head: Head, request: ApiRequest, clean: Callable[[bytes], bytes] | None = None
) -> Flow[errors.APIStatusError]:
    """Read the body of an opened answer that is not a 2xx, and give its error.

    `clean` is applied to the body first.
    """
    body = bytearray()
    try:
        while len(body) < ERROR_BODY_LIMIT and (piece := (yield from Read())):
            body += piece
    except errors.TransportError:
        # The status says more than the reason why its explanation did not arrive.
        pass
    kept = bytes(body[:ERROR_BODY_LIMIT])
    response = Response(
        head.status,
        head.headers,
        clean(kept) if clean else kept,
        retries_taken=head.retries_taken,
    )
    return status_error(response, request)


def _error_class(
    status: int, said: str | None, request: ApiRequest
) -> type[errors.APIStatusError]:
    if status >= 500:
        # 503 with Retry-After, 501 and 505 say that nothing was done.
        unsure = request.repeat is Repeat.ONCE and status not in (501, 503, 505)
        if unsure:
            return errors.ServerErrorOutcomeUnknown
        return errors.InternalServerError
    if 300 <= status < 400:
        return errors.UnexpectedRedirect
    if status == 400 and said and _BUSY.search(said):
        return errors.ThreadBusy
    return _BY_STATUS.get(status, errors.APIStatusError)


def _add_details(
    error: errors.APIStatusError, said: str | None, response: Response
) -> None:
    if isinstance(error, errors.ThreadBusy) and (found := _BUSY.search(said or "")):
        error.thread_id = found["thread"] or found["thread_"]
        error.run_id = found["run"] or found["run_"]
    if isinstance(error, errors.UnexpectedRedirect):
        location = response.headers.get("location") or ""
        origin = re.match(r"https?://[^/?#@\s]+(?=[/?#]|$)", location)
        error.location = origin[0] if origin else None
        error.args = (
            f"{error}; redirects are not followed: set base_url to where it leads",
        )


def _body(response: Response) -> Any:
    try:
        value = codec.loads(response.body)
    except errors.MalformedResponse:
        return response.body.decode("utf-8", "replace")
    if isinstance(value, dict) and isinstance(value.get("error"), dict):
        return value["error"]
    return value


def _said(body: Any) -> str | None:
    """The server's own sentence: OpenAI's and Azure's `message`, FastAPI's `detail`."""
    if not isinstance(body, dict):
        return None
    for name in ("message", "detail", "error", "title"):
        value = body.get(name)
        if isinstance(value, str) and value:
            return " ".join(value.split())[:_MESSAGE_LIMIT]
    return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


# --- Waiting -----------------------------------------------------------------------

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{0,12})?")
_HTTP_DATE = re.compile(
    r"\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT", re.ASCII
)
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def finite_number(text: str | None) -> float | None:
    """Read a header's number: plain decimal digits; anything else is None."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    return float(text)


def retry_after(headers: Headers) -> float | None:
    """Give the wait in seconds that the server asks for, or None; junk is ignored.

    `retry-after-ms` wins over `Retry-After` (RFC 9110 section 10.2.3). A date there is
    compared with the answer's own `Date`, so that nobody's clock matters.
    """
    milliseconds = finite_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = finite_number(text)
    if seconds is not None or text is None:
        return seconds
    until, sent = _http_date(text), _http_date(headers.get("date") or "")
    if until is None or sent is None:
        return None
    wait = (until - sent).total_seconds()
    return wait if wait >= 0 and math.isfinite(wait) else None


def _http_date(text: str) -> datetime | None:
    match = _HTTP_DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    try:
        return datetime(
            int(year),
            _MONTHS.index(match[2]) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=UTC,
        )
    except ValueError:
        return None
