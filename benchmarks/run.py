"""Run the suites, and write what they found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from benchmarks.bench import Bench
from benchmarks.conformance import matrix
from benchmarks.machine import describe
from benchmarks.peers.versions import version_of
from benchmarks.report.page import conformance_table, page
from benchmarks.report.plots import draw
from benchmarks.report.tables import (
    QUICK_RUN,
    decoding_tables,
    growth_table,
    other_tables,
    target_table,
)
from benchmarks.report.terminal import print_table
from benchmarks.results import Figure, Results
from benchmarks.suites.decoding import framing, snapshot, typed
from benchmarks.suites.footprint import footprint
from benchmarks.suites.growth import growth
from benchmarks.suites.json_library import json_library
from benchmarks.suites.many import many
from benchmarks.suites.memory import memory
from benchmarks.suites.sockets import sockets
from benchmarks.targets import TARGETS

__all__ = ["SUITES", "conformance", "measure", "print_tables", "publish"]

SUITES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "framing": framing,
    "typed": typed,
    "snapshot": snapshot,
    "growth": growth,
    "sockets": sockets,
    "memory": memory,
    "many": many,
    "footprint": footprint,
    "json": json_library,
}
_RESULTS = "results.json"
_CONFORMANCE = "conformance.json"


def measure(
    bench: Bench, names: Iterable[str], command: str, console: Console
) -> Results:
    """Run these suites and return their results; `command` is noted in them."""
    # No candidate may be named for it, but our own decoders read JSON with it.
    if installed := version_of("msgspec"):
        bench.versions["msgspec"] = installed
    results = Results(
        date=_today(),
        command=command,
        quick=bench.quick,
        machine=describe(bench.core),
        versions=bench.versions,
        missing=bench.missing,
        inputs=bench.inputs,
    )
    chosen = list(names)
    with _progress(console) as progress:
        for number, name in enumerate(chosen, 1):
            task = progress.add_task(f"{number}/{len(chosen)} {name}", total=None)
            bench.step = _stepping(progress, task, f"{number}/{len(chosen)}")
            try:
                for figure in SUITES[name](bench):
                    results.figures.append(figure)
            except Exception:
                # The other suites' results are not lost.
                bench.missing[f"suite {name}"] = "it raised an exception"
                bench.raised.append(name)
                console.print_exception()
            progress.update(task, description=f"{name} done", completed=1, total=1)
    return results


def conformance(bench: Bench, console: Console) -> matrix.Rules:
    """Run the decoders on the cases of the rules."""
    with _progress(console) as progress:
        bench.step = _stepping(progress, progress.add_task("conformance"), "")
        verdicts = list(matrix.matrix(bench))
    versions = {c.name: c.version for c in bench.candidates("framing") if c.version}
    return matrix.Rules(
        date=_today(),
        machine=describe(bench.core),
        versions=versions,
        verdicts=verdicts,
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _progress(console: Console) -> Progress:
    # Refreshed only between measurements: a refreshing thread would be measured too.
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=console, auto_refresh=False)


def _stepping(progress: Progress, task: TaskID, before: str) -> Callable[[str], None]:
    def step(text: str) -> None:
        progress.update(task, description=f"{before} {text}".strip(), refresh=True)

    return step


def print_tables(
    results: Results | None,
    verdicts: Sequence[matrix.Verdict],
    missing: Mapping[str, str],
    console: Console,
) -> None:
    """Print every table, the targets last, and who did not take part."""
    if verdicts:
        print_table(conformance_table(verdicts, {}), console)
    if results is not None:
        _print_results(results, console)
    for name, why in sorted(missing.items()):
        line = f"{name} did not take part: {why}"
        console.print(line, markup=False, soft_wrap=True)


def _print_results(results: Results, console: Console) -> None:
    if results.quick:
        console.print(QUICK_RUN, soft_wrap=True)
    for suite in ("framing", "typed", "snapshot"):
        for table in decoding_tables(results, suite):
            print_table(table, console)
    growth = growth_table(results)
    if growth is not None:
        print_table(growth, console)
    for table in other_tables(results):
        print_table(table, console)
    targets = target_table(results, measured=True)
    if targets.rows:
        print_table(targets, console)
    unknown = len(TARGETS) - len(targets.rows)
    if unknown:
        console.print(f"{unknown} of {len(TARGETS)} targets were not measured")


def publish(
    folder: Path,
    results: Results | None = None,
    rules: matrix.Rules | None = None,
) -> list[Path]:
    """Write the results and rules passed, then the page and plots of all that exist.

    `folder` is `docs/`, or one that is to look like it.
    """
    data = folder / "benchmarks"
    written = []
    if results is not None:
        results.write(data / _RESULTS)
        written.append(data / _RESULTS)
    if rules is not None:
        rules.write(data / _CONFORMANCE)
        written.append(data / _CONFORMANCE)
    if (data / _RESULTS).exists():
        results = Results.read(data / _RESULTS)
        found = matrix.Rules()
        if (data / _CONFORMANCE).exists():
            found = matrix.Rules.read(data / _CONFORMANCE)
        plots = draw(results, data)
        text = page(results, found, plots)
        (folder / "benchmarks.md").write_text(text)
        written += [*plots, folder / "benchmarks.md"]
    return written
