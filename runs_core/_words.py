"""Servers' own words in error and log messages."""

from __future__ import annotations

__all__ = ["one_line"]

# A server's own sentence is shown, up to a length that a terminal can hold.
_LIMIT = 500


def one_line(text: str) -> str:
    """Return the text as one line of at most 500 characters, harmless to a terminal."""
    line = " ".join(text[: 2 * _LIMIT].split())[:_LIMIT]
    return "".join(c if c.isprintable() else "\ufffd" for c in line)
