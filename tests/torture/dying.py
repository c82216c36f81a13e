"""A server that dies once, at a given moment of its first exchange, and comes back."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from enum import Enum

from runs_core.testing import LocalService, Pause, ServiceReply, ServiceRequest

__all__ = ["DyingServer", "Moment", "dying"]

PATIENCE = 5.0
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 13\r\n"
    b"Connection: close\r\n\r\n<html></html>"
)


class Moment(Enum):
    """When the server dies: nobody listens, or in the middle of the first exchange.

    From `ANSWERLESS` on it has carried the request out.
    """

    DOWN = "down"
    BEFORE_READING = "before reading"
    IN_REQUEST = "in the request"
    ANSWERLESS = "after reading"
    RESET = "after reading, reset"
    GATEWAY = "after reading, 502"
    IN_HEAD = "in the head"
    IN_BODY = "in the body"
    QUIETLY = "in the body, unseen"
    NEVER = "never"

    @property
    def executed(self) -> bool:
        return self not in (Moment.DOWN, Moment.BEFORE_READING, Moment.IN_REQUEST)


class DyingServer:
    """Serves one connection after the other, each for one exchange.

    `revive` lets a server that is down listen.
    """

    def __init__(self, service: LocalService, moment: Moment) -> None:
        self._service = service
        self._moment = moment
        self._alive = moment is Moment.NEVER
        self._now = 1_700_000_000.0
        self._failure: BaseException | None = None
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve)
        self._closing = False
        self._listens = False
        if moment is not Moment.DOWN:
            self.revive()

    def revive(self) -> None:
        if not self._listens:
            self._listens = True
            self._socket.listen()
            self._thread.start()

    def close(self) -> None:
        self._closing = True
        self.revive()
        # The connection is accepted after all before it, and ends the thread.
        with socket.create_connection(self._socket.getsockname(), PATIENCE):
            self._thread.join(PATIENCE)
        self._socket.close()
        assert not self._thread.is_alive()
        if self._failure is not None:
            raise self._failure

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._closing:
                    return
                connection.settimeout(PATIENCE)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with contextlib.suppress(ConnectionError):
                    try:
                        self._talk(connection)
                    except ConnectionError:
                        raise
                    except BaseException as error:
                        self._failure = error

    def _talk(self, connection: socket.socket) -> None:
        moment, self._alive = Moment.NEVER if self._alive else self._moment, True
        match moment:
            case Moment.DOWN:
                moment = Moment.NEVER  # It was, and is back.
            case Moment.BEFORE_READING:
                # The client's bytes are there: nobody can tell what became of them.
                connection.recv(1, socket.MSG_PEEK)
                return _reset(connection)
            case Moment.IN_REQUEST:
                connection.recv(40)
                return _reset(connection)
        reply = self._service.handle(_read(connection), self._now)
        self._now += 1.0
        unframed = moment is Moment.QUIETLY
        streams = not unframed and "content-length" not in dict(reply.headers)
        head = _head(reply, streams, unframed)
        match moment:
            case Moment.ANSWERLESS:
                return
            case Moment.RESET:
                return _reset(connection)
            case Moment.GATEWAY:
                # A proxy that lost the server says so in its place.
                return connection.sendall(BAD_GATEWAY)
            case Moment.IN_HEAD:
                return connection.sendall(head[:30])
        connection.sendall(head)
        body = b"".join(_chunks(reply, streams))
        if moment is Moment.NEVER:
            connection.sendall(body)
        else:
            connection.sendall(body[: len(body) // 2])
            reply.abandon()


def _read(connection: socket.socket) -> ServiceRequest:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = start.split(" ")
    fields = [
        (name.lower(), value) for name, _, value in (x.partition(": ") for x in lines)
    ]
    length = int(dict(fields).get("content-length", "0"))
    while len(body) < length:
        body += _some(connection)
    return ServiceRequest(
        method=method, target=target, headers=tuple(fields), body=body
    )


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


def _head(reply: ServiceReply, chunked: bool, unframed: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} X", "connection: close"]
    lines += [
        f"{name}: {value}"
        for name, value in reply.headers
        if not (unframed and name == "content-length")
    ]
    if chunked:
        lines.append("transfer-encoding: chunked")
    return "\r\n".join([*lines, "", ""]).encode()


def _chunks(reply: ServiceReply, chunked: bool) -> Iterator[bytes]:
    for chunk in reply.chunks:
        if not isinstance(chunk, Pause):
            yield b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunked else chunk
    if chunked:
        yield b"0\r\n\r\n"


def _reset(connection: socket.socket) -> None:
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


@contextlib.contextmanager
def dying(service: LocalService, moment: Moment) -> Iterator[DyingServer]:
    server = DyingServer(service, moment)
    try:
        yield server
    finally:
        server.close()
