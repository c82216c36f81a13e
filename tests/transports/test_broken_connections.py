"""What is said of a connection that breaks: where to, and alike on each transport."""

from __future__ import annotations

import ssl
import sys
import threading
from contextlib import suppress

import pytest

from runs_core import Client, Endpoint, runs
from runs_core.errors import OutcomeUnknown, TransportError, TransportProtocolError
from runs_core.wire.http import Request
from runs_transports.conformance.peer import (
    CHUNKED,
    PATIENCE,
    UNFRAMED,
    Connection,
    peer,
    resetting,
)
from runs_transports.conformance.rig import Io, eventually, fetch, get
from runs_transports.conformance.tls import one_authority, securely
from runs_transports.http1 import Http1Exchange
from runs_transports.sockets import SocketTransport
from tests.transports.peers import demanding_a_certificate
from tests.transports.rigs import AnyRig


@pytest.mark.parametrize("sent", [b"", CHUNKED, CHUNKED + b"9\r\nhalf"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_reset_is_a_response_that_was_cut_off(
    rig: AnyRig, scheme: str, sent: bytes
) -> None:
    authority = one_authority()

    script = resetting(sent)
    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server:
        request = get(f"{scheme}://{server.place}")
        with pytest.raises(TransportProtocolError) as caught:
            rig.run(lambda io: fetch(io, request), authority.trusted)

    assert str(caught.value).startswith(
        f"{server.place} closed the connection before the end of the response "
    )


def test_a_reset_is_no_end_of_a_body_without_a_length(rig: AnyRig) -> None:
    with (
        peer(resetting(UNFRAMED + b"half")) as server,
        pytest.raises(TransportProtocolError),
    ):
        rig.run(lambda io: fetch(io, get(server.url)))


@pytest.mark.skipif(sys.platform != "linux", reason="others may drop what came before")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_came_before_a_reset_is_given_first(rig: AnyRig, scheme: str) -> None:
    """Even to a reader who is busy in the meantime: it may be the run's end."""
    authority = one_authority()
    busy = threading.Event()

    def script(connection: Connection) -> None:
        connection.answer(CHUNKED + b"1\r\na\r\n")
        assert busy.wait(PATIENCE)
        connection.send(b"1\r\nb\r\n")
        connection.reset()

    async def scenario(io: Io) -> None:
        async with io.open(get(f"{scheme}://{server.place}")) as opened:
            assert await opened.read() == b"a"
            busy.set()
            await eventually(io, server.left.is_set, PATIENCE)
            await io.sleep(0.01)  # So that a loop notices both.
            assert await opened.read() == b"b"
            for _ in range(2):
                with pytest.raises(TransportProtocolError):
                    await opened.read()

    secured = securely(authority.server("127.0.0.1"), script)
    with peer(script if scheme == "http" else secured) as server:
        rig.run(scenario, authority.trusted)


class Otherwise(ssl.SSLSocket):
    """Says of a connection that was reset what a newer OpenSSL or Windows may say.

    Older ones may even say that it has ended.
    """

    error: ConnectionError

    def read(self, len: int = 1024, buffer: bytearray | None = None) -> int | bytes:
        came: int | bytes = 0
        with suppress(ConnectionResetError):
            came = super().read(len, buffer)
        if not came:
            raise self.error
        return came


@pytest.mark.parametrize("error", [BrokenPipeError(), ConnectionAbortedError()])
def test_a_reset_may_be_told_otherwise(
    rig: AnyRig, error: ConnectionError, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = one_authority()
    context = authority.trusted
    context.sslsocket_class = Otherwise
    monkeypatch.setattr(Otherwise, "error", error, raising=False)

    script = resetting(CHUNKED + b"9\r\nhalf")
    with (
        peer(securely(authority.server("127.0.0.1"), script)) as server,
        pytest.raises(TransportProtocolError, match="closed the connection before"),
    ):
        rig.run(lambda io: fetch(io, get(f"https://{server.place}")), context)


def test_any_other_failure_names_the_origin() -> None:
    """As that of a server which demands a certificate of its clients."""
    authority = one_authority()

    with peer(demanding_a_certificate(authority)) as server:
        endpoint = Endpoint(f"https://{server.place}/v1/SECRET", query={"q": "SECRET"})
        client = Client(SocketTransport(ssl_context=authority.trusted), endpoint)
        with pytest.raises(OutcomeUnknown) as caught:
            client.run(runs.create("thread_1", assistant_id="a"))

    error = caught.value.__cause__
    assert isinstance(error, TransportError)
    assert f"the connection to {server.place} failed: " in f"{error} {caught.value}"
    assert "SECRET" not in f"{error} {caught.value}"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (b"Transfer-Encoding: gzip", "Only Transfer-Encoding: chunked is supported"),
        (b"Content-Length: canary", "bad Content-Length"),
        (b"canary", "illegal header line"),
    ],
)
def test_what_broke_http_is_said_in_whole_sentences(field: bytes, words: str) -> None:
    exchange = Http1Exchange(Request(method="GET", url="http://host/"))

    with pytest.raises(TransportProtocolError) as caught:
        exchange.receive(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n")

    assert str(caught.value) == f"host:80 broke HTTP/1.1: {words}"
