"""What the project's own transports promise beyond the contract.

They accept no HTTP/1.1 that can be read in two ways, their errors say what happened and
quote nothing, and requests are sent byte for byte as they are.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
import traceback
from contextlib import suppress

import pytest

from runs_core.errors import (
    NotSent,
    TransportError,
    TransportProtocolError,
    TransportTimeout,
)
from runs_core.testing import scenarios
from runs_core.testing.scenarios import Scenario
from runs_core.wire.http import Request
from runs_transports.conformance.peer import (
    CHUNKED,
    HEAD,
    PATIENCE,
    STILL_OPEN,
    Connection,
    Script,
    answering,
    full_backlog,
    peer,
    silent_after,
    unused_port,
    whole,
)
from runs_transports.conformance.rig import Io, Rig, fetch, get, in_time, post
from runs_transports.conformance.sending import SendingTests

__all__ = ["StrictSuite"]

CANARY = "sk-canary-7f3a"
# How long a peer that sends a little at a time pauses.
TURN = 0.01
MIB = 1024 * 1024


def secretive(url: str) -> Request:
    """A request of which any part would be noticed if an error message quoted it."""
    return post(
        f"{url}/v1/{CANARY}?key={CANARY}",
        CANARY.encode(),
        authorization=f"Bearer {CANARY}",
    )


def failing(rig: Rig, url: str) -> BaseException:
    """Make an exchange that must fail; return its error, which must quote nothing."""

    async def scenario(io: Io) -> BaseException:
        with pytest.raises((TransportError, *io.errors)) as caught:
            await fetch(io, secretive(url))
        return caught.value

    error = rig.run(scenario)
    assert CANARY not in "".join(traceback.format_exception(error))
    return error


def failing_with(rig: Rig, script: Script) -> BaseException:
    with peer(script) as server:
        return failing(rig, server.url)


def trickling(said: bytes, drop: bytes) -> Script:
    """Return a script that goes on forever, a little at a time."""

    def script(connection: Connection) -> None:
        connection.answer(said)
        connection.is_left_while_sending(drop, each=TURN, times=int(PATIENCE / TURN))

    return script


def flooding(said: bytes, flood: bytes, most: int) -> Script:
    """Return a script that keeps sending, up to `most` bytes."""

    def script(connection: Connection) -> None:
        connection.answer(said)
        try:
            for _ in range(most // len(flood)):
                connection.send(flood)
        except OSError:
            return
        raise AssertionError(f"the client took {most // MIB} MiB of it")

    return script


class StrictSuite(SendingTests):
    """Beyond the contract; a subclass provides the fixture `transport`."""

    # --- What went wrong, in words -----------------------------------------------

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_refused_connection_is_named(self, rig: Rig, scheme: str) -> None:
        with unused_port() as port:
            error = failing(rig, f"{scheme}://127.0.0.1:{port}")

        assert isinstance(error, NotSent)
        assert f"127.0.0.1:{port}" in str(error)
        assert "refused" in str(error)

    @pytest.mark.parametrize("host", ["a" * 64 + ".invalid", ".invalid", "no.invalid"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_host_without_an_address_is_named(
        self, rig: Rig, scheme: str, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def offline(name: str | bytes, *args: object, **kwargs: object) -> object:
            if isinstance(name, str):
                name = name.encode("idna")
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", offline)
        error = failing(rig, f"{scheme}://{host}")

        assert isinstance(error, NotSent)
        assert host in str(error)

    @pytest.mark.skipif(sys.platform != "linux", reason="others refuse or wait in line")
    def test_a_connection_that_took_too_long_is_named(self, rig: Rig) -> None:
        with full_backlog() as port:
            request = get(f"http://127.0.0.1:{port}", connect=0.05)
            with pytest.raises(
                NotSent, match=r"connecting to .* timed out after 0\.05 s"
            ):
                rig.run(lambda io: fetch(io, request))

    @pytest.mark.parametrize("answer", [*scenarios.CUT, *scenarios.CUT_FINELY], ids=str)
    def test_an_answer_that_is_cut_off_is_a_protocol_error(
        self, rig: Rig, answer: Scenario
    ) -> None:
        error = failing_with(rig, answering(answer.data))

        assert isinstance(error, TransportProtocolError)
        assert "closed the connection" in str(error)

    @pytest.mark.parametrize("answer", scenarios.FRAMED, ids=str)
    def test_the_end_of_a_body_stays_its_end(self, rig: Rig, answer: Scenario) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                while await opened.read():
                    pass
                assert await opened.read() == b""

        with peer(answering(answer.data)) as server:
            rig.run(scenario)

    def test_what_came_before_the_cut_is_given_first(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                assert await opened.read() == b"abc"
                for _ in range(2):  # The end of a cut response is never clean.
                    with pytest.raises((TransportError, *io.errors)):
                        await opened.read()

        with peer(answering(CHUNKED + b"3\r\nabc\r\n")) as server:
            rig.run(scenario)

    @pytest.mark.parametrize(
        "answer", [*scenarios.FOREIGN, *scenarios.UNCLEAR], ids=str
    )
    def test_what_is_not_clearly_one_answer_is_a_protocol_error(
        self, rig: Rig, answer: Scenario
    ) -> None:
        error = failing_with(rig, answering(answer.data))

        assert isinstance(error, TransportProtocolError)
        for quoted in ("OpenSSH", "no head", "no colon", "xyz"):
            assert quoted not in str(error)

    @pytest.mark.parametrize("answer", scenarios.UNCLEAR, ids=str)
    def test_what_is_not_clearly_one_answer_ends_its_connection(
        self, rig: Rig, answer: Scenario
    ) -> None:
        """At once: a peer that closes nothing is neither waited for nor used again."""

        async def scenario(io: Io) -> bytes:
            with in_time(), pytest.raises(TransportProtocolError):
                await fetch(io, get(server.url))
            return (await fetch(io, get(server.url))).body

        with peer(silent_after(answer.data), answering(whole(b"good"))) as server:
            assert rig.run(scenario) == b"good"

    @pytest.mark.parametrize("answer", scenarios.PECULIAR, ids=str)
    def test_what_is_clearly_one_answer_is_read(
        self, rig: Rig, answer: Scenario
    ) -> None:
        with peer(answering(answer.data)) as server:
            got = rig.run(lambda io: fetch(io, get(server.url)))

        assert (got.head.status, got.body) == (200, answer.body)

    @pytest.mark.parametrize("answer", scenarios.CODED, ids=str)
    def test_a_body_in_another_coding_is_refused(
        self, rig: Rig, answer: Scenario
    ) -> None:
        error = failing_with(rig, answering(answer.data))

        assert isinstance(error, TransportProtocolError)
        assert "Content-Encoding" in str(error)

    @pytest.mark.parametrize(
        "flood", [b"X-Filler: 123456789\r\n", b"X-Filler: " + b"1" * 4096]
    )
    def test_an_endless_head_is_refused(self, rig: Rig, flood: bytes) -> None:
        error = failing_with(rig, flooding(HEAD, flood, 64 * MIB))

        assert isinstance(error, TransportProtocolError)
        assert "65536 bytes" in str(error)

    def test_the_body_of_a_redirect_is_not_read_for_the_reader(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                assert opened.head.status == 302
                assert await opened.read() == b"x"

        answer = b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\n\r\nx"
        with peer(silent_after(answer)) as server:
            rig.run(scenario)

    # --- Leaving -----------------------------------------------------------------

    def test_the_connection_is_closed_when_the_context_has_been_left(
        self, rig: Rig
    ) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)):
                pass
            # No event loop runs in the meantime.
            assert server.left.wait(PATIENCE), STILL_OPEN

        with peer(silent_after(CHUNKED)) as server:
            rig.run(scenario)

    # --- Timeouts ----------------------------------------------------------------

    @pytest.mark.parametrize("said", [b"", CHUNKED + b"3\r\n"])
    def test_a_timeout_says_how_long_it_was(self, rig: Rig, said: bytes) -> None:
        with peer(silent_after(said)) as server:
            request = get(server.url, read=0.05)
            with pytest.raises(TransportTimeout, match=r"timed out after 0\.05 s"):
                rig.run(lambda io: fetch(io, request))

    @pytest.mark.parametrize(
        ("said", "drop"),
        [
            (HEAD + b"X: ", b"a"),
            (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
            (CHUNKED + b"3;x=", b"a"),
            (CHUNKED + b"0\r\nX: ", b"a"),
        ],
        ids=["head", "interim", "chunk's size", "trailer"],
    )
    def test_a_peer_that_trickles_is_a_timeout(
        self, rig: Rig, said: bytes, drop: bytes
    ) -> None:
        with peer(trickling(said, drop)) as server:
            request = get(server.url, read=5 * TURN)
            with in_time(), pytest.raises(TransportTimeout):
                rig.run(lambda io: fetch(io, request))

    @pytest.mark.parametrize("said", [b"3;", b"0\r\n"], ids=["chunk's size", "trailer"])
    def test_endless_lines_in_a_body_are_refused(self, rig: Rig, said: bytes) -> None:
        line = b"X: " + b"1" * 4096 + b"\r\n" * (said == b"0\r\n")

        error = failing_with(rig, flooding(CHUNKED + said, line, 4 * MIB))

        assert isinstance(error, TransportProtocolError)
        assert "65536 bytes" in str(error)

    def test_a_peer_that_takes_nothing_is_a_timeout(self, rig: Rig) -> None:
        go_on = threading.Event()

        def script(connection: Connection) -> None:
            go_on.wait(PATIENCE)

        with peer(script) as server:
            request = post(server.url, bytes(32 * 1024 * 1024), read=0.1, connect=0.1)
            with pytest.raises(TransportTimeout):
                rig.run(lambda io: fetch(io, request))
            go_on.set()

    @pytest.mark.parametrize("said", [b"", HEAD], ids=["nothing", "a part"])
    def test_the_total_ends_the_wait_for_a_head(self, rig: Rig, said: bytes) -> None:
        with peer(silent_after(said)) as server:
            request = get(server.url, read=None, connect=None, total=0.1)
            with in_time(), pytest.raises(TransportTimeout):
                rig.run(lambda io: fetch(io, request))

    def test_the_total_is_for_sending_and_waiting_together(self, rig: Rig) -> None:
        total = 1.0
        pause = threading.Event()

        def script(connection: Connection) -> None:
            pause.wait(0.8 * total)
            with suppress(ConnectionError):
                while connection.sock.recv(1024 * 1024):
                    pass

        with peer(script) as server:
            body = bytes(16 * 1024 * 1024)
            request = post(server.url, body, read=total, connect=total, total=total)
            begun = time.monotonic()
            with pytest.raises(TransportTimeout):
                rig.run(lambda io: fetch(io, request))
            taken = time.monotonic() - begun

        # With a timeout for each of the two, it would be 1.8 times the total.
        assert taken < 1.5 * total

    def test_a_reader_can_set_the_timeout(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                assert opened.set_timeout is not None

        with peer(silent_after(CHUNKED)) as server:
            rig.run(scenario)

    def test_an_answer_to_half_a_request_is_not_lost(self, rig: Rig) -> None:
        def script(connection: Connection) -> None:
            while b"\r\n\r\n" not in connection.sock.recv(65536, socket.MSG_PEEK):
                pass
            connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

        with peer(script) as server:
            request = post(server.url, bytes(8 * 1024 * 1024))
            got = rig.run(lambda io: fetch(io, request))

        assert (got.head.status, got.body) == (413, b"no")
