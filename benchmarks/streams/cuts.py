"""Where the bytes of a stream are cut."""

from __future__ import annotations

import re

__all__ = ["CUTS", "ONE_EVENT", "SMALL_CUTS", "cut"]

ONE_EVENT = "1 event"
_LINE = re.compile(rb"\r\n|\n|\r")
_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r")
# How long a chunk is; or what ends it, and how often that comes in one.
_SIZES: dict[str, int | tuple[re.Pattern[bytes], int]] = {
    "1 B": 1,
    "64 B": 64,
    # As of servers that write an event line by line.
    "1 line": (_LINE, 1),
    ONE_EVENT: (_EVENT, 1),
    # As of servers, or connections, that put together what comes close together.
    "3 events": (_EVENT, 3),
    # An Ethernet frame's worth.
    "1460 B": 1460,
    "4 KiB": 4 << 10,
    "16 KiB": 16 << 10,
    "64 KiB": 64 << 10,
    "all": 1 << 62,
}
CUTS = tuple(_SIZES)
# An eighth of the events is enough for these: each event takes many calls.
SMALL_CUTS = ("1 B",)


def cut(stream: bytes, where: str) -> list[bytes]:
    """Return the stream, cut into pieces of that size, or of lines or events."""
    size = _SIZES[where]
    if isinstance(size, tuple):
        pattern, number = size
        ends = [found.end() for found in pattern.finditer(stream)][number - 1 :: number]
        starts = [0, *ends]
        pieces = [stream[a:b] for a, b in zip(starts, [*ends, None], strict=True)]
        return [piece for piece in pieces if piece]
    return [stream[at : at + size] for at in range(0, len(stream), size)]
