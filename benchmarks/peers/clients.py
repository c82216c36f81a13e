"""End to end: a request over loopback, the events of its stream, their snapshot."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import Any, TypeAlias

import trio
from attrs import Factory, define, frozen

from benchmarks.peers.versions import load
from runs_core import AsyncClient, Client, Endpoint

__all__ = ["CLIENTS", "TRIO_CLIENTS", "Seen", "Way", "read_async"]


@define
class Seen:
    """What came, and how long it took since the client was created."""

    firsts: list[float] = Factory(list)
    """Seconds from each call to its first event."""
    events: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    @contextmanager
    def taking(self) -> Iterator[None]:
        cpu, wall = process_time(), perf_counter()
        yield
        self.cpu += process_time() - cpu
        self.wall += perf_counter() - wall


@frozen(kw_only=True)
class Way:
    """A client on a transport. `read` reads some streams, one after the other."""

    name: str
    distribution: str
    read: Callable[[str, int], Seen]


Make: TypeAlias = Callable[[str], Any]
_IDS = {"thread_id": "thread_1", "assistant_id": "asst_1"}


def _blocking(make: Make) -> Callable[[str, int], Seen]:
    def read(base_url: str, streams: int) -> Seen:
        seen = Seen()
        runs = make(base_url).beta.threads.runs
        with seen.taking():
            for _ in range(streams):
                begin = perf_counter()
                with runs.stream(**_IDS) as stream:
                    for _ in stream:
                        seen.firsts.append(perf_counter() - begin)
                        seen.events += 1
                        break
                    for _ in stream:
                        seen.events += 1
        return seen

    return read


async def read_async(client: Any, streams: int, seen: Seen) -> None:
    """Read the given number of streams, one after the other."""
    runs = client.beta.threads.runs
    for _ in range(streams):
        begin = perf_counter()
        async with runs.stream(**_IDS) as stream:
            async for _ in stream:
                seen.firsts.append(perf_counter() - begin)
                seen.events += 1
                break
            async for _ in stream:
                seen.events += 1


def _on_loop(run: Callable[..., Any], make: Make) -> Callable[[str, int], Seen]:
    async def main(base_url: str, streams: int) -> Seen:
        seen = Seen()
        client = make(base_url)
        with seen.taking():
            await read_async(client, streams, seen)
        await client.close()
        return seen

    return lambda base_url, streams: run(main, base_url, streams)


def _run_asyncio(main: Callable[..., Any], *arguments: Any) -> Any:
    return asyncio.run(main(*arguments))


def _ours(client: Callable[..., Any], module: str, transport: str) -> Make:
    make_transport = getattr(load(f"runs_transports.{module}"), transport)
    return lambda base_url: client(make_transport(), Endpoint(base_url, auth="none"))


def _openai(name: str) -> Make:
    client = getattr(load("openai"), name)
    # It warns at each call that this API is deprecated.
    warnings.filterwarnings("ignore", "The Assistants API", DeprecationWarning)
    return lambda base_url: client(base_url=base_url, api_key="none", max_retries=0)


def _requests() -> Way:
    make = _ours(Client, "requests", "RequestsTransport")
    return Way(
        name="runs-core, requests", distribution="requests", read=_blocking(make)
    )


def _sockets() -> Way:
    make = _ours(Client, "sockets", "SocketTransport")
    return Way(name="runs-core, sockets", distribution="h11", read=_blocking(make))


def _trio() -> Way:
    return Way(
        name="runs-core, trio",
        distribution="trio",
        read=_on_loop(trio.run, trio_client()),
    )


def _asyncio() -> Way:
    make = _ours(AsyncClient, "asyncio", "AsyncioTransport")
    read = _on_loop(_run_asyncio, make)
    return Way(name="runs-core, asyncio", distribution="runs-core", read=read)


def _openai_blocking() -> Way:
    read = _blocking(_openai("OpenAI"))
    return Way(name="openai-python", distribution="openai", read=read)


def _openai_asyncio() -> Way:
    read = _on_loop(_run_asyncio, openai_client())
    return Way(name="openai-python, asyncio", distribution="openai", read=read)


def _openai_trio() -> Way:
    read = _on_loop(trio.run, openai_client())
    return Way(name="openai-python, trio", distribution="openai", read=read)


def trio_client() -> Make:
    return _ours(AsyncClient, "trio", "TrioTransport")


def openai_client() -> Make:
    return _openai("AsyncOpenAI")


CLIENTS: dict[str, Callable[[], Way]] = {
    "runs-core, requests": _requests,
    "runs-core, sockets": _sockets,
    "runs-core, trio": _trio,
    "runs-core, asyncio": _asyncio,
    "openai-python": _openai_blocking,
    "openai-python, asyncio": _openai_asyncio,
    "openai-python, trio": _openai_trio,
}
# The clients that can read many streams at once on trio.
TRIO_CLIENTS: dict[str, Callable[[], Make]] = {
    "runs-core": trio_client,
    "openai-python": openai_client,
}
