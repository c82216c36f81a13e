"""The adapters: their decoders return what is in the stream."""

import json
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from benchmarks.peers import typed
from benchmarks.peers.candidate import Candidate, Fault, compare, fed
from benchmarks.peers.framing import custom
from benchmarks.peers.registry import EXPECTED, TABLES, make, resolve
from benchmarks.peers.snapshot import expected_state
from benchmarks.streams.conversations import annotated
from benchmarks.streams.inputs import Input, generate
from benchmarks.streams.objects import message, text_delta
from benchmarks.streams.styles import Frame, plain
from tests.benchmarks.decoders import SLOPPY, Sloppy


def installed(kind: str) -> list[Candidate]:
    """Those of a kind that are at hand: peers come with the extra `bench`."""
    found = []
    for name in TABLES[kind]:
        try:
            found.append(make(kind, name))
        except ImportError:
            continue
    return found


CANDIDATES = [
    pytest.param(kind, candidate, id=f"{kind}-{candidate.name}")
    for kind in TABLES
    for candidate in installed(kind)
    if not candidate.floor
]


def check(kind: str, candidate: Candidate, input: Input, cut: str) -> None:
    expected = [EXPECTED[kind](frames) for frames in input.frames]
    candidate.check(input.cut(cut), expected)


@pytest.mark.parametrize("cut", ["1 B", "1 event", "1460 B", "all"])
@pytest.mark.parametrize(("kind", "candidate"), CANDIDATES)
def test_every_candidate_does_the_same_work_on_the_usual_streams(
    kind: str, candidate: Candidate, cut: str
) -> None:
    for name in ("text", "tools", "non-ASCII", "messages"):
        check(kind, candidate, generate(name, 50), cut)


@pytest.mark.parametrize("cut", ["1 event", "64 B"])
@pytest.mark.parametrize(
    ("kind", "candidate"),
    [p for p in CANDIDATES if isinstance(p.values[1], Candidate) and p.values[1].ours],
)
def test_ours_does_it_on_all_streams(kind: str, candidate: Candidate, cut: str) -> None:
    for name in ("CRLF", "comments", "ids", "multi-line", "erratic", "one in ten"):
        check(kind, candidate, generate(name, 30), cut)
    for name in ("unpredictable text", "unpredictable tools"):
        check(kind, candidate, generate(name, 30), cut)


@pytest.mark.parametrize(("kind", "candidate"), CANDIDATES)
def test_a_run_ends_and_reads_every_event(kind: str, candidate: Candidate) -> None:
    streams = generate("tools", 12).cut("1460 B")

    assert candidate.prepare(streams)(2) >= 0


class Looked:
    """An event whose data says that somebody has looked at it."""

    def __init__(self, name: str) -> None:
        self.event = name
        self.looks = 0

    @property
    def data(self) -> object:
        self.looks += 1
        return object()


def test_of_a_typed_event_something_is_read_but_where_only_texts_are() -> None:
    """Also where the data has no id, as that of an error has none."""
    whole, alone = Looked("thread.run.created"), Looked("thread.run.created")

    assert typed._read(whole) is None
    assert whole.looks == 1
    typed._read_texts(alone)
    assert alone.looks == 0


@pytest.mark.parametrize(("kind", "candidate"), CANDIDATES)
def test_an_open_stream_can_be_held(kind: str, candidate: Candidate) -> None:
    (chunks,) = generate("text", 30).cut("1 event")
    assert candidate.hold is not None

    assert candidate.hold(iter([*chunks[:9], chunks[9] + b"event: th"]), 10)


def test_a_state_is_what_deltas_add_up_to() -> None:
    text = generate("text", 20).without(
        "thread.message.completed", "thread.run.completed"
    )
    tools = generate("tools", 30).without("thread.run.step.completed")
    (frames,) = text.frames
    deltas = [f.data for f in frames if f.event == "thread.message.delta"]
    pieces = [json.loads(d)["delta"]["content"][0]["text"]["value"] for d in deltas]
    state = expected_state(frames)

    assert list(state.texts.values()) == ["".join(pieces)]
    assert state.status == "in_progress"
    assert len(expected_state(tools.frames[0]).arguments) == 3
    for arguments in expected_state(tools.frames[0]).arguments.values():
        json.loads(arguments)


def test_what_is_complete_takes_the_place_of_its_deltas() -> None:
    id = "msg_1"
    conversation = [
        ("thread.message.delta", text_delta(id, "what was said at fi")),
        ("thread.message.completed", message(id, "completed", "what was meant")),
    ]

    assert expected_state(plain(conversation)[1]).texts == {id: "what was meant"}


def test_an_annotated_stream_is_one_text() -> None:
    state = expected_state(plain(annotated(5))[1])

    assert list(state.texts.values()) == ["".join(f"【{n}†source】" for n in range(5))]


def test_a_decoder_of_the_users_own_takes_part_by_its_import_path() -> None:
    path = SLOPPY
    candidate = make("framing", path)

    assert resolve(path) is Sloppy
    assert candidate.name == path
    candidate.check([[b"data: 1\n\n"]], [[Frame("message", "1")]])
    assert candidate.prepare([[b"data: 1\n\n"]])(1) >= 0


class OwnIds(Sloppy):
    """Gives events the ids of their own blocks, and None where there is none."""

    def feed(self, data: bytes) -> list[Any]:
        blocks = [block.split(b"\n") for block in data.split(b"\n\n")[:-1]]
        return [_Event(block[-1][6:].decode(), _own_id(block)) for block in blocks]


class _Event(NamedTuple):
    data: str
    id: str | None
    event: str = "message"


def _own_id(block: list[bytes]) -> str | None:
    found = [line[4:].decode() for line in block if line.startswith(b"id: ")]
    return found[0] if found else None


def test_an_id_that_is_said_once_stays_until_it_is_taken_back() -> None:
    stream = b"id: 1\ndata: a\n\ndata: b\n\nid: \ndata: c\n\n"
    ids = ["1", "1", ""]
    right = [Frame("message", text, id) for text, id in zip("abc", ids, strict=True)]

    custom("own ids", OwnIds).check([[stream]], [right])


class Bytes(Sloppy):
    """Gives data as the bytes that came."""

    def feed(self, data: bytes) -> list[Any]:
        return [_Event(line[6:], None) for line in data.splitlines() if line]  # type: ignore[arg-type]


def test_bytes_that_are_not_utf_8_are_no_fault_of_who_gives_bytes() -> None:
    candidate, stream = custom("bytes", Bytes), b"data: \xff\n\n"

    candidate.check([[stream]], [[Frame("message", "\ufffd")]])
    assert candidate.prepare([[stream]])(1) >= 0


class Texts(Sloppy):
    """Gives events with their text alone, as ours can be read."""

    def feed(self, data: bytes) -> list[Any]:
        return [
            SimpleNamespace(event=frame.event, text=frame.data, id=frame.id)
            for frame in super().feed(data)
        ]


def test_events_may_have_a_text_and_no_data() -> None:
    candidate, stream = custom("texts", Texts), b"data: x\n\n"

    candidate.check([[stream]], [[Frame("message", "x")]])
    assert candidate.prepare([[stream]])(1) >= 0


class Last(Sloppy):
    """Gives everything at the end."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def feed(self, data: bytes) -> list[Any]:
        self.found += super().feed(data)
        return []

    def close(self) -> list[Any]:
        return self.found


def test_what_a_decoder_gives_at_the_end_is_read_while_it_is_timed() -> None:
    read: list[Any] = []
    fed(Last, read.append)([b"data: 1\n\n", b"data: 2\n\n"])

    assert [event.data for event in read] == ["1", "2"]


def test_a_path_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="module:factory"):
        resolve("benchmarks")


def test_a_decoder_that_does_other_work_is_found_out() -> None:
    with pytest.raises(Fault, match="52 of 52 events wrong"):
        check("framing", custom("sloppy", Sloppy), generate("text", 41), "1 event")


@pytest.mark.parametrize("error", [KeyError("data"), SystemExit(3)])
def test_a_decoder_that_raises_is_named_with_its_exception(
    error: BaseException,
) -> None:
    class Broken(Sloppy):
        def feed(self, data: bytes) -> list[Any]:
            raise error

    with pytest.raises(Fault, match=f"^raises {type(error).__name__}$"):
        check("framing", custom("broken", Broken), generate("text", 5), "all")


A, B, C = (Frame("a", "1", "1"), Frame("b", "2", "2"), Frame("c", "3", "3"))


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        ([A, B], "1 of 3 events missing"),
        ([A, A, B, C], "1 event too many"),
        ([A, C, C], "1 of 3 events wrong"),
        ([A, C, B], "events in another order"),
        ([f._replace(id="") for f in (A, B, C)], "gives no ids"),
        ([A, B._replace(id="1"), C], "gives another id"),
        ([A, B._replace(id=""), C], "gives another id"),
    ],
)
def test_a_fault_says_what_is_wrong(outcome: list[Frame], fault: str) -> None:
    with pytest.raises(Fault, match=f"^{fault}$"):
        compare([outcome], [[A, B, C]])


def test_events_are_counted_also_where_many_are_alike() -> None:
    """In a stream of deltas, many are: the longest run in common says little."""
    frames = list(generate("text", 600).frames[0])

    with pytest.raises(Fault, match=r"^305 of 611 events missing$"):
        compare([frames[::2]], [frames])
    with pytest.raises(Fault, match=r"^611 events too many$"):
        compare([[f for f in frames for _ in range(2)]], [frames])


def test_who_lacks_one_id_is_not_said_to_give_none() -> None:
    with pytest.raises(Fault, match=r"^the id is missing$"):
        compare([[A._replace(id="")]], [[A]])


def test_what_is_equal_has_no_fault() -> None:
    compare([[A], [B, C]], [[A], [B, C]])
