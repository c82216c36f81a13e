"""Memory: what one huge event takes, and what an open stream keeps."""

from __future__ import annotations

from collections.abc import Iterator

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
                if bench.quick and candidate.name not in _QUICK:
                    continue
                bench.step(f"memory: {kind}, {candidate.name}")
                if kind != "snapshot":
                    yield _peak(bench, kind, candidate, file)
                yield _kept(kind, candidate)


def _peak(bench: Bench, kind: str, candidate: Candidate, file: str) -> Figure:
    samples: list[float] = []
    fault = ""
    try:
        for _ in range(1 if bench.quick else 5):
            grown = in_process(
                measure.__name__,
                "peak",
                patience=10,
                kind=kind,
                candidate=candidate.name,
                file=file,
            )
            samples.append(grown)
    except TimeoutError:
        fault = "takes longer than 10 s"
    except RuntimeError as error:
        fault = f"raises {first_line(error)}"
    return Figure(
        suite="memory",
        input=HUGE,
        variant=kind,
        candidate=candidate.name,
        unit="MiB",
        samples=samples,
        fault=fault,
        note=candidate.note,
    )


def _kept(kind: str, candidate: Candidate) -> Figure:
    # Counted, not sampled: it is the same every time.
    kept = in_process(
        measure.__name__, "kept", kind=kind, candidate=candidate.name, streams=200
    )
    return Figure(
        suite="memory",
        input=KEPT,
        variant=kind,
        candidate=candidate.name,
        unit="KiB",
        samples=[kept],
        note=candidate.note,
    )
