"""Streams cut at every byte: none that is incomplete is ever taken for complete.

The events before a cut decide how it ends. So the decoder is tried at every
byte, and the flow around every event's end; `python -m tests.torture.cuts` tries the
flow at every byte too, which takes minutes.
"""

from __future__ import annotations

import pytest

from runs_core import RunEventDecoder
from runs_core.errors import MalformedEvent
from runs_core.testing.torture import pieces, truncations
from tests.models.samples import needs_recordings
from tests.torture.cuts import (
    SCRIPTS,
    Stream,
    ended_in,
    recorded_streams,
    scripted_streams,
)

STREAMS = [*scripted_streams(), *recorded_streams()]


@pytest.fixture(params=STREAMS, ids=str)
def stream(request: pytest.FixtureRequest) -> Stream:
    result: Stream = request.param
    return result


def test_promise_3_a_cut_stream_is_complete_only_after_its_runs_end(
    stream: Stream,
) -> None:
    lengths = {0, len(stream.data), *range(0, len(stream.data), 997)}
    for end in stream.ends:
        lengths |= {end - 1, end}
    for number, length in enumerate(sorted(lengths)):
        outcome = ended_in([stream.data[:length]], broken=number % 4 > 1)
        assert (length, outcome) == (length, stream.expected(length))


def test_promise_3_an_event_counts_from_its_last_byte_on(stream: Stream) -> None:
    start = 0
    for end in stream.ends:
        block = stream.data[start:end]
        for cut in truncations(block):
            decoder = RunEventDecoder()
            assert decoder.feed(cut) == []
            assert not decoder.done
            assert decoder.close() == []
        decoder = RunEventDecoder()
        try:
            given = len(decoder.feed(block))
            decoder.close()
        except MalformedEvent:
            given = 1
        assert given == 1 - decoder.done
        start = end


def test_promise_3_how_a_stream_ends_does_not_depend_on_its_pieces(
    stream: Stream,
) -> None:
    outcome = stream.expected(len(stream.data))
    for size in (5, 64, 4096):
        assert ended_in(pieces(stream.data, size)) == outcome


def test_the_scripts_end_in_all_the_ways_that_there_are() -> None:
    scripted = list(scripted_streams())
    outcomes = {stream.expected(len(stream.data)) for stream in scripted}

    assert outcomes == {"complete", "StreamTruncated", "StreamError", "MalformedEvent"}
    assert len(scripted) == len(SCRIPTS) + 2
    assert all(len(stream.ends) > 1 for stream in STREAMS)


@needs_recordings
def test_recorded_streams_are_cut_too() -> None:
    outcomes = [s.expected(len(s.data)) for s in recorded_streams()]

    assert outcomes.count("complete") > 5
    assert {"MalformedEvent", "StreamTruncated"} < set(outcomes)
