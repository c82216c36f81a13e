"""Event streams, and the events that WHATWG HTML section 9.2.6 says they have."""

from __future__ import annotations

from attrs import frozen

from benchmarks.streams.styles import Frame

__all__ = ["CASES", "Case"]


@frozen
class Case:
    """A stream, what it is about, and its events."""

    about: str
    stream: bytes
    events: tuple[Frame, ...]


def _case(about: str, stream: bytes, *events: tuple[str, ...]) -> Case:
    return Case(about, stream, tuple(Frame(*event) for event in events))


_X = ("message", "x")

CASES = (
    _case("an event with a name", b"event: a\ndata: x\n\n", ("a", "x")),
    _case("an event without a name is a message", b"data: x\n\n", _X),
    _case("an empty name, too", b"event:\ndata: x\n\n", _X),
    _case("the last name counts", b"event: a\nevent: b\ndata:x\n\n", ("b", "x")),
    _case(
        "a name is for its event only",
        b"event: a\ndata: x\n\ndata: y\n\n",
        ("a", "x"),
        ("message", "y"),
    ),
    _case("data lines are joined", b"data: a\ndata: b\n\n", ("message", "a\nb")),
    _case("empty data lines count", b"data\ndata\n\n", ("message", "\n")),
    _case("data that is empty is data", b"data:\n\n", ("message", "")),
    _case("an event without data is none", b"event: a\n\ndata: x\n\n", _X),
    _case("only an id is no event", b"id: 1\n\ndata: x\n\n", (*_X, "1")),
    _case("only a retry is no event", b"retry: 10\n\ndata: x\n\n", _X),
    _case("one space is taken off", b"data:  x\n\n", ("message", " x")),
    _case("a tab is not", b"data:\tx\n\n", ("message", "\tx")),
    _case("spaces at the end stay", b"data: x  \n\n", ("message", "x  ")),
    _case("no space is needed", b"data:x\n\n", _X),
    _case("colons may be in a value", b"data: a:b: c\n\n", ("message", "a:b: c")),
    _case("a field in capitals is unknown", b"Data: y\ndata: x\n\n", _X),
    _case("a space before the colon, too", b"data : y\ndata: x\n\n", _X),
    _case("unknown fields are ignored", b"foo: y\nbar\ndata: x\n\n", _X),
    _case("comments are ignored", b": hello\ndata: x\n:\n\n", _X),
    _case("a comment between events is none", b"data: x\n\n: ping\n\n", _X),
    _case(
        "nor is one after an id",
        b"id: 1\ndata: x\n\n: ping\n\ndata: y\n\n",
        (*_X, "1"),
        ("message", "y", "1"),
    ),
    _case("blank lines are nothing", b"\n\n\ndata: x\n\n\n\n", _X),
    _case("CRLF ends lines", b"event: a\r\ndata: x\r\n\r\n", ("a", "x")),
    _case("CR ends lines", b"event: a\rdata: x\r\r", ("a", "x")),
    _case(
        "all three do in one stream",
        b"data: a\r\ndata: b\ndata: c\r\n\ndata: x\r\r",
        ("message", "a\nb\nc"),
        _X,
    ),
    _case("CRLF is one end", b"data: a\r\ndata: b\r\n\r\n", ("message", "a\nb")),
    _case(
        "U+2028, U+0085 and form feed are no line ends",
        "data: a\u2028b\x85c\x0cd\x0be\n\n".encode(),
        ("message", "a\u2028b\x85c\x0cd\x0be"),
    ),
    _case("a byte order mark is skipped", b"\xef\xbb\xbfdata: x\n\n", _X),
    _case(
        "a second one is not",
        b"\xef\xbb\xbf\xef\xbb\xbfdata: y\n\ndata: x\n\n",
        _X,
    ),
    _case("UTF-8 may be cut", "data: é🙂\n\n".encode(), ("message", "é🙂")),
    _case(
        "bytes that are not UTF-8 are U+FFFD",
        b"data: a\xffb\n\ndata: x\n\n",
        ("message", "a\ufffdb"),
        _X,
    ),
    _case("NUL in data is data", b"data: a\0b\n\n", ("message", "a\0b")),
    _case(
        "an id stays until another comes",
        b"id: 1\ndata: x\n\ndata: y\n\nid: 2\ndata: z\n\n",
        (*_X, "1"),
        ("message", "y", "1"),
        ("message", "z", "2"),
    ),
    _case(
        "an empty id takes it back",
        b"id: 1\ndata: x\n\nid\ndata: y\n\n",
        (*_X, "1"),
        ("message", "y", ""),
    ),
    _case(
        "an id with NUL is ignored",
        b"id: 1\ndata: x\n\nid: 2\x003\ndata: y\n\n",
        (*_X, "1"),
        ("message", "y", "1"),
    ),
    _case("an event that is cut off is dropped", b"data: x\n\ndata: y", _X),
    _case("also one that lacks its blank line", b"data: x\n\ndata: y\n", _X),
    _case("a stream may be empty", b""),
)
