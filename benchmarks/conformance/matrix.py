"""Runs every decoder on every case, in every cut in two, and byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import Factory, asdict, define, frozen

from benchmarks.bench import Bench
from benchmarks.conformance.cases import CASES, Case
from benchmarks.peers.candidate import Candidate

__all__ = ["Rules", "Verdict", "cuts_of", "matrix"]

# Candidates that are the same decoder as another.
_NOT_HERE = ("runs-core, data as bytes",)


@frozen
class Verdict:
    """A decoder's result on a case: no fault, or a fault in some of the cuts."""

    case: str
    decoder: str
    fault: str
    cuts: int
    failed: int


@define(kw_only=True)
class Rules:
    """All verdicts of one run, and what it ran on, like `Results` for figures.

    `versions` are those of the decoders, by name.
    """

    date: str = ""
    machine: dict[str, Any] = Factory(dict)
    versions: dict[str, str] = Factory(dict)
    verdicts: list[Verdict] = Factory(list)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Rules:
        """Read a file; older ones have no date and no machine."""
        raw = json.loads(path.read_text("utf-8"))
        verdicts = [Verdict(**verdict) for verdict in raw.pop("verdicts")]
        return cls(verdicts=verdicts, **raw)


def matrix(bench: Bench) -> Iterator[Verdict]:
    for candidate in bench.candidates("framing"):
        if candidate.name not in _NOT_HERE:
            bench.step(f"conformance: {candidate.name}")
            for case in CASES:
                yield _verdict(candidate, case)


def _verdict(candidate: Candidate, case: Case) -> Verdict:
    cuts = list(cuts_of(case.stream))
    found = [candidate.fault([chunks], [list(case.events)]) for chunks in cuts]
    faults = [fault for fault in found if fault]
    fault = faults[0] if faults else ""
    return Verdict(case.about, candidate.name, fault, len(cuts), len(faults))


def cuts_of(stream: bytes) -> Iterator[list[bytes]]:
    """Yield the stream whole, cut in two at each place, and byte by byte."""
    yield [stream] if stream else []
    for at in range(1, len(stream)):
        yield [stream[:at], stream[at:]]
    yield [stream[at : at + 1] for at in range(len(stream))]
