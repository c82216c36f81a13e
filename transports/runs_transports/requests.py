"""requests, with urllib3's pool of connections underneath."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

from attrs import astuple, evolve

from runs_core.errors import TransportError, TransportProtocolError, UsageError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request, Timeouts
from runs_transports._blocking import TimedStream
from runs_transports._deadline import for_socket
from runs_transports._extras import comes_with
from runs_transports._request import Address, fields_to_send, is_withheld

with comes_with("requests", __name__):
    import requests
    import urllib3

    from runs_transports._requests_adapter import StrictAdapter
    from runs_transports._requests_errors import ERRORS, translated
    from runs_transports._requests_session import Way
    from runs_transports.http1 import READ_BYTES

__all__ = ["RequestsTransport"]


class RequestsTransport:
    """Sends through a `requests.Session`, and reads the body undecoded.

    Connections are kept and reused, also by other threads. The transport's own session
    keeps up to 100 idle ones for each host, however many threads use it; it reads no
    environment, keeps no cookies, uses no proxy, verifies with `ssl_context` or against
    the system's trust store, and reconnects in a forked process; `close()` closes it.
    Its responses are read by h11, as strictly as on the other transports.

    A caller's `session` is used as it is, with its adapters, proxies, cookies and
    `trust_env`, and stays open; it decides what is trusted. Its adapters requote the
    target, and it adds its own header fields. Responses are read by its adapters, which
    use http.client: that accepts chunks that can be read in two ways, and skips no
    interim response except 100; any other is a `TransportProtocolError`. An adapter
    whose `max_retries` may send a POST twice is refused with `UsageError`.

    In either case, redirects are not followed, and no .netrc replaces the request's
    Authorization.

    The connect timeout is for all of the host's addresses and the handshake together,
    and once more for sending, because urllib3 works that way; looking up the host name
    takes as long as the system takes. The read timeout is for the whole head, and for
    each read of the body, however few bytes come at a time. A caller's session connects
    and reads a head in its own ways: there, each wait has its own timeout. A total ends
    connecting and the wait for the head; sending can overshoot it by the connect
    timeout.
    """

    errors: tuple[type[BaseException], ...] = ERRORS

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if session is not None and ssl_context is not None:
            raise UsageError("pass a session or an ssl_context: a session has its own")
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
        """Send the request and yield the start of the response."""
        address = Address.of(request.url)
        fields = fields_to_send(request)
        way = Way(
            address=address,
            connect_timeout=request.timeouts.connect,
            read_timeout=request.timeouts.read,
        )
        with translated(way):
            prepared = self._prepared(request, fields)
            settings: Any = self._session.merge_environment_settings(
                prepared.url, {}, True, None, None
            )
            way = way.through(self._session, prepared, settings["proxies"])
            settings["timeout"] = _waits(request.timeouts)
        with closing(_Body(self._send(prepared, way, settings), way)) as body:
            raw = body.raw
            if raw.status < 200:
                # http.client skips only 100. The final response comes later, and would
                # be taken for that to the next request on this connection.
                raise TransportProtocolError(
                    f"{address} sent an interim response ({raw.status}), which"
                    " http.client takes for the final one: do not pass your own session"
                )
            head = Head(
                raw.status, ((name, value) for name, value in raw.headers.items())
            )
            body.is_withheld = is_withheld(head, address)
            body.set_timeout(request.timeouts.read)
            yield Opened(
                head, body.read, body.set_timeout if body.stream is not None else None
            )

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(seconds)

    def _send(
        self, prepared: requests.PreparedRequest, way: Way, settings: Any
    ) -> requests.Response:
        with translated(way):
            return self._session.send(prepared, allow_redirects=False, **settings)

    def _prepared(
        self, request: Request, fields: list[tuple[str, str]]
    ) -> requests.PreparedRequest:
        headers: dict[str, str] = {}
        for name, value in fields:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        # The session's own auth is used only if the request has none. With no auth at
        # all, requests would look into .netrc.
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
        # Appended, because it must not replace the session's own hooks.
        prepared.hooks["response"].append(_hide_location)
        # Unchanged: requests resolves dot segments, requotes and uppercases the method.
        prepared.url, _, _ = request.url.partition("#")
        prepared.method = request.method
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
    # Even with allow_redirects=False, requests prepares the next request: it reads the
    # body to its end and parses the Location.
    response.headers.pop("location", None)


class _Body:
    """A response body as it comes from urllib3.

    `stream` is None if urllib3, or a caller's adapter, keeps it out of reach.
    """

    def __init__(self, response: requests.Response, way: Way) -> None:
        self.raw: urllib3.HTTPResponse = response.raw
        self._response = response
        self._way = way
        self._fault: TransportError | None = None
        self.stream = _timed(self.raw)
        # Held during a read; reentrant, because a signal handler may take it again.
        self._reading = threading.RLock()
        self._is_read = self._left = False
        self.is_withheld = False

    def read(self) -> bytes:
        if self.is_withheld:
            return b""
        with self._reading:
            self._is_read = True
            try:
                return self._read()
            finally:
                self._is_read = False
                if self._left:
                    self._response.close()

    def close(self) -> None:
        """Close the response, also while another thread reads it.

        If a signal handler calls this, the read that it interrupted ends and closes the
        response: a stream cannot be closed in the middle of a read.
        """
        self._left = True
        if self.stream is not None:
            self.stream.leave()
        with self._reading:
            if not self._is_read:
                self._response.close()

    def _read(self) -> bytes:
        if self._fault is not None:
            raise self._fault  # urllib3 would report the end of the body.
        if self.stream is not None:
            self.stream.restart()
        try:
            with translated(self._way):
                return self.raw.read1(READ_BYTES, decode_content=False)
        except TransportError as fault:
            self._fault = fault
            raise

    def set_timeout(self, seconds: float | None) -> None:
        self._way = evolve(self._way, read_timeout=seconds)
        if self.stream is not None:
            self.stream.timeout = seconds


def _timed(raw: urllib3.HTTPResponse) -> TimedStream | None:
    """Make the stream that the response is read from keep a deadline; return it."""
    answer: Any = getattr(raw, "_fp", None)
    if isinstance(timed := getattr(answer, "timed", None), TimedStream):
        return timed
    below = getattr(answer, "fp", None)
    sock = getattr(getattr(below, "raw", None), "_sock", None)
    if below is None or not isinstance(sock, socket.socket):
        return None
    timed = TimedStream(below, sock)
    answer.fp = io.BufferedReader(timed)
    return timed


def _waits(timeouts: Timeouts) -> Any:
    """Return the timeouts in requests' form, or urllib3's if there is a total."""
    connect, read, total = map(_wait, astuple(timeouts))
    if total is None:
        return connect, read
    return urllib3.Timeout(total, connect, read)


def _wait(timeout: float | None) -> float | None:
    # urllib3 refuses 0.
    return None if timeout is None else for_socket(timeout)
