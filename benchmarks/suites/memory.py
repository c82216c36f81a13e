"""Memory: what one huge event takes, and what an open stream keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import memory as measure
from benchmarks.measure.resident import UNAVAILABLE, available, kept_in_file
from benchmarks.measure.workers import in_process
from benchmarks.peers.candidate import Candidate, first_line
from benchmarks.peers.registry import EXPECTED
from benchmarks.results import Figure
from benchmarks.streams.captures import frames_in
from benchmarks.streams.growing import huge_event

__all__ = ["HUGE", "KEPT", "memory"]

HUGE = "one event of 8 MiB in 1 KiB chunks, growth of resident memory"
KEPT = "an open stream after 20 events, memory that it keeps"
# In seconds, for one event.
_PATIENCE = 10
# A quick run has no time for others.
_QUICK_KINDS = ("framing", "typed")
_QUICK = ("runs-core", "runs-core, data as bytes", "openai-python")


def memory(bench: Bench) -> Iterator[Figure]:
    """Each in a separate process; peaks several times, because allocators vary."""
    if not available():
        bench.missing["memory"] = UNAVAILABLE
        return
    with kept_in_file(huge_event(8 << 20)) as file:
        for kind in _QUICK_KINDS if bench.quick else ("framing", "typed", "snapshot"):
            for candidate in bench.candidates(kind):
                if candidate.hold is None:
                    continue
                if bench.quick and candidate.name not in (*_QUICK, bench.decoder):
                    continue
                bench.step(f"memory: {kind}, {candidate.name}")
                fault = _fault(kind, candidate)
                if kind != "snapshot":
                    yield _peak(bench, kind, candidate, file, fault)
                yield _kept(kind, candidate, fault)


def _fault(kind: str, candidate: Candidate) -> str:
    """Return what is wrong with the candidate's output on small streams."""
    streams = measure.small_streams()
    frames = [frames_in(b"".join(chunks)) for chunks in streams]
    return candidate.fault(streams, list(map(EXPECTED[kind], frames)))


def _peak(
    bench: Bench, kind: str, candidate: Candidate, file: str, fault: str
) -> Figure:
    rounds = 1 if bench.quick else 5
    arguments = {"file": file, "patience": _PATIENCE}
    return _figure(HUGE, "MiB", kind, candidate, fault, "peak", rounds, **arguments)


def _kept(kind: str, candidate: Candidate, fault: str) -> Figure:
    # Counted, not sampled: it is the same every time.
    return _figure(KEPT, "KiB", kind, candidate, fault, "kept", 1, streams=200)


def _figure(
    input: str,
    unit: str,
    kind: str,
    candidate: Candidate,
    fault: str,
    function: str,
    rounds: int,
    **arguments: Any,
) -> Figure:
    """Return the result of that function of `measure`, or why it fails.

    A candidate that raises on small streams is not measured.
    """
    samples: list[float] = []
    try:
        for _ in range(0 if fault.startswith("raises") else rounds):
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
