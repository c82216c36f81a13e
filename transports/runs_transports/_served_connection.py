"""HTTP/1.1 on one connection of the loopback server."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import NoReturn

import h11

from runs_core.testing import ServiceReply, ServiceRequest
from runs_transports.http1 import READ_BYTES

__all__ = ["IDLE_SECONDS", "ClientLeft", "Reply", "ServedConnection"]

# A client counts as gone if it sends nothing for this long when it is its turn, or does
# not take a chunk in this time.
IDLE_SECONDS = 300.0
# More than any request of this API without files. The body is kept in memory.
_MAX_BODY_BYTES = 64 * 1024 * 1024
_ORIGIN = re.compile(r"\Ahttps?://[^/?#]*", re.IGNORECASE)
# How long a refused client may take to read the reason, and to stop sending.
_LINGER_SECONDS = 2.0


class Reply:
    """A reply whose chunks are produced under the service's lock."""

    def __init__(self, reply: ServiceReply, lock: threading.Lock) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self._chunks = iter(reply.chunks)
        self._lock = lock

    def __iter__(self) -> Iterator[bytes | float]:
        """Yield bytes to send, and seconds to wait."""
        while True:
            with self._lock:
                chunk = next(self._chunks, None)
            if chunk is None:
                return
            yield chunk if isinstance(chunk, bytes) else chunk.seconds

    def close(self) -> None:
        # Generators have `close`; other iterators have nothing to clean up.
        if close := getattr(self._chunks, "close", None):
            with self._lock:
                close()


class ClientLeft(Exception):
    """The client has left, or never spoke this protocol.

    Not an `OSError`, because a service may raise those for its own reasons.
    """


@contextlib.contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClientLeft from error


class ServedConnection:
    """The exchanges on one connection, one after the other."""

    def __init__(
        self,
        connection: socket.socket,
        handle: Callable[[ServiceRequest], Reply],
    ) -> None:
        self._connection = connection
        self._handle = handle
        self._http = h11.Connection(h11.SERVER)

    def run(self) -> None:
        """Answer requests until the client has no more.

        Raises `ClientLeft`, also if it refused the client, and what the service raises.
        """
        with _talking():
            if isinstance(self._connection, ssl.SSLSocket):
                self._connection.do_handshake()
        while (request := self._next_request()) is not None:
            self._answer(request)
            if self._http.our_state is not h11.DONE:
                break
            self._http.start_next_cycle()
        self._say_end()

    def _next_request(self) -> ServiceRequest | None:
        try:
            return self._read_request()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)

    def _read_request(self) -> ServiceRequest | None:
        start = self._next_event()
        if not isinstance(start, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := self._next_event(), h11.Data):
            body += event.data
            if len(body) > _MAX_BODY_BYTES:
                raise h11.RemoteProtocolError("body too long", error_status_hint=413)
        return ServiceRequest(
            method=start.method.decode("ascii"),
            # The absolute form is accepted too (RFC 9112 section 3.2.2).
            target=_ORIGIN.sub("", start.target.decode("ascii")) or "/",
            headers=tuple(
                (name.decode("ascii"), value.decode("latin-1"))
                for name, value in start.headers
            ),
            body=bytes(body),
        )

    def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            with _talking():
                data = self._connection.recv(READ_BYTES)
            self._http.receive_data(data)
        return event

    def _answer(self, request: ServiceRequest) -> None:
        try:
            reply = self._handle(request)
        except Exception:
            # The service failed: the client gets a 500, if it is still there, and the
            # traceback is shown where the server runs.
            with contextlib.suppress(ClientLeft):
                self._refuse(500)
            raise
        with contextlib.closing(reply):
            headers = list(reply.headers)
            if all(name.lower() != "date" for name, _ in headers):
                # RFC 9110 section 6.6.1: a server with a clock sends it.
                headers.append(("date", formatdate(usegmt=True)))
            self._send(h11.Response(status_code=reply.status, headers=headers))
            if request.method != "HEAD":
                for chunk in reply:
                    if isinstance(chunk, bytes):
                        self._send(h11.Data(data=chunk))
                    else:
                        self._pause(chunk)
            self._send(h11.EndOfMessage())

    def _pause(self, seconds: float) -> None:
        """Wait, but only while the client is there and the server is open.

        A client that closes only its sending side counts as having left: the two cannot
        be told apart. What it sends in the meantime is kept for the next requests.
        """
        ahead = len(self._http.trailing_data[0])
        for data in self._receive_for(seconds):
            ahead += len(data)
            if ahead > _MAX_BODY_BYTES:
                raise ClientLeft  # Still there, but it only sends.
            self._http.receive_data(data)
        self._connection.settimeout(IDLE_SECONDS)

    def _receive_for(self, seconds: float) -> Iterator[bytes]:
        """Yield what the client sends in this time; raise when it closes its end.

        It reads, because only reading finds the end of a TLS session, and what follows
        bytes that have already come. It uses no selector, because a selector needs a
        file descriptor and there may be none left.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            # In slices, because the system's own limit is about 24 days.
            self._connection.settimeout(min(left, IDLE_SECONDS))
            try:
                data = self._connection.recv(READ_BYTES)
            except TimeoutError:
                continue
            except OSError as error:
                raise ClientLeft from error
            if not data:
                raise ClientLeft
            yield data

    def _refuse(self, status: int) -> NoReturn:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            fields = [("content-length", "0"), ("connection", "close")]
            self._send(h11.Response(status_code=status, headers=fields))
            self._send(h11.EndOfMessage())
            # Closing with bytes unread would reset the connection, and the response
            # could be lost.
            self._say_end()
            for _ in self._receive_for(_LINGER_SECONDS):
                pass
        raise ClientLeft  # Or was refused.

    def _say_end(self) -> None:
        """End the sending side cleanly, as only a complete response may end."""
        with _talking():
            if isinstance(self._connection, ssl.SSLSocket):
                # RFC 8446 section 6.1: without this alert, the end could be a
                # truncation. `unwrap` raises because it does not wait for the client's.
                self._connection.settimeout(0)
                with contextlib.suppress(OSError):
                    self._connection.unwrap()
            self._connection.shutdown(socket.SHUT_WR)

    def _send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            with _talking():
                self._connection.sendall(data)
