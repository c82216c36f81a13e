"""From blocks of an event stream to events, many at once."""

from __future__ import annotations

from collections.abc import Sequence

from runs_core.wire._sse_blocks import read_block, read_lines, unix
from runs_core.wire._sse_events import ServerSentEvent, blank, event_of
from runs_core.wire._sse_shapes import CRLF, Style, head_of, shape_of
from runs_core.wire._sse_state import WARY_AFTER, StreamState

__all__ = ["read_blocks"]


def read_blocks(
    stream: StreamState, blocks: Sequence[bytes], style: Style
) -> list[ServerSentEvent]:
    """Return the events of whole blocks; the stream gets their last id and shape.

    Each is what was between two blank lines of the style. With LF, they have no CR.
    """
    eol, before, _, shapes = style
    events = []
    id, shape, odd = stream._id, stream._shape, stream._odd
    head, _, name, spaced, _ = shape
    with_id = bool(blocks) and blocks[0][:4] == b"id: "
    line = b""
    # How often an event did not look like the last.
    turns = 0
    wary = odd >= WARY_AFTER
    for block in blocks:
        # Where no event looks like another, it is seldom asked whether one does.
        learns = not wary or not odd % WARY_AFTER
        if learns:
            # Does it look like the last, perhaps after an id?
            body = block
            if with_id:
                line, _, body = block.partition(eol)
            data = body.removeprefix(head)
            if data is body:
                # Or like one before?
                turns += 1
                key, parted, data = body.partition(before)
                found = shapes.get(key) if parted else None
                if found is None:
                    data = b"\n"
                else:
                    shape = found
                    head, _, name, spaced, _ = found
            regular = not (10 in data or 13 in data) and (spaced or data[:1] != b" ")
            if regular and with_id:
                value = line.removeprefix(b"id: ")
                regular = value is not line and not (
                    0 in line or 10 in line or 13 in line
                )
                if regular:
                    id = value.decode("utf-8", "replace")
            if regular:
                if odd:
                    odd, wary = 0, False
                event = blank()
                event.event = name
                event.data = data
                event.id = id
                event.retry = None
                events.append(event)
                continue
        else:
            turns += 1
        if block[:1] == b":" and not (10 in block or 13 in block):
            continue
        with_id = block[:4] == b"id: "
        # If lines end in more than one way, it may be several blocks.
        for part in unix(block).split(b"\n\n") if style is CRLF else (block,):
            what, content, new, retry = read_block(part) if learns else read_lines(part)
            if new is not None:
                id = new
            if content is None:
                continue
            other = None
            if learns and retry is None and (new is None or part[:4] == b"id: "):
                other = head_of(part, content)
                if other is not None:
                    shape = shape_of(other, what, eol)
                    head, _, name, spaced, _ = shape
            odd = 0 if other is not None or 10 in content else odd + 1
            wary = odd >= WARY_AFTER
            events.append(event_of(what, content, id, retry))
    stream._id, stream._shape, stream._odd = id, shape, odd
    stream._split = not with_id and 8 * turns <= len(blocks)
    return events
