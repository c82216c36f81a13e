"""One client, many threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from runs_core import Client, Endpoint, runs
from runs_transports.requests import RequestsTransport
from runs_transports.serve import serve
from runs_transports.sockets import SocketTransport
from runs_transports.torture import open_descriptors

THREADS = 32


@pytest.mark.parametrize(
    "make", [RequestsTransport, lambda: nullcontext(SocketTransport())]
)
def test_hazard_20_threads_share_a_client(
    make: Callable[[], AbstractContextManager[Any]],
) -> None:
    before = open_descriptors()
    with serve() as server, make() as transport:
        client = Client(transport, Endpoint(server.base_url, "key"))
        assistant = client.beta.assistants.create(model="m").id

        def converse(number: int) -> tuple[str, str]:
            said = f"I am {number}."
            question = {"role": "user", "content": said}
            thread = client.beta.threads.create(messages=[question]).id
            if number % 2:
                feed = runs.stream(thread, assistant_id=assistant)
                with client.stream(feed) as stream:
                    stream.until_done()
                    return said, stream.snapshot.text
            client.beta.threads.runs.create_and_poll(
                thread_id=thread, assistant_id=assistant, poll_interval_ms=1
            )
            page = client.beta.threads.messages.list(thread)
            return said, str(page.data[0].content)

        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(converse, range(THREADS)))
        executions = server.service.executions

    assert all(said in answer for said, answer in answers)
    assert executions["runs"] == executions["threads"] == THREADS
    assert open_descriptors() == before
