"""What belongs to a client as a whole."""

from __future__ import annotations

import pytest

from runs_core.client import AsyncClient, Client
from runs_core.endpoint import Endpoint
from runs_core.errors import RateLimitError
from runs_core.wire.http import Timeouts
from tests.fakes import AsyncFakeTransport, Exchange, FakeTransport, run_async

ENDPOINT = Endpoint("http://local.test/v1")


class Closable(FakeTransport):
    closed = 0

    def close(self) -> None:
        self.closed += 1


class AsyncClosable(AsyncFakeTransport):
    closed = 0

    async def close(self) -> None:
        self.closed += 1


def test_closing_a_client_closes_its_transport() -> None:
    transport = Closable()

    with Client(transport, ENDPOINT) as client:
        assert transport.closed == 0
    client.close()

    assert transport.closed == 2


def test_closing_an_async_client_closes_its_transport() -> None:
    transport = AsyncClosable()

    async def main() -> None:
        async with AsyncClient(transport, ENDPOINT) as client:
            assert transport.closed == 0
        await client.close()

    run_async(main())

    assert transport.closed == 2


def test_a_transport_that_cannot_be_closed_is_left_alone() -> None:
    with Client(FakeTransport(), ENDPOINT):
        pass

    async def main() -> None:
        async with AsyncClient(AsyncFakeTransport(), ENDPOINT):
            pass

    run_async(main())


def test_options_are_changed_for_a_new_client_only() -> None:
    client = Client(FakeTransport(), ENDPOINT, max_retries=5, timeout=3)

    other = client.with_options(max_retries=0, deadline=9.0)

    assert other.transport is client.transport
    assert other.endpoint is ENDPOINT
    assert (other.policy.max_retries, other.policy.deadline) == (0, 9.0)
    assert other.policy.timeouts == Timeouts(3, 3)
    assert (client.policy.max_retries, client.policy.deadline) == (5, None)


def test_options_reach_the_nouns() -> None:
    transport = FakeTransport(*[Exchange(429)] * 2)
    client = Client(transport, ENDPOINT).with_options(max_retries=1)

    with pytest.raises(RateLimitError) as caught:
        client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")

    assert caught.value.retries_taken == 1
    assert len(transport.requests) == 2
