"""How regular events look, so that the next ones need not be read to be known.

Events of a stream mostly differ from the one before in nothing but their data. What is
around the data is then compared as it stands, and never taken apart.
"""

from __future__ import annotations

from typing import TypeAlias

from runs_core.wire._sse_blocks import read_block, unix

__all__ = ["Shape", "expected", "head_of", "is_open", "read_blocks", "shape_of"]

# How an event looked that has one data line and sets neither id nor retry: all before
# its data, all behind it, its name, and whether "data:" has its space. Another that
# looks so differs in nothing but its data; without the space, that begins with none.
Shape: TypeAlias = tuple[bytes, bytes, str, bool]

# No block begins with it, as none has it inside.
_NEVER = b"\n\n"


def head_of(block: bytes, data: bytes) -> bytes | None:
    """Give all before the data of a block with LF, if the data is its last line.

    Without an id in the first line, and None if there is another one.
    """
    if not block.endswith(data):
        return None
    if block[:4] == b"id: ":
        block = block.partition(b"\n")[2]
    head = block[: len(block) - len(data)]
    if head[head.rfind(b"\n") + 1 :] not in (b"data: ", b"data:"):
        return None
    return None if b"\nid" in b"\n" + head else head


def shape_of(head: bytes, name: str, eol: bytes) -> Shape | None:
    """Give the shape of events with this head (with LF) in a stream with this eol."""
    if head is _NEVER:
        return None
    return head.replace(b"\n", eol), eol + eol, name, head[-1] == 32


def expected(shape: Shape | None) -> tuple[bytes, str]:
    """Give head (with LF) and name of a shape; for none, a head that never comes."""
    return (_NEVER, "") if shape is None else (unix(shape[0]), shape[2])


def is_open(rest: bytes, head: bytes, end: bytes) -> bool:
    """Whether no block ends in this beginning of one, of which `head` is expected.

    `end` is not in it. Where that is LF LF, only a CR can end a block; otherwise any
    line end that is not the head's may.
    """
    if head.startswith(rest):
        return True
    body = rest.removeprefix(head)
    if end == b"\n\n":
        return 13 not in body
    return not (10 in body or 13 in body)


def read_blocks(
    blocks: list[bytes], first: tuple[bytes, str], second: tuple[bytes, str], id: str
) -> tuple[
    list[str],
    list[bytes],
    list[str] | None,
    list[int | None] | None,
    str,
    tuple[tuple[bytes, str], tuple[bytes, str]],
    int,
]:
    """Give what blocks with LF say, of which most begin with one of two heads.

    Given and taken are heads with their names, and the last event id of the stream.
    Returns names, data, ids if not all have the last one, retries if any has one, the
    last id, the heads to expect next, and how often another head came than before.
    """
    names: list[str] = []
    datas: list[bytes] = []
    ids: list[str] = []
    retries: dict[int, int] = {}
    (head, name), (other_head, other_name) = first, second
    spaced = head[-1] == 32
    misses = 0
    for block in blocks:
        data = block.removeprefix(head)
        if data is block:
            misses += 1
            if block[:4] == b"id: ":
                # Like the last but for its first line, where each event has an id.
                line, _, behind = block.partition(b"\n")
                data = behind.removeprefix(head)
                if (
                    data is not behind
                    and 10 not in data
                    and 0 not in line
                    and (spaced or data[:1] != b" ")
                ):
                    # What has no id until here has the one before.
                    ids += [id] * (len(datas) - len(ids))
                    id = line[4:].decode("utf-8", "replace")
                    names.append(name)
                    datas.append(data)
                    continue
            head, other_head = other_head, head
            name, other_name = other_name, name
            spaced = head[-1] == 32
            data = block.removeprefix(head)
        if data is not block and 10 not in data and (spaced or data[:1] != b" "):
            names.append(name)
            datas.append(data)
            continue
        misses += 1
        found_name, found, new_id, retry = read_block(block)
        if new_id is not None and new_id != id:
            ids += [id] * (len(datas) - len(ids))
            id = new_id
        if found is None:
            continue
        if retry is not None:
            retries[len(datas)] = retry
        elif (new_head := head_of(block, found)) is not None:
            head, name = new_head, found_name
            spaced = head[-1] == 32
        names.append(found_name)
        datas.append(found)
    return (
        names,
        datas,
        ids + [id] * (len(datas) - len(ids)) if ids else None,
        [retries.get(index) for index in range(len(datas))] if retries else None,
        id,
        ((head, name), (other_head, other_name)),
        misses,
    )
