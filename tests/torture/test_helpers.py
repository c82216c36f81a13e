"""The helpers that break things do break them, each place once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from runs_core.flows.effects import Ask, Flow, Now, Sleep
from runs_core.testing.torture import cuts, each_effect, pieces, truncations
from runs_transports.torture import asyncio as asyncio_torture
from runs_transports.torture import open_descriptors
from runs_transports.torture import trio as trio_torture


@given(st.binary(max_size=20), st.integers(1, 25))
def test_cuts_and_pieces_lose_nothing_and_truncations_something(
    data: bytes, size: int
) -> None:
    assert {first + second for first, second in cuts(data)} == {data}
    assert len(list(cuts(data))) == len(data) + 1
    assert b"".join(pieces(data, size)) == data
    assert all(len(piece) == size for piece in pieces(data, size)[:-1])
    beginnings = list(truncations(data))
    assert len(beginnings) == len(data)
    assert all(data.startswith(b) and len(b) < len(data) for b in beginnings)


class Broken(Exception):
    pass


def counting(log: list[str]) -> Flow[str]:
    """Ask for three things, and go on after a failure."""
    for ask in (Now(), Sleep(1.0), Now()):
        try:
            log.append(str((yield ask)))
        except Broken:
            log.append("broken")
    return "end"


def played(flow: Flow[str], performed: list[str]) -> str:
    try:
        ask: Ask = next(flow)
        while True:
            performed.append(type(ask).__name__)
            ask = flow.send(len(performed))
    except StopIteration as end:
        return str(end.value)


@pytest.mark.parametrize(
    ("lost", "logs"),
    [
        (False, ["broken 1 2", "1 broken 2", "1 2 broken", "1 2 3"]),
        (True, ["broken 2 3", "1 broken 3", "1 2 broken", "1 2 3"]),
    ],
)
def test_each_effect_fails_in_turn(lost: bool, logs: list[str]) -> None:
    seen = []
    hits = []
    for fault in each_effect(Broken, (Now, Sleep), performed=lost):
        log: list[str] = []
        performed: list[str] = []
        assert played(fault(counting(log)), performed) == "end"
        assert len(performed) == (3 if lost or fault.hit is None else 2)
        seen.append(" ".join(log))
        hits.append(type(fault.hit).__name__)

    assert seen == logs
    assert hits == ["Now", "Sleep", "Now", "NoneType"]


def test_only_the_kinds_that_are_meant_fail() -> None:
    hits = []
    for fault in each_effect(Broken, (Sleep,)):
        played(fault(counting([])), [])
        hits.append(fault.hit)

    assert hits == [Sleep(1.0), None]


def test_what_the_flow_does_not_catch_comes_out() -> None:
    def careless() -> Flow[None]:
        yield Now()

    fault = next(iter(each_effect(Broken, (Now,))))
    with pytest.raises(Broken):
        played(fault(careless()), [])  # type: ignore[arg-type]


def test_leaving_closes_the_flow_within() -> None:
    closed = []

    def tidy() -> Flow[None]:
        try:
            yield Now()
        finally:
            closed.append(True)

    flow = next(iter(each_effect(Broken, ())))(tidy())
    next(flow)
    flow.close()

    assert closed == [True]


# --- Tasks -------------------------------------------------------------------------

Cancel = Callable[..., Awaitable[int]]


def on_trio(main: Callable[[Cancel], Awaitable[None]]) -> None:
    trio.run(main, trio_torture.cancel_at_each_step)


def on_asyncio(main: Callable[[Cancel], Awaitable[None]]) -> None:
    asyncio.run(main(asyncio_torture.cancel_at_each_step))  # type: ignore[arg-type]


CHECKPOINTS = {
    on_trio: trio.lowlevel.checkpoint,
    on_asyncio: lambda: asyncio.sleep(0),
}


@pytest.mark.parametrize("framework", CHECKPOINTS, ids=["trio", "asyncio"])
def test_a_task_is_cancelled_at_each_of_its_steps(
    framework: Callable[..., None],
) -> None:
    checkpoint = CHECKPOINTS[framework]
    reached: list[int] = []
    afterwards: list[int] = []

    async def attempt() -> None:
        reached.append(0)
        for step in range(1, 4):
            await checkpoint()
            reached[-1] = step

    async def after() -> None:
        afterwards.append(reached[-1])

    async def main(cancel: Cancel) -> None:
        assert await cancel(attempt, after) == 3

    framework(main)

    assert afterwards[:3] == [0, 1, 2]
    assert afterwards[-1] == 3


@pytest.mark.parametrize("framework", CHECKPOINTS, ids=["trio", "asyncio"])
def test_what_an_attempt_raises_instead_is_raised(
    framework: Callable[..., None],
) -> None:
    async def attempt() -> None:
        try:
            await CHECKPOINTS[framework]()
        finally:
            raise LookupError("instead")

    async def main(cancel: Cancel) -> None:
        await cancel(attempt)

    with pytest.raises(LookupError, match="instead"):
        framework(main)


def test_what_asyncio_would_only_report_is_raised() -> None:
    def failing() -> None:
        raise LookupError("nobody looks")

    async def attempt() -> None:
        asyncio.get_running_loop().call_soon(failing)
        await asyncio.sleep(0)

    async def main(cancel: Cancel) -> None:
        await cancel(attempt)

    with pytest.raises(AssertionError, match="step 1: Exception in callback"):
        on_asyncio(main)


def test_open_descriptors_are_counted() -> None:
    before = open_descriptors()
    with open(__file__):
        assert open_descriptors() == before + 1
    assert open_descriptors() == before


@pytest.mark.parametrize("framework", CHECKPOINTS, ids=["trio", "asyncio"])
@pytest.mark.parametrize("where", ["attempt", "after"])
@pytest.mark.parametrize("how", [Broken, pytest.fail.Exception])
def test_a_failure_says_at_which_step(
    framework: Callable[..., None], where: str, how: type[BaseException]
) -> None:
    attempts = 0

    def fail_in(place: str) -> None:
        if place == where and attempts == 3:
            raise how("at the third")

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        fail_in("attempt")
        for _ in range(5):
            await CHECKPOINTS[framework]()

    async def after() -> None:
        fail_in("after")

    async def main(cancel_at_each_step: Cancel) -> None:
        await cancel_at_each_step(attempt, after)

    with pytest.raises(how, match="at the third") as caught:
        framework(main)

    assert caught.value.__notes__ == ["at step 3 of cancel_at_each_step"]
