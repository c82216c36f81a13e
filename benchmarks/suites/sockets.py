"""End to end over a loopback socket, on each transport: CPU, wall, first event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from attrs import frozen

from benchmarks.bench import Bench
from benchmarks.measure.clock import only_own_garbage
from benchmarks.measure.replay import replaying, sent
from benchmarks.peers.candidate import RAISED, fault_of
from benchmarks.peers.clients import CLIENTS, Seen, Way
from benchmarks.results import Figure

__all__ = ["FIRST", "SHORT", "sockets"]

FIRST = "wall, from the call to the first event"
SHORT = "CPU, a stream of ten events"
# How the server sends, and what that is called.
_SENT = {"each": "one send an event", "flood": "64 KiB a send"}


def sockets(bench: Bench) -> Iterator[Figure]:
    """A client is created and reads whole streams; the server is on another core."""
    found = (bench.made(name, make) for name, make in CLIENTS.items())
    ways = [way for way in found if way is not None]
    deltas = 300 if bench.quick else 1000
    with replaying(deltas, bench.other_cores) as url:
        for how, called in _SENT.items():
            bench.step(f"sockets: {called}")
            to = _To(f"{url}/{how}/v1", 1 if bench.quick else 2, sent(deltas, how))
            yield from _streams(bench, ways, to, called)
        bench.step("sockets: short streams")
        to = _To(f"{url}/first/v1", 10 if bench.quick else 30, sent(deltas, "first"))
        yield from _short(bench, ways, to)


@frozen
class _To:
    """The URL to read `streams` streams from, one after the other, and their events."""

    url: str
    streams: int
    events: int


def _streams(
    bench: Bench, ways: Sequence[Way], to: _To, called: str
) -> Iterator[Figure]:
    for way, seen, fault in _in_turns(bench, ways, to):
        cpu = [one.cpu / one.events * 1e6 for one in seen]
        wall = [one.wall / one.events * 1e6 for one in seen]
        yield _figure(f"CPU, {called}", way, "us/event", cpu, fault)
        yield _figure(f"wall, {called}", way, "us/event", wall, fault)


def _short(bench: Bench, ways: Sequence[Way], to: _To) -> Iterator[Figure]:
    for way, seen, fault in _in_turns(bench, ways, to):
        firsts = [median(one.firsts) * 1000 for one in seen]
        cpu = [one.cpu / to.streams * 1000 for one in seen]
        yield _figure(FIRST, way, "ms", firsts, fault)
        yield _figure(SHORT, way, "ms", cpu, fault)


def _in_turns(
    bench: Bench, ways: Sequence[Way], to: _To
) -> Iterator[tuple[Way, list[Seen], str]]:
    """Yield what each client has seen in each round, and its fault.

    A client that raises, or sees nothing, has seen nothing in any round.
    """
    seen: dict[str, list[Seen]] = {way.name: [] for way in ways}
    faults: dict[str, str] = {}
    going = list(ways)
    with only_own_garbage():
        # The first round warms up, and shows which clients see what is sent.
        for turn in range(bench.pace.rounds + 1):
            for way in list(going):
                try:
                    found = way.read(to.url, to.streams)
                except RAISED as error:
                    faults[way.name] = fault_of(error)
                else:
                    if found.events != to.streams * to.events:
                        expected = to.streams * to.events
                        faults[way.name] = f"sees {found.events} of {expected} events"
                    if found.events:
                        seen[way.name] += [found] * bool(turn)
                        continue
                going.remove(way)
                seen[way.name].clear()
    for way in ways:
        yield way, seen[way.name], faults.get(way.name, "")


def _figure(
    input: str, way: Way, unit: str, samples: list[float], fault: str
) -> Figure:
    return Figure(
        suite="sockets",
        input=input,
        variant="",
        candidate=way.name,
        unit=unit,
        samples=samples,
        fault=fault,
    )
