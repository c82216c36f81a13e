"""Memory: what one huge event takes, and what an open stream keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import memory as measure
from benchmarks.measure.resident import available, kept_in_file
from benchmarks.measure.workers import in_process
from benchmarks.peers.candidate import Candidate, first_line
from benchmarks.results import Figure
from benchmarks.streams.growing import huge_event

__all__ = ["HUGE", "KEPT", "memory"]

HUGE = "one event of 8 MiB in 1 KiB chunks, growth of resident memory"
KEPT = "an open stream after 20 events, memory that it keeps"
# Seconds. Who takes longer for one event takes them for all.
_PATIENCE = 10
# The others take longer than a quick run has.
_QUICK = ("runs-core", "runs-core, data as bytes", "openai-python")


def memory(bench: Bench) -> Iterator[Figure]:
    """Each in a process of its own; the peaks some times over: allocators vary."""
    if not available():
        bench.missing["memory"] = "this system does not tell the peak of a process"
        return
    with kept_in_file(huge_event(8 << 20)) as file:
        for kind in ("framing", "typed", "snapshot"):
            for candidate in bench.candidates(kind):
                if candidate.hold is None:
                    continue
                if bench.quick and candidate.name not in (*_QUICK, bench.decoder):
                    continue
                bench.step(f"memory: {kind}, {candidate.name}")
                if kind != "snapshot":
                    yield _peak(bench, kind, candidate, file)
                yield _kept(kind, candidate)


def _peak(bench: Bench, kind: str, candidate: Candidate, file: str) -> Figure:
    rounds = 1 if bench.quick else 5
    return _figure(
        HUGE, "MiB", kind, candidate, "peak", rounds, file=file, patience=_PATIENCE
    )


def _kept(kind: str, candidate: Candidate) -> Figure:
    # Counted, not sampled: it is the same every time.
    return _figure(KEPT, "KiB", kind, candidate, "kept", 1, streams=200)


def _figure(
    input: str,
    unit: str,
    kind: str,
    candidate: Candidate,
    function: str,
    rounds: int,
    **arguments: Any,
) -> Figure:
    """Give what that function of `measure` says of the candidate, or why it fails."""
    samples: list[float] = []
    fault = ""
    try:
        for _ in range(rounds):
            found = in_process(
                measure.__name__,
                function,
                kind=kind,
                candidate=candidate.name,
                **arguments,
            )
            samples.append(found)
    except TimeoutError:
        fault = f"takes longer than {_PATIENCE} s"
    except RuntimeError as error:
        fault = f"raises {first_line(error)}"
    return Figure(
        suite="memory",
        input=input,
        variant=kind,
        candidate=candidate.name,
        unit=unit,
        samples=samples,
        fault=fault,
        note=candidate.note,
    )
