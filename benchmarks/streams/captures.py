"""Recorded streams, read from a folder outside of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import h11

from benchmarks.streams.inputs import Input
from benchmarks.streams.styles import Frame
from tests.wire.sse_reference import decode

__all__ = ["frames_in", "has_streams", "recorded", "without_events"]


def recorded(folder: Path) -> list[Input]:
    """Return one input for each folder in this one, with the event streams below it.

    They are `*.sse` files and `*.response.raw` HTTP responses; the tests' reference
    decoder says what is in them. Streams without an event are left out.
    """
    found = []
    for origin in _folders(folder):
        written = [(stream, frames_in(stream)) for stream in _streams(origin)]
        written = [(stream, frames) for stream, frames in written if frames]
        if written:
            found.append(Input.of(_name(origin), written))
    return found


def has_streams(folder: Path) -> bool:
    """Whether there are event streams, perhaps without an event."""
    return any(True for origin in _folders(folder) for _ in _streams(origin))


def without_events(folder: Path, inputs: Iterable[Input]) -> list[str]:
    """Return the names of the folders in this one that are not among the inputs."""
    known = {input.name for input in inputs}
    return [name for name in map(_name, _folders(folder)) if name not in known]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _name(origin: Path) -> str:
    return f"recorded: {origin.name}"


def _streams(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        # A folder may have such a name, and a link may lead nowhere.
        if not path.is_file():
            continue
        if path.suffix == ".sse":
            yield path.read_bytes()
        elif path.name.endswith(".response.raw"):
            body = _event_stream(path.read_bytes())
            if body:
                yield body


def _event_stream(answer: bytes) -> bytes:
    """Return the body of an HTTP response, or nothing if it is not an event stream."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "any")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(answer)
    connection.receive_data(b"")
    body = b""
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                headers = dict(event.headers)
                kind = headers.get(b"content-type", b"")
                if not kind.lower().startswith(b"text/event-stream"):
                    return b""
                if b"content-encoding" in headers:
                    return b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                return body
    except h11.RemoteProtocolError:
        # A recording that was cut off: what is there can be used.
        pass
    return body


def frames_in(stream: bytes) -> list[Frame]:
    """Return the frames of a stream, as the tests' reference decoder reads them."""
    return [
        Frame(event.event, event.data.decode("utf-8", "replace"), event.id)
        for event in decode(stream).events
    ]
