"""The two drivers: they perform a flow's effects on a transport.

This is the only module of the core that knows a clock, random numbers and a log. The
clock and the random numbers are arguments, with the standard library's as default. A
driver holds one flow and at most one open exchange, which it closes when its body ends,
at the next request, on any error, at the flow's end and by `close()`.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, TypeVar, assert_never

from attrs import frozen

from runs_core import _performing as performing
from runs_core import _transport_checks as checks
from runs_core._driven_flow import DrivenFlow
from runs_core.errors import RunsError, TransportError
from runs_core.flows.effects import (
    Ask,
    Emit,
    Flow,
    Invoke,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.transport import AsyncTransport, Opened, Transport
from runs_core.wire.body import Body, end_of_body
from runs_core.wire.http import Head, Request, Response, shorter

__all__ = ["AsyncDriver", "Driver", "Outside", "log_decision"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")

logger = logging.getLogger("runs_core")


@frozen
class Outside:
    """Chance and time: what the core takes from outside, apart from a transport's I/O.

    `random` returns numbers from 0 to 1. `now`, in monotonic seconds, replaces the
    transport's clock, which in turn replaces `time.monotonic`. `wall`, in seconds since
    1970, is only used for the `Date` of a response that lacks it and has `Retry-After`.
    """

    random: Callable[[], float] = random.random
    now: Callable[[], float] | None = None
    wall: Callable[[], float] = time.time


class _BaseDriver(DrivenFlow[T], Generic[ItemT, T]):
    """The part of both drivers that does not wait."""

    def __init__(
        self,
        flow: Flow[T],
        transport: Transport | AsyncTransport,
        outside: Outside | None,
    ) -> None:
        super().__init__(flow)
        self._expected: tuple[type[BaseException], ...] = RunsError, *transport.errors
        outside = outside or Outside()
        self._random = outside.random
        self._wall = outside.wall
        own_clock: Callable[[], float] = getattr(transport, "now", time.monotonic)
        self._now = outside.now or own_clock
        self._read_timeout: float | None = None
        self._place = ""
        self._body_ended = False

    def _read_on(self) -> bytes:
        """Read without an open response: nothing more after one that has ended."""
        if self._body_ended or self._ended:
            return b""
        # If this returned the end, a body that broke off would look complete.
        raise performing.nothing_open()

    def _pause(self, ask: Sleep) -> float:
        seconds = max(0.0, ask.seconds * (1 - ask.jitter * self._random()))
        logger.debug("wait %.3f s: %s", seconds, ask.reason)
        return seconds

    def _failed_to_close(
        self, error: BaseException, callers: BaseException | None
    ) -> None:
        """Raise an error of closing the exchange, unless the transport declares it."""
        if not isinstance(error, self._expected):
            performing.raise_translated(error, self._expected, callers)
        # The response is there, or another error is on its way.
        logger.debug("closing the exchange failed: %s", type(error).__name__)


class Driver(_BaseDriver[ItemT, T]):
    """Drives one flow on a blocking transport."""

    def __init__(
        self, flow: Flow[T], transport: Transport, outside: Outside | None = None
    ) -> None:
        super().__init__(flow, transport, outside)
        self._transport = transport
        self._context: AbstractContextManager[Opened[bytes]] | None = None
        self._opened: Opened[bytes] | None = None

    def run(self) -> T:
        """Drive the flow to its end and return its result; drop the items it emits."""
        while self.advance() is not None:
            pass
        return self.result

    def advance(self) -> Sequence[ItemT] | None:
        """Drive the flow until it emits, and return the items; None at its end.

        Raises `UsageError`, and changes nothing, if it is already being driven or has
        failed before.
        """
        self._begin()
        try:
            while (ask := self._next_ask()) is not None:
                if isinstance(ask, Emit):
                    self._answers.append(None)
                    return ask.items
                try:
                    self._answers.append(self._perform(ask))
                except BaseException as error:
                    self._close_exchange()
                    self._error = error
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            self._busy = False
            if self._ended:
                self.close()
        return None

    def close(self) -> None:
        """End the flow where it is and close its exchange.

        Another thread or a signal handler may call it, too: the code that drives the
        flow then finds it ended.
        """
        self._ended = True
        try:
            self._close_exchange()
        finally:
            # A flow that is running cannot be closed: advance() does it afterwards.
            if not self._busy:
                self._flow.close()

    def _perform(self, ask: Ask) -> Any:
        match ask:
            case Read():
                return self._read(ask.timeout)
            case Send():
                return self._send(ask)
            case Open():
                return self._open(ask)
            case Now():
                return self._now()
            case Sleep():
                return self._transport.sleep(self._pause(ask))
            case Invoke():
                return performing.call_blocking(ask)
            case Emit():
                raise AssertionError("advance() answers Emit itself")
            case _:
                assert_never(ask)

    def _open(self, ask: Send | Open) -> Head:
        request = performing.absolute(ask)
        self._close_exchange()
        self._body_ended = False
        self._place = performing.place_of(request)
        callers = sys.exception()
        try:
            context = self._transport.open(request)
            checks.check_blocking(context, self._transport)
            opened = context.__enter__()
        except BaseException as error:
            performing.raise_translated(error, self._expected, callers, self._place)
        self._context = context
        checks.check_opened(opened, self._transport)
        self._opened = opened
        self._read_timeout = request.timeouts.read
        _log_exchange(request, opened.head)
        return performing.dated(opened.head, self._wall)

    def _read(self, timeout: float | None) -> bytes:
        opened = self._opened
        if opened is None:
            return self._read_on()
        callers = sys.exception()
        try:
            if opened.set_timeout is not None:
                opened.set_timeout(shorter(self._read_timeout, timeout))
            piece = opened.read()
            if type(piece) is not bytes:
                checks.check_piece(piece, self._transport)
        except BaseException as error:
            performing.raise_translated(error, self._expected, callers, self._place)
        if not piece:
            self._body_ended = True
            self._close_exchange()
        return piece

    def _send(self, ask: Send) -> Response:
        until = None if ask.timeout is None else self._now() + ask.timeout
        head = self._open(ask)
        body = Body(head, ask.limit, end_of_body(head, self._now(), until))
        try:
            while body.add(self._read(body.left(self._now()))):
                pass
        except TransportError:
            if not body.is_error:
                raise
        except BaseException as error:
            if not (self._body_ended and self._put_off(error)):
                raise
        self._close_exchange()
        return body.response()

    def _close_exchange(self) -> None:
        context, self._context, self._opened = self._context, None, None
        if context is None:
            return
        callers = sys.exception()
        try:
            context.__exit__(None, None, None)
        except BaseException as error:
            self._failed_to_close(error, callers)


class AsyncDriver(_BaseDriver[ItemT, T]):
    """Drives one flow on an async transport; cancelling it closes its exchange."""

    def __init__(
        self, flow: Flow[T], transport: AsyncTransport, outside: Outside | None = None
    ) -> None:
        super().__init__(flow, transport, outside)
        self._transport = transport
        self._context: AbstractAsyncContextManager[Opened[Awaitable[bytes]]] | None
        self._context = None
        self._opened: Opened[Awaitable[bytes]] | None = None

    async def run(self) -> T:
        """Drive the flow to its end and return its result; drop the items it emits."""
        while await self.advance() is not None:
            pass
        return self.result

    async def advance(self) -> Sequence[ItemT] | None:
        """Drive the flow until it emits, and return the items; None at its end.

        Raises `UsageError`, and changes nothing, if it is already being driven or has
        failed before.
        """
        self._begin()
        try:
            while (ask := self._next_ask()) is not None:
                if isinstance(ask, Emit):
                    self._answers.append(None)
                    return ask.items
                try:
                    self._answers.append(await self._perform(ask))
                except BaseException as error:
                    await self._close_exchange()
                    self._error = error
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            self._busy = False
            if self._ended:
                await self.close()
        return None

    async def close(self) -> None:
        """End the flow where it is and close its exchange.

        Another task may call it, too: the code that drives the flow then finds it
        ended.
        """
        self._ended = True
        try:
            await self._close_exchange()
        finally:
            # A flow that is running cannot be closed: advance() does it afterwards.
            if not self._busy:
                self._flow.close()

    async def _perform(self, ask: Ask) -> Any:
        match ask:
            case Read():
                return await self._read(ask.timeout)
            case Send():
                return await self._send(ask)
            case Open():
                return await self._open(ask)
            case Now():
                return self._now()
            case Sleep():
                return await self._transport.sleep(self._pause(ask))
            case Invoke():
                return await performing.call_awaited(ask, self._transport)
            case Emit():
                raise AssertionError("advance() answers Emit itself")
            case _:
                assert_never(ask)

    async def _open(self, ask: Send | Open) -> Head:
        request = performing.absolute(ask)
        await self._close_exchange()
        self._body_ended = False
        self._place = performing.place_of(request)
        callers = sys.exception()
        try:
            context = self._transport.open(request)
            checks.check_awaited(context, self._transport)
            opened = await context.__aenter__()
        except BaseException as error:
            performing.raise_translated(error, self._expected, callers, self._place)
        self._context = context
        checks.check_opened(opened, self._transport)
        self._opened = opened
        self._read_timeout = request.timeouts.read
        _log_exchange(request, opened.head)
        return performing.dated(opened.head, self._wall)

    async def _read(self, timeout: float | None) -> bytes:
        opened = self._opened
        if opened is None:
            return self._read_on()
        callers = sys.exception()
        try:
            if opened.set_timeout is not None:
                opened.set_timeout(shorter(self._read_timeout, timeout))
            pending = opened.read()
            if not hasattr(pending, "__await__"):
                checks.check_pending(pending, self._transport)
            piece = await pending
            if type(piece) is not bytes:
                checks.check_piece(piece, self._transport)
        except BaseException as error:
            performing.raise_translated(error, self._expected, callers, self._place)
        if not piece:
            self._body_ended = True
            await self._close_exchange()
        return piece

    async def _send(self, ask: Send) -> Response:
        until = None if ask.timeout is None else self._now() + ask.timeout
        head = await self._open(ask)
        body = Body(head, ask.limit, end_of_body(head, self._now(), until))
        try:
            while body.add(await self._read(body.left(self._now()))):
                pass
        except TransportError:
            if not body.is_error:
                raise
        except BaseException as error:
            if not (self._body_ended and self._put_off(error)):
                raise
        await self._close_exchange()
        return body.response()

    async def _close_exchange(self) -> None:
        context, self._context, self._opened = self._context, None, None
        if context is None:
            return
        callers = sys.exception()
        try:
            await context.__aexit__(None, None, None)
        except BaseException as error:
            self._failed_to_close(error, callers)


def log_decision(sentence: str) -> None:
    """Log what was decided about a failed attempt; for a `Policy`'s `notice`."""
    logger.debug("%s", sentence)


def _log_exchange(request: Request, head: Head) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s", performing.shown(request, head))
