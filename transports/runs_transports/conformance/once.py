"""Tests that a transport sends a request once, and reports truly whether it was sent.

Promise 5 rests on this: the core repeats a request that creates something only if it
was not sent. The core cannot know what a transport repeats by itself.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from runs_core.errors import NotSent
from runs_core.testing import scenarios
from runs_core.testing.scenarios import Scenario
from runs_core.wire.http import Request
from runs_transports.conformance.peer import (
    CHUNKED,
    HEAD,
    PATIENCE,
    Connection,
    Script,
    answering,
    full_backlog,
    peer,
    resetting,
    unused_port,
    whole,
)
from runs_transports.conformance.rig import (
    Io,
    Rig,
    RigFixture,
    check_perhaps_sent,
    declared,
    fault_of,
    fetch,
    get,
    in_time,
    post,
    raising,
)

__all__ = ["OnceTests"]

SENT_AGAIN = "what had perhaps arrived was sent again, which only the core may do"
KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HALF_A_CHUNK = CHUNKED + b"5\r\nab"
MORE_THAN_SOCKETS_HOLD = 32 * 1024 * 1024
# How long a peer takes nothing. Whether sending has a timeout is not tested here: a
# transport without one is ended by the peer.
STALLED = 1.0


def listening_after(data: bytes) -> Script:
    """Return a script that answers this much, and checks that nothing more comes."""

    def script(connection: Connection) -> None:
        connection.answer(data)
        assert not connection.wait_until_left(), SENT_AGAIN

    return script


class OnceTests(RigFixture):
    """One exchange is one request; `NotSent` means that no byte of it has left."""

    # --- Once --------------------------------------------------------------------

    @pytest.mark.parametrize("said", [b"", HALF_A_CHUNK], ids=["nothing", "half"])
    @pytest.mark.parametrize("end", [listening_after, answering, resetting])
    @pytest.mark.parametrize("request_to", [get, post])
    def test_promise_5_a_request_is_sent_once_whatever_comes_of_it(
        self,
        rig: Rig,
        request_to: Callable[..., Request],
        end: Callable[[bytes], Script],
        said: bytes,
    ) -> None:
        # Only a peer that keeps listening makes the client wait for the timeout.
        read = 0.05 if end is listening_after else PATIENCE

        async def scenario(io: Io) -> None:
            with suppress(*declared(io)):
                await fetch(io, request_to(server.url, read=read))

        with peer(end(said), answering(whole())) as server:
            rig.run(scenario)

        assert server.connections == 1, (
            f"one exchange made {server.connections} connections: {SENT_AGAIN}"
        )

    def test_promise_5_a_request_on_a_connection_that_was_kept_is_sent_once(
        self, rig: Rig
    ) -> None:
        def first(connection: Connection) -> None:
            connection.answer(KEPT)
            with suppress(AssertionError, OSError):  # Most open another connection.
                connection.read_request()

        async def scenario(io: Io) -> BaseException | None:
            assert (await fetch(io, get(server.url))).body == b"{}"
            try:
                await fetch(io, post(server.url))
            except declared(io) as error:
                return error
            return None

        with peer(first, answering(b""), answering(whole())) as server:
            error = rig.run(scenario)

        assert len(server.requests) == 2, SENT_AGAIN
        assert error is not None, "a request that was not answered got a response"
        check_perhaps_sent(error)

    @pytest.mark.parametrize("stalls", [True, False], ids=["stalls", "breaks"])
    def test_promise_5_a_request_of_which_a_part_left_is_not_unsent(
        self, rig: Rig, stalls: bool
    ) -> None:
        ended = threading.Event()

        def script(connection: Connection) -> None:
            assert connection.sock.recv(1)
            if stalls:
                ended.wait(STALLED)
            connection.reset()

        async def scenario(io: Io) -> BaseException:
            body = bytes(MORE_THAN_SOCKETS_HOLD)
            error = await fault_of(io, post(server.url, body, read=0.05, connect=0.15))
            ended.set()
            return error

        with peer(script) as server:
            error = rig.run(scenario)

        assert not isinstance(error, NotSent), (
            "NotSent was raised though a part of the request had left: the core would"
            " send it again"
        )

    # --- Not sent, or perhaps sent -----------------------------------------------

    def test_a_refused_connection_is_not_sent(self, rig: Rig) -> None:
        why = "the connection was refused before any byte of the request was sent"
        with unused_port() as port, raising(NotSent, why):
            rig.run(lambda io: fetch(io, post(f"http://127.0.0.1:{port}")))

    def test_an_unknown_host_is_not_sent(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_such_name(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
        with raising(NotSent, "there is no host of that name"):
            rig.run(lambda io: fetch(io, post("http://nowhere.invalid")))

    @pytest.mark.skipif(sys.platform != "linux", reason="others refuse or wait in line")
    def test_a_connection_that_takes_too_long_is_not_sent(self, rig: Rig) -> None:
        with full_backlog() as port:
            request = post(f"http://127.0.0.1:{port}", connect=0.05)
            why = "no connection was made in time: no byte of the request had left"
            with in_time(), raising(NotSent, why):
                rig.run(lambda io: fetch(io, request))

    @pytest.mark.parametrize("answer", scenarios.CUT, ids=str)
    def test_an_answer_that_is_cut_off_never_looks_whole(
        self, rig: Rig, answer: Scenario
    ) -> None:
        self.check_perhaps_sent(rig, answering(answer.data))

    @pytest.mark.parametrize("cut", [b"", HEAD, CHUNKED + b"5\r\nab"])
    def test_a_reset_connection_is_an_error(self, rig: Rig, cut: bytes) -> None:
        self.check_perhaps_sent(rig, resetting(cut))

    @pytest.mark.parametrize("answer", scenarios.FOREIGN, ids=str)
    def test_what_is_no_answer_is_an_error(self, rig: Rig, answer: Scenario) -> None:
        self.check_perhaps_sent(rig, answering(answer.data))

    def check_perhaps_sent(self, rig: Rig, script: Script) -> None:
        """The exchange fails, but not as unsent, and does not affect the next one."""

        async def scenario(io: Io) -> BaseException:
            error = await fault_of(io, post(server.url))
            assert (await fetch(io, get(server.url))).body == b"good"
            return error

        with peer(script, answering(whole(b"good"))) as server:
            check_perhaps_sent(rig.run(scenario))
