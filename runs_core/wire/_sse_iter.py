"""Server-sent events of a stream whose chunks are pulled from an iterable.

A generator keeps in local variables what a decoder that is fed keeps in attributes, and
makes neither a call nor a list for each chunk. It reads what is regular. The rest it
leaves to a decoder, and goes on where that has come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from runs_core.wire._sse_blocks import is_open
from runs_core.wire._sse_decoder import MAX_EVENT_BYTES, EventStreamDecoder
from runs_core.wire._sse_events import ServerSentEvent, blank
from runs_core.wire._sse_frames import split_alike
from runs_core.wire._sse_reading import read_text
from runs_core.wire._sse_shapes import (
    CRLF,
    LF,
    SHORT_BYTES,
    UNNAMED,
    Shape,
    Style,
)
from runs_core.wire._sse_state import (
    RAW_BYTES,
    WARY_AFTER,
    WHOLE_BYTES,
    as_bytes,
    checked_limit,
    flushes,
    odd_after,
)

__all__ = ["iter_sse"]

# What is no iterable of chunks.
_AT_ONCE = (bytes, bytearray, memoryview, str)
# The first byte of a byte order mark.
_BOM = b"\xef"


def iter_sse(
    chunks: Iterable[bytes | bytearray | memoryview],
    max_event_bytes: int | None = MAX_EVENT_BYTES,
    *,
    on_eof: Literal["discard", "flush"] = "discard",
) -> Iterator[ServerSentEvent]:
    """Return an iterator over the events of a stream, of which it pulls the chunks.

    The events are those of an `EventStreamDecoder` that is fed the chunks and then
    closed, with the same parameters; each is handed out before the next chunk is
    pulled. Raises what the chunks raise, and `EventTooLarge`, after the events before.
    """
    if isinstance(chunks, _AT_ONCE):
        kind = type(chunks).__name__
        raise TypeError(f"iter_sse takes an iterable of chunks, not {kind}")
    limit = checked_limit(max_event_bytes)
    return _events(iter(chunks), limit, flushes(on_eof))


def _events(
    chunks: Iterator[bytes | bytearray | memoryview], limit: int, flush: bool
) -> Iterator[ServerSentEvent]:
    decoder: EventStreamDecoder | None = None
    # Whether the unfinished block is the decoder's.
    held = False
    style: Style = LF
    _, before, end, shapes = style
    # How the last regular event looked.
    shape: Shape = UNNAMED
    head, _, name, _ = shape
    id = ""
    # As in the state of a decoder: where the unfinished block begins, its pieces, and
    # how many bytes more of it may wait unread.
    base = 0
    pieces: list[bytes] = []
    room = free = limit // 2 if limit < 2 * RAW_BYTES else RAW_BYTES
    whole = limit if limit < WHOLE_BYTES else WHOLE_BYTES
    # Whether events of one shape come in a row, and whether their lines come alone.
    alike = lined = False
    # As in the state of a decoder, too: how odd the last chunks were.
    odd = 0
    for data in chunks:
        if type(data) is not bytes:
            data = as_bytes(data)
        n = len(data)
        only: bytes | None = None
        if pieces:
            # Is this no more than a piece of an event?
            if n == 1 and free > 0 and (data > b"\r" or pieces[-1][-1] > 13):
                pieces.append(data)
                free -= 1
                continue
            if 0 < n <= SHORT_BYTES and n <= free:
                # Or no more than a line, or a part of one?
                if not (10 in data or 13 in data) or (
                    data[-1] == 10
                    and data[0] > 13
                    and data.find(b"\n") == n - 1
                    and (13 not in data or data.find(b"\r") == n - 2)
                ):
                    pieces.append(data)
                    free -= n
                    continue
                text = ended = rest = b""
                if data[0] > 13:
                    # Does the event end in it?
                    text, ended, rest = data.rpartition(end)
                    if ended:
                        pieces.append(text)
                        text = b"".join(pieces)
                    elif not (
                        # Only with a CR can there be another blank line in it.
                        (13 in data or 13 in end) and b"" in data.splitlines()
                    ):
                        pieces.append(data)
                        free -= n
                        continue
                if not ended:
                    # Its end may have begun before.
                    pieces.append(data)
                    text, ended, rest = b"".join(pieces).rpartition(end)
                if (13 not in rest and (10 not in rest or 13 not in end)) or is_open(
                    rest, head, end
                ):
                    found = text.removeprefix(head)
                    if found is text:
                        if text[:3] == b"id:":
                            known, found, id = _behind_id(text, id, style)
                        else:
                            line, parted, found = text.partition(before)
                            known = shapes.get(line) if parted else None
                        if known is None:
                            found = b"\n"
                        else:
                            shape = known
                            head, _, name, _ = shape
                            if not head and found[:1] == b" ":
                                found = b"\n"
                    if not (10 in found or 13 in found):
                        base += len(text) + len(end)
                        pieces = [rest] if rest else []
                        free = room - len(rest)
                        only = found
                if only is None:
                    pieces.pop()
        elif not held:
            # Is this where one begins that looks like the last?
            if lined and 0 < n < room and head.startswith(data):
                pieces = [data]
                free = room - n
                continue
            # Or all of it?
            body = data.removeprefix(head)
            if body is data and odd >= WARY_AFTER:
                body = b""
            elif body is data:
                # Or like one before?
                line, parted, body = data.partition(before)
                known = None
                if parted:
                    known = shapes.get(line)
                    if known is None and line[-1:] == b"\r" and style is LF:
                        style = CRLF
                        _, before, end, shapes = style
                        line, _, body = data.partition(before)
                        known = shapes.get(line)
                    if known is None and data[:3] == b"id:":
                        known, body, id = _behind_id(data, id, style)
                # Or a line before the data?
                elif 0 < n <= SHORT_BYTES and n < room and _begins(data):
                    lined = True
                    pieces = [data]
                    free = room - n
                    continue
                if known is None:
                    body = b""
                else:
                    shape = known
                    head, _, name, _ = shape
                    if not head and body[:1] == b" ":
                        body = b""
            found = body.removesuffix(end)
            if not (10 in found or 13 in found):
                if found is not body:
                    if n <= whole:
                        base += n
                        only = found
                elif found and n < room:
                    # Or does one begin with it?
                    pieces = [data]
                    free = room - n
                    continue
            elif found is body and n < room and n <= SHORT_BYTES:
                # Or is it one but for its last line end?
                at = body.find(b"\n")
                if (at == len(body) - 1 and 13 not in body) or _begins(data):
                    pieces = [data]
                    free = room - n
                    continue
        if only is not None:
            event = blank()
            event.event = name
            event.data = only
            event.id = id
            event.retry = None
            yield event
            continue
        if not n:
            continue
        if not (held or base or pieces):
            # Only at the beginning, a byte order mark is one.
            held = data[:1] == _BOM
        if not held:
            if alike:
                datas, rest = split_alike(b"".join(pieces), data, shape, limit)
                left = len(rest)
                if rest is not data and (left <= room or left <= n <= limit):
                    base += room - free + n - left
                    pieces = [rest] if rest else []
                    free = room - left
                    for found in datas:
                        event = blank()
                        event.event = name
                        event.data = found
                        event.id = id
                        event.retry = None
                        yield event
                    # Many copies of what may be a long chunk would wait for the next.
                    del datas
                    continue
                alike = False
            # Is it whole blocks, and the beginning of another?
            if pieces:
                pieces.append(data)
                text = b"".join(pieces)
                pieces.pop()
            elif data[0] == 10 or data[0] == 13:
                text = data.lstrip(b"\r\n")
                base += n - len(text)
                data = text
                if not data:
                    continue
            else:
                text = data
            size = len(text)
            if size <= limit:
                style = CRLF if 13 in text else LF
                events, rest, id, style, seen, alike = read_text(text, id, style)
                _, before, end, shapes = style
                left = len(rest)
                if left < size or left <= room:
                    if seen is not None:
                        shape = seen
                        head, _, name, _ = shape
                    if left < size:
                        odd = odd_after(odd, seen)
                    base += size - left
                    pieces = [rest] if rest else []
                    free = room - left
                    yield from events
                    del events, text
                    continue
        # The rest is read by a decoder.
        if decoder is None:
            decoder = EventStreamDecoder(limit, on_eof="flush" if flush else "discard")
        if not held and (base or pieces):
            decoder._resume(base, pieces, id, style, shape)
        yield from decoder.feed(data)
        if decoder._fault is not None:
            decoder.close()
        held = decoder._special
        if held:
            pieces = []
        else:
            base, pieces, free = decoder._base, decoder._pieces, decoder._free
            id, style, shape = decoder._id, decoder._style, decoder._shape
            _, before, end, shapes = style
            head, _, name, _ = shape
            alike = decoder._split
    if flush:
        if decoder is None:
            decoder = EventStreamDecoder(limit, on_eof="flush")
        if not held and (base or pieces):
            decoder._resume(base, pieces, id, style, shape)
        yield from decoder.close()


def _begins(data: bytes) -> bool:
    """Return whether a chunk of ASCII begins a block, and does not end it."""
    if not 13 < data[0] < 128:
        return False
    if 13 in data:
        return b"" not in data.splitlines()
    return data.find(b"\n") == len(data) - 1 or b"\n\n" not in data


def _behind_id(text: bytes, id: str, style: Style) -> tuple[Shape | None, bytes, str]:
    """Return how an event behind a line with an id looks, its data, and the last id.

    The text begins with `id:`.
    """
    eol, before, _, shapes = style
    line, _, text = text.partition(eol)
    value = line.removeprefix(b"id: ")
    if value is line:
        value = line[3:]
    if 0 in value or 10 in value or 13 in value:
        return None, b"", id
    line, parted, data = text.partition(before)
    known = shapes.get(line) if parted else None
    if known is None:
        return None, b"", id
    return known, data, value.decode("utf-8", "replace")
