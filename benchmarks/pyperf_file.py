"""Results in pyperf's format, for `python -m pyperf check`, `stats`, `hist`, …"""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.versions import load
from benchmarks.results import Results

__all__ = ["write_pyperf"]

_SECONDS = {"us/event": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def write_pyperf(results: Results, path: Path) -> None:
    """Write all figures that are times, in seconds.

    Raises `ValueError` if there are none, and `OSError` if it cannot be written.
    """
    # The tests do not need it, and run without it.
    pyperf = load("pyperf")

    told = {
        name: value
        for name, value in results.machine.items()
        if isinstance(value, str) and value
    }
    benchmarks = []
    for figure in results.figures:
        # pyperf accepts no time of 0.
        if figure.unit in _SECONDS and figure.samples and all(figure.samples):
            parts = (figure.suite, figure.input, figure.variant, figure.candidate)
            values = [sample * _SECONDS[figure.unit] for sample in figure.samples]
            metadata = {"name": ": ".join(filter(None, parts)), **told}
            run = pyperf.Run(values, metadata=metadata, collect_metadata=False)
            benchmarks.append(pyperf.Benchmark([run]))
    if not benchmarks:
        raise ValueError("no times were measured")
    pyperf.BenchmarkSuite(benchmarks).dump(str(path), replace=True)
