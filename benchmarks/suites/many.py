"""A thousand streams at once, in one process, on trio."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.measure import many as measure
from benchmarks.measure.clock import other_cores
from benchmarks.measure.replay import replaying
from benchmarks.measure.workers import in_process
from benchmarks.peers.candidate import first_line
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
    """All streams are open before the first event of any is sent."""
    deltas = 10 if bench.quick else 40
    streams = _QUICK_STREAMS if bench.quick else _STREAMS
    for client, make in TRIO_CLIENTS.items():
        try:
            make()
        except ImportError as error:
            bench.missing[client] = first_line(error)
            continue
        samples: dict[str, list[float]] = {name: [] for name in _UNITS}
        fault = ""
        for turn in range(1 if bench.quick else 3):
            bench.step(f"{streams} streams: {client}, round {turn + 1}")
            try:
                with replaying(deltas, other_cores(bench.core)) as url:
                    seen = in_process(
                        measure.__name__,
                        "together",
                        patience=120,
                        client=client,
                        url=url,
                        streams=streams,
                    )
            except (RuntimeError, TimeoutError) as error:
                fault = f"fails: {error}"
                break
            for name, values in samples.items():
                values.append(seen[name])
        for name, unit in _UNITS.items():
            yield Figure(
                suite="many",
                input=f"{streams} streams at once on trio: {_CALLED[name]}",
                variant="",
                candidate=client,
                unit=unit,
                samples=samples[name],
                fault=fault,
            )
