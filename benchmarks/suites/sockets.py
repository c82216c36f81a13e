"""The whole way over a loopback socket, on each transport: CPU, wall, first event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.bench import Bench
from benchmarks.measure.clock import only_own_garbage, other_cores
from benchmarks.measure.replay import replaying
from benchmarks.peers.candidate import first_line
from benchmarks.peers.clients import CLIENTS, Seen, Way
from benchmarks.results import Figure

__all__ = ["FIRST", "SHORT", "sockets"]

FIRST = "wall, from the call to the first event"
SHORT = "CPU, a stream of ten events"
# How the server sends, and what that is called.
_SENT = {"each": "one send an event", "flood": "64 KiB a send"}


def sockets(bench: Bench) -> Iterator[Figure]:
    """A client is made and reads whole streams; the server runs on another core."""
    ways = []
    for name, make in CLIENTS.items():
        try:
            ways.append(make())
        except ImportError as error:
            bench.missing[name] = first_line(error)
    deltas = 300 if bench.quick else 1000
    with replaying(deltas, other_cores(bench.core)) as url:
        for how, called in _SENT.items():
            bench.step(f"sockets: {called}")
            yield from _streams(bench, ways, f"{url}/{how}/v1", called)
        bench.step("sockets: short streams")
        yield from _short(bench, ways, f"{url}/first/v1")


def _streams(
    bench: Bench, ways: Sequence[Way], url: str, called: str
) -> Iterator[Figure]:
    streams = 1 if bench.quick else 2
    cpu: dict[str, list[float]] = {way.name: [] for way in ways}
    wall: dict[str, list[float]] = {way.name: [] for way in ways}
    for way, seen in _in_turns(bench, ways, url, streams):
        cpu[way.name].append(seen.cpu / seen.events * 1e6)
        wall[way.name].append(seen.wall / seen.events * 1e6)
    for way in ways:
        yield _figure(f"CPU, {called}", way, "us/event", cpu[way.name])
        yield _figure(f"wall, {called}", way, "us/event", wall[way.name])


def _short(bench: Bench, ways: Sequence[Way], url: str) -> Iterator[Figure]:
    streams = 10 if bench.quick else 30
    cpu: dict[str, list[float]] = {way.name: [] for way in ways}
    firsts: dict[str, list[float]] = {way.name: [] for way in ways}
    for way, seen in _in_turns(bench, ways, url, streams):
        cpu[way.name].append(seen.cpu / streams * 1000)
        firsts[way.name].append(median(seen.firsts) * 1000)
    for way in ways:
        yield _figure(FIRST, way, "ms", firsts[way.name])
        yield _figure(SHORT, way, "ms", cpu[way.name])


def _in_turns(
    bench: Bench, ways: Sequence[Way], url: str, streams: int
) -> Iterator[tuple[Way, Seen]]:
    with only_own_garbage():
        # The first round warms up.
        for turn in range(bench.pace.rounds + 1):
            for way in ways:
                seen = way.read(url, streams)
                if turn:
                    yield way, seen


def _figure(input: str, way: Way, unit: str, samples: list[float]) -> Figure:
    return Figure(
        suite="sockets",
        input=input,
        variant="",
        candidate=way.name,
        unit=unit,
        samples=samples,
    )
