"""What a response's status means: the error to raise."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import evolve

from runs_core import errors
from runs_core._words import one_line
from runs_core.flows.effects import Flow, Now, Read
from runs_core.flows.outcome import as_unknown, how_to_find_out, mark_unknown
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.waits import retry_after
from runs_core.wire import codec
from runs_core.wire.body import ERROR_BODY_LIMIT, Body, end_of_body
from runs_core.wire.http import FieldsByName, Head, Response

__all__ = [
    "nothing_was_done",
    "refusal",
    "status_error",
]

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

# Two sentences of the real service; both name the thread and its active run.
_BUSY = re.compile(
    r"[Tt]hread (?P<thread>\S+) already has an active run (?P<run>[\w-]+)"
    r"|messages to (?P<thread_>\S+) while a run (?P<run_>[\w-]+) is active"
)

# What servers say about a path that they do not have; FastAPI's does not name it.
_NO_SUCH_PATH = re.compile(r"Invalid URL \(|Unknown request URL|Not Found$")


def status_error(response: Response, request: ApiRequest) -> errors.APIStatusError:
    """Return the error for a response that is not a 2xx.

    `body` is the response's `error` object, else its JSON, else its text.
    """
    body = _body(response)
    said = _said(body)
    summary = f"{request.operation}: the server answered {response.status}"
    if said is None:
        advice = _ADVICE.get(response.status)
        message = summary + (f": {advice}" if advice else " without an error object")
    else:
        message = f"{summary}: {said}"
    cls = _error_class(response, said, request)
    error = cls(
        message,
        status=response.status,
        headers=FieldsByName(response.headers),
        request_id=response.request_id,
        retry_after=retry_after(response.headers),
        body=body,
    )
    error.retries_taken = response.retries_taken
    if error.retry_after is not None:
        _say(error, f"it asks to wait {error.retry_after:g} s")
    _add_details(error, said, response)
    if isinstance(error, errors.OutcomeUnknown):
        _say(error, how_to_find_out(request))
        mark_unknown(error, request)
    elif _may_be_its_own_doing(response, request):
        _say(
            error,
            "it was sent again after an attempt that may have been carried out, which"
            " may be the reason",
        )
    if response.status in (303, 408) or response.status < 200:
        # A 303 may follow what was carried out: RFC 9110 section 15.4.4. A 408 may be
        # from a proxy whose server is still at work; a 1xx, from a transport that knows
        # no interim responses: the real one is still to come.
        return as_unknown(error, request)
    return error


def refusal(
    head: Head,
    request: ApiRequest,
    clean: Callable[[bytes], bytes] | None = None,
    until: float | None = None,
) -> Flow[errors.APIStatusError]:
    """Read the body of an opened response that is not a 2xx, and return its error.

    `clean` is applied to the body first. It is read until `until` on the clock, and for
    ten seconds at most.
    """
    body = Body(head, ERROR_BODY_LIMIT, end_of_body(head, (yield from Now()), until))
    # The status says more than the reason why its explanation did not arrive.
    with suppress(errors.TransportError):
        while body.add((yield from Read(body.left((yield from Now()))))):
            pass
    response = evolve(body.response(), retries_taken=head.retries_taken)
    if clean is not None:
        response = evolve(response, body=clean(response.body))
    return status_error(response, request)


def _error_class(
    response: Response, said: str | None, request: ApiRequest
) -> type[errors.APIStatusError]:
    status = response.status
    if status >= 500:
        if request.repeat is Repeat.SAFE or nothing_was_done(response):
            return errors.InternalServerError
        return errors.ServerErrorOutcomeUnknown
    if 300 <= status < 400:
        return errors.UnexpectedRedirect
    if status == 400 and said and _BUSY.search(said):
        return errors.ThreadBusy
    return _BY_STATUS.get(status, errors.APIStatusError)


def _may_be_its_own_doing(response: Response, request: ApiRequest) -> bool:
    """Return whether an earlier attempt may be why this one is refused.

    What is deleted cannot be found, and what is being cancelled cannot be cancelled.
    """
    repeated = response.retries_taken > 0 and request.method != "GET"
    return repeated and response.status in (400, 404, 409)


def nothing_was_done(response: Response | Head) -> bool:
    """Return whether a 5xx says that the request was not carried out.

    RFC 9110 section 15.6: 501 and 505 refuse the request itself; 511 (RFC 6585) comes
    from a network in front of the server. A 503 that says when to come back is an
    overloaded server's; one that does not is also what proxies (Envoy) send when the
    server broke the connection after it had the request.
    """
    if response.status == 503:
        return retry_after(response.headers) is not None
    return response.status in (501, 505, 511)


def _add_details(
    error: errors.APIStatusError, said: str | None, response: Response
) -> None:
    if isinstance(error, errors.ThreadBusy) and (found := _BUSY.search(said or "")):
        error.thread_id = found["thread"] or found["thread_"]
        error.run_id = found["run"] or found["run_"]
    if error.status == 404 and (
        error.code == "unknown_url" or _NO_SUCH_PATH.match(said or "")
    ):
        _say(error, "check the base URL's path prefix")
    if isinstance(error, errors.UnexpectedRedirect):
        location = response.headers.get("location") or ""
        origin = re.match(r"https?://[^/?#@\s]+(?=[/?#]|$)", location)
        error.location = one_line(origin[0]) if origin else None
        where = f" ({error.location})" if error.location else ""
        if error.status == 303:
            what_to_do = "a 303 leads to a response that is elsewhere"
        else:
            what_to_do = "set base_url to where it leads"
        _say(error, f"redirects are not followed: {what_to_do}{where}")


def _say(error: errors.APIStatusError, more: str) -> None:
    error.message = f"{error.message}; {more}"


def _body(response: Response) -> Any:
    try:
        value = codec.loads(response.body)
    except errors.MalformedResponse:
        return response.body.decode("utf-8", "replace")
    if isinstance(value, dict) and isinstance(value.get("error"), dict):
        return value["error"]
    return value


def _said(body: Any) -> str | None:
    """Return the server's words: OpenAI's and Azure's `message`, FastAPI's `detail`."""
    if not isinstance(body, dict):
        return None
    for name in ("message", "detail", "error", "title"):
        value = body.get(name)
        if name == "detail" and isinstance(value, list):
            value = _validation_errors(value)
        if isinstance(value, str) and (said := one_line(value)):
            return said
    return None


def _validation_errors(items: list[Any]) -> str:
    """Return FastAPI's `detail` of a 422 as text: where and what, without the input."""
    objects = [item for item in items if isinstance(item, dict)]
    return ", ".join(f"{_place(o.get('loc'))}{o.get('msg')}" for o in objects)


def _place(loc: Any) -> str:
    return f"{'.'.join(map(str, loc))}: " if isinstance(loc, list) and loc else ""
