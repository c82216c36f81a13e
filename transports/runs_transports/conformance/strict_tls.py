"""What the project's own transports promise about TLS beyond the contract.

Their errors say what was wrong with the server, and they ask for HTTP/1.1.
Needs `trustme` (extra `conformance`).
"""

from __future__ import annotations

import ssl

import pytest

from runs_core.errors import NotSent, TransportProtocolError, TransportTimeout
from runs_transports.conformance.peer import (
    Connection,
    answering,
    peer,
    silent_after,
    whole,
)
from runs_transports.conformance.rig import Io, Rig, fetch, get, in_time, post
from runs_transports.conformance.tls import (
    CUT,
    FAULTS,
    Authority,
    TlsFixtures,
    by_default,
    no_tls,
    outdated,
    refusing,
    securely,
    url,
)

__all__ = ["StrictTlsSuite"]


class StrictTlsSuite(TlsFixtures):
    """Beyond the contract; a subclass provides `transport`, as for `TlsSuite`."""

    # --- What went wrong, in words -----------------------------------------------

    @pytest.mark.parametrize("fault", FAULTS)
    def test_the_host_of_a_certificate_that_proves_nothing_is_named(
        self, rig: Rig, authority: Authority, fault: str
    ) -> None:
        with (
            peer(refusing(FAULTS[fault](authority))) as server,
            pytest.raises(
                NotSent, match=r"certificate of 127\.0\.0\.1 was not accepted"
            ),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_certificate_that_the_default_does_not_trust_was_not_accepted(
        self, rig: Rig, authority: Authority
    ) -> None:
        with (
            peer(refusing(authority.server("127.0.0.1"))) as server,
            pytest.raises(NotSent, match="was not accepted"),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_the_total_ends_a_handshake_that_takes_too_long(self, rig: Rig) -> None:
        with peer(lambda connection: connection.wait_until_left()) as server:
            request = get(url(server.port), read=None, connect=None, total=0.05)
            with in_time(), pytest.raises(NotSent):
                rig.run(lambda io: fetch(io, request))

    def test_a_tls_that_is_too_old_is_no_tls(
        self, rig: Rig, authority: Authority
    ) -> None:
        with (
            peer(refusing(outdated(authority))) as server,
            pytest.raises(NotSent, match="cannot establish TLS"),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_server_without_tls_is_named(self, rig: Rig) -> None:
        with (
            peer(no_tls) as server,
            pytest.raises(NotSent, match="cannot establish TLS with 127"),
        ):
            rig.run(lambda io: fetch(io, post(url(server.port))))

    @by_default
    def test_a_handshake_that_takes_too_long_says_how_long_it_was(
        self, rig: Rig
    ) -> None:
        with peer(lambda connection: connection.wait_until_left()) as server:
            request = get(url(server.port), connect=0.05)
            with pytest.raises(NotSent, match=r"timed out after 0\.05 s"):
                rig.run(lambda io: fetch(io, request))

    def test_a_timeout_says_how_long_it_was(
        self, rig: Rig, authority: Authority
    ) -> None:
        with peer(securely(authority.server("127.0.0.1"), silent_after(b""))) as server:
            request = get(url(server.port), read=0.05)
            with pytest.raises(TransportTimeout, match=r"timed out after 0\.05 s"):
                rig.run(lambda io: fetch(io, request))

    def test_a_body_that_is_cut_off_is_a_protocol_error(
        self, rig: Rig, authority: Authority
    ) -> None:
        with (
            peer(securely(authority.server("127.0.0.1"), answering(CUT))) as server,
            pytest.raises(TransportProtocolError, match="closed the connection"),
        ):
            rig.run(lambda io: fetch(io, get(url(server.port))))

    # --- What is not asked of every transport ------------------------------------

    def test_http_1_1_is_offered(self, rig: Rig, authority: Authority) -> None:
        context = authority.server("localhost")
        context.set_alpn_protocols(["h2", "http/1.1"])
        chosen: list[str | None] = []

        def script(connection: Connection) -> None:
            assert isinstance(connection.sock, ssl.SSLSocket)
            chosen.append(connection.sock.selected_alpn_protocol())
            connection.answer(whole())

        with peer(securely(context, script)) as server:
            rig.run(lambda io: fetch(io, get(url(server.port, "localhost"))))

        assert chosen == ["http/1.1"]

    def test_a_reader_can_set_the_timeout(self, rig: Rig, authority: Authority) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(url(server.port))) as opened:
                assert opened.set_timeout is not None

        script = securely(authority.server("127.0.0.1"), answering(whole()))
        with peer(script) as server:
            rig.run(scenario)
