"""A recorded answer as a transport: replaying is a conversation with a file.

So that a recording ends as its stream would have ended on a network, in the same
words.
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
from runs_transports.cli.messages import CommandError

__all__ = ["Recording"]

_READ_BYTES = 64 * 1024
# The longest first line, or head of an HTTP response, that is looked at.
_MAX_START = 64 * 1024
# Compressed streams repeat themselves: a thousandfold is possible.
_MAX_INFLATED = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"(?:event|data|id|retry)?:")
_EVENT_STREAM = "text/event-stream"


class Recording:
    """Plays one recording: an event stream, JSON, or an HTTP/1.1 response with either.

    `read` gives the next piece of the file, `b""` at its end. What it is, is told from
    how it begins; `head` is the response's own, or the one it would have had.
    Raises `CommandError` for anything else.
    """

    errors: tuple[type[BaseException], ...] = (OSError,)

    def __init__(self, read: Callable[[int], bytes]) -> None:
        start, pieces = _peeked(iter(lambda: read(_READ_BYTES), b""))
        self.head = Head(200)
        if start.startswith(b"HTTP/"):
            self.head, pieces = _http(pieces)
            pieces = _decoded(self.head, pieces)
        if not self.head.content_type:
            start, pieces = _peeked(pieces)
            kind = [("content-type", _content_type(start))]
            self.head = Head(self.head.status, self.head.headers.merged(kind))
        self._pieces = pieces

    @property
    def is_stream(self) -> bool:
        """Whether it is an event stream."""
        return self.head.status == 200 and self.head.content_type == _EVENT_STREAM

    @contextmanager
    def open(self, request: Request) -> Iterator[Opened[bytes]]:
        """Give the recorded answer, whatever the request is."""
        yield Opened(self.head, lambda: next(self._pieces, b""))

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        time.sleep(seconds)


def _peeked(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Give the first line that is not blank, or more, and all pieces again."""
    rest = iter(pieces)
    start = b""
    while len(start) < _MAX_START and not re.search(rb"\S.*[\r\n]", start):
        piece = next(rest, b"")
        if not piece:
            break
        start += piece
    return start, chain([start], rest) if start else rest


def _content_type(start: bytes) -> str:
    text = start.removeprefix(_BOM).lstrip()
    if text.startswith((b"{", b"[")):
        return "application/json"
    if _FIELD.match(text):
        return _EVENT_STREAM
    raise CommandError(
        "there is nothing in it"
        if not text
        else "it is not a recording: neither an event stream, nor an HTTP/1.1"
        " response, nor a JSON object"
    )


# --- HTTP responses ----------------------------------------------------------------


def _http(pieces: Iterator[bytes]) -> tuple[Head, Iterator[bytes]]:
    """Give the head of a recorded response and the pieces of its body."""
    try:
        import h11
    except ModuleNotFoundError:
        raise CommandError(missing("a recorded HTTP response", "h11", "cli")) from None
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_START)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "file")]))
    connection.send(h11.EndOfMessage())

    def next_event() -> object:
        try:
            while (event := connection.next_event()) is h11.NEED_DATA:
                connection.receive_data(next(pieces, b""))
        except h11.RemoteProtocolError as error:
            # After the colon h11 quotes what it was given.
            why = str(error).partition(":")[0]
            raise TransportProtocolError(
                f"the recorded response is not whole HTTP/1.1: {why}"
            ) from None
        return event

    def body() -> Iterator[bytes]:
        while isinstance(event := next_event(), h11.Data):
            yield bytes(event.data)

    while isinstance(event := next_event(), h11.InformationalResponse):
        pass
    if not isinstance(event, h11.Response):
        raise TransportProtocolError("the recorded response switches protocols")
    fields = ((name.decode(), value.decode("latin-1")) for name, value in event.headers)
    return Head(event.status_code, Headers(fields)), body()


def _decoded(head: Head, pieces: Iterator[bytes]) -> Iterator[bytes]:
    coding = (head.headers.get("content-encoding") or "identity").strip().lower()
    if coding in ("gzip", "x-gzip"):
        return _inflated(pieces)
    if coding == "identity":
        return pieces
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
                    "the recorded response is not the gzip that its header says"
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
