"""How regular events look, so that the next ones need not be parsed.

Events of a stream mostly differ from the one before in nothing but their data. What is
around the data is then compared as it is, and never taken apart.
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = [
    "CRLF",
    "CRLF_UNSPACED",
    "LF",
    "LF_UNSPACED",
    "NO_EVENT",
    "SHORT_BYTES",
    "UNNAMED",
    "UNNAMED_CRLF",
    "Shape",
    "Style",
    "head_of",
    "noted",
]

# How an event looked that has one data line, and no more than an `event` line before:
# all before its data, all after it, its name, and what is between the data of two such.
# Another that looks the same differs only in its data. In an unspaced style, what is
# before the data is not enough, because a space after it is none of the data: it is
# left out there, so that such an event is always looked up.
Shape: TypeAlias = tuple[bytes, bytes, str, bytes]

# How lines end, what is before and after the data, and shapes by `event` line. Those
# are the shapes of all recent streams: there are few names. (Not a named tuple: taking
# one apart takes 40 ns, a plain one 7.)
Style: TypeAlias = tuple[bytes, bytes, bytes, dict[bytes, Shape]]

LF: Style = b"\n", b"\ndata: ", b"\n\n", {}
CRLF: Style = b"\r\n", b"\r\ndata: ", b"\r\n\r\n", {}
# Without a space after the colon of `data`, as Spring and Gin write.
LF_UNSPACED: Style = b"\n", b"\ndata:", b"\n\n", {}
CRLF_UNSPACED: Style = b"\r\n", b"\r\ndata:", b"\r\n\r\n", {}

# What is expected first.
UNNAMED: Shape = b"data: ", b"\n\n", "message", b"\n\ndata: "
UNNAMED_CRLF: Shape = b"data: ", b"\r\n\r\n", "message", b"\r\n\r\ndata: "
# Looks like no event, so that it is looked up how the first one looks.
NO_EVENT: Shape = b"", b"", "", b""

# Up to this length a chunk is likely to hold no more than a few events.
SHORT_BYTES = 1024

# Longer lines are read anew each time, and no more than this many are kept: a server
# chooses them.
_MAX_LINE = 80
_MOST_LINES = 64


def head_of(shape: Shape) -> bytes:
    """Return all that is before the data of an event of this shape, in any style."""
    _, end, _, between = shape
    return between[len(end) :]


def noted(line: bytes) -> Shape | None:
    """Note how events look that have only this line before their data line; return it.

    With LF; None if it is not an `event` line, or too long.
    """
    value = line.removeprefix(b"event:")
    if value is line or len(line) > _MAX_LINE:
        return None
    name = value.removeprefix(b" ").decode("utf-8", "replace") or "message"
    for style in (LF, CRLF, LF_UNSPACED, CRLF_UNSPACED):
        _, before, behind, shapes = style
        if len(shapes) >= _MOST_LINES:
            shapes.clear()
        head = line + before
        known = head if before[-1:] == b" " else b""
        shapes[line] = known, behind, name, behind + head
    return LF[3][line]
