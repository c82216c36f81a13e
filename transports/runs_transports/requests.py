"""requests, with urllib3's pool of connections underneath."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

from runs_core.errors import TransportError, TransportProtocolError, UsageError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request, Timeouts
from runs_transports._errors import CUT_BODY, not_sent, timed_out
from runs_transports._extras import comes_with
from runs_transports._request import Address, check_encoding, fields_to_send

with comes_with("requests", __name__):
    import requests
    import urllib3.exceptions

    from runs_transports._adapter import HeadFault, StrictAdapter

__all__ = ["RequestsTransport"]

_READ_BYTES = 64 * 1024
# urllib3 refuses a timeout of 0.
_SHORTEST_WAIT = 1e-3


class RequestsTransport:
    """Sends through a `requests.Session`, and reads the body undecoded.

    Connections are kept and used again, also by other threads. Its own session reads no
    environment, keeps no cookies, uses no proxy, and verifies with `ssl_context`, or
    against the system's trust store; `close()` closes it.

    A caller's `session` is used as it is, with its adapters, proxies, cookies and
    `trust_env`, and stays open; the caller says by it what is trusted. Redirects are
    not followed, and no .netrc replaces the request's Authorization, in either case.

    Sending is limited by the connect timeout, because urllib3 does so.
    """

    errors: tuple[type[BaseException], ...] = (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    )

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if session is not None and ssl_context is not None:
            raise UsageError("give a session or an ssl_context: a session has its own")
        self._owned = session is None
        self._session = _new_session(ssl_context) if session is None else session

    def close(self) -> None:
        """Close the connections of a session that this transport made."""
        if self._owned:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        """Send the request and give the answer's beginning."""
        address = Address.of(request.url)
        with closing(self._send(request, address)) as response:
            raw: urllib3.HTTPResponse = response.raw
            head = Head(
                raw.status, ((name, value) for name, value in raw.headers.items())
            )
            check_encoding(head, address)

            body = _Body(raw, address, request.timeouts)
            yield Opened(
                head, body.read, body.set_timeout if body.socket is not None else None
            )

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(seconds)

    def _send(self, request: Request, address: Address) -> requests.Response:
        timeouts = request.timeouts
        fields = fields_to_send(request)
        with _translated(address, timeouts.connect, timeouts.read):
            prepared = self._prepared(request, fields)
            settings = self._session.merge_environment_settings(
                prepared.url, {}, True, None, None
            )
            return self._session.send(
                prepared,
                allow_redirects=False,
                timeout=(_wait(timeouts.connect), _wait(timeouts.read)),
                **settings,
            )

    def _prepared(
        self, request: Request, fields: list[tuple[str, str]]
    ) -> requests.PreparedRequest:
        headers: dict[str, str] = {}
        for name, value in fields:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        # An auth of the session's own is used only where the request brings none. With
        # no auth at all, requests would look into .netrc.
        keeps = "authorization" in headers or self._session.auth is None
        prepared = self._session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                headers=headers,
                data=request.body,
                auth=_as_it_is if keeps else self._session.auth,
            )
        )
        # After a session's own hooks, which this must not replace.
        prepared.hooks["response"].append(_hide_location)
        # As it was given: requests would resolve dot segments and requote it.
        prepared.url, _, _ = request.url.partition("#")
        return prepared


def _new_session(ssl_context: ssl.SSLContext | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = StrictAdapter(ssl_context)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _hide_location(response: requests.Response, **_: Any) -> None:
    # Also with allow_redirects=False, requests prepares the next request; for that it
    # reads the body to its end and judges the Location.
    response.headers.pop("location", None)


class _Body:
    """An answer's body as it comes from urllib3.

    `socket` is None where urllib3, or a caller's adapter, keeps it out of reach.
    """

    socket: socket.socket | None = None

    def __init__(
        self, raw: urllib3.HTTPResponse, address: Address, timeouts: Timeouts
    ) -> None:
        self._raw = raw
        self._address = address
        self._timeout = timeouts.read
        self._fault: TransportError | None = None
        below: object = raw
        for name in ("_fp", "fp", "raw", "_sock"):
            below = getattr(below, name, None)
        if isinstance(below, socket.socket):
            self.socket = below

    def read(self) -> bytes:
        if self._fault is not None:
            raise self._fault  # urllib3 would say that the body has ended.
        try:
            with _translated(self._address, None, self._timeout):
                return self._raw.read1(_READ_BYTES, decode_content=False)
        except TransportError as fault:
            self._fault = fault
            raise

    def set_timeout(self, seconds: float | None) -> None:
        self._timeout = seconds
        # At the body's end the connection goes back to the pool, to others.
        if self.socket is not None and not self._raw.closed:
            self.socket.settimeout(_wait(seconds))


def _wait(timeout: float | None) -> float | None:
    return None if timeout is None else max(timeout, _SHORTEST_WAIT)


@contextmanager
def _translated(
    address: Address, connect_timeout: float | None, read_timeout: float | None
) -> Iterator[None]:
    """Say in the core's words what went wrong.

    The exceptions of requests and urllib3 quote the URL with its query, so that only
    what lies beneath them is chained.
    """
    try:
        yield
    except RequestsTransport.errors as error:
        causes = list(_causes(error))
        below = next((e for e in causes if _is_io(e)), None)
        if any(map(_is_before_sending, causes)):
            raise not_sent(address, below or error, connect_timeout) from below
        if any(map(_is_timeout, causes)):
            raise timed_out(address, read_timeout) from below
        if fault := next(filter(None, map(_protocol_fault, causes)), None):
            raise TransportProtocolError(f"{address} {fault}") from None
        raise TransportError(f"the connection to {address} broke") from below


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give the error and all that it wraps.

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
    """Whether this was raised while the connection was being made.

    urllib3's types do not say so for TLS: a handshake that times out is a read timeout.
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


def _protocol_fault(error: BaseException) -> str | None:
    """Give what the peer did wrong, if that is what the error says.

    http.client has one error for a body that is cut off and for a bad chunk header.
    """
    match error:
        case HeadFault():
            return str(error)
        case (
            http.client.IncompleteRead()
            | http.client.RemoteDisconnected()
            | urllib3.exceptions.IncompleteRead()
        ):
            return f"{CUT_BODY}, or broke its framing"
        case (
            http.client.HTTPException()
            | urllib3.exceptions.InvalidChunkLength()
            | urllib3.exceptions.InvalidHeader()
        ):
            return "broke HTTP/1.1"
        case _:
            return None
