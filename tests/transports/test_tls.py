"""The TLS settings of the transports that make their own connections.

What they demand of a server is in `runs_transports.conformance.tls`.
"""

from __future__ import annotations

import pickle
import socket
import ssl
from collections.abc import Callable
from contextlib import nullcontext, suppress
from copy import copy, deepcopy
from typing import Any

import pytest

from runs_core.errors import InvalidEndpoint, NotSent, TransportError, UsageError
from runs_transports._tls import default_context
from runs_transports.conformance.cancellation import tolerant
from runs_transports.conformance.peer import Connection, answering, peer, whole
from runs_transports.conformance.rig import Io, Rig, fetch, get
from runs_transports.conformance.tls import (
    Authority,
    one_authority,
    securely,
    url,
)
from tests.transports.rigs import AnyRig


def test_hazard_14_the_default_verifies_and_asks_for_tls_1_2() -> None:
    context = default_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_server_that_speaks_plain_http_is_asked_after(rig: AnyRig) -> None:
    def plain(connection: Connection) -> None:
        connection.sock.recv(65536)
        with suppress(OSError):
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with peer(plain) as server, pytest.raises(NotSent, match="is it an http:// server"):
        rig.run(lambda io: fetch(io, get(url(server.port))))


@pytest.mark.parametrize("given", [False, True, "/etc/ssl/ca.pem"])
def test_what_is_no_context_is_refused_with_how_to_make_one(
    rig: AnyRig, given: Any
) -> None:
    with pytest.raises(UsageError, match="must be an ssl"):
        rig.make(given)


def test_the_default_trusts_what_openssl_is_told_to(
    rig: AnyRig, system_authority: Authority
) -> None:
    secured = securely(system_authority.server("127.0.0.1"), answering(whole()))

    with peer(secured) as server:
        got = rig.run(lambda io: fetch(io, get(url(server.port))))

    assert got.body == b"{}"


def test_an_end_that_comes_with_that_of_the_handshake_is_no_matter_for_a_log(
    rig: AnyRig, caplog: pytest.LogCaptureFixture
) -> None:
    authority = one_authority()
    context = authority.server("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # Where the server ends it.

    def script(connection: Connection) -> None:
        received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(received, to_send, server_side=True)
        is_made = False
        while not is_made:
            connection.send(to_send.read())
            received.write(connection.sock.recv(65536))
            with suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                is_made = True
        with suppress(ssl.SSLWantReadError):
            tls.unwrap()
        connection.send(to_send.read())

    with peer(script) as server, pytest.raises(TransportError):
        rig.run(lambda io: fetch(io, get(url(server.port))), authority.trusted)

    assert caplog.records == []


@pytest.mark.parametrize(
    "copied", [copy, deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_a_transport_that_has_used_the_default_can_be_copied(
    rig: AnyRig, copied: Callable[[Any], Any], system_authority: Authority
) -> None:
    """As it can before: it would fail only where the server speaks TLS."""
    secured = securely(system_authority.server("127.0.0.1"), answering(whole()))

    with peer(secured) as server, rig.make(None) as transport:
        request = get(url(server.port))
        for used in (transport, None):
            used = used or copied(transport)
            with used if hasattr(used, "__exit__") else nullcontext():
                got = Rig(used, rig.runner).run(lambda io: fetch(io, request))
            assert got.body == b"{}"


def test_a_dot_at_the_end_of_a_name_is_no_part_of_it_in_tls(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []
    authority = one_authority()
    context = authority.server("localhost")
    context.sni_callback = lambda _sock, name, _context: names.append(name)

    with peer(securely(context, answering(whole()))) as server:
        place = "127.0.0.1", server.port
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place)]
        # Not every resolver knows this name.
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        request = get(url(server.port, "localhost."))
        got = rig.run(lambda io: fetch(io, request), authority.trusted)

    assert got.body == b"{}"
    assert names == ["localhost"]
    # urllib3 leaves the dot out here, too.
    host = "localhost" if rig.name == "requests" else "localhost."
    assert f"host: {host}:{server.port}\r\n" in server.requests[0].decode().lower()


@pytest.mark.parametrize(
    "host", ["[fe80::1%25lo]", "[fe80::1%lo]", "b%C3%BCcher.example", "%6cocalhost"]
)
def test_a_host_that_cannot_be_named_is_refused_in_words(
    rig: AnyRig, host: str
) -> None:
    with pytest.raises(InvalidEndpoint, match=r"Punycode.* without a zone") as caught:
        rig.run(lambda io: fetch(io, get(f"http://{host}:9")))

    assert "fe80" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "unknown"])
@pytest.mark.parametrize("name", ["127.0.0.1", "other.example"])
@pytest.mark.parametrize(
    ("checks_name", "mode"),
    [
        (True, ssl.CERT_REQUIRED),
        (False, ssl.CERT_REQUIRED),
        (False, ssl.CERT_OPTIONAL),
        (False, ssl.CERT_NONE),
    ],
    ids=["by default", "any name", "optional", "none"],
)
def test_promise_4_a_callers_context_says_what_is_accepted_and_stays_as_it_is(
    rig: AnyRig, checks_name: bool, mode: ssl.VerifyMode, name: str, trusted: bool
) -> None:
    authority = one_authority()
    context = authority.trusted if trusted else ssl.create_default_context()
    context.check_hostname, context.verify_mode = checks_name, mode
    accepted: list[bytes] = []

    async def scenario(io: Io) -> None:
        with suppress(NotSent):
            accepted.append((await fetch(io, get(url(server.port)))).body)

    with peer(tolerant(answering(whole()), authority.server(name))) as server:
        rig.run(scenario, context)

    is_named = name == "127.0.0.1" or not checks_name
    is_proven = trusted or mode is ssl.CERT_NONE
    assert accepted == [b"{}"] * (is_named and is_proven)
    assert (context.check_hostname, context.verify_mode) == (checks_name, mode)
