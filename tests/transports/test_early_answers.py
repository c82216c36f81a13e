"""Responses that begin before the peer has taken the whole request."""

from __future__ import annotations

import sys
import threading

import pytest
import requests
import trio

from runs_core.errors import TransportProtocolError, TransportTimeout
from runs_transports.conformance.peer import (
    PATIENCE,
    Connection,
    answering,
    peer,
    whole,
)
from runs_transports.conformance.rig import Rig, fetch, get, in_time, post
from runs_transports.conformance.tls import one_authority, securely
from runs_transports.requests import RequestsTransport
from runs_transports.trio import TrioTransport
from tests.transports.rigs import AnyRig

# More than the sockets between client and server hold.
LARGE = bytes(16 * 1024 * 1024)
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large"


def not_reading(connection: Connection, answer: bytes, until: threading.Event) -> None:
    """Answer what has begun to come, and neither read on nor close."""
    assert connection.sock.recv(64 * 1024)
    connection.send(answer)
    assert until.wait(PATIENCE), "the response was not read"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("interim", [b"", b"HTTP/1.1 102 Processing\r\n\r\n"])
def test_a_refusal_is_read_though_the_peer_does_not_read_on(
    rig: AnyRig, scheme: str, interim: bytes
) -> None:
    read = threading.Event()
    authority = one_authority()

    def script(connection: Connection) -> None:
        not_reading(connection, interim + TOO_LARGE, read)

    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server, in_time():
        request = post(f"{scheme}://{server.place}", LARGE)
        got = rig.run(lambda io: fetch(io, request), authority.trusted)
        read.set()

    assert (got.head.status, got.body) == (413, b"too large")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_no_http_ends_sending_though_the_peer_does_not_read_on(
    rig: AnyRig, scheme: str
) -> None:
    left = threading.Event()
    authority = one_authority()

    def script(connection: Connection) -> None:
        not_reading(connection, b"no HTTP at all\r\n\r\n", left)

    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server, in_time():
        request = post(f"{scheme}://{server.place}", LARGE)
        with pytest.raises(TransportProtocolError):
            rig.run(lambda io: fetch(io, request), authority.trusted)
        left.set()


@pytest.mark.skipif(sys.platform != "linux", reason="others may drop what came before")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refusal_is_read_though_the_peer_then_breaks_the_connection(
    rig: AnyRig, scheme: str
) -> None:
    """As it does by closing before it has read the whole request."""
    authority = one_authority()

    def script(connection: Connection) -> None:
        assert connection.sock.recv(64 * 1024)
        connection.send(TOO_LARGE)
        connection.reset()

    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server:
        request = post(f"{scheme}://{server.place}", LARGE)
        # Whether sending or reading notices it first is chance.
        for _ in range(10):
            got = rig.run(lambda io: fetch(io, request), authority.trusted)
            assert (got.head.status, got.body) == (413, b"too large")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refusal_is_read_though_sending_on_trio_fails_first(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = one_authority()
    failed = threading.Event()
    send_all = trio.SocketStream.send_all

    async def failing(stream: trio.SocketStream, data: bytes) -> None:
        await send_all(stream, data[: 64 * 1024])
        if len(data) > 64 * 1024:
            failed.set()
            raise trio.BrokenResourceError

    def script(connection: Connection) -> None:
        assert connection.sock.recv(1024)
        assert failed.wait(PATIENCE)
        connection.send(TOO_LARGE)
        connection.wait_until_left()

    monkeypatch.setattr(trio.SocketStream, "send_all", failing)
    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server:
        request = post(f"{scheme}://{server.place}", LARGE)
        rig = Rig(TrioTransport(ssl_context=authority.trusted), trio.run)
        got = rig.run(lambda io: fetch(io, request))

    assert (got.head.status, got.body) == (413, b"too large")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_success_that_begins_early_does_not_end_the_request(
    rig: AnyRig, scheme: str
) -> None:
    authority = one_authority()
    came: list[int] = []

    def script(connection: Connection) -> None:
        data = bytearray(connection.sock.recv(64 * 1024))
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        while len(data) < len(LARGE):
            data += connection.sock.recv(1024 * 1024)
        _, _, body = data.partition(b"\r\n\r\n")
        while len(body) < len(LARGE):
            body += connection.sock.recv(1024 * 1024)
        came.append(len(body))
        connection.send(b"ok")

    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server:
        request = post(f"{scheme}://{server.place}", LARGE)
        got = rig.run(lambda io: fetch(io, request), authority.trusted)

    assert got.body == b"ok"
    assert came == [len(LARGE)]


def test_a_connection_with_half_a_request_is_not_used_again() -> None:
    read = threading.Event()

    def script(connection: Connection) -> None:
        not_reading(connection, TOO_LARGE, read)

    with (
        peer(script, answering(whole())) as server,
        RequestsTransport() as transport,
        in_time(),
    ):
        for request in (post(server.url, LARGE), get(server.url)):
            with transport.open(request) as opened:
                while opened.read():
                    pass
            read.set()

    assert server.connections == 2


def test_a_peer_that_takes_nothing_is_a_timeout_that_names_its_own_seconds(
    rig: AnyRig,
) -> None:
    left = threading.Event()

    def script(connection: Connection) -> None:
        assert left.wait(PATIENCE)

    with peer(script) as server:
        request = post(server.url, LARGE, connect=0.3, read=0.2)
        try:
            with in_time(), pytest.raises(TransportTimeout) as caught:
                rig.run(lambda io: fetch(io, request))
        finally:
            left.set()

    # urllib3 sends within the connect timeout.
    seconds = "0.3" if rig.name == "requests" else "0.2"
    assert str(caught.value) == f"{server.place} timed out after {seconds} s"


def test_a_callers_session_names_the_timeout_that_was_for_sending() -> None:
    left = threading.Event()

    def script(connection: Connection) -> None:
        assert left.wait(PATIENCE)

    with peer(script) as server, requests.Session() as session:
        request = post(server.url, LARGE, connect=0.3, read=0.2)
        try:
            with (
                in_time(),
                pytest.raises(TransportTimeout, match=r"after 0\.3 s"),
                RequestsTransport(session).open(request),
            ):
                pass
        finally:
            left.set()
