"""A server that plays scripts: tests specify each of its bytes and silences."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

from runs_transports._request import in_url

__all__ = [
    "CHUNKED",
    "HEAD",
    "PATIENCE",
    "STILL_OPEN",
    "UNFRAMED",
    "Connection",
    "Peer",
    "Script",
    "answering",
    "full_backlog",
    "peer",
    "resetting",
    "silent_after",
    "unused_port",
    "whole",
]

# Beginnings of responses; the body is whatever follows.
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
UNFRAMED = HEAD + b"\r\n"

PATIENCE = 5.0  # A safety net: only something broken waits this long.
STILL_OPEN = "the exchange was left, but its connection is still open"


class Connection:
    """One accepted connection, in the hands of a script."""

    def __init__(self, sock: socket.socket, peer: Peer) -> None:
        self.sock = sock
        self._peer = peer

    def secure(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def read_request(self) -> bytes:
        """Read one complete request; also append it to `peer.requests`."""
        data = b""
        while not (head := re.match(rb".*?\r\n\r\n", data, re.DOTALL)):
            data += self._recv()
        length = re.search(
            rb"\r\ncontent-length:[ \t]*([0-9]+)", head[0], re.IGNORECASE
        )
        size = head.end() + (int(length[1]) if length else 0)
        while len(data) < size:
            data += self._recv()
        self._peer.requests.append(data)
        return data

    def _recv(self) -> bytes:
        data = self.sock.recv(65536)
        assert data, "the client closed before its request was complete"
        return data

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, data: bytes) -> None:
        self.read_request()
        self.send(data)

    def wait_until_left(self) -> bytes:
        """Wait until the client closes or resets its end; return what still came."""
        more = b""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError, ssl.SSLError):
            try:
                while data := self.sock.recv(65536):
                    more += data
            except TimeoutError:
                raise AssertionError(STILL_OPEN) from None
        return more

    def is_left_while_sending(self, data: bytes, *, each: float, times: int) -> bool:
        """Send `data`, `times` times with pauses; return whether the client left."""
        self.sock.settimeout(each)
        for _ in range(times):
            try:
                self.send(data)
                if not self.sock.recv(1):
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
        self.sock.settimeout(PATIENCE)
        return False

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.sock.close()


Script = Callable[[Connection], object]


class Peer:
    """Listens on loopback; each connection gets the next script, or again the last."""

    def __init__(
        self, *scripts: Script, host: str = "127.0.0.1", scope: int = 0
    ) -> None:
        if ":" in host:
            self._listener = socket.create_server(
                (host, 0, 0, scope), family=socket.AF_INET6
            )
        else:
            self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.place = f"{in_url(host)}:{self.port}"
        self.url = f"http://{self.place}"
        self.requests: list[bytes] = []
        # Counts also those that no script was played for before `close`.
        self.connections = 0
        # A script has ended, and its connection is closed.
        self.left = threading.Event()
        self._scripts = list(scripts)
        self._last: int | None = None
        self.failure: BaseException | None = None
        self._served = threading.Condition()
        self._open = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            sock, (_, port, *_) = self._listener.accept()
            if port == self._last:  # Woken by `close`.
                sock.close()
                return
            self.connections += 1
            if self._last is not None:
                sock.close()
                continue
            with self._served:
                self._open += 1
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script = self._scripts[0]
            if len(self._scripts) > 1:
                del self._scripts[0]
            connection = Connection(sock, self)
            try:
                script(connection)
            except BaseException as error:
                self.failure = error
            finally:
                connection.sock.close()
                self.left.set()
                with self._served:
                    self._open -= 1
                    self._served.notify_all()

    def settled(self) -> bool:
        """Return whether every connection that was accepted is closed."""
        with self._served:
            return self._open == 0

    def settle(self) -> None:
        """Return when every connection that was accepted is closed."""
        with self._served:
            assert self._served.wait_for(lambda: self._open == 0, PATIENCE)

    def close(self) -> None:
        # This connection is accepted after all earlier ones, and ends the thread.
        with socket.socket(self._listener.family) as last:
            place = self._listener.getsockname()
            last.bind((place[0], 0, *place[2:]))
            self._last = last.getsockname()[1]
            last.connect(place)
            self._thread.join(PATIENCE)
        self._listener.close()
        assert not self._thread.is_alive()


@contextlib.contextmanager
def peer(*scripts: Script, host: str = "127.0.0.1", scope: int = 0) -> Iterator[Peer]:
    server = Peer(*scripts, host=host, scope=scope)
    try:
        yield server
    except BaseException as error:
        server.close()
        # The test's own failure says more than what it led to here.
        if server.failure is not None:
            name = type(server.failure).__name__
            error.add_note(f"the peer had {name}: {server.failure}")
        raise
    server.close()
    if server.failure is not None:
        raise server.failure


def answering(data: bytes) -> Script:
    """Read a request, send `data`, and close."""

    def script(connection: Connection) -> None:
        connection.answer(data)

    return script


def whole(body: bytes = b"{}", *fields: bytes) -> bytes:
    lines = [
        b"HTTP/1.1 200 OK",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *fields,
        b"",
        body,
    ]
    return b"\r\n".join(lines)


def silent_after(data: bytes) -> Script:
    """Return a script that answers this much, and waits until the client leaves."""

    def script(connection: Connection) -> None:
        connection.answer(data)
        connection.wait_until_left()

    return script


def resetting(data: bytes) -> Script:
    """Return a script that answers this much, and resets the connection."""

    def script(connection: Connection) -> None:
        connection.answer(data)
        connection.reset()

    return script


@contextlib.contextmanager
def unused_port() -> Iterator[int]:
    """Yield a port that is bound, so that it stays unused, but not listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Yield a port whose queue is full: a further SYN is not answered (on Linux)."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
