"""Every operation, each of its effects failed in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runs_core import Endpoint, OutcomeUnknown, bound
from runs_core.drive import Driver
from runs_core.errors import (
    APIStatusError,
    NotSent,
    RunsError,
    StreamEnded,
    StreamIdle,
    StreamTruncated,
    TransportError,
    TransportTimeout,
)
from runs_core.flows.effects import Flow, Invoke, Open, Read, Send, Sleep
from runs_core.flows.streaming import RunFeed
from runs_core.lifecycle import RUN_ENDS
from runs_core.testing import InMemoryTransport
from runs_core.testing.torture import Fault, each_effect
from runs_core.transport import Opened
from runs_core.wire.http import Request
from tests.torture.world import BASE_URL, OPERATIONS, Operation, World

ENDPOINT = Endpoint(BASE_URL, "key")
READ = next(o for o in OPERATIONS if o.name == "runs.retrieve")
STREAMS = [o for o in OPERATIONS if isinstance(o.make(World()), RunFeed)]
assert len(STREAMS) > 3

FAILURES = {
    "not sent": (lambda: NotSent("nobody listens"), False),
    "lost": (lambda: TransportError("lost"), False),
    "answer lost": (lambda: TransportError("lost"), True),
    "answer late": (lambda: TransportTimeout("late"), True),
}


class Counting(InMemoryTransport):
    """Knows how many exchanges are open."""

    open_now = 0

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        self.open_now += 1
        try:
            with super().open(request) as opened:
                yield opened
        finally:
            self.open_now -= 1


class Bench:
    """An operation about to be carried out in a world of its own, with a fault."""

    def __init__(self, operation: Operation, fault: Fault | None = None) -> None:
        self.world = World()
        self.transport = Counting(self.world.service)
        flow: Flow[Any] = bound(operation.flow(self.world), ENDPOINT)
        self.driver = Driver[Any, Any](fault(flow) if fault else flow, self.transport)

    def error(self) -> BaseException | None:
        """Drive it to its end, and give the error if it ended in one."""
        try:
            self.driver.run()
        except BaseException as error:
            return error
        finally:
            assert self.driver.ended
            assert self.transport.open_now == 0
        return None


@pytest.fixture(params=OPERATIONS, ids=str)
def operation(request: pytest.FixtureRequest) -> Operation:
    result: Operation = request.param
    return result


@pytest.fixture(params=FAILURES)
def failure(request: pytest.FixtureRequest) -> str:
    result: str = request.param
    return result


def test_promise_5_whatever_fails_nothing_is_made_twice(
    operation: Operation, failure: str
) -> None:
    make, performed = FAILURES[failure]
    for fault in each_effect(make, performed=performed):
        bench = Bench(operation, fault)
        raised = bench.error()

        assert raised is None or isinstance(raised, RunsError)
        for created in operation.creates:
            made = bench.world.executions.get(created, 0)
            assert made <= 1
            assert made == 1 or raised is not None
        if isinstance(fault.hit, Send | Open) and raised is not None and performed:
            # It was carried out, and nobody may believe that it was not.
            assert isinstance(raised, OutcomeUnknown | StreamEnded | APIStatusError)
        if isinstance(raised, StreamEnded) and raised.last_event is None:
            assert isinstance(raised, OutcomeUnknown)


class Dying(Counting):
    """To a server at which nobody listens any more after so many requests."""

    alive = 0

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        if self.alive <= 0:
            raise NotSent("nobody listens")
        self.alive -= 1
        with super().open(request) as opened:
            yield opened


def test_promise_5_what_is_called_unsent_has_made_nothing(operation: Operation) -> None:
    raised: BaseException | None = NotSent("no attempt yet")
    alive = 0
    while raised is not None:
        world = World()
        transport = Dying(world.service)
        transport.alive = alive
        raised = None
        try:
            Driver(bound(operation.flow(world), ENDPOINT), transport).run()
        except RunsError as error:
            raised = error
        if isinstance(raised, NotSent):
            assert not any(map(world.executions.get, operation.creates))
        alive += 1


def test_promise_3_whatever_fails_a_stream_ends_in_its_runs_end_or_raises(
    failure: str,
) -> None:
    make, performed = FAILURES[failure]
    expected = StreamIdle if failure == "answer late" else StreamTruncated
    for operation in STREAMS:
        for fault in each_effect(make, performed=performed):
            bench = Bench(operation, fault)
            raised = bench.error()

            if raised is None:
                assert bench.driver.result.status in RUN_ENDS
            elif isinstance(fault.hit, Read):
                assert isinstance(raised, expected)
                assert raised.run == raised.snapshot.run


class Stop(BaseException):
    """As a KeyboardInterrupt or a cancellation is: no error."""


def test_promise_9_each_effect_may_be_interrupted(operation: Operation) -> None:
    for fault in each_effect(Stop, (Send, Open, Read, Sleep, Invoke), performed=True):
        raised = Bench(operation, fault).error()

        assert (type(raised) is Stop) == (fault.hit is not None)
        assert Bench(READ).error() is None


def test_promise_9_a_conversation_may_be_left_after_each_batch(
    operation: Operation,
) -> None:
    batches = 0
    ended = False
    while not ended:
        bench = Bench(operation)
        for _ in range(batches):
            ended = bench.driver.advance() is None
        bench.driver.close()

        assert bench.transport.open_now == 0
        assert bench.driver.advance() is None
        batches += 1
