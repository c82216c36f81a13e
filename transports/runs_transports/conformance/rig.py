"""All transports behind one interface: a test is written once, as an `async def`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from attrs import frozen

from runs_core.errors import NotSent, TransportError, TransportTimeout, UsageError
from runs_core.transport import AsyncTransport, check_transport, is_async
from runs_core.wire.http import Head, Request, Timeouts
from runs_transports.conformance.face import Awaited, Blocking, Io
from runs_transports.conformance.left_open import closing_what_it_opens

__all__ = [
    "Answer",
    "Io",
    "Rig",
    "RigFixture",
    "Runner",
    "Scenario",
    "check_perhaps_sent",
    "declared",
    "eventually",
    "fault_of",
    "fetch",
    "get",
    "in_time",
    "post",
    "raising",
    "run_on_asyncio",
]

T = TypeVar("T")
# Long enough for a busy machine, and shorter than any library's default timeout.
_LATE_SECONDS = 2.0

Scenario = Callable[[Io], Coroutine[Any, Any, T]]
Runner = Callable[[Scenario[Any], AsyncTransport], Any]


@frozen
class Rig:
    """Runs scenarios on a transport; `runner` runs those on an async one."""

    transport: Any
    runner: Runner

    def __attrs_post_init__(self) -> None:
        check_transport(self.transport)
        if Exception in self.transport.errors:
            raise UsageError(
                f"errors of {type(self.transport).__name__} must be narrower than"
                " Exception: name what its I/O raises, such as OSError, or a mistake"
                " would be taken for a connection that failed, and the request be sent"
                " again"
            )

    @property
    def is_async(self) -> bool:
        return is_async(self.transport)

    def run(self, scenario: Scenario[T]) -> T:
        """Run the scenario, close the transport if possible, and return the result."""

        async def closing(transport: Any) -> T:
            io = Awaited(transport) if self.is_async else Blocking(transport)
            try:
                return await scenario(io)
            finally:
                await io.close()

        result: T
        if self.is_async:
            result = self.runner(closing, self.transport)
        else:
            result = _finish(closing(self.transport))
        return result


def run_on_asyncio(scenario: Scenario[T], transport: AsyncTransport) -> T:
    """Run the scenario in an event loop of its own."""
    return asyncio.run(scenario(transport))


def _finish(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a blocking transport suspended")


class RigFixture:
    """What the suites have in common: a transport, and how to run it."""

    @pytest.fixture
    def ssl_context(self) -> Any:
        """The context to verify servers with; None for the transport's default."""
        return None

    @pytest.fixture
    def transport(self, ssl_context: Any) -> Any:
        """The transport to test; override this."""
        raise NotImplementedError("override the fixture `transport` in your class")

    def run(self, scenario: Scenario[Any], transport: AsyncTransport) -> Any:
        """Run a scenario on an async transport; override this for other loops."""
        return run_on_asyncio(scenario, transport)

    @pytest.fixture
    def rig(self, nothing_is_left_open: None, transport: Any) -> Rig:
        return Rig(transport, self.run)

    @pytest.fixture
    def nothing_is_left_open(self) -> Iterator[None]:
        """Compare open file descriptors before and after; no garbage is collected."""
        with closing_what_it_opens(type(self)):
            yield


# --- What scenarios are made of ----------------------------------------------------


@frozen
class Answer:
    """A complete response, in the pieces in which it came."""

    head: Head
    pieces: list[bytes]

    @property
    def body(self) -> bytes:
        """The pieces as one."""
        return b"".join(self.pieces)


async def fetch(io: Io, request: Request) -> Answer:
    """Send the request, and return the complete response."""
    fault: Exception | None = None
    async with io.open(request) as opened:
        pieces = []
        # Like the driver: what `read` raises does not pass through the context.
        try:
            while piece := await opened.read():
                pieces.append(piece)
        except Exception as error:
            fault = error
    if fault is not None:
        raise fault
    return Answer(opened.head, pieces)


def declared(io: Io) -> tuple[type[BaseException], ...]:
    """Return the exception types that an exchange may raise."""
    return (TransportError, *io.errors)


async def fault_of(io: Io, request: Request) -> BaseException:
    """Make an exchange that must fail, and return its declared error."""
    try:
        await fetch(io, request)
    except declared(io) as error:
        return error
    except Exception as error:
        name = type(error).__name__
        pytest.fail(f"{name} was raised, but is not among the transport's `errors`")
    pytest.fail("neither `open` nor `read` raised, but the response was broken")


def check_perhaps_sent(error: BaseException) -> None:
    """Fail if the error says that nothing was sent, or that it took too long."""
    assert not isinstance(error, NotSent), (
        "NotSent was raised for a request that was sent: the core would repeat it"
    )
    assert not isinstance(error, TransportTimeout), "nothing took too long"


@contextmanager
def raising(kind: type[TransportError], why: str) -> Iterator[None]:
    """Fail, with the reason, if another error is raised than this, or none."""
    try:
        yield
    except kind:
        return
    except AssertionError:
        raise
    except Exception as error:
        name = type(error).__name__
        raise AssertionError(
            f"{name} was raised, not {kind.__name__}, though {why}"
        ) from error
    raise AssertionError(f"{kind.__name__} was not raised, though {why}")


async def eventually(io: Io, condition: Callable[[], bool], patience: float) -> bool:
    """Wait until the condition is true, while the event loop runs; return whether."""
    until = time.monotonic() + patience
    while not condition() and time.monotonic() < until:
        await io.sleep(0.001)
    return condition()


@contextmanager
def in_time() -> Iterator[None]:
    """Fail if the block took seconds, although its timeout is 0.1 s or less."""
    begun = time.monotonic()
    yield
    taken = time.monotonic() - begun
    assert taken < _LATE_SECONDS, f"a timeout of 0.1 s or less took {taken:.1f} s"


def get(
    url: str,
    *,
    read: float | None = 5.0,
    connect: float | None = 5.0,
    total: float | None = None,
    **headers: str,
) -> Request:
    """Return a request without a body; `_` stands for `-` in the names of headers."""
    return Request(
        method="GET",
        url=url,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeouts=Timeouts(connect, read, total),
    )


def post(
    url: str,
    body: bytes | None = b"{}",
    *,
    read: float | None = 5.0,
    connect: float | None = 5.0,
    total: float | None = None,
    **headers: str,
) -> Request:
    """Return a request with a body; `_` stands for `-` in the names of headers."""
    return Request(
        method="POST",
        url=url,
        body=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeouts=Timeouts(connect, read, total),
    )
