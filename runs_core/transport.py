"""What a transport is: three members, and no decisions.

A transport moves one request out and its response in. It does not retry, look at the
status, or read JSON; all of that is in the core, once for all transports.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen

from runs_core.errors import UsageError
from runs_core.wire.http import Head, Request

__all__ = ["AsyncTransport", "Opened", "Transport", "check_transport", "is_async"]

ReadT_co = TypeVar("ReadT_co", bound="bytes | Awaitable[bytes]", covariant=True)


@frozen
class Opened(Generic[ReadT_co]):
    """An exchange whose response has begun.

    `read()` returns the next piece of the body as soon as there is one, and `b""` at
    its end (an awaitable of that from an `AsyncTransport`). `set_timeout(seconds)`, if
    there is one, bounds every later read instead of the request's read timeout: the
    read as a whole, however many bytes arrive meanwhile that are not part of the body.
    Without it, a deadline can be overshot by one read timeout, and by more if each byte
    begins that anew.
    """

    head: Head
    read: Callable[[], ReadT_co]
    set_timeout: Callable[[float | None], None] | None = None


class Transport(Protocol):
    """Blocking I/O for the driver.

    `errors` are the exception types that the I/O raises. The driver turns them, raised
    by `open` or `read`, into `TransportError`: "perhaps sent". A transport itself
    raises `NotSent` if no byte of the request has left it, otherwise `TransportTimeout`
    if a timeout of `request.timeouts` is exceeded.

    A transport may also have `now() -> float`, its own monotonic clock in seconds, and
    `close()`, which the client's `close` calls.
    """

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The exception types that the I/O raises, each a subclass of Exception."""
        ...

    def open(self, request: Request) -> AbstractContextManager[Opened[bytes]]:
        """Return a context manager that sends the request and gives an `Opened`.

        Leaving the context closes the exchange, whether or not its body was read.
        """
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class AsyncTransport(Protocol):
    """The same contract for an async framework; cancellation is the framework's own.

    If a cancelled task can do no more I/O, a transport may also have `shield()`: a
    plain context manager in which it can. The client keeps what it does there short.
    It may have `within(seconds)`: an async context manager that cancels what is awaited
    in it for longer, and then raises TimeoutError; without it, a deadline waits for
    users' async functions. Its `close()`, if it has one, is awaited.
    """

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The exception types that the I/O raises, each a subclass of Exception."""
        ...

    def open(
        self, request: Request
    ) -> AbstractAsyncContextManager[Opened[Awaitable[bytes]]]:
        """Return an async context manager that sends the request and gives an `Opened`.

        Leaving the context closes the exchange, also if it is left by cancellation.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


def check_transport(transport: Any) -> None:
    """Raise `UsageError` for anything that is not a transport."""
    lacks = [n for n in ("errors", "open", "sleep") if not hasattr(transport, n)]
    if isinstance(transport, type) or lacks:
        raise UsageError(
            "transport must be an object with errors, open and sleep, such as"
            f" RequestsTransport(); {_what_it_is(transport, lacks)}"
        )
    errors = transport.errors
    if not isinstance(errors, tuple) or not all(map(_is_exception, errors)):
        raise UsageError(
            f"errors of {type(transport).__name__} must be a tuple of exception types,"
            " such as (OSError,)"
        )
    if not all(issubclass(cls, Exception) for cls in errors):
        # Ctrl-C and cancellation: the core would go on, and repeat the request.
        raise UsageError(
            f"errors of {type(transport).__name__} must be subclasses of Exception:"
            " others, such as KeyboardInterrupt, do not mean that a connection failed"
        )


def is_async(transport: Any) -> bool:
    """Return whether the transport shows, without being used, that it is async.

    Either member may hide it: `sleep` may be a plain function that returns an
    awaitable, and `open` one that returns a context manager written as a class.
    """
    return inspect.iscoroutinefunction(transport.sleep) or inspect.isasyncgenfunction(
        inspect.unwrap(transport.open)
    )


def _is_exception(cls: object) -> bool:
    return isinstance(cls, type) and issubclass(cls, BaseException)


def _what_it_is(transport: object, lacks: list[str]) -> str:
    if isinstance(transport, type):
        return f"{transport.__name__} is a class: call it"
    return f"{type(transport).__name__} has no {' and no '.join(lacks)}"
