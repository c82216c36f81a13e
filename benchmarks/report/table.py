"""A table, and how it is written in Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from attrs import Factory, define

from benchmarks.results import OURS, Figure, Results, ratios, spread

__all__ = ["Table", "faults", "figure_cell", "grid", "significant"]

_UNITS = {"us/event": "µs", "us": "µs", "ms": "ms", "s": "s"}
# A larger `spread` than this is marked.
_SHAKY = 0.1


@define(kw_only=True)
class Table:
    """Rows of plain text below a title, with `notes` below.

    `total` is the row that sums up the others, if there is one.
    """

    title: str
    head: Sequence[str]
    rows: list[Sequence[str]] = Factory(list)
    total: Sequence[str] = ()
    notes: list[str] = Factory(list)

    def markdown(self) -> str:
        title = [f"**{self.title}**", ""] if self.title else []
        lines = [*title, _row(self.head), _row(["---"] * len(self.head))]
        lines += map(_row, self.rows)
        if self.total:
            lines.append(_row([f"**{cell}**" for cell in self.total]))
        if self.notes:
            lines += ["", *(f"{note}  " for note in self.notes)]
        return "\n".join([*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def significant(value: float) -> str:
    """Write three digits, more if needed, truncated for all figures alike."""
    if not value:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    scale = 10**digits
    # Round what is nearly whole: 1.1 * 1000 is 1100.0000000000002.
    return f"{math.floor(round(value * scale, 6)) / scale:.{digits}f}"


def grid(
    results: Results,
    title: str,
    figures: Sequence[Figure],
    row_of: Callable[[Figure], str],
    reference: str = OURS,
) -> Table:
    """Return a table with a column for each candidate, and ratios to one of them."""
    candidates = list(dict.fromkeys(figure.candidate for figure in figures))
    rows = list(dict.fromkeys(map(row_of, figures)))
    by_place = {(row_of(figure), figure.candidate): figure for figure in figures}
    table = Table(title=title, head=["", *candidates])
    for row in rows:
        base = by_place.get((row, reference))
        cells = []
        for candidate in candidates:
            figure = by_place.get((row, candidate))
            cells.append(figure_cell(figure, base))
        table.rows.append([row, *cells])
    table.notes += faults(figures, row_of)
    return table


def faults(figures: Sequence[Figure], row_of: Callable[[Figure], str]) -> list[str]:
    """Say which candidate has which fault on which rows; each fault once."""
    found: dict[tuple[str, str], list[str]] = {}
    for figure in figures:
        if figure.fault and figure.unit:
            found.setdefault((figure.candidate, figure.fault), []).append(
                row_of(figure)
            )
    return [
        f"† {candidate} on {', '.join(dict.fromkeys(rows))}: {fault}."
        for (candidate, fault), rows in found.items()
    ]


def figure_cell(figure: Figure | None, base: Figure | None = None) -> str:
    """Write a median, its ratio to another figure, and marks if it is in doubt."""
    if figure is None:
        return ""
    fault = " †" if figure.fault else ""
    if not figure.samples:
        return fault.strip()
    unit = _UNITS.get(figure.unit, figure.unit)
    shaky = " ~" if spread(figure.samples) > _SHAKY else ""
    text = f"{significant(figure.median)} {unit}".strip() + shaky
    if base is not None and base is not figure and base.samples and base.median:
        middle = sorted(ratios(figure, base))
        text += f" (x{significant(middle[len(middle) // 2])})"
    return text + fault
