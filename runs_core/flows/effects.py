"""Everything a flow can ask its driver for.

These are the only values that a flow ever yields. Each is iterable, so that
`answer = yield from Effect(...)` has the answer's type.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from runs_core.errors import DeadlineExceeded
from runs_core.flows.request import ApiRequest
from runs_core.wire.body import BODY_LIMIT
from runs_core.wire.http import Head, Request, Response, shorter

__all__ = [
    "Ask",
    "Effect",
    "Emit",
    "Feed",
    "Flow",
    "Invoke",
    "InvokeTimeout",
    "Now",
    "Open",
    "Read",
    "Send",
    "Sleep",
    "function_name",
    "seconds_until",
    "time_in",
    "time_left",
]

AnswerT = TypeVar("AnswerT")
ItemT = TypeVar("ItemT")
T = TypeVar("T")


class Effect(Generic[AnswerT]):
    """Something a flow asks for; its answer is the value of `yield from`."""

    __slots__ = ()

    def __iter__(self) -> Generator[Self, AnswerT, AnswerT]:
        return (yield self)


@frozen
class Send(Effect[Response]):
    """Send a request and get the whole response.

    `timeout` bounds all of it, in seconds, including repetitions. A body over `limit`
    bytes raises `ResponseTooLarge`; of an error's body at most 64 KiB are kept.
    """

    request: ApiRequest | Request
    timeout: float | None = None
    limit: int = BODY_LIMIT


@frozen
class Open(Effect[Head]):
    """Send a request and get the head of the response; `Read` gets its body.

    `timeout` bounds the time until that head, in seconds, including repetitions.
    """

    request: ApiRequest | Request
    timeout: float | None = None


@frozen
class Read(Effect[bytes]):
    """Get the next piece of the open response's body, `b""` at its end.

    Raises `TransportTimeout` after `timeout` seconds without a byte. Any error closes
    the response. Raises `UsageError` unless a response is open or was read to its end.
    """

    timeout: float | None = None


@frozen
class Sleep(Effect[None]):
    """Wait for `seconds`, less a random share of up to `jitter` (0 to 1).

    `reason` is for the log.
    """

    seconds: float
    jitter: float = 0.0
    reason: str = ""


@frozen
class Now(Effect[float]):
    """Get the monotonic time in seconds."""


def seconds_until(until: float) -> Flow[float]:
    """Return the seconds until `until` on the clock; 0 once it has passed."""
    return max(0.0, until - (yield from Now()))


def time_in(seconds: float | None) -> Flow[float | None]:
    """Return what the clock shows in `seconds`; None if that is None: no limit."""
    return None if seconds is None else (yield from Now()) + seconds


def time_left(
    until: float | None, late: Callable[[], DeadlineExceeded]
) -> Flow[float | None]:
    """Return the seconds until `until` on the clock; None if that is None: no limit.

    Raises what `late` returns if it has passed.
    """
    if until is None:
        return None
    left = until - (yield from Now())
    if left <= 0:
        raise late()
    return left


def function_name(function: Callable[..., Any]) -> str:
    """Return a function's name for messages; never its repr.

    The repr of a partial or of a bound method shows arguments, which can be keys.
    """
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else type(function).__qualname__


@frozen
class Invoke(Effect[Any]):
    """Call a user's function: a tool, a token provider, a progress callback.

    The async driver awaits an awaitable result; the blocking one refuses it, naming the
    function. On transports that have `within`, a result awaited for more than `timeout`
    seconds is cancelled, and the effect answered with `InvokeTimeout`. A function that
    turns its cancellation into an error of its own has failed with that error; a plain
    one cannot be interrupted.
    """

    function: Callable[..., Any] = field(repr=function_name)
    args: tuple[Any, ...] = field(default=(), repr=False)
    kwargs: Mapping[str, Any] = field(factory=dict, repr=False)
    timeout: float | None = None

    def until(self, until: float | None) -> Flow[Invoke]:
        """Return the effect with no more time than is left until `until`, if given."""
        if until is None:
            return self
        left = yield from seconds_until(until)
        return evolve(self, timeout=shorter(self.timeout, left))


class InvokeTimeout(DeadlineExceeded):
    """There was no time left for a user's function: it was cancelled, or not called.

    As the answer to an `Invoke` it is about that effect's `timeout`, or a client's
    deadline. If a function raises it itself, drivers turn it into `DeadlineExceeded`.
    """


@frozen
class Emit(Effect[None], Generic[ItemT]):
    """Hand items to the caller who iterates; answered when all have been taken."""

    items: Sequence[ItemT]


Ask: TypeAlias = Send | Open | Read | Sleep | Now | Invoke | Emit[Any]
"""The closed union of effects: a driver that has a branch for each is complete."""

Flow: TypeAlias = Generator[Ask, Any, T]
"""A conversation whose result is a T. It runs once."""


class Feed(Generator[Ask, Any, T], Generic[ItemT, T]):
    """A flow that also emits items on its way to a T. It runs once."""

    __slots__ = ()
