"""What every transport must do about time: keep its timeouts, and sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from runs_core.errors import NotSent, TransportTimeout
from runs_transports.conformance.peer import (
    CHUNKED,
    HEAD,
    PATIENCE,
    STILL_OPEN,
    UNFRAMED,
    Connection,
    Script,
    peer,
    silent_after,
)
from runs_transports.conformance.rig import (
    Io,
    Rig,
    RigFixture,
    fetch,
    get,
    in_time,
    raising,
)

__all__ = ["WaitingTests"]

PAUSE = 0.1
# Clocks count in steps; those of Windows are 16 ms.
TICK = 0.02
# Each of these silences is far below the read timeout, and their sum is above it.
SILENCES = 4
SILENCE = 0.065
# At 0.01 s each, five times the limit. Even on a busy machine the peer must not be
# silent for as long as the limit, nor be done before it.
TRICKLES = 75
# Bytes that yield nothing to a reader, however many: of a chunk's head and a trailer.
TRICKLED = {
    "chunk-head": (b"1;", b"\r\nb\r\n0\r\n\r\n"),
    "trailer": (b"0\r\nX: ", b"\r\n\r\n"),
}
NO_TIMEOUT_ERROR = (
    f"`within({PAUSE})` did not raise TimeoutError in time: a deadline could not end"
    " users' async functions"
)


def pausing(seconds: float, times: int) -> Script:
    """Return a script that is silent for `seconds` before each byte of its body."""

    def script(connection: Connection) -> None:
        connection.answer(HEAD + b"Content-Length: %d\r\n\r\n" % times)
        for _ in range(times):
            assert not threading.Event().wait(seconds)
            with suppress(ConnectionError):
                connection.send(b"a")

    return script


@contextmanager
def lasting(why: str) -> Iterator[None]:
    """Fail, with the reason, if an exchange times out."""
    try:
        yield
    except TransportTimeout as error:
        raise AssertionError(f"an exchange timed out, though {why}") from error


class WaitingTests(RigFixture):
    """Sleep and clock are in seconds; timeouts are kept, and reported as timeouts."""

    # --- Sleep and the clock -----------------------------------------------------

    def test_sleeping_takes_the_time(self, rig: Rig) -> None:
        async def scenario(io: Io) -> float:
            await io.sleep(0)
            begun = time.monotonic()
            await io.sleep(PAUSE)
            return time.monotonic() - begun

        taken = rig.run(scenario)

        assert taken > PAUSE - TICK, (
            f"`sleep({PAUSE})` took {taken:.3f} s: polling would ask without a pause"
        )
        assert taken < PAUSE + PATIENCE, f"`sleep({PAUSE})` took {taken:.1f} s"

    def test_its_own_clock_counts_seconds_and_is_never_set(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = getattr(rig.transport, "now", None)
        if now is None:
            pytest.skip("it has no `now()`, so the core uses time.monotonic")
        wall_clock = time.time

        async def scenario(io: Io) -> tuple[float, float, float]:
            outer = time.monotonic()
            first = now()
            inner = time.monotonic()
            await io.sleep(PAUSE)
            least = time.monotonic() - inner
            with monkeypatch.context() as patch:
                # As when someone corrects a clock that is an hour fast.
                patch.setattr(time, "time", lambda: wall_clock() - 3600)
                counted = now() - first
            return least, counted, time.monotonic() - outer

        least, counted, most = rig.run(scenario)

        assert least - TICK < counted < most + TICK, (
            f"`now()` counted {counted:.3f} while {least:.3f} s passed and the wall"
            " clock was set back: deadlines need monotonic seconds"
        )

    def test_promise_6_what_is_awaited_for_too_long_is_cancelled_within(
        self, rig: Rig
    ) -> None:
        """For async transports that have a `within()`."""
        within = getattr(rig.transport, "within", None)
        if within is None:
            pytest.skip("the transport has no within()")
        slept: list[float] = []

        async def scenario(io: Io) -> bool:
            async with within(PATIENCE):
                await io.sleep(0)
            try:
                async with within(PAUSE):
                    await io.sleep(5 * PAUSE)
                    slept.append(5 * PAUSE)
            except TimeoutError:
                return True
            return False

        assert rig.run(scenario), NO_TIMEOUT_ERROR
        assert not slept, NO_TIMEOUT_ERROR

    # --- Timeouts ----------------------------------------------------------------

    @pytest.mark.parametrize(
        "said", [b"", b"HTTP/1.1 200 OK\r\n", UNFRAMED, CHUNKED + b"3\r\n"]
    )
    def test_a_silent_peer_is_a_timeout(self, rig: Rig, said: bytes) -> None:
        with peer(silent_after(said)) as server:
            request = get(server.url, read=0.05)
            with in_time(), raising(TransportTimeout, "no byte came in time"):
                rig.run(lambda io: fetch(io, request))
            assert server.left.wait(PATIENCE), STILL_OPEN

    def test_each_wait_has_the_read_timeout_anew(self, rig: Rig) -> None:
        read = SILENCES * SILENCE - 0.01

        with peer(pausing(SILENCE, SILENCES)) as server:
            request = get(server.url, read=read)
            with lasting(
                f"no wait was longer than {SILENCE} s, and the read timeout was {read}:"
                " it is for each wait, not for all of them together"
            ):
                got = rig.run(lambda io: fetch(io, request))

        assert got.body == b"a" * SILENCES

    def test_connecting_and_the_total_do_not_limit_the_body(self, rig: Rig) -> None:
        limit = 0.15

        with peer(pausing(1.2 * limit, 1)) as server:
            request = get(server.url, connect=limit, total=limit)
            with lasting(
                "only the read timeout is for the body: the connect timeout is for the"
                " connection, and the total is over when the head has come"
            ):
                got = rig.run(lambda io: fetch(io, request))

        assert got.body == b"a"

    def test_the_total_ends_the_wait_for_a_head_if_it_is_kept(self, rig: Rig) -> None:
        read = 0.15

        with peer(silent_after(b"")) as server:
            request = get(server.url, read=read, total=0.03)
            begun = time.monotonic()
            with pytest.raises((TransportTimeout, NotSent)):
                rig.run(lambda io: fetch(io, request))
            taken = time.monotonic() - begun

        if taken > read - TICK:
            pytest.skip("without `timeouts.total` deadlines can be overshot")

    @pytest.mark.parametrize("timeout", [0.05, 0, -1])
    def test_a_reader_can_shorten_the_timeout(self, rig: Rig, timeout: float) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url, read=None)) as opened:
                assert await opened.read() == b"a"
                if opened.set_timeout is None:
                    pytest.skip("without set_timeout deadlines can be overshot")
                opened.set_timeout(timeout)
                why = f"`set_timeout({timeout})` was called, and no byte came"
                with in_time(), raising(TransportTimeout, why):
                    await opened.read()

        with peer(silent_after(CHUNKED + b"1\r\na\r\n")) as server:
            rig.run(scenario)

    @pytest.mark.parametrize(("begun", "ended"), TRICKLED.values(), ids=TRICKLED)
    def test_a_reader_bounds_the_whole_read(
        self, rig: Rig, begun: bytes, ended: bytes
    ) -> None:
        def script(connection: Connection) -> None:
            connection.answer(CHUNKED + b"1\r\na\r\n")
            assert asked.wait(PATIENCE)
            connection.send(begun)
            if connection.is_left_while_sending(b"x", each=0.01, times=TRICKLES):
                return
            connection.send(ended)

        asked = threading.Event()

        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                assert await opened.read() == b"a"
                asked.set()
                if opened.set_timeout is None:
                    pytest.skip("without set_timeout deadlines can be overshot")
                opened.set_timeout(0.15)
                why = (
                    "`set_timeout` set a limit: each byte outside the body extended it,"
                    " and a deadline with it"
                )
                with raising(TransportTimeout, why):
                    await opened.read()

        with peer(script) as server:
            rig.run(scenario)

    def test_a_reader_can_lengthen_the_timeout(self, rig: Rig) -> None:
        asked = threading.Event()
        late = 0.2

        def script(connection: Connection) -> None:
            connection.answer(CHUNKED + b"1\r\na\r\n")
            assert asked.wait(PATIENCE)
            if given_up:
                return
            # The silence to be tested: longer than the request's own read timeout.
            assert not threading.Event().wait(late)
            connection.send(b"1\r\nb\r\n0\r\n\r\n")

        given_up: list[bool] = []

        async def scenario(io: Io) -> None:
            async with io.open(get(server.url, read=late / 2)) as opened:
                assert await opened.read() == b"a"
                if opened.set_timeout is None:
                    given_up.append(True)
                    asked.set()
                    pytest.skip("without set_timeout deadlines can be overshot")
                opened.set_timeout(None)
                asked.set()
                try:
                    assert await opened.read() == b"b"
                except TransportTimeout as error:
                    raise AssertionError(
                        "a read timed out though `set_timeout(None)` had lifted its"
                        " limit: that replaces the request's read timeout"
                    ) from error
                opened.set_timeout(PATIENCE)
                assert await opened.read() == b""
                opened.set_timeout(0.001)  # Too late to have an effect.

        with peer(script) as server:
            rig.run(scenario)
