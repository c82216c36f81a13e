"""Errors of requests, urllib3 and http.client, translated into the core's."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3.exceptions

from runs_core.errors import NotSent, TransportError, TransportProtocolError
from runs_transports._errors import CUT_BODY, no_connection, timed_out
from runs_transports._requests_session import Way

__all__ = ["ERRORS", "translated"]

ERRORS: tuple[type[BaseException], ...] = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)
# What http.client says about a proxy's refusal; the proxy's own words follow.
_NO_TUNNEL = re.compile("Tunnel connection failed: ([0-9]{3})")


@contextmanager
def translated(way: Way) -> Iterator[None]:
    """Translate what is raised into the core's errors.

    The exceptions of requests and urllib3 quote the URL with its query, so only what
    lies beneath them is chained.
    """
    try:
        yield
    except ERRORS as error:
        causes = list(_causes(error))
        below = next((e for e in causes if _is_io(e)), None)
        if any(map(_is_before_sending, causes)):
            raise _unsent(way, causes, below or error) from below
        if any(map(_is_timeout, causes)):
            is_read = any(map(_is_read_timeout, causes))
            waited = way.read_timeout if is_read else way.connect_timeout
            raise timed_out(way.address, waited) from below
        if fault := next(filter(None, map(_protocol_fault, causes)), None):
            raise TransportProtocolError(f"{way.address} {fault}") from None
        raise TransportError(f"the connection to {way.address} broke") from below


def _unsent(
    way: Way, causes: list[BaseException], below: BaseException
) -> TransportError:
    """Return the error for a connection that could not be made."""
    reason = _no_connection(way, causes, below)
    if not way.resent:
        return NotSent(f"{reason}; nothing was sent")
    return TransportError(
        f"{reason}; an earlier attempt of the session's adapter may have been sent"
    )


def _no_connection(way: Way, causes: list[BaseException], below: BaseException) -> str:
    """Say what the connection could not be made to: the peer, or a proxy."""
    if way.proxy is None:
        return no_connection(way.address, below, way.connect_timeout)
    if refused := _NO_TUNNEL.match(str(below)):
        return f"{way.proxy} answered {refused[1]} when asked for {way.address}"
    by_proxy = any(isinstance(e, urllib3.exceptions.ProxyError) for e in causes)
    whom = way.proxy if by_proxy else way.address
    return no_connection(whom, below, way.connect_timeout)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and everything it wraps.

    `__context__` is left out: it may be an exception that the caller was handling.
    """
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException):
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__]


def _is_io(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(
        error, requests.RequestException | http.client.HTTPException
    )


def _is_before_sending(error: BaseException) -> bool:
    """Return whether it was raised while the connection was being made.

    urllib3's types do not tell for TLS: a handshake that times out is a read timeout.
    """
    if isinstance(
        error,
        urllib3.exceptions.ConnectTimeoutError
        | urllib3.exceptions.NewConnectionError
        # A URL or a proxy that requests cannot use.
        | requests.exceptions.InvalidURL
        | requests.exceptions.InvalidSchema,
    ):
        return True
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if (
            frame.f_code.co_name == "connect"
            and frame.f_globals.get("__name__") == "urllib3.connection"
        ):
            return True
        traceback = traceback.tb_next
    return False


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError)


def _is_read_timeout(error: BaseException) -> bool:
    """Return whether a wait for bytes ended; else sending, in the connect timeout."""
    return isinstance(error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError)


def _protocol_fault(error: BaseException) -> str | None:
    """Return what the peer did wrong, or None if the error is not about that.

    http.client has one error both for a body that is cut off and a bad chunk header.
    """
    match error:
        case http.client.IncompleteRead() | ConnectionError():
            return f"{CUT_BODY}, or broke its framing"
        case http.client.HTTPException() if str(error).startswith("got more than "):
            # Its own words for a line that is too long, and for more than 100 fields.
            return f"sent too much for http.client ({error})"
        case http.client.HTTPException() | urllib3.exceptions.InvalidHeader():
            return "broke HTTP/1.1"
        case _:
            return None
