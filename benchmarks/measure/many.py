"""Many streams at once on trio, in a separate process."""

from __future__ import annotations

import resource
from time import perf_counter, process_time

import trio

from benchmarks.measure.resident import resident_growth
from benchmarks.peers.clients import TRIO_CLIENTS, Seen, read_async

__all__ = ["together"]


def together(client: str, url: str, streams: int) -> dict[str, float]:
    """Read so many streams, which all begin when the last one has been requested.

    Returns CPU and wall microseconds per event, the KiB of resident memory that each
    stream adds at the peak, and how many events came.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    make = TRIO_CLIENTS[client]()
    seen = Seen()

    async def main(base_url: str, number: int) -> None:
        shared = make(base_url)
        async with trio.open_nursery() as nursery:
            for _ in range(number):
                nursery.start_soon(read_async, shared, 1, seen)
        await shared.close()

    trio.run(main, f"{url}/together-1/v1", 1)
    seen.events = 0
    grown = resident_growth()
    cpu, wall = process_time(), perf_counter()
    trio.run(main, f"{url}/together-{streams}/v1", streams)
    cpu, wall = process_time() - cpu, perf_counter() - wall
    return {
        "cpu": cpu / seen.events * 1e6,
        "wall": wall / seen.events * 1e6,
        "memory": grown() / streams / 1024,
        "events": seen.events,
    }
