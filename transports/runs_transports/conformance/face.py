"""A transport as a scenario uses it, blocking or async, with checks of its shape."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NoReturn, Protocol

import pytest

from runs_core.transport import AsyncTransport, Opened, Transport
from runs_core.wire.http import Request

__all__ = ["Awaited", "Blocking", "Io"]

AsyncOpened = Opened[Awaitable[bytes]]


class Io(Protocol):
    """What a test uses of a transport."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]: ...

    def open(self, request: Request) -> AbstractAsyncContextManager[AsyncOpened]: ...

    async def sleep(self, seconds: float) -> None: ...


class Blocking:
    """A blocking transport as an async one that never suspends."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.errors = transport.errors

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[AsyncOpened]:
        context = self._transport.open(request)
        _check_entered(context, "__enter__", "with", "@contextmanager")
        with context as opened:
            _check_opened(opened)

            async def read() -> bytes:
                try:
                    piece = opened.read()
                except StopIteration:
                    _fail_without_end("StopIteration")
                return _checked(piece)

            yield Opened(opened.head, read, opened.set_timeout)

    async def sleep(self, seconds: float) -> None:
        self._transport.sleep(seconds)

    async def close(self) -> None:
        if (close := getattr(self._transport, "close", None)) is not None:
            close()


class Awaited:
    """An async transport."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.errors = transport.errors

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[AsyncOpened]:
        context = self._transport.open(request)
        _check_entered(context, "__aenter__", "async with", "@asynccontextmanager")
        async with context as opened:
            _check_opened(opened)

            async def read() -> bytes:
                try:
                    piece = await _awaitable(opened.read(), "read")
                except StopAsyncIteration:
                    _fail_without_end("StopAsyncIteration")
                return _checked(piece)

            yield Opened(opened.head, read, opened.set_timeout)

    async def sleep(self, seconds: float) -> None:
        await _awaitable(self._transport.sleep(seconds), "sleep")

    async def close(self) -> None:
        if (close := getattr(self._transport, "close", None)) is not None:
            await _awaitable(close(), "close")


# Faults are reported with `pytest.fail`, which no `except Exception` can take for an
# error of the transport.


def _check_entered(context: object, enter: str, how: str, decorator: str) -> None:
    if hasattr(context, enter):
        return
    if inspect.iscoroutine(context):
        context.close()  # It will not be awaited.
    pytest.fail(
        f"`open` returned a {_kind(context)}, which `{how}` cannot enter: decorate it"
        f" with {decorator} (a transport is async if its `sleep` is)"
    )


def _check_opened(opened: Any) -> None:
    if not all(hasattr(opened, name) for name in ("head", "read", "set_timeout")):
        pytest.fail(f"`open` yielded a {_kind(opened)} instead of Opened(head, read)")


def _awaitable(given: Any, name: str) -> Awaitable[Any]:
    if not inspect.isawaitable(given):
        pytest.fail(
            f"`{name}` returned a {_kind(given)}, which cannot be awaited: make it an"
            " `async def`"
        )
    return given


def _checked(piece: Any) -> bytes:
    if not isinstance(piece, bytes | bytearray | memoryview):
        if inspect.iscoroutine(piece):
            piece.close()
        pytest.fail(
            f'`read` returned a {_kind(piece)} instead of bytes (b"" at the end)'
        )
    return bytes(piece)


def _fail_without_end(raised: str) -> NoReturn:
    pytest.fail(f'`read` raised {raised} instead of returning b"" at the end')


def _kind(value: object) -> str:
    return type(value).__name__
