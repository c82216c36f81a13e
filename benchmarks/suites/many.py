"""A thousand streams at once, in one process, on trio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import many as measure
from benchmarks.measure.replay import replaying, sent
from benchmarks.measure.resident import UNAVAILABLE, available
from benchmarks.measure.workers import in_process
from benchmarks.peers.clients import TRIO_CLIENTS
from benchmarks.results import Figure

__all__ = ["many"]

_STREAMS = 1000
_QUICK_STREAMS = 200
_UNITS = {"cpu": "us/event", "wall": "us/event", "memory": "KiB"}
_CALLED = {
    "cpu": "CPU",
    "wall": "wall",
    "memory": "resident memory that a stream adds at the peak",
}


def many(bench: Bench) -> Iterator[Figure]:
    """All streams are open before any event is sent; clients take turns."""
    deltas = 10 if bench.quick else 40
    streams = _QUICK_STREAMS if bench.quick else _STREAMS
    clients = [name for name, make in TRIO_CLIENTS.items() if bench.made(name, make)]
    seen: dict[str, list[Any]] = {client: [] for client in clients}
    faults: dict[str, str] = {}
    for turn in range(1 if bench.quick else 3):
        for client in clients:
            if faults.get(client, "").startswith("fails"):
                continue
            bench.step(f"{streams} streams: {client}, round {turn + 1}")
            try:
                found = _together(bench, client, streams, deltas)
            except (RuntimeError, TimeoutError) as error:
                faults[client] = f"fails: {error}"
                continue
            seen[client].append(found)
            expected = streams * sent(deltas, "together")
            if found["events"] != expected:
                faults[client] = f"sees {found['events']} of {expected} events"
    units = dict(_UNITS)
    if not available():
        del units["memory"]
        bench.missing["many: memory"] = UNAVAILABLE
    for client in clients:
        for name, unit in units.items():
            yield Figure(
                suite="many",
                input=f"{streams} streams at once on trio: {_CALLED[name]}",
                variant="",
                candidate=client,
                unit=unit,
                samples=[found[name] for found in seen[client]],
                fault=faults.get(client, ""),
            )


def _together(bench: Bench, client: str, streams: int, deltas: int) -> Any:
    with replaying(deltas, bench.other_cores) as url:
        return in_process(
            measure.__name__,
            "together",
            patience=120,
            client=client,
            url=url,
            streams=streams,
        )
