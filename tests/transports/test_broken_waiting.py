"""Transports that wait as they must not: the suite says what is wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from functools import partial
from typing import Any

import attrs
import pytest
import trio

from runs_core.errors import TransportTimeout
from runs_core.transport import Opened
from runs_core.wire.http import Request
from runs_transports._deadline import Deadline
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance import (
    TransportSuite,
    cancellation,
    event_loop,
    peer,
    waiting,
)
from runs_transports.conformance.cancellation import CancellationSuite
from runs_transports.conformance.peer import UNFRAMED
from runs_transports.conformance.rig import Rig, run_on_asyncio
from runs_transports.conformance.tls import one_authority
from runs_transports.conformance.waiting import TRICKLED
from runs_transports.sockets import SocketTransport
from runs_transports.torture import trio as trio_torture
from runs_transports.torture.asyncio import cancel_at_each_step
from runs_transports.trio import TrioTransport
from tests.transports.rigs import Correct, Exchange, guides_transport

SUITE = TransportSuite()
Guides = guides_transport()


class Holding:
    """Blocking sockets and `time.sleep` in `async def`."""

    def __init__(self) -> None:
        self.below = SocketTransport()
        self.errors = self.below.errors

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        with self.below.open(request) as opened:
            yield Opened(opened.head, self.reading(opened), opened.set_timeout)

    def reading(self, opened: Exchange) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            return opened.read()

        return read

    async def sleep(self, seconds: float) -> None:
        self.below.sleep(seconds)


class HoldingAfterACheckpoint(Holding):
    def reading(self, opened: Exchange) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            await asyncio.sleep(0)
            return opened.read()

        return read


class HoldingInATask(Holding):
    """As `asyncio.wait_for` does before Python 3.12."""

    def reading(self, opened: Exchange) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            return await asyncio.create_task(
                super(HoldingInATask, self).reading(opened)()
            )

        return read


class InThreads(Holding):
    """The same calls, where they may block."""

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        below = self.below.open(request)
        opened = await asyncio.to_thread(below.__enter__)
        try:
            yield Opened(opened.head, lambda: asyncio.to_thread(opened.read))
        finally:
            below.__exit__(None, None, None)

    async def sleep(self, seconds: float) -> None:
        await asyncio.to_thread(self.below.sleep, seconds)


@pytest.mark.parametrize("runner", [run_on_asyncio, trio.run])
@pytest.mark.parametrize(
    ("test", "arguments", "said"),
    [
        (
            SUITE.test_other_tasks_go_on_while_it_waits_for_bytes,
            (b"",),
            "no other task ran while it waited for bytes: the event loop was",
        ),
        (
            SUITE.test_other_tasks_go_on_while_it_waits_for_bytes,
            (UNFRAMED,),
            "no other task ran while it waited for bytes: the event loop was",
        ),
        (
            SUITE.test_other_tasks_go_on_while_it_connects,
            (),
            "no other task ran while it waited to be connected",
        ),
        (
            SUITE.test_other_tasks_go_on_while_it_sleeps,
            (),
            "no other task ran while `sleep` waited",
        ),
    ],
)
def test_an_event_loop_that_is_held_is_noticed(
    monkeypatch, test, arguments, said, runner
):
    monkeypatch.setattr(event_loop, "HELD_SECONDS", 0.05)

    with pytest.raises(AssertionError, match=said):
        test(Rig(Holding(), runner), *arguments)


@pytest.mark.parametrize("broken", [HoldingAfterACheckpoint, HoldingInATask])
def test_a_turn_before_the_event_loop_is_held_does_not_help(monkeypatch, broken):
    monkeypatch.setattr(event_loop, "HELD_SECONDS", 0.05)

    with pytest.raises(AssertionError, match="the event loop was blocked"):
        SUITE.test_other_tasks_go_on_while_it_waits_for_bytes(
            Rig(broken(), run_on_asyncio), UNFRAMED
        )


def run_in_no_task(scenario, transport):
    """Run it by asyncio's loop, but in no task, as Twisted does on that loop."""
    loop = asyncio.new_event_loop()
    ended = []

    def step():
        try:
            scenario(transport).send(None)
        except BaseException as end:
            ended.append(end)
        loop.stop()

    loop.call_soon(step)
    loop.run_forever()
    loop.close()
    raise ended[0]


def test_a_loop_whose_tasks_are_unknown_is_not_judged():
    with pytest.raises(pytest.skip.Exception, match="no task can be started beside it"):
        SUITE.test_other_tasks_go_on_while_it_sleeps(Rig(Holding(), run_in_no_task))


def test_threads_may_block():
    harness = Rig(InThreads(), run_on_asyncio)

    SUITE.test_other_tasks_go_on_while_it_waits_for_bytes(harness, b"")
    SUITE.test_other_tasks_go_on_while_it_waits_for_bytes(harness, UNFRAMED)
    if sys.platform == "linux":  # Others refuse, or wait in line.
        SUITE.test_other_tasks_go_on_while_it_connects(harness)
    SUITE.test_other_tasks_go_on_while_it_sleeps(harness)


class BoundingEachRecv(Guides):
    """Hands the timeout to the socket, which counts it anew for each `recv`."""

    def connection(self, url, timeout):
        self.connected = super().connection(url, timeout)
        return self.connected

    @contextmanager
    def open(self, request):
        with super().open(request) as opened:

            def read():
                try:
                    return opened.read()
                except TimeoutError as error:
                    raise TransportTimeout("no byte came in time") from error

            yield Opened(opened.head, read, self.connected.sock.settimeout)


@pytest.mark.parametrize("part", TRICKLED)
def test_a_limit_that_each_byte_puts_off_is_noticed(monkeypatch, part):
    monkeypatch.setattr(waiting, "TRICKLES", 20)
    harness = Rig(BoundingEachRecv(), run_on_asyncio)

    with pytest.raises(AssertionError, match="each byte outside the body extended"):
        SUITE.test_a_reader_bounds_the_whole_read(harness, *TRICKLED[part])


class IgnoringLimits(Correct):
    @contextmanager
    def open(self, request):
        with super().open(request) as opened:
            yield Opened(opened.head, opened.read, lambda seconds: None)


def test_limits_that_are_ignored_are_said(monkeypatch):
    harness = Rig(IgnoringLimits(), run_on_asyncio)

    with pytest.raises(
        AssertionError, match=r"though `set_timeout\(None\)` had lifted"
    ):
        SUITE.test_a_reader_can_lengthen_the_timeout(harness)
    # The peer ends what is not timed out.
    monkeypatch.setattr(peer, "PATIENCE", 0.5)
    with pytest.raises(AssertionError, match=r"though `set_timeout\(0\.05\)` was call"):
        SUITE.test_a_reader_can_shorten_the_timeout(harness, 0.05)


class TimingTheBody(Correct):
    """Spends the read timeout once, over the whole body."""

    limits = ("read",)

    @contextmanager
    def open(self, request):
        timeouts = request.timeouts
        given = [getattr(timeouts, limit) for limit in self.limits]
        with super().open(request) as opened:
            left = Deadline(min(limit for limit in given if limit is not None))

            def read():
                opened.set_timeout(left.left())
                return opened.read()

            yield Opened(opened.head, read)


class TimingAllByTheTotal(TimingTheBody):
    """As some libraries mean their total: the body is a part of it."""

    limits = ("total", "read")


class HavingOneTimeout(Correct):
    """Gives a library that has only one timeout the shorter of the two."""

    @contextmanager
    def open(self, request):
        timeouts = request.timeouts
        one = min(timeouts.connect, timeouts.read)
        both = attrs.evolve(timeouts, connect=one, read=one, total=None)
        with super().open(attrs.evolve(request, timeouts=both)) as opened:
            yield opened


def test_a_read_timeout_for_all_reads_together_is_said():
    with pytest.raises(AssertionError, match="it is for each wait, not for all of"):
        SUITE.test_each_wait_has_the_read_timeout_anew(
            Rig(TimingTheBody(), run_on_asyncio)
        )


@pytest.mark.parametrize("broken", [TimingAllByTheTotal, HavingOneTimeout])
def test_a_body_that_another_timeout_limits_is_said(broken):
    with pytest.raises(AssertionError, match="only the read timeout is for the body"):
        SUITE.test_connecting_and_the_total_do_not_limit_the_body(
            Rig(broken(), run_on_asyncio)
        )


def test_a_total_may_be_ignored_and_that_is_said():
    with pytest.raises(pytest.skip.Exception, match="deadlines can be overshot"):
        SUITE.test_the_total_ends_the_wait_for_a_head_if_it_is_kept(
            Rig(Guides(), run_on_asyncio)
        )


class KeepingWhatIsCancelled:
    def __init__(self) -> None:
        self.below = AsyncioTransport()
        self.errors = self.below.errors
        self.sleep = self.below.sleep
        self.kept = AsyncExitStack()

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Opened[Awaitable[bytes]]]:
        async with AsyncExitStack() as exchange:
            opened = await exchange.enter_async_context(self.below.open(request))

            async def read() -> bytes:
                await asyncio.sleep(0)  # Also where all has come: to be cancelled.
                return await opened.read()

            try:
                yield Opened(opened.head, read)
            except asyncio.CancelledError:
                self.kept.push_async_exit(exchange.pop_all())
                raise


class Cancelling(CancellationSuite):
    cancel_at_each_step = cancel_at_each_step

    def run(self, scenario, transport):
        async def main():
            async with transport.kept:
                return await scenario(transport)

        return asyncio.run(main())


def test_an_exchange_that_outlives_its_cancellation_is_said(monkeypatch):
    soon = partial(cancellation.get, read=0.05)
    monkeypatch.setattr(cancellation, "get", soon)
    suite = Cancelling()
    harness = Rig(KeepingWhatIsCancelled(), suite.run)

    with pytest.raises(
        AssertionError, match="the exchange after a cancellation failed"
    ):
        suite.test_promise_9_an_exchange_may_be_cancelled_at_each_step(
            harness, "http", one_authority()
        )


class EndingNothing(AsyncioTransport):
    def within(self, seconds: float) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class SayingNothing(TrioTransport):
    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        with trio.move_on_after(seconds):
            yield


@pytest.mark.parametrize(
    ("transport", "run"),
    [(EndingNothing, run_on_asyncio), (SayingNothing, trio.run)],
)
def test_a_within_that_ends_or_says_nothing_is_said(transport: Any, run: Any) -> None:
    harness = Rig(transport(), run)

    with pytest.raises(AssertionError, match="did not raise TimeoutError in time"):
        SUITE.test_promise_6_what_is_awaited_for_too_long_is_cancelled_within(harness)


class ShieldingNothing(TrioTransport):
    def shield(self) -> AbstractContextManager[None]:
        return nullcontext()


class CancellingOnTrio(CancellationSuite):
    cancel_at_each_step = trio_torture.cancel_at_each_step


def test_a_shield_that_shields_nothing_is_said():
    harness = Rig(ShieldingNothing(), trio.run)

    with pytest.raises(AssertionError, match="in the transport's `shield"):
        CancellingOnTrio().test_promise_9_a_cancelled_task_can_exchange_in_the_shield(
            harness, "http", one_authority()
        )
