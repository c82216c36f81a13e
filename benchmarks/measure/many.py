"""Many streams at once on trio, in a process of its own."""

from __future__ import annotations

import resource
from time import perf_counter, process_time

import trio

from benchmarks.measure.resident import resident_growth
from benchmarks.peers.clients import TRIO_CLIENTS, Seen, read_async

__all__ = ["together"]


def together(client: str, url: str, streams: int) -> dict[str, float]:
    """Read so many streams, all of which begin when the last has asked for its own.

    Gives CPU and wall microseconds by event, KiB of resident memory that each stream
    adds at the peak, and how many events came.
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
