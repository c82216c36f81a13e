"""Lines of label and text, on a terminal or in a pipe, with rich."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from runs_transports._extras import missing
from runs_transports.cli.errors import CommandError, printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Lines"]

# The column where the text after a label begins.
_GUTTER = 13
# A line of text is broken at the first space in this many last columns.
_RAGGED = 12


def _new_console() -> Console:
    """Return a console on standard output, or raise `CommandError` without rich.

    In a pipe it writes no control codes, and it respects NO_COLOR.
    """
    try:
        from rich.console import Console
    except ModuleNotFoundError:
        raise CommandError(missing("showing this", "rich", "cli")) from None

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            # rich would end the process here.
            raise

    return Plain(file=sys.stdout, highlight=False, markup=False, emoji=False)


class Lines:
    """Writes lines on standard output, or grows one as its text arrives.

    The text cannot control the terminal. On a terminal, long text is broken between
    words; in a pipe a line is left as it is.
    """

    def __init__(self) -> None:
        self.console = _new_console()
        self._growing: object = None
        self._closing = ""
        self._column = 0

    def heading(self, name: str, text: str) -> None:
        """Write a line that begins with a name instead of a label."""
        self.rest()
        self.console.out(f"{printable(name):<34}", end="", style="cyan")
        self.console.out(printable(text))

    def line(self, label: str, text: str, style: str = "") -> None:
        """Write one line."""
        self.rest()
        self._label(label)
        self._write(text, style)
        self._end_line()

    def title(self, name: str) -> None:
        """Write a heading."""
        self.rest()
        self.console.out("")
        self.console.out(printable(name), style="bold")

    def grow(self, key: object, label: str, text: str, closing: str = "") -> None:
        """Write more text of the line for `key`; another key begins another line."""
        if key != self._growing:
            self.rest()
            self._growing, self._closing = key, closing
            self._label(label)
        self._write(text, "")

    def rest(self) -> None:
        """End the line that is growing, if there is one."""
        if self._growing is not None:
            self._write(self._closing, "")
            self._end_line()
            self._growing = None

    def _label(self, label: str) -> None:
        name = " ".join(printable(label).split())
        self.console.out(f"  {name:<{_GUTTER - 4}}  ", end="", style="dim")
        self._column = _GUTTER

    def _write(self, text: str, style: str) -> None:
        written = ""
        for word in re.split(r"(\s)", printable(text)):
            late = self._column > self.console.width - _RAGGED
            if word == "\n" or (word == " " and late and self.console.is_terminal):
                word = "\n" + " " * _GUTTER
                self._column = _GUTTER
            else:
                self._column += len(word)
            written += word
        self.console.out(written, end="", style=style or None)

    def _end_line(self) -> None:
        self.console.out("")
