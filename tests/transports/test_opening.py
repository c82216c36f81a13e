"""Connecting, with everything that belongs to it, has one timeout."""

from __future__ import annotations

import asyncio
import ipaddress
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trio

from runs_core import AsyncClient, Endpoint, runs
from runs_core.errors import NotSent, UsageError
from runs_core.transport import AsyncTransport
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.peer import (
    PATIENCE,
    Connection,
    answering,
    full_backlog,
    peer,
    whole,
)
from runs_transports.conformance.rig import fetch, get, in_time
from runs_transports.conformance.tls import one_authority, refusing, securely, url
from runs_transports.trio import TrioTransport
from tests.transports.rigs import AnyRig


@contextmanager
def takes_at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.mark.parametrize("deadline", [None, 5.0])
def test_a_transport_in_the_other_framework_is_refused_with_the_right_one(
    deadline: float | None,
) -> None:
    async def main(transport: Any) -> None:
        client = AsyncClient(transport, Endpoint("http://127.0.0.1:1"))
        await client.with_options(deadline=deadline).run(runs.list("t"))

    with pytest.raises(UsageError, match="with asyncio, use AsyncioTransport"):
        asyncio.run(main(TrioTransport()))
    with pytest.raises(UsageError, match="with trio, use TrioTransport"):
        trio.run(main, AsyncioTransport())


def test_a_host_that_is_not_found_is_an_error_that_says_so(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    said = r"nowhere\.invalid was not found \(Name or service not known\); nothing was"
    with pytest.raises(NotSent, match=said) as caught:
        rig.run(lambda io: fetch(io, get("http://nowhere.invalid")))

    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse or wait in line")
def test_dead_addresses_share_one_timeout(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
    with full_backlog() as port:
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: [(*stream, ("127.0.0.1", port))] * 16,
        )
        request = get("http://manifold.invalid", connect=0.1)
        with (
            takes_at_most(1.0),  # Each its own 0.1 seconds would be 1.6.
            pytest.raises(NotSent, match=r"timed out after 0\.1 s"),
        ):
            rig.run(lambda io: fetch(io, request))


@pytest.mark.parametrize("seconds", [sys.maxsize, 1e300, 2**32 / 1000])
def test_a_timeout_that_no_socket_can_count_is_a_long_one(
    rig: AnyRig, seconds: float
) -> None:
    def script(connection: Connection) -> None:
        connection.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe")
        # Longer than a count of milliseconds that has begun anew.
        threading.Event().wait(0.02)
        connection.send(b"re")

    async def read(io: AsyncTransport) -> bytes:
        request = get(server.url, connect=seconds, read=seconds)
        async with io.open(request) as opened:
            assert opened.set_timeout is not None
            opened.set_timeout(seconds)
            return await opened.read() + await opened.read()

    with peer(script) as server, in_time():
        assert rig.run(read) == b"here"


class Hurried(asyncio.SelectorEventLoop):
    """A loop for which a second is over after ten milliseconds."""

    class Selector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            return super().select(timeout and timeout / 100)

    def __init__(self) -> None:
        super().__init__(self.Selector())

    def time(self) -> float:
        return super().time() * 100


def test_asyncios_own_limit_does_not_end_a_handshake_before_its_time() -> None:
    async def open() -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        request = get(server.url.replace("http", "https"), connect=75.0)
        with pytest.raises(NotSent, match="75 s"):
            await fetch(AsyncioTransport(), request)
        return loop.time() - begun

    # A peer that takes the connection, and says nothing.
    with (
        peer(lambda connection: [connection.wait_until_left()]) as server,
        asyncio.Runner(loop_factory=Hurried) as runner,
    ):
        assert runner.run(open()) >= 75.0


def test_a_handshake_that_trickles_ends_with_the_connect_timeout(rig: AnyRig) -> None:
    def script(connection: Connection) -> None:
        end = time.monotonic() + PATIENCE
        with suppress(OSError):
            # A record of 16 KiB begins, and never comes to its end.
            connection.send(b"\x16\x03\x03\x40\x00")
            while time.monotonic() < end:
                connection.send(b"\0")
                # That something comes, but slowly, is what is tested.
                threading.Event().wait(0.01)

    with peer(script) as server:
        request = get(server.url.replace("http", "https"), connect=0.05)
        with in_time(), pytest.raises(NotSent):
            rig.run(lambda io: fetch(io, request))


def resolving_to(monkeypatch: pytest.MonkeyPatch, *places: tuple[Any, ...]) -> None:
    """Have every host name looked up as these addresses."""
    found = [
        (
            socket.AF_INET if len(place) == 2 else socket.AF_INET6,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,
            "",
            place,
        )
        for place in places
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_a_slow_handshake_is_no_dead_address(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting shares out the time that there is; a handshake has the rest."""
    authority = one_authority()
    secured = securely(authority.server("manifold.invalid"), answering(whole(b"slow")))

    def script(connection: Connection) -> None:
        # More than a sixteenth of the connect timeout, and much less than the whole.
        threading.Event().wait(0.1)
        secured(connection)

    with peer(script) as server:
        resolving_to(monkeypatch, *[("127.0.0.1", server.port)] * 16)
        request = get(url(server.port, "manifold.invalid"), connect=1.5)
        got = rig.run(lambda io: fetch(io, request), authority.trusted)

        assert got.body == b"slow"
        assert server.connections == 1


def test_a_certificate_that_is_refused_ends_the_search_for_an_address(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = one_authority()
    other = authority.server("other.example")
    good = securely(authority.server("manifold.invalid"), answering(whole()))

    with peer(refusing(other), good) as server:
        resolving_to(monkeypatch, *[("127.0.0.1", server.port)] * 2)
        request = get(url(server.port, "manifold.invalid"))
        with pytest.raises(NotSent, match="certificate"):
            rig.run(lambda io: fetch(io, request), authority.trusted)
        server.settle()

        assert server.connections == 1


def link_local() -> tuple[str, int] | None:
    """Return an address of this machine that needs a scope, and its scope."""
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        digits, index, *_ = line.split()
        if digits.startswith("fe80"):
            return str(ipaddress.IPv6Address(bytes.fromhex(digits))), int(index, 16)
    return None


def test_the_scope_of_an_address_is_kept(
    rig: AnyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = link_local()
    if local is None:
        pytest.skip("this machine has no address that needs a scope")
    host, scope = local
    with peer(answering(whole()), host=host, scope=scope) as server:
        resolving_to(monkeypatch, (host, server.port, 0, scope))
        request = get(f"http://neighbour.invalid:{server.port}")
        assert rig.run(lambda io: fetch(io, request)).body == b"{}"
