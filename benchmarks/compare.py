"""Two result files: what changed between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from attrs import frozen

from benchmarks.report.table import significant
from benchmarks.results import Figure, Results, spread
from benchmarks.targets import Reached, reached

__all__ = [
    "Change",
    "changed_faults",
    "changed_targets",
    "changes",
    "in_one_only",
    "other_conditions",
]

Key = tuple[str, str, str, str, str]
# Smaller changes are not worth a line.
_SMALL = 0.05


@frozen
class Change:
    """A figure of ours in two runs.

    `factor` is new over old. `corrected` divides it by the change of the peers beside
    it, whose code did not change: this takes the machine's part out.
    """

    before: Figure
    after: Figure
    factor: float
    corrected: float

    @property
    def matters(self) -> bool:
        """Whether the change is larger than what the rounds differ by."""
        noise = spread(self.before.samples) + spread(self.after.samples)
        return abs(self.corrected - 1) > max(_SMALL, noise)


def changes(before: Results, after: Results) -> Iterator[Change]:
    """Yield the changes of our figures that are in both, largest gain first."""
    old = {figure.key: figure for figure in before.figures if figure.samples}
    found = []
    for figure in after.figures:
        known = old.get(figure.key)
        if known is None or not figure.samples or not figure.ours:
            continue
        if not known.median or not figure.median:
            continue
        factor = figure.median / known.median
        machine = _machine(figure, after, old)
        found.append(Change(known, figure, factor, factor / machine))
    yield from sorted(found, key=lambda change: change.corrected)


def changed_faults(before: Results, after: Results) -> Iterator[tuple[str, str, str]]:
    """Yield each figure, of any candidate, whose fault differs, with both faults.

    Those of one input and candidate that change in the same way are yielded once.
    """
    old = {figure.key: figure for figure in before.figures}
    told = {}
    for figure in after.figures:
        known = old.get(figure.key)
        if known is not None and known.fault != figure.fault:
            where = ", ".join((figure.suite, figure.input, figure.candidate))
            told[where, known.fault, figure.fault] = None
    yield from told


def in_one_only(before: Results, after: Results) -> Iterator[tuple[str, int, int]]:
    """Yield who has figures in only one of the files, and how many in each.

    By suite and candidate, or by suite if the other file has nothing of the suite.
    """
    gone, new = _counted(before, after), _counted(after, before)
    for where in dict.fromkeys((*gone, *new)):
        yield where, gone[where], new[where]


def _counted(those: Results, others: Results) -> Counter[str]:
    """Count the figures that the others do not have."""
    known = {figure.key for figure in others.figures}
    suites = {figure.suite for figure in others.figures}
    return Counter(
        f"{figure.suite}, {figure.candidate}"
        if figure.suite in suites
        else figure.suite
        for figure in those.figures
        if figure.key not in known
    )


def _machine(figure: Figure, after: Results, old: dict[Key, Figure]) -> float:
    """Return by how much the peers of a figure became slower."""
    return median(
        [
            peer.median / old[peer.key].median
            for peer in after.of(figure.suite, figure.input, figure.unit)
            if peer.variant == figure.variant
            and not peer.ours
            and peer.samples
            and peer.key in old
            and old[peer.key].median
            # Sizes do not depend on how fast the machine is.
            and figure.unit not in ("MiB", "KiB", "MB")
        ]
        or [1.0]
    )


def changed_targets(before: Results, after: Results) -> Iterator[tuple[str, str, str]]:
    """Yield each target whose verdict differs, with both figures.

    Yields none for a quick run, which has no verdicts.
    """
    if before.quick or after.quick:
        return
    for old, new in zip(reached(before), reached(after), strict=True):
        if old.verdict != new.verdict:
            yield old.target.what, _told(old), _told(new)


def _told(reached: Reached) -> str:
    if reached.figure is None:
        return reached.verdict
    return f"{significant(reached.figure)} ({reached.verdict})"


def other_conditions(before: Results, after: Results) -> Iterator[str]:
    """Yield how the conditions of the two runs differ."""
    if before.quick != after.quick:
        yield "one of them is a quick run"
    for name in sorted({*before.machine, *after.machine} - {"load_avg_1min"}):
        old, new = before.machine.get(name), after.machine.get(name)
        if old != new:
            yield f"{name}: {old} and {new}"
    for name in sorted({*before.versions, *after.versions}):
        old, new = before.versions.get(name, "-"), after.versions.get(name, "-")
        if old != new:
            yield f"{name}: {old} and {new}"
    for name in sorted(before.inputs.keys() & after.inputs.keys()):
        for deltas, known in before.inputs[name].items():
            if after.inputs[name].get(deltas, known) != known:
                yield f"the input {name} has other bytes"
