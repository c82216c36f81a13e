"""aiosseclient without a network: its generator, stepped with aiohttp's reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from attrs import define

from benchmarks.peers.candidate import Chunks
from benchmarks.peers.versions import load

__all__ = ["aiosseclient_events"]


def aiosseclient_events() -> Callable[[Chunks], Iterator[Any]]:
    """Return a function from an iterator of bytes to an iterator of events.

    It needs neither event loop nor socket: both would only slow it down.
    """
    module, aiohttp = load("aiosseclient"), load("aiohttp")
    # It prints what it cannot parse.
    module._LOGGER.setLevel("CRITICAL")
    loop = _Loop()

    def events(chunks: Chunks) -> Iterator[Any]:
        reader = aiohttp.StreamReader(_Protocol(), limit=2**16, loop=loop)
        module.aiohttp = _Module(aiohttp.ClientTimeout, _Response(reader))
        source = iter(chunks)
        generator = module.aiosseclient("http://nowhere")
        while True:
            step = generator.__anext__()
            try:
                while True:
                    step.send(None)
                    # It waits for bytes.
                    chunk = next(source, None)
                    if chunk is None:
                        reader.feed_eof()
                    else:
                        reader.feed_data(chunk)
            except StopIteration as found:
                yield found.value
            except StopAsyncIteration:
                return

    return events


class _Loop:
    """As much of an event loop as a future needs that is never awaited."""

    def create_future(self) -> asyncio.Future[Any]:
        loop: Any = self
        return asyncio.Future(loop=loop)

    def get_debug(self) -> bool:
        return False


class _Protocol:
    """What aiohttp's stream reader needs of a connection."""

    connected = True
    _reading_paused = False

    def pause_reading(self) -> None: ...

    def resume_reading(self, **_: object) -> None: ...


@define
class _Response:
    content: Any
    status: int = 200

    def close(self) -> None: ...


@define
class _Session:
    response: _Response
    closed: bool = False

    async def __aenter__(self) -> _Session:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed = True

    async def close(self) -> None:
        self.closed = True

    async def get(self, *_: object, **__: object) -> _Response:
        return self.response


@define
class _Module:
    """The module aiohttp, as far as aiosseclient uses it."""

    ClientTimeout: Any
    response: _Response

    def ClientSession(self, **_: object) -> _Session:
        return _Session(self.response)
