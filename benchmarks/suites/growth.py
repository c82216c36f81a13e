"""How time grows with the size of what is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from benchmarks.bench import Bench
from benchmarks.measure.clock import take_turns
from benchmarks.measure.resident import trim
from benchmarks.peers.candidate import RAISED, Candidate, Sample, fault_of
from benchmarks.peers.registry import EXPECTED
from benchmarks.results import FED, Figure
from benchmarks.streams.captures import frames_in
from benchmarks.streams.growing import FRAMED, PUT_TOGETHER, Growing

__all__ = ["growth"]

# Reading the whole snapshot after each event grows with both sizes; data as bytes grows
# like data as text, and what is long is read in one way, fed or pulled.
_NOT_HERE = ("runs-core, read after every event", "runs-core, data as bytes", FED)
# A quick run has no time for candidates that are quadratic.
_NOT_QUICK = (
    "httpx-sse",
    "sseclient-py",
    "anthropic",
    "azure-ai-agents",
    "aiosseclient",
)


def growth(bench: Bench) -> Iterator[Figure]:
    """Doubling sizes, until a candidate takes too long."""
    for kind, growing in (("framing", FRAMED), ("snapshot", PUT_TOGETHER)):
        candidates = [
            candidate
            for candidate in bench.candidates(kind)
            if not candidate.floor
            and candidate.name not in _NOT_HERE
            and not (bench.quick and candidate.name in _NOT_QUICK)
        ]
        if kind == "framing":
            candidates.append(_JOINING)
        for what in growing:
            yield from _grow(bench, what, kind, candidates)


# No decoder can hold an event without this: it grows as memory does.
_JOINING = Candidate(
    name="floor: joining the chunks",
    distribution=None,
    run=lambda chunks: b"".join(chunks).decode(),
    outcome=lambda chunks: None,
    floor=True,
)


def _in_new_memory(sample: Sample) -> Sample:
    """Return a sample of which each pass gets its memory from the kernel.

    Otherwise the smaller sizes would reuse the memory of the previous pass, and the
    larger ones, which the allocator frees, would not: a linear decoder would seem
    not to be.
    """

    def fresh(loops: int) -> float:
        taken = 0.0
        for _ in range(loops):
            trim()
            taken += sample(1)
        return taken

    return fresh


def _grow(
    bench: Bench, what: Growing, kind: str, candidates: Sequence[Candidate]
) -> Iterator[Figure]:
    """Measure the sizes of each candidate in turns, to compare them with each other.

    The output is checked at the smallest size.
    """
    sizes = what.quick_sizes if bench.quick else what.sizes
    chunks = {size: what.make(size) for size in sizes}
    smallest = chunks[sizes[0]]
    right = EXPECTED[kind](frames_in(b"".join(smallest)))
    for candidate in candidates:
        bench.step(f"growth: {what.name}, {candidate.name}")
        samples: dict[str, Sample] = {}
        wrong = candidate.fault([smallest], [right])
        stopped = wrong if wrong.startswith("raises") else ""
        for size in () if stopped else sizes:
            try:
                sample = _in_new_memory(candidate.prepare([chunks[size]]))
                seconds = sample(1)
            except RAISED as error:
                stopped = fault_of(error)
                break
            samples[f"{size:g}"] = sample
            if seconds > (0.03 if bench.quick else 1.5):
                break
        pace = evolve(bench.pace, rounds=3 if bench.quick else 5)
        faults: dict[str, str] = {}
        taken = take_turns(samples, pace, faults)
        stopped = stopped or next(iter(faults.values()), "takes too long")
        for size in sizes:
            found = taken.get(f"{size:g}", ())
            yield Figure(
                suite="growth",
                input=what.name,
                variant=f"{size:g}",
                candidate=candidate.name,
                unit="ms",
                samples=[s * 1000 for s in found],
                fault=wrong if found else stopped,
                note=candidate.note,
            )
