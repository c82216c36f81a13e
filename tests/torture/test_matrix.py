"""The fault matrix, on real sockets: `python -m tests.torture.matrix` prints it."""

from __future__ import annotations

import pytest

from tests.torture.dying import Moment
from tests.torture.matrix import TRANSPORTS, cell
from tests.torture.world import OPERATIONS, Operation

CREATING = [operation for operation in OPERATIONS if operation.creates]
# One of each kind: they are repeated by the same lines.
SAFE = [o for o in OPERATIONS if o.name in ("runs.cancel", "runs.poll", "runs.list")]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    result: str = request.param
    return result


@pytest.mark.parametrize("operation", CREATING, ids=str)
def test_promise_5_no_death_of_the_server_makes_anything_twice(
    transport: str, operation: Operation
) -> None:
    streams = operation.name.endswith(("stream", "stream_tools", "resumed"))
    for moment in Moment:
        got = cell(operation, moment, transport)

        assert got.executions == (moment.executed or moment is Moment.DOWN)
        match moment:
            case Moment.DOWN | Moment.NEVER:
                expected = "ok"
            case Moment.IN_BODY | Moment.QUIETLY if "resumed" in operation.name:
                expected = "ok"
            case Moment.IN_BODY | Moment.QUIETLY if streams:
                expected = "StreamTruncated"
            case Moment.QUIETLY:
                expected = "MalformedOutcomeUnknown"
            case Moment.GATEWAY:
                expected = "ServerErrorOutcomeUnknown"
            case _:
                expected = "ConnectionOutcomeUnknown"
        assert (moment, got.outcome) == (moment, expected)


@pytest.mark.parametrize("operation", SAFE, ids=str)
def test_promise_5_what_can_be_repeated_is_when_the_server_comes_back(
    transport: str, operation: Operation
) -> None:
    for moment in Moment:
        got = cell(operation, moment, transport)

        if moment is Moment.QUIETLY:
            expected = "MalformedResponse"
        elif operation.name == "runs.cancel" and moment.executed:
            # It is being cancelled already, which the server takes for a mistake.
            expected = "ok" if moment is Moment.NEVER else "BadRequestError"
        else:
            expected = "ok"
        assert (moment, got.outcome) == (moment, expected)
        assert got.executions <= 1
