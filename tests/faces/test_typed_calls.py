"""What `tests/typing` says to type checkers is run here: the calls work, too."""

from __future__ import annotations

from runs_core.client import AsyncClient, Client
from runs_core.endpoint import Endpoint
from runs_core.testing import AsyncInMemoryTransport, InMemoryTransport, LocalService
from tests.fakes import run_async
from tests.typing import awaited, blocking

ENDPOINT = Endpoint("http://local.test/v1")


def test_every_operation_of_a_blocking_client_works_as_typed() -> None:
    blocking.every_operation(Client(InMemoryTransport(LocalService()), ENDPOINT))


def test_every_operation_of_an_async_client_works_as_typed() -> None:
    client = AsyncClient(AsyncInMemoryTransport(LocalService()), ENDPOINT)

    run_async(awaited.every_operation(client))
