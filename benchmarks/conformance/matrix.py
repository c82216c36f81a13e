"""Put every decoder through every case, in every cut in two, and byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from benchmarks.bench import Bench
from benchmarks.conformance.cases import CASES, Case
from benchmarks.peers.candidate import Candidate

__all__ = ["Verdict", "cuts_of", "matrix", "read", "write"]

# Those that are the same decoder as another.
_NOT_HERE = ("runs-core, data as bytes",)


@frozen
class Verdict:
    """What a decoder makes of a case: nothing wrong, or a fault in some of the cuts."""

    case: str
    decoder: str
    fault: str
    cuts: int
    failed: int


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
    """Give the stream whole, in two at each place, and byte by byte."""
    yield [stream] if stream else []
    for at in range(1, len(stream)):
        yield [stream[:at], stream[at:]]
    yield [stream[at : at + 1] for at in range(len(stream))]


def write(path: Path, verdicts: list[Verdict], versions: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = {"versions": versions, "verdicts": [asdict(v) for v in verdicts]}
    path.write_text(json.dumps(raw, indent=1) + "\n")


def read(path: Path) -> tuple[list[Verdict], dict[str, Any]]:
    raw = json.loads(path.read_text())
    return [Verdict(**verdict) for verdict in raw["verdicts"]], raw["versions"]
