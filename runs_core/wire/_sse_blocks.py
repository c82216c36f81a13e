"""Blocks of an event stream: where they end, and what they say.

A block is what stands between two blank lines. It becomes an event if it has data.
WHATWG HTML section 9.2.6 says what each field does.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from runs_core.wire._sse_shapes import CRLF

__all__ = [
    "FIELDS",
    "Block",
    "end_of_blocks",
    "is_open",
    "read_id",
    "read_retry",
    "start_of_too_large",
    "starts_of_events",
    "unix",
]

FIELDS = frozenset((b"data", b"event", b"id", b"retry"))

# What a block says: name, data, id, retry. Data is None where there is no data line; id
# and retry are None where the block says nothing of them.
Block: TypeAlias = tuple[str, bytes | None, str | None, int | None]

# Atomic, so that CRLF is never read as two line ends.
_BLOCK = re.compile(rb"[^\r\n]++(?:[^\r\n]++|(?>\r\n|\n|\r)(?![\r\n]))*+")
_DATA = re.compile(rb"(?m)^data(?::|$)")
# `int` refuses more than 4300 digits (or what the process has set), and nothing waits
# for 10^18 ms.
_RETRY_DIGITS = 18


def unix(text: bytes) -> bytes:
    """Return the text with LF for every line end."""
    if 13 not in text:
        return text
    # Takes half as long as replacing CR LF and CR. It loses a line end at the end.
    lines = text.splitlines()
    if text[-1] == 10 or text[-1] == 13:
        lines.append(b"")
    return b"\n".join(lines)


def end_of_blocks(text: bytes) -> int:
    """Return where the last blank line of the text ends, or 0 if there is none.

    The text begins with a line that is not blank.
    """
    # A blank line is a line end after a line end. Each search looks only after what the
    # one before has found.
    if 13 not in text:
        at = text.rfind(b"\n\n")
        return at + 2 if at >= 0 else 0
    at = text.rfind(b"\n\r")
    at = max(at, text.rfind(b"\n\n", max(at, 0)))
    at = max(at, text.rfind(b"\r\r", max(at, 0)))
    if at < 0:
        return 0
    return at + 3 if text[at + 1 : at + 3] == b"\r\n" else at + 2


def is_open(rest: bytes, head: bytes, end: bytes) -> bool:
    """Return whether no block ends in `rest`, which is expected to begin with `head`.

    `end` is not in it, and is LF LF or CR LF CR LF.
    """
    if end == b"\n\n":
        # Only a CR can end a block.
        return 13 not in rest
    line, parted, data = rest.partition(b"\r\ndata: ")
    if not parted or line not in CRLF[3]:
        if head.startswith(rest):
            return True
        data = rest.removeprefix(head)
    if not (10 in data or 13 in data):
        return True
    return rest[0] != 10 and rest[0] != 13 and end_of_blocks(rest) == 0


def start_of_too_large(text: bytes, limit: int) -> int | None:
    """Return where the first block begins that keeps more bytes than the limit.

    What counts are the values of known fields, and an LF between two of data. Only
    blocks that have ended are looked at.
    """
    for block in _BLOCK.finditer(text, 0, end_of_blocks(text)):
        start, end = block.span()
        if end - start > limit and _size(unix(block.group())) > limit:
            return start
    return None


def starts_of_events(text: bytes) -> list[int]:
    """Return where the finished blocks of a text that have data begin."""
    return [
        block.start()
        for block in _BLOCK.finditer(text, 0, end_of_blocks(text))
        if _DATA.search(unix(block.group()))
    ]


def _size(block: bytes) -> int:
    size = lines = 0
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field in FIELDS:
            size += len(value.removeprefix(b" "))
            lines += field == b"data"
    return size + max(0, lines - 1)


def read_id(value: bytes, before: str | None) -> str | None:
    """Return the id that a line sets: the one before, if there is a NUL in it."""
    return before if 0 in value else value.decode("utf-8", "replace")


def read_retry(value: bytes, before: int | None) -> int | None:
    """Return the wait that a line sets: the one before, if it is not a number."""
    digits = value.lstrip(b"0") or value[-1:]
    if value.isdigit() and len(digits) <= _RETRY_DIGITS:
        return int(digits)
    return before
