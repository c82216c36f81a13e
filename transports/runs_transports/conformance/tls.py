"""What every transport that speaks TLS must demand; there is no switch to demand less.

Needs `trustme` (extra `conformance`), which makes certificates for the moment.
"""

from __future__ import annotations

import ssl
import threading
import warnings
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from attrs import frozen

from runs_core.errors import NotSent, TransportProtocolError, TransportTimeout
from runs_transports._extras import comes_with
from runs_transports.conformance.peer import (
    PATIENCE,
    Connection,
    Script,
    answering,
    peer,
    whole,
)
from runs_transports.conformance.rig import Io, Rig, RigFixture, fetch, get, post

with comes_with("conformance", __name__):
    import trustme

__all__ = ["Authority", "TlsSuite", "one_authority", "securely"]

# The transport's own default, which trusts no certificate of ours.
by_default = pytest.mark.parametrize("ssl_context", [None], indirect=True, ids=[""])


@frozen
class Authority:
    """A certificate authority, and how to trust it."""

    ca: trustme.CA

    @property
    def trusted(self) -> ssl.SSLContext:
        """A client's context that trusts this authority."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        self.ca.configure_trust(context)
        return context

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ended = datetime.now(UTC) - timedelta(days=1) if expired else None
        self.ca.issue_cert(*names, not_after=ended).configure_cert(context)
        return context


@cache
def one_authority() -> Authority:
    """Give the authority of all tests: making one takes a moment."""
    return Authority(trustme.CA())


def securely(context: ssl.SSLContext, then: Script) -> Script:
    """Give the script that is played behind TLS."""

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


class TlsSuite(RigFixture):
    """TLS; a subclass gives the fixture `transport`, made with `ssl_context`."""

    @pytest.fixture
    def authority(self) -> Authority:
        return one_authority()

    @pytest.fixture
    def ssl_context(
        self, request: pytest.FixtureRequest, authority: Authority
    ) -> ssl.SSLContext | None:
        """Trusts the authority, where a test does not ask for the default."""
        given: ssl.SSLContext | None = getattr(request, "param", authority.trusted)
        return given

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_trusted_certificate_is_accepted(
        self, rig: Rig, authority: Authority, host: str
    ) -> None:
        script = securely(authority.server(host), answering(whole(b"secret")))

        with peer(script) as server:
            got = rig.run(lambda io: fetch(io, post(url(server.port, host))))

        assert got.body == b"secret"
        assert f"host: {host}:{server.port}".encode() in server.requests[0].lower()

    @pytest.mark.parametrize(
        "fault", ["another host", "an unknown authority", "expired"]
    )
    def test_a_certificate_that_proves_nothing_is_refused(
        self, rig: Rig, authority: Authority, fault: str
    ) -> None:
        if fault == "an unknown authority":
            context = Authority(trustme.CA()).server("127.0.0.1")
        elif fault == "expired":
            context = authority.server("127.0.0.1", expired=True)
        else:
            context = authority.server("other.example", "127.0.0.2")
        with (
            peer(refusing(context)) as server,
            pytest.raises(NotSent, match=r"certificate of 127\.0\.0\.1 was not"),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_the_default_trusts_no_certificate_of_ours(
        self, rig: Rig, authority: Authority
    ) -> None:
        with (
            peer(refusing(authority.server("127.0.0.1"))) as server,
            pytest.raises(NotSent, match="was not accepted"),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    def test_the_server_is_named_and_http_1_1_is_offered(
        self, rig: Rig, authority: Authority
    ) -> None:
        names: list[str | None] = []
        context = authority.server("localhost")
        context.sni_callback = lambda _sock, name, _context: names.append(name)
        context.set_alpn_protocols(["h2", "http/1.1"])
        chosen: list[str | None] = []

        def script(connection: Connection) -> None:
            assert isinstance(connection.sock, ssl.SSLSocket)
            chosen.append(connection.sock.selected_alpn_protocol())
            connection.answer(whole())

        with peer(securely(context, script)) as server:
            rig.run(lambda io: fetch(io, get(url(server.port, "localhost"))))

        assert names == ["localhost"]
        assert chosen == ["http/1.1"]

    def test_an_older_tls_than_1_2_is_refused(
        self, rig: Rig, authority: Authority
    ) -> None:
        context = authority.server("127.0.0.1")
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with peer(refusing(context)) as server, pytest.raises(NotSent, match="no TLS"):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_server_without_tls_is_not_sent_anything(self, rig: Rig) -> None:
        def script(connection: Connection) -> None:
            hello = connection.sock.recv(65536)
            assert b"canary" not in hello
            with suppress(OSError):
                connection.send(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                )

        with peer(script) as server, pytest.raises(NotSent, match="no TLS with 127"):
            rig.run(lambda io: fetch(io, post(url(server.port), b"canary")))

    @by_default
    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_a_handshake_that_breaks_off_is_not_sent(self, rig: Rig, how: str) -> None:
        def script(connection: Connection) -> None:
            connection.sock.recv(65536)
            if how == "reset":
                connection.reset()

        with peer(script) as server, pytest.raises(NotSent):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_handshake_that_takes_too_long_is_not_sent(self, rig: Rig) -> None:
        with peer(lambda connection: connection.wait_until_left()) as server:
            request = get(url(server.port), connect=0.1)
            with pytest.raises(NotSent, match=r"timed out after 0\.1 s"):
                rig.run(lambda io: fetch(io, request))
            assert server.left.wait(PATIENCE)

    def test_a_silent_peer_is_a_timeout(self, rig: Rig, authority: Authority) -> None:
        def silent(connection: Connection) -> None:
            connection.read_request()
            connection.wait_until_left()

        with peer(securely(authority.server("127.0.0.1"), silent)) as server:
            request = get(url(server.port), read=0.05)
            with pytest.raises(TransportTimeout, match=r"timed out after 0\.05 s"):
                rig.run(lambda io: fetch(io, request))
            assert server.left.wait(PATIENCE)

    def test_a_cut_body_is_a_protocol_error(
        self, rig: Rig, authority: Authority
    ) -> None:
        cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"
        script = securely(authority.server("127.0.0.1"), answering(cut))

        with (
            peer(script) as server,
            pytest.raises(TransportProtocolError, match="closed the connection"),
        ):
            rig.run(lambda io: fetch(io, get(url(server.port))))

    def test_bytes_are_delivered_as_they_arrive_and_leaving_closes(
        self, rig: Rig, authority: Authority
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
            rig.run(scenario)
