"""A recording of any bytes, in any cut, plays alike or says what is wrong with it."""

from __future__ import annotations

import gzip
import io

from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import RunsError
from runs_core.testing import Say, Script
from runs_core.wire.http import Request
from runs_transports.cli.messages import CommandError
from runs_transports.cli.recording import Recording
from tests.cli.command import chunked, recorded

STREAM = recorded(Script([Say("Hello, world!")]))
TYPED = "Content-Type: text/event-stream"
SAMPLES = [
    STREAM,
    b'\xef\xbb\xbf {"object": "thread.run", "id": "run_1"}',
    chunked(STREAM, TYPED),
    chunked(gzip.compress(STREAM, mtime=0), TYPED, "Content-Encoding: gzip"),
    b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>No",
]
GET = Request(method="GET", url="http://recording")

cuts = st.lists(st.integers(1, 400), min_size=1, max_size=20)


def played(data: bytes, sizes: list[int]) -> tuple[object, ...]:
    """What comes of the recording when it is read in pieces of these sizes."""
    file = io.BytesIO(data)
    reads = 0

    def read(size: int) -> bytes:
        nonlocal reads
        reads += 1
        return file.read(min(size, sizes[reads % len(sizes)]))

    body = bytearray()
    try:
        recording = Recording(read)
        with recording.open(GET) as opened:
            while piece := opened.read():
                body += piece
    except (CommandError, RunsError) as error:
        return bytes(body), type(error), str(error)
    return bytes(body), recording.head.status, recording.head.content_type


@given(st.sampled_from(SAMPLES), cuts)
def test_a_recording_plays_alike_in_every_cut(data, sizes):
    assert played(data, sizes) == played(data, [len(data)])


@given(st.binary(max_size=300) | st.sampled_from(SAMPLES), st.data())
def test_any_bytes_play_or_say_what_is_wrong(data, draw):
    at = draw.draw(st.integers(0, len(data)))
    noise = draw.draw(st.binary(max_size=8))

    played(data[:at] + noise + data[at + len(noise) :], [97])
    played(b"HTTP/1.1 200 OK\r\n" + data[at:], [97])
