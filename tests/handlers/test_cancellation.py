"""A handler whose stream is cancelled ends like any other, on a real event loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

trio = pytest.importorskip("trio")

from runs_core.client import AsyncClient  # noqa: E402
from runs_core.endpoint import Endpoint  # noqa: E402
from runs_core.handlers import AsyncAssistantEventHandler  # noqa: E402
from runs_core.testing import Hang, LocalService, Say, Script  # noqa: E402
from runs_core.testing.script import Turn  # noqa: E402
from runs_transports.asyncio import AsyncioTransport  # noqa: E402
from runs_transports.serve import serve  # noqa: E402
from runs_transports.trio import TrioTransport  # noqa: E402

# The assistant says something, and then nothing for ever.
SCRIPT = Script([Turn((Say("a b c"), Hang()))])


class Noting(AsyncAssistantEventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    async def on_text_created(self, text: Any) -> None:
        self.told.append("text")

    async def on_exception(self, exception: Exception) -> None:
        self.told.append("exception")

    async def on_end(self) -> None:
        self.told.append("end")


async def stream(client: AsyncClient, handler: Noting, cancel: Any) -> None:
    assistant = await client.beta.assistants.create(model="gpt-4o")
    async with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, event_handler=handler
    ) as served:
        async for _ in served:
            if served.snapshot.text == "a b c":
                cancel()


def test_cancelled_by_trio() -> None:
    handler = Noting()

    async def main() -> None:
        with serve(LocalService(SCRIPT)) as server:
            client = AsyncClient(TrioTransport(), Endpoint(server.base_url))
            with trio.CancelScope() as scope:
                await stream(client, handler, scope.cancel)
            assert scope.cancelled_caught
            await client.beta.assistants.list()

    trio.run(main)

    assert handler.told == ["text", "end"]


def test_cancelled_by_asyncio() -> None:
    handler = Noting()

    async def main() -> None:
        with serve(LocalService(SCRIPT)) as server:
            client = AsyncClient(AsyncioTransport(), Endpoint(server.base_url))
            task: asyncio.Task[None]
            task = asyncio.ensure_future(stream(client, handler, lambda: task.cancel()))
            with pytest.raises(asyncio.CancelledError):
                await task
            await client.beta.assistants.list()

    asyncio.run(main())

    assert handler.told == ["text", "end"]
