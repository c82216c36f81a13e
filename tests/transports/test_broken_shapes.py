"""Transports without the contract's shape: the suite says what each one forgot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from runs_core.errors import UsageError
from runs_core.testing import scenarios
from runs_core.transport import Opened
from runs_core.wire.http import Request
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance import TransportSuite
from runs_transports.conformance.rig import Rig, run_on_asyncio
from tests.transports.rigs import Correct, Exchange

SUITE = TransportSuite()
FRAMED = scenarios.FRAMED[0]
AsyncExchange = Opened[Awaitable[bytes]]


class NotDecorated(Correct):
    def open(self, request):
        with self.below.open(request) as opened:
            yield opened


class GivingATuple(Correct):
    @contextmanager
    def open(self, request):
        with self.below.open(request) as opened:
            yield opened.head, opened.read


class GivingNone(Correct):
    def reading(self, opened):
        return lambda: opened.read() or None


class GivingText(Correct):
    def reading(self, opened):
        return lambda: opened.read().decode()


class Iterating(Correct):
    def reading(self, opened):
        pieces = iter(opened.read, b"")
        return lambda: next(pieces)


class AwaitedReads(Correct):
    def reading(self, opened):
        async def read():
            return opened.read()

        return read


class DeclaringAList(Correct):
    def __init__(self):
        super().__init__()
        self.errors = [OSError]


class DeclaringAll(Correct):
    def __init__(self):
        super().__init__()
        self.errors = (OSError, Exception)


class Async:
    """A correct one; its `sleep` gives what is awaited, and is no `async def`."""

    def __init__(self) -> None:
        self.below = AsyncioTransport()
        self.errors = self.below.errors

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[AsyncExchange]:
        async with self.below.open(request) as opened:
            yield Opened(opened.head, self.reading(opened), opened.set_timeout)

    def reading(self, opened):
        return opened.read

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)


class PlainReads(Async):
    def reading(self, opened):
        return lambda: b""


class IteratingAsync(Async):
    def reading(self, opened):
        async def pieces():
            while piece := await opened.read():
                yield piece

        given = pieces()
        return lambda: anext(given)


class PlainSleep(Async):
    def sleep(self, seconds):
        return None


class OpenedByACoroutine(Async):
    async def open(self, request):
        return self.below.open(request)

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)


class OpenedByWith(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with self.below.open(request) as opened:
            yield opened

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            NotDecorated,
            "returned a generator, which `with` cannot enter: decorate it",
        ),
        (GivingATuple, r"`open` yielded a tuple instead of Opened\(head, read\)"),
        (GivingNone, r'`read` returned a NoneType instead of bytes \(b"" at the end\)'),
        (GivingText, r"`read` returned a str instead of bytes"),
        (Iterating, '`read` raised StopIteration instead of returning b"" at the end'),
        (AwaitedReads, "`read` returned a coroutine instead of bytes"),
        (
            PlainReads,
            "`read` returned a bytes, which cannot be awaited: make it an `async",
        ),
        (IteratingAsync, "`read` raised StopAsyncIteration instead of returning"),
        (
            OpenedByACoroutine,
            "returned a coroutine, which `async with` cannot enter: d",
        ),
        (OpenedByWith, r"returned a _Gen\w+, which `async with` cannot enter: "),
    ],
)
def test_what_an_exchange_lacks_is_said(broken, said):
    with pytest.raises(pytest.fail.Exception, match=said):
        SUITE.test_a_whole_body_is_given_in_each_framing(
            Rig(broken(), run_on_asyncio), FRAMED
        )


def test_a_sleep_that_cannot_be_awaited_is_said():
    with pytest.raises(
        pytest.fail.Exception, match="`sleep` returned a NoneType, which"
    ):
        SUITE.test_sleeping_takes_the_time(Rig(PlainSleep(), run_on_asyncio))


def test_sleep_may_give_what_is_awaited():
    harness = Rig(Async(), run_on_asyncio)

    SUITE.test_a_whole_body_is_given_in_each_framing(harness, FRAMED)
    SUITE.test_sleeping_takes_the_time(harness)
    SUITE.test_other_tasks_go_on_while_it_sleeps(harness)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (object(), "object has no errors and no open and no sleep"),
        (Correct, "Correct is a class: call it"),
        (DeclaringAList(), r"errors of DeclaringAList must be a tuple of exception"),
        (DeclaringAll(), r"errors of DeclaringAll must be narrower than Exception: na"),
    ],
)
def test_members_that_are_missing_are_named(broken, said):
    with pytest.raises(UsageError, match=said):
        Rig(broken, run_on_asyncio)
