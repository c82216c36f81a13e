"""A second implementation of the event-stream rules: bytewise, slow and obvious.

Written from WHATWG HTML section 9.2.6 alone and sharing nothing with the decoder, so
that a difference between the two is a mistake in one of them.
"""

from __future__ import annotations

from typing import NamedTuple

CR, LF, COLON, SPACE = b"\r", b"\n", b":", b" "
BOM = b"\xef\xbb\xbf"


class Seen(NamedTuple):
    """One dispatched event, where in the stream its block began, and how many bytes of
    the stream it takes to know that it has ended."""

    event: str
    data: bytes
    id: str
    retry: int | None
    start: int
    known: int


class Outcome(NamedTuple):
    """All events up to the fault, and where the block that was too large began."""

    events: list[Seen]
    fault: int | None


class TooLarge(Exception):
    """The open block has more bytes than the limit."""


class Reference:
    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.events: list[Seen] = []
        self.last_id = ""
        self.block_start = 0
        self.line = b""
        self.new_block()

    def new_block(self) -> None:
        self.event = ""
        self.data: bytes | None = None
        self.retry: int | None = None
        self.size = 0

    def check(self, size: int) -> None:
        if self.limit is not None and size > self.limit:
            raise TooLarge

    def cost(self, line: bytes) -> int:
        """What a line adds to its block: its value, if its field is a known one."""
        name, _, value = line.partition(COLON)
        if name not in (b"data", b"event", b"id", b"retry"):
            return 0
        joins = 1 if name == b"data" and self.data is not None else 0
        return joins + len(value.removeprefix(SPACE))

    def end_of_line(self, known: int, next_offset: int) -> None:
        line, self.line = self.line, b""
        if not line:
            if self.data is not None:
                event = Seen(
                    self.event or "message",
                    self.data,
                    self.last_id,
                    self.retry,
                    self.block_start,
                    known,
                )
                self.events.append(event)
            self.new_block()
            self.block_start = next_offset
            return
        self.size += self.cost(line)
        self.check(self.size)
        name, _, value = line.partition(COLON)
        value = value.removeprefix(SPACE)
        text = value.decode("utf-8", "replace")
        if name == b"event":
            self.event = text
        elif name == b"data":
            self.data = value if self.data is None else self.data + LF + value
        elif name == b"id":
            if "\0" not in text:
                self.last_id = text
        elif name == b"retry" and text and all(c in "0123456789" for c in text):
            # The rule has no bound. This project's is 18 digits without leading zeros.
            digits = text.lstrip("0") or "0"
            if len(digits) <= 18:
                self.retry = int(digits)

    def run(self, stream: bytes, *, flush: bool) -> None:
        position = 0
        if stream.startswith(BOM):
            position = self.block_start = len(BOM)
        while position < len(stream):
            byte = stream[position : position + 1]
            position += 1
            known = position
            if byte == CR:
                if stream[position : position + 1] == LF:
                    position += 1
                self.end_of_line(known, position)
            elif byte == LF:
                self.end_of_line(known, position)
            else:
                self.line += byte
        if self.line.partition(COLON)[2]:
            # A line counts from the first byte behind its colon.
            self.check(self.size + self.cost(self.line))
        if flush:
            if self.line:
                self.end_of_line(position, position)
            self.end_of_line(position, position)


def decode(stream: bytes, *, limit: int | None = None, flush: bool = False) -> Outcome:
    """Return what any correct decoder gives for these bytes in any cut."""
    reference = Reference(limit)
    try:
        reference.run(stream, flush=flush)
    except TooLarge:
        return Outcome(reference.events, reference.block_start)
    return Outcome(reference.events, None)
