"""Blocks of an event stream to what their events say, many at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from runs_core.wire._sse_blocks import read_block, unix
from runs_core.wire._sse_shapes import CRLF, Shape, Style, head_of, shape_of

__all__ = ["read_blocks"]


# For each event its name, data, id, and how long to wait: no ids if all events have the
# one before them, no waits if there is none. Then the last id, the shape of the last
# event that has one, and how often an event did not look like the one before.
Said: TypeAlias = tuple[
    list[str],
    list[bytes],
    list[str] | None,
    list[int | None] | None,
    str,
    Shape | None,
    int,
]


def read_blocks(
    blocks: Iterable[bytes], style: Style, shape: Shape | None, id: str
) -> Said:
    """Give what whole blocks say that come after an event of this shape, and this id.

    They are what was between two blank lines of the style. Of LF, they have no CR.
    """
    eol, before, end, shapes = style
    crlf = style is CRLF
    names: list[str] = []
    datas: list[bytes] = []
    ids: list[str] = []
    retries: dict[int, int] = {}
    # No block begins with this end of one, as none has it inside.
    head, _, name, spaced = shape or (end, end, "", True)
    # Whether it is worth looking for a block among the shapes that are known.
    regular = True
    turns = 0
    for block in blocks:
        # Does it look like the last, perhaps with an id in front?
        body = block
        line = b""
        data = block.removeprefix(head)
        if data is block and block[:4] == b"id: ":
            line, _, body = block.partition(eol)
            data = body.removeprefix(head)
        if data is body:
            # Or like one before?
            turns += 1
            found = None
            if regular and body[:7] == b"event: ":
                key, parted, data = body.partition(before)
                found = shapes.get(key) if parted else None
            if found is None or 10 in data or (crlf and 13 in data):
                if regular and block[:1] == b":" and not (10 in block or 13 in block):
                    continue
                data = b"\n"
            else:
                shape = found
                head, _, name, spaced = found
        if (
            not (10 in data or (crlf and (13 in data or 13 in line or 10 in line)))
            and (spaced or data[:1] != b" ")
            and not (line and 0 in line)
        ):
            if line:
                # What has no id until here has the one before.
                ids += [id] * (len(datas) - len(ids))
                id = line[4:].decode("utf-8", "replace")
            names.append(name)
            datas.append(data)
            continue
        # If lines end in more than one way, it may be several blocks.
        for part in unix(block).split(b"\n\n") if crlf else (block,):
            what, value, new_id, retry = read_block(part)
            if new_id is not None and new_id != id:
                ids += [id] * (len(datas) - len(ids))
                id = new_id
            if value is None:
                continue
            other = None
            if retry is not None:
                retries[len(datas)] = retry
            elif new_id is None or part[:4] == b"id: ":
                other = head_of(part, value)
                if other is not None:
                    shape = shape_of(other, what, eol)
                    head, _, name, spaced = shape
            regular = other is not None
            names.append(what)
            datas.append(value)
    return (
        names,
        datas,
        ids + [id] * (len(datas) - len(ids)) if ids else None,
        [retries.get(index) for index in range(len(datas))] if retries else None,
        id,
        shape,
        turns,
    )
