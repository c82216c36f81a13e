"""Streams that are no longer read, but not closed."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import trio

from runs_core import AsyncClient, Client, Endpoint, runs
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.peer import PATIENCE, UNFRAMED, peer, silent_after
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.torture import open_descriptors
from runs_transports.trio import TrioTransport

EVENT = b'event: thread.run.queued\ndata: {"id": "run_1", "status": "queued"}\n\n'


@pytest.fixture(params=["sockets", "requests"])
def transport(request: pytest.FixtureRequest) -> AbstractContextManager[Any]:
    if request.param == "requests":
        return RequestsTransport()
    return nullcontext(SocketTransport())


@pytest.mark.parametrize("how", ["close", "with", "forget"])
def test_promise_9_a_stream_that_is_left_is_closed(
    transport: AbstractContextManager[Any], how: str
) -> None:
    before = open_descriptors()
    with peer(silent_after(UNFRAMED + EVENT)) as server, transport as io:
        client = Client(io, Endpoint(server.url))
        stream = client.stream(runs.stream("thread_1", assistant_id="asst_1"))
        assert next(stream).event == "thread.run.queued"
        assert not server.left.is_set()
        match how:
            case "close":
                stream.close()
            case "with":
                with stream:
                    pass
            case "forget":
                # Not at once, and without a warning: a socket has nothing to lose.
                del stream
                gc.collect()
        assert server.left.wait(PATIENCE)

    assert open_descriptors() == before


@pytest.mark.parametrize("how", ["close", "with", "raise"])
@pytest.mark.parametrize("framework", ["trio", "asyncio"])
def test_promise_9_an_async_stream_that_is_left_is_closed(
    framework: str, how: str
) -> None:
    async def main() -> None:
        transport = TrioTransport() if framework == "trio" else AsyncioTransport()
        client = AsyncClient(transport, Endpoint(server.url))
        stream = client.stream(runs.stream("thread_1", assistant_id="asst_1"))
        assert (await anext(stream)).event == "thread.run.queued"
        assert not server.left.is_set()
        match how:
            case "close":
                await stream.close()
            case "with":
                async with stream:
                    pass
            case "raise":
                with pytest.raises(LookupError, match="mine"):
                    async with stream:
                        raise LookupError("mine")
        assert server.left.wait(PATIENCE)

    before = open_descriptors()
    with peer(silent_after(UNFRAMED + EVENT)) as server:
        trio.run(main) if framework == "trio" else asyncio.run(main())

    assert open_descriptors() == before
