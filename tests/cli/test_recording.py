"""A recording of any bytes, in any cut, plays the same or says what is wrong."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import RunsError
from runs_core.testing import Say, Script
from runs_core.wire.http import Request
from runs_transports.cli.errors import CommandError
from runs_transports.cli.recording import Recording
from tests.cli.command import chunked, recorded

STREAM = recorded(Script([Say("Hello, world!")]))
TYPED = "Content-Type: text/event-stream"


def by_curl(version: str, *fields: str, body: bytes = STREAM) -> bytes:
    """What `curl -i` writes: the head as it came, and the body as it was meant."""
    return "\r\n".join([f"HTTP/{version} ", TYPED, *fields, "", ""]).encode() + body


BY_CURL = [
    by_curl("1.1 200", "Transfer-Encoding: chunked"),
    by_curl("1.1 200", "Transfer-Encoding: chunked", "Content-Encoding: gzip"),
    by_curl("1.1 200", "Content-Encoding: br", "Content-Length: 7"),
    by_curl("1.1 100", body=by_curl("1.1 200", "Transfer-Encoding: chunked")),
    by_curl("2 200"),
    by_curl("2 103", body=by_curl("2 200", "content-encoding: gzip")),
    by_curl("3 200"),
]
AS_LINES = b"".join(
    b'{"event": "%b", "data": %b}\n' % tuple(event.split(b"\n"))
    for event in STREAM.replace(b"event: ", b"").replace(b"data: ", b"").split(b"\n\n")
    if event and b"[DONE]" not in event
)
SAMPLES = [
    STREAM,
    b'\xef\xbb\xbf {"object": "thread.run", "id": "run_1"}',
    chunked(STREAM, TYPED),
    chunked(gzip.compress(STREAM, mtime=0), TYPED, "Content-Encoding: gzip"),
    b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>No",
    *BY_CURL,
    AS_LINES,
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


@pytest.mark.parametrize("data", BY_CURL)
@pytest.mark.parametrize("size", [1, 2, 97, 100_000])
def test_what_curl_writes_is_the_stream_as_it_came(data, size):
    assert played(data, [size])[0] == STREAM


@pytest.mark.parametrize("data", BY_CURL[:2])
def test_promise_3_what_is_cut_off_is_the_beginning_of_the_stream(data):
    head = len(data) - len(STREAM)
    # Before the first word is whole, it could be something else.
    for end in range(head + 16, len(data), 3):
        assert played(data[:end], [97])[0] == data[head:end]


def test_events_that_were_written_as_json_are_a_stream_again():
    stream, status, kind = played(AS_LINES, [97])

    assert stream == STREAM.removesuffix(b"event: done\ndata: [DONE]\n\n")
    assert (status, kind) == (200, "text/event-stream")


def test_a_line_that_is_no_event_is_named():
    wrong = played(AS_LINES + b'{"event": "x"}', [97])

    line = AS_LINES.count(b"\n") + 1
    assert wrong[2] == (
        f"line {line} is not an event as 'runs-core runs stream' writes it"
    )


@pytest.mark.parametrize("size", [1, 97, 100_000])
@pytest.mark.parametrize(
    ("more", "count"), [(b"", 0), (b"\r\n", 0), (b"\n: x\n", 4), (STREAM, len(STREAM))]
)
def test_what_follows_the_end_of_a_stream_is_counted(size, more, count):
    file = io.BytesIO(STREAM + more)
    recording = Recording(lambda wanted: file.read(min(size, wanted)))
    with recording.open(GET) as opened:
        read = opened.read()
        while b"[DONE]\n\n" not in read:
            read += opened.read()

    assert recording.unread() == count
