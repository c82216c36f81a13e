"""Deadlines on blocking sockets."""

from __future__ import annotations

import io
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from runs_transports._blocking import TimedStream, connect
from runs_transports._deadline import Deadline
from runs_transports.conformance.peer import full_backlog, unused_port

STREAM = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_deadline_is_left_until_it_has_passed() -> None:
    assert Deadline(None).left() is None
    assert 59 < (Deadline(60).left() or 0) <= 60
    assert 14 < (Deadline(60).left(shares=4) or 0) <= 15


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_passed_deadline_is_a_timeout(seconds: float) -> None:
    deadline = Deadline(seconds)
    end = time.monotonic() + 1

    def look() -> None:
        while time.monotonic() < end:  # There may be time for a first look.
            deadline.left()

    with pytest.raises(TimeoutError):
        look()


def test_a_stream_gives_what_has_come(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(b"abc")

    with TimedStream(ours.makefile("rb"), ours) as stream:
        assert stream.readable()
        assert stream.read(100) == b"abc"
        theirs.close()
        assert stream.read(100) == b""


def test_a_stream_ends_at_its_deadline_though_bytes_keep_coming(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(bytes(65536))
    ours.settimeout(0.05)

    with TimedStream(ours.makefile("rb"), ours) as stream:

        def read_on() -> None:
            while stream.read(1):  # Never waits: there are bytes for seconds.
                assert not threading.Event().wait(0.001)

        with pytest.raises(TimeoutError):
            read_on()
        stream.timeout = None
        stream.restart()
        assert stream.read(1) == b"\0"


def test_a_buffered_stream_loses_nothing(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """http.client may have read on already when the deadline is put in."""
    ours, theirs = pair
    before = ours.makefile("rb")
    theirs.sendall(b"head\nbody")
    assert before.readline() == b"head\n"

    with io.BufferedReader(TimedStream(before, ours)) as after:
        assert after.read1(2) == b"bo"
        assert after.read1(100) == b"dy"


@pytest.mark.parametrize("small", [0, 1, 3])
def test_what_has_been_read_on_is_given_without_waiting_for_more(
    pair: tuple[socket.socket, socket.socket], small: int
) -> None:
    ours, theirs = pair
    ours.settimeout(0.05)
    before = ours.makefile("rb")
    theirs.sendall(b"head\nbody")
    assert before.readline() == b"head\n"

    with TimedStream(before, ours) as stream:
        assert stream.read(small) + stream.read(65536) == b"body"
        theirs.sendall(b"more")
        # It reads on itself, too.
        assert stream.read(small) + stream.read(65536) == b"more"


def test_what_connecting_takes_is_not_left_for_the_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sys.platform != "linux":
        pytest.skip("others refuse, or wait in line")

    with full_backlog() as dead, socket.create_server(("127.0.0.1", 0)) as server:
        ports = dead, server.getsockname()[1]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: [(*STREAM, ("127.0.0.1", port)) for port in ports],
        )
        nodelay = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connect("twofold.invalid", 1, Deadline(0.2), [nodelay]) as connection:
            assert connection.getpeername()[1] == ports[1]
            assert connection.getsockopt(*nodelay[:2])
            assert (connection.gettimeout() or 1) <= 0.1


def test_an_address_that_answers_leaves_the_others_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = (*STREAM, server.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [place] * 4)
        with connect("fourfold.invalid", 1, Deadline(60)) as connection:
            assert 30 < (connection.gettimeout() or 0) <= 60


def test_the_last_addresss_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with unused_port() as port:
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: [(*STREAM, ("127.0.0.1", port))] * 3,
        )
        with pytest.raises(ConnectionRefusedError):
            connect("threefold.invalid", 1, Deadline(None))
