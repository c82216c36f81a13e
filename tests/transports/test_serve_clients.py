"""Clients that leave, hurry, dawdle or flood while the server answers them."""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from runs_core.testing import Pause, ServiceReply, ServiceRequest
from runs_transports.conformance.peer import PATIENCE
from tests.transports.serving import (
    Endless,
    ServerAndClient,
    connect,
    say,
    serving,
    stream,
    tls_contexts,
    unhandled,
    whole,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
LAST_REQUEST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> ServerAndClient | None:
    return tls_contexts() if request.param == "tls" else None


def close_politely(connection: socket.socket) -> None:
    """Say that nothing more comes, and leave the connection open."""
    if isinstance(connection, ssl.SSLSocket):
        connection.setblocking(False)
        with suppress(OSError):  # It has not said so, too; or it has closed already.
            connection.unwrap()
    else:
        connection.shutdown(socket.SHUT_WR)


def reset(connection: socket.socket) -> None:
    linger = b"\1\0\0\0\0\0\0\0"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def read_until(connection: socket.socket, text: bytes) -> bytes:
    received = b""
    while text not in received:
        data = connection.recv(65536)
        assert data, received
        received += data
    return received


def flood(connection: socket.socket) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection.sendall(bytes(65536))


@pytest.mark.parametrize("leave", [close_politely, socket.socket.close, reset])
@pytest.mark.parametrize("said", [b"", b"GET", REQUEST * 3], ids=["", "part", "more"])
def test_a_client_that_leaves_during_a_pause_is_noticed(
    leave: Callable[[socket.socket], None], said: bytes, tls: ServerAndClient | None
) -> None:
    endless = Endless()
    with serving(endless, tls) as server, closing(connect(server, tls)) as connection:
        connection.sendall(REQUEST)
        read_until(connection, b"\r\n\r\n1\r\nx\r\n")
        if said:
            connection.sendall(said)
        leave(connection)

        assert endless.closed.wait(PATIENCE)


def test_what_is_said_during_a_pause_is_answered_after_it(
    tls: ServerAndClient | None,
) -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        if request.target == "/last":
            return whole(b"last")
        return stream([b"first", Pause(0.05), b"second"])

    with serving(handler, tls) as server, closing(connect(server, tls)) as connection:
        connection.sendall(REQUEST)
        begun = read_until(connection, b"first\r\n")
        # One request and half of another: the rest comes during the second pause.
        connection.sendall(REQUEST + LAST_REQUEST[:20])
        begun += read_until(connection, b"first\r\n")
        answers = begun + say(connection, LAST_REQUEST[20:])

    assert answers.count(b"HTTP/1.1 200") == 3
    assert answers.count(b"second") == 2
    assert answers.endswith(b"last")
    assert [r.target for r in server.service.requests] == ["/", "/", "/last"]


def test_a_pause_leaves_the_client_its_time(tls: ServerAndClient | None) -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        return stream([Pause(0.001), b"x"])

    with serving(handler, tls) as server, closing(connect(server, tls)) as connection:
        connection.sendall(REQUEST)
        read_until(connection, b"0\r\n\r\n")
        connection.settimeout(0.02)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)

        assert say(connection, LAST_REQUEST).startswith(b"HTTP/1.1 200 ")


def test_who_floods_a_pause_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "runs_transports._served_connection._MAX_BODY_BYTES", 1024 * 1024
    )
    endless = Endless()
    with serving(endless) as server, closing(connect(server)) as connection:
        connection.sendall(REQUEST)
        read_until(connection, b"x\r\n")
        with pytest.raises(ConnectionError):
            flood(connection)
        assert endless.closed.wait(PATIENCE)


@pytest.mark.parametrize("seconds", [math.inf, 1e12])
def test_a_pause_can_be_for_ever(seconds: float, tls: ServerAndClient | None) -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        return stream([b"x", Pause(seconds), b"y"])

    with serving(handler, tls) as server, closing(connect(server, tls)) as connection:
        connection.sendall(REQUEST)
        read_until(connection, b"x\r\n")
        start = time.monotonic()
        server.close()

        assert time.monotonic() - start < PATIENCE / 2
        with suppress(ssl.SSLEOFError):
            assert connection.recv(1) == b""


def dawdle(connection: socket.socket) -> None:
    """Send a byte now and then, for as long as the other side lets it."""
    never = threading.Event()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection.sendall(b"x")
        never.wait(0.01)


def test_one_that_was_refused_cannot_go_on_for_ever(
    tls: ServerAndClient | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs_transports._served_connection._LINGER_SECONDS", 0.05)
    with serving(tls=tls) as server, closing(connect(server, tls)) as connection:
        connection.sendall(b"no HTTP\r\n\r\n")
        assert b"400" in read_until(connection, b"\r\n\r\n")
        with pytest.raises((ConnectionError, ssl.SSLEOFError)):
            dawdle(connection)


def test_an_end_is_no_cut_over_tls() -> None:
    tls = tls_contexts()
    with (
        serving(lambda *_: stream([b"a", b"b"]), tls) as server,
        closing(connect(server, tls)) as connection,
    ):
        # A client so old that the answer ends with the connection.
        assert say(connection, b"GET / HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nab")


def test_a_refusal_is_no_cut_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs_transports._served_connection._LINGER_SECONDS", 0.01)
    tls = tls_contexts()
    with serving(tls=tls) as server, closing(connect(server, tls)) as connection:
        assert b"400" in say(connection, b"no HTTP\r\n\r\n")


def test_a_cut_is_no_end_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = unhandled(monkeypatch)
    tls = tls_contexts()

    def chunks() -> Iterator[bytes]:
        yield b"x"
        raise LookupError("mine")

    with (
        serving(lambda *_: stream(chunks()), tls) as server,
        closing(connect(server, tls)) as connection,
        pytest.raises(ssl.SSLEOFError),
    ):
        say(connection, b"GET / HTTP/1.0\r\n\r\n")

    assert [type(error) for error in seen] == [LookupError]
