"""A recorded response as a transport: replaying is a conversation with a file.

A recording thus ends as its stream would have ended on a network, in the same words.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from runs_core.errors import TransportProtocolError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Headers, Request
from runs_transports._extras import missing
from runs_transports.cli.errors import CommandError

__all__ = ["Recording"]

_READ_BYTES = 64 * 1024
# The longest first line, or head of an HTTP response, that is inspected.
_MAX_START = 64 * 1024
# Event streams compress well: they can grow a thousandfold.
_MAX_INFLATED = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_FIELD = re.compile(rb"(?:event|data|id|retry)?:")
# What 'runs-core runs stream' and 'runs-core replay --events' write.
_WRITTEN = re.compile(rb'\{"event": "([\w.]+)", "data": (.*)\}\s*')
_WRITTEN_START = re.compile(rb'\{"event": "[\w.]+", "data": ')
_EVENT_STREAM = "text/event-stream"
_JSON = "application/json"

# How much of a recording is inspected to tell what it is: a line, or a word.
_LINE = re.compile(rb"\S.*[\r\n]")
_WORD = re.compile(rb"\S(?s:.){15}")
_HEAD = re.compile(rb"\n\r?\n")
# A chunk's size (RFC 9112 section 7.1), perhaps cut off.
_CHUNK = re.compile(rb"[0-9A-Fa-f]{0,16}(?:[ \t]*(?:;.*)?\r|\Z)")
_DONE = re.compile(rb"[\r\n]data: ?\[DONE\]")


class Recording:
    """Plays one recording: an event stream, JSON, or an HTTP response with either.

    `read` returns the next piece of the file, `b""` at its end. How a recording begins
    tells what it is. `head` is the response's own, or the one it would have had. Events
    that were written as lines of JSON become a stream again.
    Raises `CommandError` for anything else.
    """

    errors: tuple[type[BaseException], ...] = (OSError,)

    def __init__(self, read: Callable[[int], bytes]) -> None:
        start, pieces = _peeked(iter(lambda: read(_READ_BYTES), b""))
        if start.startswith(_GZIP):
            raise CommandError("it is compressed with gzip: unpack it first")
        self.head = Head(200)
        if start.startswith(b"HTTP/"):
            self.head, pieces = _http(pieces)
            pieces = _decoded(self.head, pieces)
        # An error needs no body, and is one whatever that is.
        if self.head.status < 300 and not self.head.content_type:
            start, pieces = _peeked(pieces)
            kind = _content_type(start)
            if kind == _JSON and _WRITTEN_START.match(start):
                kind, pieces = _EVENT_STREAM, _streamed(pieces)
            fields = self.head.headers.merged([("content-type", kind)])
            self.head = Head(self.head.status, fields)
        self._pieces = pieces
        self._read = b"\n"

    @property
    def is_stream(self) -> bool:
        """Whether it is an event stream."""
        return self.head.status == 200 and self.head.content_type == _EVENT_STREAM

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        """Yield the recorded response, whatever the request is."""

        def read() -> bytes:
            if piece := next(self._pieces, b""):
                # Keep as much before it as the line with `[DONE]` may take.
                self._read = self._read[-16:] + piece
            return piece

        yield Opened(self.head, read)

    def unread(self) -> int:
        """Count the bytes after the stream's `[DONE]` and the blank lines behind it."""
        done = _DONE.search(self._read)
        if done is None:
            return 0
        count = 0
        for piece in chain([self._read[done.end() :]], self._pieces):
            count += len(piece if count else piece.lstrip())
        return count

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(seconds)


def _peeked(
    pieces: Iterable[bytes], until: re.Pattern[bytes] = _LINE
) -> tuple[bytes, Iterator[bytes]]:
    """Return at least the first line that is not blank, and all pieces again."""
    rest = iter(pieces)
    start = b""
    while len(start) < _MAX_START and not until.search(start):
        piece = next(rest, b"")
        if not piece:
            break
        start += piece
    return start, chain([start], rest) if start else rest


def _content_type(start: bytes) -> str:
    if _FIELD.match(text := _text(start)):
        return _EVENT_STREAM
    if text.startswith((b"{", b"[")):
        return _JSON
    raise CommandError(
        "there is nothing in it"
        if not text
        else "it is not a recording: neither an event stream, nor an HTTP response,"
        " nor a JSON object"
    )


def _is_text(start: bytes) -> bool:
    text = _text(start)
    return text.startswith((b"{", b"[", b"<")) or _FIELD.match(text) is not None


def _text(start: bytes) -> bytes:
    return start.removeprefix(_BOM).lstrip()


def _streamed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the event stream that was written as lines of JSON, one for each event."""
    for number, line in enumerate(_lines(pieces), 1):
        written = _WRITTEN.fullmatch(line)
        if written is None:
            raise TransportProtocolError(
                f"line {number} is not an event as 'runs-core runs stream' writes it"
            )
        yield b"event: %b\ndata: %b\n\n" % written.groups()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield b"".join((*begun, line))
            begun = []
        begun.append(rest)
    if last := b"".join(begun):
        yield last


# --- HTTP responses ----------------------------------------------------------------


def _http(pieces: Iterator[bytes]) -> tuple[Head, Iterator[bytes]]:
    """Return the head of a recorded response and the pieces of its body."""
    try:
        import h11
    except ModuleNotFoundError:
        raise CommandError(missing("a recorded HTTP response", "h11", "cli")) from None
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_START)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "file")]))
    connection.send(h11.EndOfMessage())

    def next_event(pieces: Iterator[bytes]) -> object:
        try:
            while (event := connection.next_event()) is h11.NEED_DATA:
                connection.receive_data(next(pieces, b""))
        except h11.RemoteProtocolError as error:
            # After the colon, h11 quotes what it was given.
            why = str(error).partition(":")[0]
            raise TransportProtocolError(
                f"the recorded response is not complete, valid HTTP/1.1: {why}"
            ) from None
        return event

    def framed(pieces: Iterator[bytes]) -> Iterator[bytes]:
        while isinstance(event := next_event(pieces), h11.Data):
            yield bytes(event.data)

    event: object = None
    while event is None or isinstance(event, h11.InformationalResponse):
        start, pieces = _head_and_rest(pieces)
        event = next_event(iter([start]))
    if not isinstance(event, h11.Response):
        raise TransportProtocolError("the recorded response switches protocols")
    fields = ((name.decode(), value.decode("latin-1")) for name, value in event.headers)
    head = Head(event.status_code, Headers(fields))
    as_it_stands, pieces = _is_bare(head, pieces)
    return head, pieces if as_it_stands else framed(pieces)


def _head_and_rest(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return a head with its blank line, as HTTP/1.1, and what follows it."""
    start, pieces = _peeked(pieces, _HEAD)
    next(pieces, None)  # Drop the start, which is split here.
    found = _HEAD.search(start)
    end = found.end() if found else len(start)
    head, rest = start[:end], start[end:]
    # HTTP/2 and HTTP/3 have no head in this form: curl writes one for them.
    head = re.sub(rb"\AHTTP/[23](?:\.0)?(?= )", b"HTTP/1.1", head)
    return head, chain([rest], pieces) if rest else pieces


def _is_bare(head: Head, pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether the framing that the head names is gone, and all pieces again.

    `curl -i` writes the head as it came, but the body without chunks. With --compressed
    it unpacks the body too, so that the head's length does not apply either.
    """
    coding = head.headers.get("transfer-encoding") or ""
    if "chunked" in coding.lower():
        start, pieces = _peeked(pieces)
        return not _CHUNK.match(start), pieces
    start, pieces = _peeked(pieces, _WORD)
    return "content-encoding" in head.headers and _is_text(start), pieces


def _decoded(head: Head, pieces: Iterator[bytes]) -> Iterator[bytes]:
    coding = (head.headers.get("content-encoding") or "identity").strip().lower()
    if coding == "identity":
        return pieces
    start, pieces = _peeked(pieces, _WORD)
    if _is_text(start):  # It was decoded before it was written.
        return pieces
    if coding in ("gzip", "x-gzip"):
        return _inflated(pieces)
    raise CommandError(
        f"the recorded response is in the encoding {coding!r}; only gzip is decoded:"
        " record it with 'Accept-Encoding: identity'"
    )


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    room = _MAX_INFLATED
    for piece in pieces:
        while piece:
            try:
                data = inflater.decompress(piece, _READ_BYTES)
            except zlib.error:
                raise TransportProtocolError(
                    "the recorded response is not gzip, although its header says so"
                ) from None
            room -= len(data)
            if room < 0:
                raise TransportProtocolError(
                    f"the recorded response unpacks to more than {_MAX_INFLATED} bytes"
                )
            if data:
                yield data
            piece = inflater.unconsumed_tail
        if inflater.eof:
            return
    raise TransportProtocolError("the recorded response's gzip is cut off")
