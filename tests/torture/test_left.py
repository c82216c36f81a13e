"""Streams that somebody just stops reading."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from runs_core import Client, Endpoint, runs
from runs_core.testing import LocalService, Pause, Say, Script
from runs_transports.requests import RequestsTransport
from runs_transports.serve import serve
from runs_transports.sockets import SocketTransport
from runs_transports.torture import open_descriptors

SLOWLY = Script([Say(pieces=("a", Pause(0.01)) * 500)])


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
    with serve(LocalService(SLOWLY)) as server, transport as io:
        client = Client(io, Endpoint(server.base_url))
        thread = client.beta.threads.create().id
        assistant = client.beta.assistants.create(model="m").id
        stream = client.stream(runs.stream(thread, assistant_id=assistant))
        next(stream)
        streaming = open_descriptors()
        match how:
            case "close":
                stream.close()
            case "with":
                with stream:
                    next(stream)
            case "forget":
                # Not at once, and without a warning: a socket has nothing to lose.
                del stream
                gc.collect()
        assert open_descriptors() < streaming
        run = client.beta.threads.runs.list(thread).data[0]
        cancelled = client.beta.threads.runs.cancel(run.id, thread_id=thread)
        assert cancelled.status == "cancelling"

    assert open_descriptors() == before
