"""Clients of a local service in the same process, in both colours."""

from __future__ import annotations

from typing import Any

from runs_core.client import AsyncClient, Client
from runs_core.endpoint import Endpoint
from runs_core.testing import AsyncInMemoryTransport, InMemoryTransport, LocalService

ENDPOINT = Endpoint("http://local.test/v1")


def a_client(script: Any = None, **options: Any) -> Client:
    return Client(InMemoryTransport(LocalService(script)), ENDPOINT, **options)


def an_async_client(script: Any = None, **options: Any) -> AsyncClient:
    transport = AsyncInMemoryTransport(LocalService(script))
    return AsyncClient(transport, ENDPOINT, **options)


def a_thread(client: Client, *texts: str) -> str:
    messages = [{"role": "user", "content": text} for text in texts]
    return client.beta.threads.create(messages=messages).id


async def an_async_thread(client: AsyncClient, *texts: str) -> str:
    messages = [{"role": "user", "content": text} for text in texts]
    return (await client.beta.threads.create(messages=messages)).id


def requests_of(client: Client | AsyncClient) -> list[str]:
    """Return what was asked for: method, path and query."""
    transport: Any = client.transport
    return [f"{r.method} {r.url.partition('/v1')[2]}" for r in transport.requests]
