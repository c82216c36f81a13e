"""Whatever waits comes back in time, on real sockets and a real clock.

One smoke test of each clock on each transport; the rest is on virtual time, in
tests/flows.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from runs_core import AsyncClient, Client, Endpoint, runs
from runs_core.errors import (
    DeadlineExceeded,
    OutcomeUnknown,
    RateLimitError,
    StreamIdle,
    TimeoutOutcomeUnknown,
)
from runs_core.models import Run
from runs_core.testing import Hang, LocalService, Pause, Raw, Say, Script, Turn
from runs_transports.conformance.peer import peer, silent_after
from runs_transports.serve import serve
from tests.transports.rigs import TRANSPORTS, AnyRig

SOON = 0.1
# Far from any default, and enough for a machine that is busy.
LATE = 5.0
PINGS = Turn((Say(pieces=("a", *[Raw(b": ping\n\n"), Pause(0.02)] * 500)),))
SLOWLY = Turn((Say(pieces=("a", Pause(0.02)) * 500),))


@pytest.fixture(params=TRANSPORTS, ids=lambda rig: rig.name)
def rig(request: pytest.FixtureRequest) -> AnyRig:
    result: AnyRig = request.param
    return result


def drive(rig: AnyRig, base_url: str, conversation: Any, **options: Any) -> Any:
    endpoint = Endpoint(base_url)
    with rig.make(None) as transport:
        if not inspect.iscoroutinefunction(transport.sleep):
            return Client(transport, endpoint, **options).run(conversation)

        async def main(transport: Any) -> Any:
            client = AsyncClient(transport, endpoint, **options)
            return await client.run(conversation)

        return rig.runner(main, transport)


@contextmanager
def thread_on(turn: Turn | Hang) -> Iterator[tuple[str, str, str]]:
    """Serve the turn, and give base URL, thread and assistant."""
    service = LocalService(Script([turn]))
    with serve(service) as server:
        rig = TRANSPORTS[0]
        with rig.make(None) as transport:
            beta = Client(transport, Endpoint(server.base_url)).beta
            ids = beta.threads.create().id, beta.assistants.create(model="m").id
        yield server.base_url, *ids


@contextmanager
def in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert SOON * 0.5 < took < LATE


@pytest.mark.usefixtures("short_polls")
def test_promise_6_polling_ends_at_its_deadline(rig: AnyRig) -> None:
    seen: list[Run] = []
    with thread_on(Hang()) as (url, thread, assistant), in_time():
        polling = runs.create_and_poll(
            thread,
            assistant_id=assistant,
            poll_interval_ms=10,
            # Enough for a second poll on a machine that is busy.
            deadline=5 * SOON,
            on_poll=seen.append,
        )
        with pytest.raises(DeadlineExceeded) as caught:
            drive(rig, url, polling)

    assert caught.value.run == seen[-1]
    assert {run.status for run in seen} <= {"queued", "in_progress"}
    assert len(seen) > 1


def test_promise_6_a_stream_of_comments_is_idle(rig: AnyRig) -> None:
    with thread_on(PINGS) as (url, thread, assistant), in_time():
        feed = runs.stream(thread, assistant_id=assistant, idle_timeout=SOON)
        with pytest.raises(StreamIdle) as caught:
            drive(rig, url, feed)

    assert caught.value.run_id is not None
    assert caught.value.last_event == "thread.message.delta"


def test_promise_6_a_stream_ends_at_its_deadline(rig: AnyRig) -> None:
    with thread_on(SLOWLY) as (url, thread, assistant), in_time():
        feed = runs.stream(thread, assistant_id=assistant, deadline=SOON)
        with pytest.raises(DeadlineExceeded):
            drive(rig, url, feed)


def test_promise_6_repeating_ends_at_the_clients_deadline(rig: AnyRig) -> None:
    busy = b"HTTP/1.1 429 No\r\nRetry-After: 0.03\r\nContent-Length: 0\r\n\r\n"

    def script(connection: Any) -> None:
        # At the deadline the client leaves, perhaps before it has sent all.
        with suppress(AssertionError, OSError):
            connection.answer(busy)

    # The server's last word, unless the deadline comes while that is waited for.
    ends = (RateLimitError, DeadlineExceeded)
    with peer(script) as server, in_time(), pytest.raises(ends):
        drive(rig, server.url, runs.retrieve("r", "t"), max_retries=999, deadline=SOON)


def test_promise_6_a_server_that_never_answers_is_left(rig: AnyRig) -> None:
    with peer(silent_after(b"")) as server, in_time():
        create = runs.create("t", assistant_id="a", timeout=SOON)
        with pytest.raises(TimeoutOutcomeUnknown):
            drive(rig, server.url, create)


SILENTLY: dict[str, tuple[Any, dict[str, Any]]] = {
    "create": (lambda: runs.create("t", assistant_id="a"), {"deadline": SOON}),
    "create_and_poll": (
        lambda: runs.create_and_poll("t", assistant_id="a", deadline=SOON),
        {},
    ),
    "stream": (lambda: runs.stream("t", assistant_id="a", deadline=SOON), {}),
}


@pytest.mark.parametrize("what", SILENTLY)
def test_promise_6_a_create_without_an_answer_ends_at_its_deadline(
    what: str, rig: AnyRig
) -> None:
    call, options = SILENTLY[what]
    late = pytest.raises(DeadlineExceeded)
    with peer(silent_after(b"")) as server, in_time(), late as caught:
        drive(rig, server.url, call(), **options)

    assert isinstance(caught.value, OutcomeUnknown)
