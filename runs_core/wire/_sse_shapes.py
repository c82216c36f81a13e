"""How regular events look, so that the next ones need not be parsed.

Events of a stream mostly differ from the one before in nothing but their data. What is
around the data is then compared as it is, and never taken apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

__all__ = [
    "CRLF",
    "LF",
    "NO_EVENT",
    "UNNAMED",
    "UNNAMED_CRLF",
    "Shape",
    "Style",
    "head_of",
    "known",
    "shape_of",
]

# How an event looked that has one data line and sets neither id nor retry: all before
# its data, all after it, its name, whether "data:" has its space, and what is between
# the data of two such. Another that looks the same differs only in its data, which,
# without the space, begins with none.
Shape: TypeAlias = tuple[bytes, bytes, str, bool, bytes]

# How lines end, what is before and after the data, and shapes by `event` line. Those
# are the shapes of all recent streams: there are few names. (Not a named tuple: taking
# one apart takes 40 ns, a plain one 7.)
Style: TypeAlias = tuple[bytes, bytes, bytes, dict[bytes, Shape]]

LF: Style = b"\n", b"\ndata: ", b"\n\n", {}
CRLF: Style = b"\r\n", b"\r\ndata: ", b"\r\n\r\n", {}

# What is expected first.
UNNAMED: Shape = b"data: ", b"\n\n", "message", True, b"\n\ndata: "
UNNAMED_CRLF: Shape = b"data: ", b"\r\n\r\n", "message", True, b"\r\n\r\ndata: "
# Looks like no event, so that it is looked up how the first one looks.
NO_EVENT: Shape = b"", b"", "", True, b""

# Longer heads are read anew each time, and no more than this many are kept: a server
# chooses them.
_MAX_HEAD = 80
_MOST_HEADS = 64


def known(line: bytes) -> Shape | None:
    """Return the shape (with LF) of events with only this line before their data line.

    None if it is not an `event` line, or too long.
    """
    shapes = LF[3]
    shape = shapes.get(line)
    if shape is None and line[:7] == b"event: " and len(line) <= _MAX_HEAD:
        if 10 in line:
            return None
        name = line[7:].decode("utf-8", "replace") or "message"
        for _, before, behind, of_style in (LF, CRLF):
            if len(of_style) >= _MOST_HEADS:
                of_style.clear()
            head = line + before
            of_style[line] = head, behind, name, True, behind + head
        shape = shapes.get(line)
    return shape


def head_of(block: bytes, data: bytes) -> bytes | None:
    """Return all before the data of a block with LF that has one data line, its last.

    An id in the first line is left out. None if it is not such a block, has another id,
    or has more before the data than is worth keeping. It must not set how long to wait.
    """
    if 10 in data or not block.endswith(data):
        return None
    if block[:4] == b"id: ":
        block = block.partition(b"\n")[2]
    head = block[: len(block) - len(data)]
    line = head[head.rfind(b"\n") + 1 :]
    if line not in (b"data: ", b"data:") or len(head) > _MAX_HEAD:
        return None
    # Not `in`, which takes twice as long: an exception is raised and caught.
    return None if head.find(b"\nid") >= 0 or head[:2] == b"id" else head


@lru_cache(maxsize=_MOST_HEADS)
def shape_of(head: bytes, name: str, eol: bytes) -> Shape:
    """Return the shape of events with this head (with LF) in a stream with this eol."""
    spaced = head[-1] == 32
    head = head.replace(b"\n", eol)
    return head, eol + eol, name, spaced, eol + eol + head
