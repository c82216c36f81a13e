"""What every transport that speaks TLS must demand; there is no switch to demand less.

It sends nothing to a server that does not prove to be the URL's, and keeps the contract
over TLS too. Needs `trustme` (extra `conformance`), which makes temporary certificates.
"""

from __future__ import annotations

import ssl
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from attrs import frozen

from runs_core.errors import NotSent, TransportTimeout
from runs_transports._extras import comes_with
from runs_transports.conformance.peer import (
    PATIENCE,
    STILL_OPEN,
    Connection,
    Script,
    answering,
    peer,
    silent_after,
    whole,
)
from runs_transports.conformance.rig import (
    Io,
    Rig,
    RigFixture,
    check_perhaps_sent,
    eventually,
    fault_of,
    fetch,
    get,
    in_time,
    post,
    raising,
)

with comes_with("conformance", __name__):
    import trustme

__all__ = [
    "CUT",
    "FAULTS",
    "Authority",
    "TlsFixtures",
    "TlsSuite",
    "by_default",
    "no_tls",
    "one_authority",
    "outdated",
    "refusing",
    "securely",
    "url",
]

# The transport's own default, which trusts no certificate of ours.
by_default = pytest.mark.parametrize("ssl_context", [None], indirect=True, ids=[""])


@frozen
class Authority:
    """A certificate authority, and how to trust it."""

    ca: trustme.CA

    @property
    def trusted(self) -> ssl.SSLContext:
        """A client's context that trusts only this authority."""
        # Loading the system's authorities too would take many times as long.
        ours = self.ca.cert_pem.bytes().decode("ascii")
        context = ssl.create_default_context(cadata=ours)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ended = datetime.now(UTC) - timedelta(days=1) if expired else None
        self.ca.issue_cert(*names, not_after=ended).configure_cert(context)
        return context


@cache
def one_authority() -> Authority:
    """Return the authority that all tests share: creating one takes a moment."""
    return Authority(trustme.CA())


def securely(context: ssl.SSLContext, then: Script) -> Script:
    """Return the script, played over TLS."""

    def script(connection: Connection) -> None:
        connection.secure(context)
        then(connection)

    return script


def refusing(context: ssl.SSLContext) -> Script:
    """Offer TLS, and check that no request comes."""

    def script(connection: Connection) -> None:
        try:
            connection.secure(context)
            came = connection.sock.recv(1)
        except TimeoutError:
            raise AssertionError(STILL_OPEN) from None
        except OSError:
            return
        assert came == b"", "the request was sent to this server"

    return script


def no_tls(connection: Connection) -> None:
    """Speak HTTP where TLS is expected, as a server does on its other port."""
    came = connection.sock.recv(65536)
    assert came.startswith(b"\x16\x03"), "what was sent is not a TLS handshake"
    with suppress(OSError):
        connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def outdated(authority: Authority) -> ssl.SSLContext:
    """Return the context of a server that supports TLS 1.1 at most."""
    context = authority.server("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def url(port: int, host: str = "127.0.0.1") -> str:
    return f"https://{host}:{port}/v1"


# What is wrong with the certificate of a server at 127.0.0.1, and the server's context.
FAULTS: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "for another host": lambda ours: ours.server("other.example", "127.0.0.2"),
    "of an unknown authority": lambda _: Authority(trustme.CA()).server("127.0.0.1"),
    "expired": lambda ours: ours.server("127.0.0.1", expired=True),
}
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"
NOTHING_SENT = "no byte of the request may have left"


class TlsFixtures(RigFixture):
    """An authority, and a client's context that trusts it."""

    @pytest.fixture
    def authority(self) -> Authority:
        return one_authority()

    @pytest.fixture
    def ssl_context(
        self, request: pytest.FixtureRequest, authority: Authority
    ) -> ssl.SSLContext | None:
        """Trusts the authority, unless a test asks for the default."""
        if hasattr(request, "param"):
            given: ssl.SSLContext | None = request.param
            return given
        return authority.trusted


class TlsSuite(TlsFixtures):
    """TLS; a subclass provides the fixture `transport`, made with `ssl_context`.

    That is a context to verify servers with, or None for the transport's default.
    """

    # --- Which servers it talks to -----------------------------------------------

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_trusted_certificate_is_accepted(
        self, rig: Rig, authority: Authority, host: str
    ) -> None:
        script = securely(authority.server(host), answering(whole(b"secret")))

        with peer(script) as server:
            got = rig.run(lambda io: fetch(io, post(url(server.port, host))))

        assert got.body == b"secret"
        assert f"host: {host}:{server.port}".encode() in server.requests[0].lower()

    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_certificate_that_proves_nothing_is_refused(
        self, rig: Rig, authority: Authority, fault: str
    ) -> None:
        why = f"the server's certificate is {fault}: {NOTHING_SENT}"
        with (
            peer(refusing(FAULTS[fault](authority))) as server,
            raising(NotSent, why),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    def test_a_certificate_for_another_name_is_refused(
        self, rig: Rig, authority: Authority
    ) -> None:
        why = f"the server's certificate is for another name: {NOTHING_SENT}"
        with (
            peer(refusing(authority.server("other.example", "127.0.0.1"))) as server,
            raising(NotSent, why),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port, "localhost"))))

    @by_default
    def test_the_default_trusts_no_certificate_of_ours(
        self, rig: Rig, authority: Authority
    ) -> None:
        why = f"the server's certificate is not trusted: {NOTHING_SENT}"
        with (
            peer(refusing(authority.server("127.0.0.1"))) as server,
            raising(NotSent, why),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    def test_the_server_is_told_which_host_is_meant(
        self, rig: Rig, authority: Authority
    ) -> None:
        names: list[str | None] = []
        context = authority.server("localhost")
        context.sni_callback = lambda _sock, name, _context: names.append(name)

        with peer(securely(context, answering(whole()))) as server:
            rig.run(lambda io: fetch(io, get(url(server.port, "localhost"))))

        assert set(names) == {"localhost"}, (
            "the handshake does not name the host (SNI): a server with several hosts"
            " would show the certificate of another"
        )

    def test_an_older_tls_than_the_context_allows_is_refused(
        self, rig: Rig, authority: Authority
    ) -> None:
        why = f"the context requires at least TLS 1.2: {NOTHING_SENT}"
        with peer(refusing(outdated(authority))) as server, raising(NotSent, why):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    # --- Handshakes that fail ----------------------------------------------------

    @by_default
    def test_a_server_without_tls_is_not_sent_anything(self, rig: Rig) -> None:
        why = f"the server does not speak TLS: {NOTHING_SENT}"
        with peer(no_tls) as server, raising(NotSent, why):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_a_handshake_that_breaks_off_is_not_sent(self, rig: Rig, how: str) -> None:
        def script(connection: Connection) -> None:
            connection.sock.recv(65536)
            if how == "reset":
                connection.reset()

        why = "the handshake was broken off before any byte of the request was sent"
        with peer(script) as server, raising(NotSent, why):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_handshake_that_takes_too_long_is_not_sent(self, rig: Rig) -> None:
        why = "the handshake took too long, and no byte of the request was sent"
        with peer(lambda connection: connection.wait_until_left()) as server:
            request = get(url(server.port), connect=0.1)
            with in_time(), raising(NotSent, why):
                rig.run(lambda io: fetch(io, request))
            assert server.left.wait(PATIENCE), STILL_OPEN

    # --- The contract, over TLS --------------------------------------------------

    def test_a_silent_peer_is_a_timeout(self, rig: Rig, authority: Authority) -> None:
        with peer(securely(authority.server("127.0.0.1"), silent_after(b""))) as server:
            request = get(url(server.port), read=0.05)
            with in_time(), raising(TransportTimeout, "no byte came in time"):
                rig.run(lambda io: fetch(io, request))
            assert server.left.wait(PATIENCE), STILL_OPEN

    def test_a_body_that_is_cut_off_never_looks_whole(
        self, rig: Rig, authority: Authority
    ) -> None:
        script = securely(authority.server("127.0.0.1"), answering(CUT))

        with peer(script) as server:
            error = rig.run(lambda io: fault_of(io, get(url(server.port))))

        check_perhaps_sent(error)

    def test_bytes_are_delivered_as_they_arrive_and_leaving_closes(
        self, rig: Rig, authority: Authority
    ) -> None:
        go_on = threading.Event()

        def script(connection: Connection) -> None:
            connection.answer(b"HTTP/1.1 200 OK\r\n\r\n")
            for part in (b"a", b"b"):
                assert go_on.wait(PATIENCE), "a byte that was sent was not returned"
                go_on.clear()
                connection.send(part)
            connection.wait_until_left()

        async def scenario(io: Io) -> None:
            async with io.open(get(url(server.port))) as opened:
                for part in (b"a", b"b"):
                    go_on.set()
                    assert await opened.read() == part
            assert await eventually(io, server.left.is_set, PATIENCE), STILL_OPEN

        with peer(securely(authority.server("127.0.0.1"), script)) as server:
            rig.run(scenario)

    def test_a_reader_can_shorten_the_timeout(
        self, rig: Rig, authority: Authority
    ) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(url(server.port), read=None)) as opened:
                assert await opened.read() == b"a"
                if opened.set_timeout is None:
                    pytest.skip("without set_timeout deadlines can be overshot")
                opened.set_timeout(0.01)
                with in_time(), raising(TransportTimeout, "no byte came in time"):
                    await opened.read()

        script = silent_after(b"HTTP/1.1 200 OK\r\n\r\na")
        with peer(securely(authority.server("127.0.0.1"), script)) as server:
            rig.run(scenario)
