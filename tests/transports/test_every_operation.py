"""Every operation of the API, on every transport, against the local service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import trio

from runs_core import AsyncClient, Client, Endpoint
from runs_transports.asyncio import AsyncioTransport
from runs_transports.requests import RequestsTransport
from runs_transports.serve import serve
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport
from tests.torture.world import OPERATIONS, Operation, World


def on_requests(flow: Any, endpoint: Endpoint) -> Any:
    with RequestsTransport() as transport:
        return Client(transport, endpoint).run(flow)


def on_sockets(flow: Any, endpoint: Endpoint) -> Any:
    return Client(SocketTransport(), endpoint).run(flow)


def on_trio(flow: Any, endpoint: Endpoint) -> Any:
    return trio.run(AsyncClient(TrioTransport(), endpoint).run, flow)


def on_asyncio(flow: Any, endpoint: Endpoint) -> Any:
    return asyncio.run(AsyncClient(AsyncioTransport(), endpoint).run(flow))


@pytest.mark.usefixtures("short_polls")
@pytest.mark.parametrize("drive", [on_requests, on_sockets, on_trio, on_asyncio])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_gives_its_result(
    operation: Operation, drive: Callable[[Any, Endpoint], Any]
) -> None:
    world = World()
    # The loopback server gives the real time: what waits must not have expired by then.
    world.transport.time = time.time()
    flow = operation.make(world)
    with serve(world.service) as server:
        result = drive(flow, Endpoint(server.base_url, "key"))

    assert result is not None
    assert getattr(result, "status", None) != "failed"
