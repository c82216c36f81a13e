"""What a peer may respond, and what a transport must make of it, as data.

Each scenario is all that a peer sends in response to one GET before it closes the
connection. `runs_transports.conformance` tests transports with them on loopback; to
test without pytest, or without sockets, use them directly. RFC 9112.
"""

from __future__ import annotations

from attrs import frozen

__all__ = [
    "CODED",
    "CUT",
    "CUT_FINELY",
    "FOREIGN",
    "FRAMED",
    "PECULIAR",
    "UNCLEAR",
    "Scenario",
]


@frozen
class Scenario:
    """A peer's response. `body` is the decoded body; None if reading it must raise."""

    name: str
    data: bytes
    body: bytes | None = None

    def __str__(self) -> str:
        return self.name


_START = b"HTTP/1.1 200 OK\r\n"
_HEAD = _START + b"Content-Type: text/event-stream\r\n"
_LENGTH = _HEAD + b"Content-Length: 11\r\n\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_BODY = b"hello world"

FRAMED = (
    Scenario("length", _LENGTH + _BODY, _BODY),
    Scenario("chunked", _CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", _BODY),
    Scenario("unframed", _HEAD + b"\r\n" + _BODY, _BODY),
    Scenario("closing", _HEAD + b"Connection: close\r\n\r\n" + _BODY, _BODY),
    Scenario("http-1.0", _HEAD.replace(b"1.1", b"1.0") + b"\r\n" + _BODY, _BODY),
    Scenario("continue", b"HTTP/1.1 100 Continue\r\n\r\n" + _LENGTH + _BODY, _BODY),
)
"""Complete responses, as servers commonly send them."""

PECULIAR = (
    Scenario(
        "chunk extensions and trailers",
        _CHUNKED + b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n",
        _BODY,
    ),
    Scenario("bare LF", _LENGTH.replace(b"\r\n", b"\n") + _BODY, _BODY),
    Scenario("mixed line ends", _HEAD + b"Content-Length: 11\n\r\n" + _BODY, _BODY),
    Scenario(
        "folded field",
        _HEAD + b"X: a,\r\n  b\r\nContent-Length:11\r\n\r\n" + _BODY,
        _BODY,
    ),
    Scenario(
        "repeated length",
        b"HTTP/1.1 200\r\nContent-Length: 11, 11\r\n\r\n" + _BODY,
        _BODY,
    ),
    *(
        Scenario(
            f"interim {status}",
            b"HTTP/1.1 %d Wait\r\nLink: </x>\r\n\r\n" % status * 3 + _LENGTH + _BODY,
            _BODY,
        )
        for status in (100, 102, 103)
    ),
    Scenario(
        "many fields",
        _HEAD + b"X-Policy: a\r\n" * 150 + b"Content-Length: 11\r\n\r\n" + _BODY,
        _BODY,
    ),
    Scenario(
        "identity by name",
        _HEAD + b"Content-Encoding: Identity\r\nContent-Length: 11\r\n\r\n" + _BODY,
        _BODY,
    ),
)
"""Complete responses that are rarer, but must be read."""

CUT = tuple(
    Scenario(f"cut after {name}", data)
    for name, data in {
        "nothing": b"",
        "two bytes": b"HT",
        "a head with length": _LENGTH,
        "most of the body": _LENGTH + _BODY[:-1],
        "a chunked head": _CHUNKED,
        "a chunk's size": _CHUNKED + b"5",
        "a chunk's size line": _CHUNKED + b"5\r\n",
        "half a chunk": _CHUNKED + b"5\r\nhe",
        "a chunk's data": _CHUNKED + b"5\r\nhello",
        "a chunk": _CHUNKED + b"5\r\nhello\r\n",
    }.items()
)
"""Responses that end too early: taken for complete, they would say something else."""

CUT_FINELY = tuple(
    Scenario(f"cut after {name}", data)
    for name, data in {
        "the status line": _START,
        "half a field": _START + b"Content-Le",
        "a field": _HEAD,
        "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
        "early hints": b"HTTP/1.1 103 Early Hints\r\n\r\n",
        "the last chunk's size": _CHUNKED + b"5\r\nhello\r\n0",
    }.items()
)
"""The same, at places where many HTTP libraries notice nothing."""

FOREIGN = tuple(
    Scenario(name, data)
    for name, data in {
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "TLS": b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n",
        "blank lines": b"\r\n\r\n\r\n",
        "no status": b"HTTP/1.1 two hundred\r\n\r\n",
        "no head": b"<html>no head</html>",
    }.items()
)
"""Bytes that are not an HTTP response at all."""

UNCLEAR = (
    Scenario(
        "another protocol",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ),
    Scenario("endless interim", b"HTTP/1.1 102 Processing\r\n\r\n" * 1000),
    *(
        Scenario(name, _HEAD + data)
        for name, data in {
            "chunk size of letters": (
                b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"
            ),
            **{
                f"chunk size {size!r}": (
                    b"Transfer-Encoding: chunked\r\n\r\n"
                    b"%s\r\nabc\r\n0\r\n\r\n" % size.encode()
                )
                for size in ("-1", "+3", " 3", "0x3", "0_3", "")
            },
            "chunk without its line end": (
                b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n"
            ),
            "trailer without a colon": (
                b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nno colon\r\n\r\n"
            ),
            "length beside chunks": (
                b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3\r\nabc\r\n0\r\n\r\n"
            ),
            "length of 5000 digits": (
                b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc"
            ),
            "chunk longer than said": (
                b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"
            ),
            "two lengths": b"Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc",
            "negative length": b"Content-Length: -1\r\n\r\nabc",
            "length that is a sum": b"Content-Length: 3-0\r\n\r\nabc",
            "unknown coding": b"Transfer-Encoding: gzip\r\n\r\nabc",
            "chunked twice": (
                b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\nabc"
            ),
            "space in a name": b"Content Length: 3\r\n\r\nabc",
            "space after a name": b"Content-Length : 3\r\n\r\nabc",
            "no colon": b"no colon\r\n\r\nabc",
            "NUL": b"X: a\0b\r\n\r\nabc",
            "CR in a value": b"X: a\rContent-Length: 3\r\n\r\nabc",
            "no name": b": no name\r\n\r\nabc",
        }.items()
    ),
)
"""Responses that can be read in two ways; a middlebox may choose the other one."""

CODED = tuple(
    Scenario(
        f"coded {coding}",
        _HEAD
        + f"Content-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n".encode()
        # The beginning of every gzip stream; as text it would be nonsense.
        + b"\x1f\x8b",
    )
    for coding in ("gzip", "br", "zstd", "deflate", "identity, gzip", "x-unknown")
)
"""Responses in a coding that was not asked for; a few bytes can mean gigabytes."""
