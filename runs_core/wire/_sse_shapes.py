"""How regular events look, so that the next ones need not be parsed.

Events of a stream mostly differ from the one before in nothing but their data. What is
around the data is then compared as it is, and never taken apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

__all__ = ["CRLF", "LF", "UNNAMED", "Shape", "Style", "head_of", "known", "shape_of"]

# How an event looked that has one data line and sets neither id nor retry: all before
# its data, all after it, its name, and whether "data:" has its space. Another that
# looks the same differs only in its data, which, without the space, begins with none.
Shape: TypeAlias = tuple[bytes, bytes, str, bool]

# What is expected first.
UNNAMED: Shape = b"data: ", b"\n\n", "message", True

# Longer heads are read anew each time, and no more than this many are kept: a server
# chooses them.
_MAX_HEAD = 80
_MOST_HEADS = 64


class Style(NamedTuple):
    """How lines end, what is before and after the data, and shapes by `event` line.

    The shapes are those of all recent streams: there are few names.
    """

    eol: bytes
    before: bytes
    behind: bytes
    shapes: dict[bytes, Shape]


LF = Style(b"\n", b"\ndata: ", b"\n\n", {})
CRLF = Style(b"\r\n", b"\r\ndata: ", b"\r\n\r\n", {})


def known(line: bytes) -> Shape | None:
    """Return the shape (with LF) of events with only this line before their data line.

    None if it is not an `event` line, or too long.
    """
    shape = LF.shapes.get(line)
    if shape is None and line[:7] == b"event: " and len(line) <= _MAX_HEAD:
        if 10 in line:
            return None
        name = line[7:].decode("utf-8", "replace") or "message"
        for style in (LF, CRLF):
            if len(style.shapes) >= _MOST_HEADS:
                style.shapes.clear()
            style.shapes[line] = line + style.before, style.behind, name, True
        shape = LF.shapes.get(line)
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
    return None if b"\nid" in head or head[:2] == b"id" else head


@lru_cache(maxsize=_MOST_HEADS)
def shape_of(head: bytes, name: str, eol: bytes) -> Shape:
    """Return the shape of events with this head (with LF) in a stream with this eol."""
    return head.replace(b"\n", eol), eol + eol, name, head[-1] == 32
