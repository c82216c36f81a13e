"""Prints a table in a terminal, in as many parts as it takes to cut no figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.report.table import Table

__all__ = ["print_table"]

# No figure is wider, with its ratio and its marks. Wider cells are words, and wrapped.
_WIDEST = 26
# The names of rows are wrapped too: at the first width if that saves a second part, at
# the second if it does not.
_SHORTEST, _SHORT = 20, 24
# A column's spaces on both sides and its line; one more line belongs to the table.
_MORE = 3


def print_table(table: Table, console: Console) -> None:
    """Print all of it, whatever the terminal's width."""
    # Text and not markup: a decoder's error message may look like it.
    if table.title:
        console.print(Text(table.title, style="italic"))
    label, parts = _parts(table, console.width)
    for columns in parts:
        console.print(_part(table, label, columns))
    for note in table.notes:
        console.print(Text(note))


def _parts(table: Table, width: int) -> tuple[int, list[list[int]]]:
    """Return the width of the first column, and the other columns of each part."""
    names = [row[0] for row in _rows(table)]
    label = max(map(cell_len, [table.head[0], *names]))
    columns = range(1, len(table.head))
    wanted = sum(_width(table, at) + _MORE for at in columns)
    room = width - 1 - _MORE
    if room - wanted >= min(label, _SHORTEST):
        return min(label, room - wanted), [list(columns)]
    label = min(label, _SHORT)
    parts: list[list[int]] = []
    left = 0
    for at in columns:
        if not parts or left < _width(table, at) + _MORE:
            parts.append([])
            left = room - label
        parts[-1].append(at)
        left -= _width(table, at) + _MORE
    return label, parts


def _width(table: Table, at: int) -> int:
    """Return the width of a column, whose head is wrapped between words."""
    cells = [row[at] for row in _rows(table)]
    return min(max(map(cell_len, [*table.head[at].split(), *cells])), _WIDEST)


def _rows(table: Table) -> Iterator[Sequence[str]]:
    yield from table.rows
    if table.total:
        yield table.total


def _part(table: Table, label: int, columns: Sequence[int]) -> RichTable:
    part = RichTable()
    part.add_column(Text(table.head[0]), width=label, overflow="fold")
    for at in columns:
        part.add_column(
            Text(table.head[at]),
            justify="right",
            width=_width(table, at),
            overflow="fold",
        )
    for row in table.rows:
        # A row without anything in this part is left out.
        if any(row[at] for at in columns):
            part.add_row(*(Text(row[at]) for at in (0, *columns)))
    if table.total:
        total = (Text(table.total[at]) for at in (0, *columns))
        part.add_row(*total, style="bold")
    return part
