import gzip
from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.streams.captures import recorded
from benchmarks.streams.cuts import CUTS, ONE_EVENT, cut
from benchmarks.streams.growing import (
    FRAMED,
    PUT_TOGETHER,
    Growing,
    Slices,
    huge_event,
)
from benchmarks.streams.inputs import GENERATED, Input, generate, pieces_of_json
from benchmarks.streams.styles import Frame
from tests.wire.sse_reference import decode


def frames_of(stream: bytes) -> list[Frame]:
    return [
        Frame(event.event, event.data.decode(), event.id)
        for event in decode(stream).events
    ]


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_stream_decodes_to_its_frames(name: str) -> None:
    input = generate(name, 60)

    assert [frames_of(stream) for stream in input.streams] == [
        list(frames) for frames in input.frames
    ]
    assert input.events > 60


@pytest.mark.parametrize("name", GENERATED)
def test_the_same_input_is_generated_each_time(name: str) -> None:
    assert generate(name, 40).digest == generate(name, 40).digest


def test_inputs_are_those_that_published_results_are_of() -> None:
    """Whoever changes an input changes this, and knows that old results are void."""
    digests = {name: generate(name, 40).digest for name in GENERATED}

    assert digests == DIGESTS


def test_ids_keys_and_spacing_of_an_unpredictable_stream_never_repeat() -> None:
    (frames,) = generate("unpredictable text", 60).frames
    deltas = [f for f in frames if f.event == "thread.message.delta"]
    heads = {delta.data[:60] for delta in deltas}

    assert len({delta.id for delta in deltas}) == len(deltas)
    assert len(heads) > len(deltas) // 3


@pytest.mark.parametrize("where", CUTS)
def test_a_cut_loses_nothing(where: str) -> None:
    (stream,) = generate("CRLF", 20).streams
    chunks = cut(stream, where)

    assert b"".join(chunks) == stream
    assert all(chunks)


def test_one_event_a_chunk_is_one_event_a_chunk() -> None:
    for name in ("text", "CRLF", "multi-line"):
        (chunks,) = generate(name, 20).cut(ONE_EVENT)

        assert [len(frames_of(chunk)) for chunk in chunks] == [1] * len(chunks)


def test_without_leaves_out_events_by_name() -> None:
    input = generate("multi-line", 20).without("thread.message.completed")
    (stream,), (frames,) = input.streams, input.frames

    assert frames_of(stream) == list(frames)
    assert "thread.message.completed" not in {frame.event for frame in frames}


def test_well_formed_keeps_the_streams_that_are_json() -> None:
    good = (b"data: {}\n\ndata: [DONE]\n\n", [("message", "{}"), ("message", "[DONE]")])
    bad = (b"data: {...}\n\n", [("message", "{...}")])
    written = [(stream, [Frame(*f) for f in frames]) for stream, frames in (good, bad)]
    kept = Input.of("both", written).well_formed()

    assert kept is not None
    assert kept.streams == (good[0],)
    assert Input.of("bad", written[1:]).well_formed() is None


def test_arguments_are_json_in_as_many_pieces_as_were_asked_for() -> None:
    pieces = pieces_of_json(50)

    assert len(pieces) == 50
    assert all(pieces)
    assert "".join(pieces).startswith('{"field_0": ')


def test_recorded_streams_are_one_input_for_each_folder(tmp_path: Path) -> None:
    stream = b"event: a\ndata: 1\n\n"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(stream), stream)
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: %b\r\n"
    for folder in ("files", "answers", "nothing"):
        (tmp_path / folder).mkdir()
    answers = tmp_path / "answers"
    (tmp_path / "files" / "one.sse").write_bytes(stream)
    (answers / "1.response.raw").write_bytes(
        head % b"Text/Event-Stream" + b"\r\n" + chunked
    )
    (answers / "2.response.raw").write_bytes(
        head % b"application/json" + b"\r\n" + chunked
    )
    packed = gzip.compress(stream)
    (answers / "3.response.raw").write_bytes(
        head % b"text/event-stream"
        + b"content-encoding: gzip\r\n\r\n"
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    )
    found = recorded(tmp_path)

    assert [input.name for input in found] == ["recorded: answers", "recorded: files"]
    assert [input.streams for input in found] == [(stream,), (stream,)]
    assert found[0].frames == ((Frame("a", "1"),),)


def test_what_has_no_event_is_no_input_and_is_named(tmp_path: Path) -> None:
    for name, stream in (("a", b"data: 1\n\n"), ("b", b": ping\n\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.sse").write_bytes(stream)
        (tmp_path / name / "2.sse").write_bytes(b"")
    bench = Bench(captures=tmp_path)
    (found,) = bench.recorded()

    assert found.streams == (b"data: 1\n\n",)
    assert bench.missing == {"recorded: b": "no event is in it"}


def test_what_is_no_file_is_no_recording(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    for name in ("folder.sse", "folder.response.raw"):
        (folder / name).mkdir(parents=True)
    (folder / "link.sse").symlink_to(tmp_path / "nowhere")
    (folder / "one.sse").write_bytes(b"data: 1\n\n")
    (found,) = recorded(tmp_path)

    assert found.streams == (b"data: 1\n\n",)


def test_a_recording_that_was_cut_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "1.response.raw").write_bytes(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        b"content-length: 99\r\n\r\ndata: 1\n\ndata:"
    )
    (found,) = recorded(tmp_path)

    assert found.frames == ((Frame("message", "1"),),)


def test_a_huge_event_is_one_event_of_that_size() -> None:
    stream = huge_event(100_000)

    assert len(stream) == 100_000
    assert [frame.event for frame in frames_of(stream)] == ["thread.message.completed"]
    assert b"".join(Slices(stream)) == stream


@pytest.mark.parametrize("growing", [*FRAMED, *PUT_TOGETHER], ids=lambda g: g.name)
def test_what_grows_doubles_with_its_size(growing: Growing) -> None:
    small, large = (growing.make(size) for size in growing.sizes[:2])
    ratio = len(b"".join(large)) / len(b"".join(small))

    # The run around it does not grow.
    assert 1.85 < ratio < 2.1


DIGESTS = {
    "text": "c090d18a0c8ac214",
    "tools": "4fa377bf6aad470a",
    "non-ASCII": "fb1f6c8153d08d3b",
    "CRLF": "a965c477b24892c4",
    "no spaces": "92937be3652af9c1",
    "comments": "a185c68cc07d24d6",
    "ids": "ef3450cbf552010e",
    "multi-line": "fc9320e90fd201b9",
    "messages": "52ae101125305528",
    "unpredictable text": "8124c419e5ebb551",
    "unpredictable tools": "6e9de108941021d9",
    "erratic": "31704ec92c0d7ea4",
    "one in ten": "fab88290da20e45f",
}
