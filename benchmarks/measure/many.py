"""Many streams at once on trio, in a separate process."""

from __future__ import annotations

from time import perf_counter, process_time

import trio

from benchmarks.measure.resident import available, resident_growth
from benchmarks.peers.clients import TRIO_CLIENTS, Seen, read_async

try:
    import resource
except ImportError:
    # Windows has no such limits.
    resource = None  # type: ignore[assignment]

__all__ = ["together"]

# Descriptors that a process has open besides, with room to spare.
_OTHERS = 256


def together(client: str, url: str, streams: int) -> dict[str, float]:
    """Read so many streams, which all begin when the last one has been requested.

    Returns CPU and wall microseconds per event, the KiB of resident memory that each
    stream adds at the peak, where that can be told, and how many events came.
    """
    _allow_descriptors(streams + _OTHERS)
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
    grown = resident_growth() if available() else None
    cpu, wall = process_time(), perf_counter()
    trio.run(main, f"{url}/together-{streams}/v1", streams)
    cpu, wall = process_time() - cpu, perf_counter() - wall
    found = {
        "cpu": cpu / seen.events * 1e6,
        "wall": wall / seen.events * 1e6,
        "events": seen.events,
    }
    if grown is not None:
        found["memory"] = grown() / streams / 1024
    return found


def _allow_descriptors(count: int) -> None:
    """Let this process have so many open, or as many as the system allows."""
    if resource is None:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        count = min(count, most)
    if now != resource.RLIM_INFINITY and now < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, most))
