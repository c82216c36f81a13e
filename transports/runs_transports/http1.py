"""One HTTP/1.1 exchange, bytes in and bytes out: a transport without the I/O.

A blocking transport, without its timeouts and errors::

    exchange = Http1Exchange(request)
    connection = ...  # to exchange.address.host and .port; TLS if .tls
    connection.send(exchange.data_to_send)
    while exchange.head is None:
        exchange.receive(connection.receive())
    while (piece := exchange.next_piece()) != b"":
        if piece is None:
            exchange.receive(connection.receive())
"""

from __future__ import annotations

import re

from runs_core.errors import InvalidHeader, TransportProtocolError
from runs_core.wire.http import Head, Request
from runs_transports._errors import (
    CUT_BODY,
    CUT_HEAD,
    ENDLESS_INTERIM,
    LONG_HEAD,
    SWITCHED,
    TWO_FRAMINGS,
)
from runs_transports._extras import comes_with
from runs_transports._request import (
    MAX_HEAD_BYTES,
    MAX_INTERIM,
    Address,
    fields_to_send,
    is_withheld,
)

with comes_with("sockets", __name__):
    import h11

__all__ = ["READ_BYTES", "Address", "Http1Exchange"]

# How much to read from a connection at once: TLS records are 16 KiB, and 64 KiB is what
# the kernel's loopback and most receive windows can have ready.
READ_BYTES = 64 * 1024

# Bytes in a message of h11, and what comes before them.
_QUOTED = re.compile(r""":? *\b(?:b['"]|bytearray\()""")


class Http1Exchange:
    """One request and its response, on a connection of their own.

    `data_to_send` is the whole request. Send it, then pass to `receive` what the peer
    sends, until `head` is known; after that `next_piece` returns the body, and None
    whenever it needs `receive` first.

    Raises `UsageError` for a request that cannot be sent. `receive` and `next_piece`
    raise `TransportProtocolError` if the peer breaks HTTP or ends its response early;
    the exchange is then over. Close the connection then, and after the body's end: it
    cannot carry another exchange, unless `keep_alive` was requested and `reusable` says
    at the end that the peer agreed.
    """

    address: Address
    data_to_send: bytes
    head: Head | None = None

    def __init__(self, request: Request, *, keep_alive: bool = False) -> None:
        self.address = Address.of(request.url)
        self._keep_alive = keep_alive
        self._connection = h11.Connection(
            h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES
        )
        self._interim = 0
        self._closed = self._withheld = False
        self._fault: TransportProtocolError | None = None
        self.data_to_send = self._encode(request)

    def _encode(self, request: Request) -> bytes:
        fields = fields_to_send(request)
        if "host" not in request.headers:
            fields.insert(0, ("host", self.address.host_header))
        if not self._keep_alive:
            fields.append(("connection", "close"))
        try:
            start = h11.Request(
                method=request.method, target=self.address.target, headers=fields
            )
            data = self._connection.send(start) or b""
            if request.body:
                data += self._connection.send(h11.Data(data=request.body)) or b""
            return data + (self._connection.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError:
            # h11 quotes the field's value, which may be a key.
            raise InvalidHeader(
                "these headers cannot be sent together in one HTTP/1.1 request"
            ) from None

    def receive(self, data: bytes | bytearray) -> None:
        """Take what the peer sent, in pieces of any size; `b""` if it has closed."""
        self._closed = self._closed or not data
        self._connection.receive_data(bytes(data))
        while self.head is None:
            event = self._next_event()
            if event is h11.NEED_DATA:
                return
            if isinstance(event, h11.Response):
                self.head = self._checked(event)
            else:
                self._skip(event)

    def _checked(self, event: h11.Response) -> Head:
        head = Head(
            event.status_code,
            ((name.decode(), _text(value)) for name, value in event.headers),
        )
        self._withheld = is_withheld(head, self.address)
        # RFC 9112 section 6.3: an attempt at smuggling that "ought to be handled as an
        # error". h11 would follow the chunks, a middlebox perhaps the length.
        if {"transfer-encoding", "content-length"} <= {
            name for name, _ in head.headers
        }:
            raise TransportProtocolError(f"{self.address} {TWO_FRAMINGS}")
        return head

    def _skip(self, event: object) -> None:
        self._interim += 1
        if not isinstance(event, h11.InformationalResponse):
            # After 101, to a request that asks for another protocol in its headers.
            raise TransportProtocolError(f"{self.address} {SWITCHED}")
        if self._interim > MAX_INTERIM:
            raise TransportProtocolError(f"{self.address} {ENDLESS_INTERIM}")

    @property
    def refused(self) -> bool:
        """Whether a response has begun that makes the rest of the request pointless.

        RFC 9112 section 9.5: a client that is sending ought to watch for one.
        """
        return self.head is not None and self.head.status >= 300

    def next_piece(self) -> bytes | None:
        """Return what has come of the body, `b""` at its end, None if more must come.

        What came before a fault is returned first; the next call raises. A body in a
        coding, which can only be that of an error, looks empty.
        """
        if self._withheld:
            return b""
        if self._fault is not None:
            raise self._fault
        pieces: list[bytes] = []
        try:
            while isinstance(event := self._next_event(), h11.Data):
                pieces.append(bytes(event.data))
        except TransportProtocolError as fault:
            if not pieces:
                raise
            self._fault = fault
            return b"".join(pieces)
        if pieces:
            return b"".join(pieces)
        return None if event is h11.NEED_DATA else b""

    @property
    def reusable(self) -> bool:
        """Whether the response is over and the connection can carry another exchange.

        False until the end of the body has been returned, and if more has come than
        the response.
        """
        connection = self._connection
        return (
            connection.our_state is connection.their_state is h11.DONE
            and connection.trailing_data == (b"", False)
        )

    def _next_event(self) -> object:
        connection = self._connection
        if connection.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED):
            return h11.EndOfMessage()
        try:
            return connection.next_event()
        except h11.RemoteProtocolError as error:
            raise self._broken(error) from None

    def cut_off(self) -> TransportProtocolError:
        """Return the error for a connection that was reset.

        To `receive`, `b""` could be the end of a body whose length is not known. Raise
        it `from None`: asyncio raises the reset again when the connection is closed,
        and each would be the reason of the other.
        """
        fault = CUT_BODY if self.head else CUT_HEAD
        return TransportProtocolError(f"{self.address} {fault}")

    def _broken(self, error: h11.RemoteProtocolError) -> TransportProtocolError:
        if error.error_status_hint == 431:
            fault = LONG_HEAD
        elif self._closed:
            fault = CUT_BODY if self.head else CUT_HEAD
        elif "_SWITCH_" in str(error):
            # A 101 that was not requested; h11 has no type of its own for it.
            fault = SWITCHED
        else:
            # Where h11 quotes what the peer sent, it does so after a colon.
            fault = f"broke HTTP/1.1: {_QUOTED.split(str(error), maxsplit=1)[0]}"
        return TransportProtocolError(f"{self.address} {fault}")


def _text(value: bytes) -> str:
    # RFC 9110 section 5.5: beyond ASCII, field values are opaque bytes.
    return value.decode("latin-1")
