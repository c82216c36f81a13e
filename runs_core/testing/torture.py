"""Breaks things on purpose, one after the other, until nothing is left to break.

For tests of parsers and of flows, also your own. The test says what must be true after
each break::

    for fault in each_effect(lambda: TransportError("lost")):
        driver = Driver(fault(bound(my_flow(), endpoint)), transport)
        with suppress(RunsError):
            driver.run()
        assert service.executions["runs"] <= 1

`runs_transports.torture` cancels tasks at every step in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from attrs import define, field

from runs_core.flows.deadline import in_steps
from runs_core.flows.effects import Ask, Effect, Flow, Open, Read, Send

__all__ = ["Fault", "cuts", "each_effect", "pieces", "truncations"]

T = TypeVar("T")


# --- Bytes -------------------------------------------------------------------------


def cuts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield every way to cut bytes in two, including those with an empty half."""
    for at in range(len(data) + 1):
        yield data[:at], data[at:]


def truncations(data: bytes) -> Iterator[bytes]:
    """Yield every proper prefix of the bytes, the empty one first."""
    for length in range(len(data)):
        yield data[:length]


def pieces(data: bytes, size: int) -> list[bytes]:
    """Return the bytes in pieces of `size`; the last one may be shorter."""
    return [data[at : at + size] for at in range(0, len(data), size)]


# --- Flows -------------------------------------------------------------------------


@define
class Fault:
    """Makes one effect of a flow fail: number `at`, from 0, among those of `kinds`.

    The effect is not performed; with `performed`, it is, and its answer is lost. `hit`
    is the effect, or None as long as the flow has not reached it.
    """

    at: int
    error: Callable[[], BaseException]
    kinds: tuple[type[Effect[Any]], ...] = field(default=(Send, Open, Read))
    performed: bool = field(default=False, kw_only=True)
    hit: Ask | None = field(default=None, init=False)

    def __call__(self, flow: Flow[T]) -> Flow[T]:
        """Return the flow with the fault in it."""
        seen = 0

        def answer(ask: Ask) -> Flow[Any]:
            nonlocal seen
            counted = isinstance(ask, self.kinds)
            seen += counted
            fails = counted and seen == self.at + 1
            given = (yield ask) if self.performed or not fails else None
            if fails:
                self.hit = ask
                raise self.error()
            return given

        return (yield from in_steps(flow, answer))


def each_effect(
    error: Callable[[], BaseException],
    kinds: tuple[type[Effect[Any]], ...] = (Send, Open, Read),
    *,
    performed: bool = False,
) -> Iterator[Fault]:
    """Yield a fault for the first effect, for the second, and so on to the flow's end.

    The flow does not reach the last fault: with it, nothing fails.
    """
    at = 0
    while True:
        fault = Fault(at, error, kinds, performed=performed)
        yield fault
        if fault.hit is None:
            return
        at += 1
