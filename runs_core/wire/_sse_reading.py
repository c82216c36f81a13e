"""From the lines of an event stream to its events, many at once."""

from __future__ import annotations

from runs_core.wire._sse_blocks import end_of_blocks, read_retry
from runs_core.wire._sse_events import ServerSentEvent, blank
from runs_core.wire._sse_shapes import (
    CRLF_UNSPACED,
    LF,
    LF_UNSPACED,
    SHORT_BYTES,
    UNNAMED,
    UNNAMED_CRLF,
    Shape,
    Style,
    noted,
)

__all__ = ["read_text"]

_COLON, _D, _E, _I = b":dei"
# Of a longer text the end of the last block is found first: lines that are short take
# many times their bytes, and those of a block that has not ended are read elsewhere.
_AT_ONCE = 4 * 1024


def read_text(
    text: bytes, id: str, spaced: Style
) -> tuple[list[ServerSentEvent], bytes, str, Style, Shape | None, bool]:
    """Return the events of a text, and what is known after them.

    That is the rest of the text, behind its last blank line; the last id; the style;
    how the last event looked in it (None if there is none, or it was not regular); and
    whether several came, and all looked so: enough of them to expect that of the next
    ones. The text begins with a line that is not blank. `spaced` is `LF` or `CRLF`, as
    its lines end.
    """
    style = spaced
    lines, rest = _whole_lines(text, style[0])
    events, shape, turns = _read_regular(lines, id, style[3], b"data: ")
    if not events and len(lines) > 1:
        value = lines[1]
        if value[:5] == b"data:" and value[5:6] != b" ":
            style = _unspaced(spaced)
            events, shape, turns = _read_regular(lines, id, style[3], b"data:")
            if any(event.data[:1] == b" " for event in events):
                # Some have a space that is none of their data.
                events.clear()
    regular = len(events)
    if 3 * regular == len(lines):
        most = 1 if len(text) <= SHORT_BYTES else 3
        return events, rest, id, style, shape, turns == 1 and regular > most
    del lines[: 3 * regular]
    id = _read_lines(lines, id, events)
    style, shape = _last_look(lines, spaced)
    return events, rest, id, style, shape, False


def _read_regular(
    lines: list[bytes], id: str, shapes: dict[bytes, Shape], before: bytes
) -> tuple[list[ServerSentEvent], Shape | None, int]:
    """Return the regular events that the lines begin with, of a style of these shapes.

    `before` is what their data lines begin with. Also how the last one looked, and how
    often that was not like the one before.
    """
    shape: Shape | None = None
    name = ""
    turns = 0
    events: list[ServerSentEvent] = []
    # Has each three lines, its name, its data, and none?
    ahead = iter(lines)
    for line, value, none in zip(ahead, ahead, ahead, strict=False):
        if none:
            break
        found = shapes.get(line)
        data = value.removeprefix(before)
        if found is None or data is value:
            break
        if found is not shape:
            shape = found
            name = shape[2]
            turns += 1
        event = blank()
        event.event = name
        event.data = data
        event.id = id
        event.retry = None
        events.append(event)
    return events, shape, turns


def _unspaced(spaced: Style) -> Style:
    return LF_UNSPACED if spaced is LF else CRLF_UNSPACED


def _whole_lines(text: bytes, eol: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines of the blocks that have ended in a text, and the rest of it."""
    if len(text) <= _AT_ONCE:
        if 13 in text:
            lines = text.splitlines()
            last = b"" if text[-1] == 10 else lines.pop()
        else:
            lines = text.split(b"\n")
            last = lines.pop()
        end = len(lines)
        while end and lines[end - 1]:
            end -= 1
        if end < len(lines):
            last = eol.join((*lines[end:], last))
            del lines[end:]
        # Lines may end in more than one way, and a CR may be half of a line end.
        if text.endswith(last):
            return lines, last
    cut = end_of_blocks(text)
    return text[:cut].splitlines(), text[cut:]


def _read_lines(lines: list[bytes], id: str, events: list[ServerSentEvent]) -> str:
    """Read the lines of whole blocks, add their events, and return the last id."""
    shapes = LF[3]
    name = "message"
    content: bytes | None = None
    several: list[bytes] | None = None
    retry: int | None = None
    for line in lines:
        if not line:
            if content is not None:
                if several is not None:
                    content = b"\n".join(several)
                    several = None
                event = blank()
                event.event = name
                event.data = content
                event.id = id
                event.retry = retry
                events.append(event)
                content = None
            name = "message"
            retry = None
            continue
        first = line[0]
        if first == _D:
            value = line.removeprefix(b"data: ")
            if value is line:
                value = line.removeprefix(b"data:")
                if value is line:
                    if line != b"data":
                        continue
                    value = b""
            if content is None:
                content = value
            elif several is None:
                several = [content, value]
            else:
                several.append(value)
            continue
        if first == _COLON:
            continue
        if first == _E:
            found = shapes.get(line) or noted(line)
            if found is not None:
                name = found[2]
                continue
        elif first == _I:
            value = line.removeprefix(b"id: ")
            if value is line:
                value = line.removeprefix(b"id:")
                if value is line:
                    if line != b"id":
                        continue
                    value = b""
            if 0 not in value:
                id = value.decode("utf-8", "replace")
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace") or "message"
        elif field == b"retry":
            retry = read_retry(value, retry)
    return id


def _last_look(lines: list[bytes], spaced: Style) -> tuple[Style, Shape | None]:
    """Return the style and look of the last event, if its data line comes last."""
    line = lines[-2] if len(lines) > 1 else b""
    if line[:5] != b"data:":
        return spaced, None
    style = spaced if line[5:6] == b" " else _unspaced(spaced)
    if len(lines) > 2 and lines[-3]:
        return style, style[3].get(lines[-3])
    if style is spaced:
        return style, UNNAMED if style is LF else UNNAMED_CRLF
    return style, None
