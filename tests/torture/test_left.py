"""Streams that somebody just stops reading."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from runs_core import Client, Endpoint, runs
from runs_transports.conformance.peer import PATIENCE, UNFRAMED, peer, silent_after
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.torture import open_descriptors

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
