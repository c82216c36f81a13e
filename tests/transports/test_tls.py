"""What every transport demands of TLS; there is no switch to demand less."""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress

import pytest
import trustme
from attrs import frozen

from runs_core.errors import NotSent, TransportProtocolError, TransportTimeout
from runs_transports._tls import default_context
from tests.transports.peer import PATIENCE, Connection, Script, answering, peer, whole
from tests.transports.rigs import Io, Rig, fetch, get, post


@frozen
class Authority:
    """A certificate authority, and how to trust it."""

    ca: trustme.CA

    @property
    def trusted(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())


def securely(context: ssl.SSLContext, then: Script) -> Script:
    def script(connection: Connection) -> None:
        connection.secure(context)
        then(connection)

    return script


def refusing(context: ssl.SSLContext) -> Script:
    """Offer TLS, and see that nothing but TLS comes."""

    def script(connection: Connection) -> None:
        with suppress(OSError):
            connection.secure(context)
            assert connection.sock.recv(1) == b"", "a request came through"

    return script


def url(port: int, host: str = "127.0.0.1") -> str:
    return f"https://{host}:{port}/v1"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_trusted_certificate_is_accepted(
    rig: Rig, authority: Authority, host: str
) -> None:
    script = securely(authority.server(host), answering(whole(b"secret")))

    with peer(script) as server:
        got = rig.run(
            lambda io: fetch(io, post(url(server.port, host))), authority.trusted
        )

    assert got.body == b"secret"
    assert f"host: {host}:{server.port}".encode() in server.requests[0].lower()


def test_a_certificate_for_another_host_is_refused(
    rig: Rig, authority: Authority
) -> None:
    with (
        peer(refusing(authority.server("other.example"))) as server,
        pytest.raises(NotSent, match=r"certificate of 127\.0\.0\.1 .*mismatch"),
    ):
        rig.run(lambda io: fetch(io, post(url(server.port))), authority.trusted)


def test_a_certificate_of_an_unknown_authority_is_refused(
    rig: Rig, authority: Authority
) -> None:
    other = Authority(trustme.CA())
    with (
        peer(refusing(other.server("127.0.0.1"))) as server,
        pytest.raises(NotSent, match=r"certificate of 127\.0\.0\.1 was not"),
    ):
        rig.run(lambda io: fetch(io, post(url(server.port))), authority.trusted)


def test_the_default_trusts_no_certificate_of_ours(
    rig: Rig, authority: Authority
) -> None:
    with (
        peer(refusing(authority.server("127.0.0.1"))) as server,
        pytest.raises(NotSent, match="was not accepted"),
    ):
        rig.run(lambda io: fetch(io, post(url(server.port))))


def test_the_default_verifies_and_asks_for_tls_1_2() -> None:
    context = default_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_server_is_named_and_http_1_1_is_offered(
    rig: Rig, authority: Authority
) -> None:
    names: list[str | None] = []
    context = authority.server("localhost")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    context.set_alpn_protocols(["h2", "http/1.1"])
    chosen: list[str | None] = []
    client = default_context()
    authority.ca.configure_trust(client)

    def script(connection: Connection) -> None:
        assert isinstance(connection.sock, ssl.SSLSocket)
        chosen.append(connection.sock.selected_alpn_protocol())
        connection.answer(whole())

    with peer(securely(context, script)) as server:
        rig.run(lambda io: fetch(io, get(url(server.port, "localhost"))), client)

    assert names == ["localhost"]
    assert chosen == ["http/1.1"]


def test_a_server_without_tls_is_not_sent_anything(rig: Rig) -> None:
    def script(connection: Connection) -> None:
        hello = connection.sock.recv(65536)
        assert b"canary" not in hello
        with suppress(OSError):
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with peer(script) as server, pytest.raises(NotSent, match="no TLS with 127"):
        rig.run(lambda io: fetch(io, post(url(server.port), b"canary")))


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_handshake_that_breaks_off_is_not_sent(rig: Rig, how: str) -> None:
    def script(connection: Connection) -> None:
        connection.sock.recv(65536)
        if how == "reset":
            connection.reset()

    with peer(script) as server, pytest.raises(NotSent):
        rig.run(lambda io: fetch(io, post(url(server.port))))


def test_a_handshake_that_takes_too_long_is_not_sent(rig: Rig) -> None:
    with peer(lambda connection: connection.wait_until_left()) as server:
        request = get(url(server.port), connect=0.1)
        with pytest.raises(NotSent, match=r"timed out after 0\.1 s"):
            rig.run(lambda io: fetch(io, request))
        assert server.left.wait(PATIENCE)


def test_a_silent_peer_is_a_timeout(rig: Rig, authority: Authority) -> None:
    def silent(connection: Connection) -> None:
        connection.read_request()
        connection.wait_until_left()

    with peer(securely(authority.server("127.0.0.1"), silent)) as server:
        request = get(url(server.port), read=0.05)
        with pytest.raises(TransportTimeout, match=r"timed out after 0\.05 s"):
            rig.run(lambda io: fetch(io, request), authority.trusted)
        assert server.left.wait(PATIENCE)


def test_a_cut_body_is_a_protocol_error(rig: Rig, authority: Authority) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"
    script = securely(authority.server("127.0.0.1"), answering(cut))

    with (
        peer(script) as server,
        pytest.raises(TransportProtocolError, match="closed the connection"),
    ):
        rig.run(lambda io: fetch(io, get(url(server.port))), authority.trusted)


def test_bytes_are_delivered_as_they_arrive_and_leaving_closes(
    rig: Rig, authority: Authority
) -> None:
    go_on = threading.Event()

    def script(connection: Connection) -> None:
        connection.answer(b"HTTP/1.1 200 OK\r\n\r\n")
        for part in (b"a", b"b"):
            assert go_on.wait(PATIENCE)
            go_on.clear()
            connection.send(part)
        connection.wait_until_left()

    async def scenario(io: Io) -> None:
        async with io.open(get(url(server.port))) as opened:
            go_on.set()
            assert await opened.read() == b"a"
            assert opened.set_timeout is not None
            opened.set_timeout(PATIENCE)
            go_on.set()
            assert await opened.read() == b"b"
            opened.set_timeout(0.01)
            with pytest.raises(TransportTimeout):
                await opened.read()
        assert server.left.wait(PATIENCE)

    with peer(securely(authority.server("127.0.0.1"), script)) as server:
        rig.run(scenario, authority.trusted)
