"""The tables of each suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.report.table import Table, faults, figure_cell, grid, significant
from benchmarks.results import COMPILED, FED, OURS, Figure, Results
from benchmarks.streams.cuts import CUTS
from benchmarks.targets import Reached, Target, reached

__all__ = [
    "QUICK_RUN",
    "decoding_tables",
    "growth_table",
    "other_tables",
    "target_table",
]

QUICK_RUN = (
    "This was a quick run: few rounds, on streams of 150 deltas if events are typed,"
    " of 600 if not. Targets are for full runs, whose streams are longer."
)

_CALLED = {
    "framing": "Bytes to server-sent events",
    "typed": "Bytes to typed events",
    "snapshot": "Bytes to typed events and a snapshot",
}
# Other decoders of ours that targets are for, by the heads of their columns.
_BESIDES = {"fed": FED, "compiled": COMPILED}


def target_table(results: Results, *, measured: bool = False) -> Table:
    """Return a table of all targets, or, with `measured`, of those with a figure.

    If decoders of ours besides the main one were measured, columns say what they reach.
    A quick run has no verdicts, because targets are for longer streams.
    """
    besides = {
        name: list(reached(results, decoder)) for name, decoder in _BESIDES.items()
    }
    besides = {
        name: found
        for name, found in besides.items()
        if any(one.figure is not None for one in found)
    }
    judged = not results.quick
    verdict = ["verdict"] * judged
    table = Table(title="", head=["target", "reached", "at least", "aim", *verdict])
    for name in besides:
        table.head = [*table.head, name, *verdict]
    for one, *others in zip(reached(results), *besides.values(), strict=True):
        if measured and one.figure is None:
            continue
        target = one.target
        limit = "at most " if target.smaller else ""
        row = [
            target.what,
            _figure(one),
            limit + _written(target, f"{target.least:g}"),
            _written(target, f"{target.aim:g}"),
        ]
        row += [one.verdict] * judged
        for other in others:
            row.append(_figure(other))
            row += ["" if other.figure is None else other.verdict] * judged
        table.rows.append(row)
        told = (f"† {found.fault}." for found in (one, *others) if found.fault)
        table.notes += [note for note in told if note not in table.notes]
    return table


def _figure(reached: Reached) -> str:
    target, figure = reached.target, reached.figure
    if figure is None:
        return "-"
    text = _written(target, significant(figure))
    return text + " †" * bool(reached.fault)


def _written(target: Target, number: str) -> str:
    if target.unit == "x":
        return f"x{number}"
    return number if target.unit == "exponent" else f"{number} {target.unit}"


def decoding_tables(results: Results, suite: str) -> Iterator[Table]:
    """Yield tables: the text stream in all cuts, then all streams in the usual ones."""
    figures = results.of(suite)
    called = _CALLED[suite]
    for input in ("text", "tools"):
        found = results.of(suite, input)
        if len({figure.variant for figure in found}) > 3 and (
            input == "text" or suite != "framing"
        ):
            title = f"{called}: {input}, by the size of chunks"
            yield grid(results, title, found, lambda figure: figure.variant)
    for cut in CUTS:
        found = [figure for figure in figures if figure.variant == cut]
        inputs = {figure.input for figure in found}
        if len(inputs) > 3 and cut in ("1 event", "1460 B", "16 KiB"):
            title = f"{called}: all streams, {cut} a chunk"
            yield grid(results, title, found, lambda figure: figure.input)


def growth_table(results: Results) -> Table | None:
    """Return a table of exponents, with the time at the largest size reached."""
    figures = results.of("growth")
    if not figures:
        return None
    names = list(dict.fromkeys(figure.candidate for figure in figures))
    table = Table(
        title="Growth: the exponent of time over size, and the largest size measured",
        head=["", *names],
        notes=[
            "1 is linear, 2 quadratic. After more than 1.5 s (in a quick run 0.03 s),"
            " no larger size is tried."
        ],
    )
    for input in dict.fromkeys(figure.input for figure in figures):
        row = [_growth_cell(results, input, name) for name in names]
        table.rows.append([input, *row])
    # Being too slow for the larger sizes is not a fault.
    wrong = [figure for figure in figures if figure.samples]
    table.notes += faults(wrong, lambda figure: figure.input)
    return table


def _growth_cell(results: Results, input: str, name: str) -> str:
    found = [f for f in results.of("growth", input) if f.candidate == name]
    measured = [figure for figure in found if figure.samples]
    if not measured:
        return found[0].fault if found else ""
    largest = max(measured, key=lambda figure: float(figure.variant))
    at = f"{significant(largest.median)} ms at {largest.variant}"
    exponent = results.exponent("growth", input, name)
    text = at if exponent is None else f"{significant(exponent)} ({at})"
    return text + " †" * bool(largest.fault)


# The reference for ratios: the first of these that a column has.
_OTHERS = (
    ("sockets", "Over a loopback socket", ("runs-core, sockets",)),
    ("memory", "Memory", (OURS,)),
    ("many", "Many streams at once", (OURS,)),
    ("footprint", "Import and size", (OURS, "runs-core, sockets")),
    ("json", "JSON parsers", ("json",)),
)


def other_tables(results: Results) -> Iterator[Table]:
    for suite, title, references in _OTHERS:
        figures = [figure for figure in results.of(suite) if figure.unit]
        if figures:
            yield _by_candidate(title, figures, references)
    verdicts = [figure for figure in results.of("json") if not figure.unit]
    if verdicts:
        yield _verdicts(verdicts)


def _verdicts(figures: list[Figure]) -> Table:
    """Return how JSON parsers read documents that the standard library accepts."""
    names = list(dict.fromkeys(figure.candidate for figure in figures))
    by_place = {(figure.input, figure.candidate): figure.fault for figure in figures}
    table = Table(title="What JSON parsers make of odd documents", head=["", *names])
    for input in dict.fromkeys(figure.input for figure in figures):
        table.rows.append([input, *(by_place[input, name] for name in names)])
    return table


def _by_candidate(
    title: str, figures: list[Figure], references: Sequence[str]
) -> Table:
    """Return a table with a row for each candidate, a column for each measurement."""
    columns = list(dict.fromkeys((f.input, f.variant) for f in figures))
    by_place = {(f.input, f.variant, f.candidate): f for f in figures}
    heads = [": ".join(filter(None, column[::-1])) for column in columns]
    table = Table(title=title, head=["", *heads])
    found = [
        [by_place.get((*column, name)) for name in references] for column in columns
    ]
    bases = [next(filter(None, of_column), None) for of_column in found]
    for name in dict.fromkeys(figure.candidate for figure in figures):
        cells = [
            figure_cell(by_place.get((*column, name)), base)
            for column, base in zip(columns, bases, strict=True)
        ]
        table.rows.append([name, *cells])
    table.notes += _references(heads, bases)
    table.notes += faults(figures, lambda figure: figure.input)
    return table


def _references(heads: Sequence[str], bases: Sequence[Figure | None]) -> Iterator[str]:
    """Say which columns have ratios to something other than `OURS`."""
    columns: dict[str, list[str]] = {}
    for head, base in zip(heads, bases, strict=True):
        if base is not None and base.candidate != OURS:
            columns.setdefault(base.candidate, []).append(head)
    for name, found in columns.items():
        told = f"the number in brackets is the ratio to {name}."
        if len(found) == len(heads):
            yield told.capitalize()
        else:
            yield f"{', '.join(found)}: {told}"
