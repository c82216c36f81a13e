"""A fault is raised after the events before it, says where, and shows nothing."""

import contextlib
import traceback
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest

from runs_core.errors import EventTooLarge, MalformedEvent, UsageError
from runs_core.stream import (
    RunEventDecoder,
    RunSnapshot,
    ThreadRunQueued,
)
from runs_core.stream.change_decoder import ChangeDecoder
from runs_core.stream.events import text_of
from tests.stream.samples import (
    STREAMS,
    blocks,
    cut,
    decode,
    feed_all,
    frame,
    malformed,
)

RUN = {"id": "run_1", "object": "thread.run", "status": "queued"}
QUEUED = frame("thread.run.queued", RUN)
DONE = b"event: done\ndata: [DONE]\n\n"
CANARY = "canary-5f1d"


# --- Faults -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"id": "run_1"}}', "Extra data @ byte 15"),
        (b"NaN", "a number is not finite"),
        (b"[" * 100_000, "levels"),
        (
            b'{"id": "r", "object": "o", "x": ' + b"[" * 200 + b"]" * 200 + b"}",
            "levels",
        ),
        (b"1" * 5000, "too many digits"),
        (b"null", "must be an object, not null @ $"),
        (b"[]", "must be an object, not a list @ $"),
        (b'"text"', "must be an object, not a string @ $"),
        (b"{}", "must have 'id' @ $.id"),
        (b'{"object": "thread.run"}', "must have 'id' @ $.id"),
        (b'{"id": null, "object": "thread.run"}', "must have 'id' @ $.id"),
        (b'{"id": "", "object": "thread.run"}', "not empty @ $.id"),
        (b'{"id": 5, "object": "thread.run"}', "must be a string"),
        (b'{"id": true}', "must be a string"),
        (b'{"id": ["a"]}', "must be a string"),
        (b"[DONE]", "not JSON"),
    ],
)
def test_a_known_event_that_is_not_what_it_must_be_is_malformed(
    data: bytes, why: str
) -> None:
    before = b": hello\r\n\r\n" + QUEUED
    events, error = malformed(before + frame("thread.run.completed", data) + QUEUED)

    assert [type(event) for event in events] == [ThreadRunQueued]
    assert why in str(error)
    assert f"the thread.run.completed event at byte {len(before)} " in str(error)
    assert (error.offset, error.event) == (len(before), "thread.run.completed")


@pytest.mark.parametrize("name", ["thread.message.delta", "thread.run.step.delta"])
def test_a_delta_needs_an_object_to_add(name: str) -> None:
    for delta in ([], "x", 5):
        _, error = malformed(frame(name, {"id": "m", "delta": delta}))
        assert "$.delta" in str(error)


@pytest.mark.parametrize("name", ["thread.message.delta", "thread.run.step.delta"])
@pytest.mark.parametrize("more", [{}, {"delta": None}])
def test_a_delta_that_is_not_there_adds_nothing(
    name: str, more: dict[str, Any]
) -> None:
    events = decode([frame(name, {"id": "m", "object": name, **more})] * 3)
    snapshot, changes = RunSnapshot(), ChangeDecoder()
    for event in events:
        snapshot.apply(event)
        assert text_of(event) == ""
        changes.feed(event)

    assert [event.data.delta for event in events] == [None] * 3  # type: ignore[union-attr]
    assert [part.id for part in (*snapshot.messages, *snapshot.steps)] == ["m"]


@pytest.mark.parametrize(
    "data",
    [b"{broken", b"[1", b'{"event": "thread.run.queued", "data": {}}', b"{} {}"],
)
def test_a_broken_frame_without_a_name_is_malformed(data: bytes) -> None:
    events, error = malformed(QUEUED, frame(None, data))
    assert len(events) == 1
    assert "unnamed event at byte" in str(error)
    assert (error.offset, error.event) == (len(QUEUED), "message")


@pytest.mark.parametrize("size", [1, 5, 64, 1460, 10**6])
@pytest.mark.parametrize("name", ["text_run", "crlf_comments", "tool_run"])
def test_a_fault_swallows_no_event_in_any_cut(name: str, size: int) -> None:
    good = STREAMS[name][: -len(blocks(STREAMS[name])[-1])]
    bad = b"\n: note\nevent: thread.message.delta\ndata: {}\n\n"
    events, error = malformed(*cut(good + bad + QUEUED * 5, size))

    assert decode([good]) == events
    assert error.offset == len(good) + 1
    assert error.event == "thread.message.delta"


def test_a_fault_is_raised_again_and_again() -> None:
    decoder = RunEventDecoder()
    assert decoder.feed(frame("thread.run.queued", b"{}")) == []

    for call in (decoder.close, decoder.close, lambda: decoder.feed(QUEUED)):
        with pytest.raises(MalformedEvent) as caught:
            call()
        assert caught.value.__context__ is None


@pytest.mark.parametrize("pieces", [1, 7, 10**6])
def test_an_event_that_is_too_large_comes_after_those_before_it(pieces: int) -> None:
    long = frame("thread.run.queued", dict(RUN, model="x" * 500))
    decoder = RunEventDecoder(max_event_bytes=400)
    events: list[Any] = []
    with pytest.raises(EventTooLarge) as caught:
        feed_all(decoder, cut(QUEUED + long + QUEUED, pieces), events)

    assert len(events) == 1
    assert (caught.value.limit, caught.value.offset) == (400, len(QUEUED))
    with pytest.raises(EventTooLarge):
        decoder.close()


def test_the_size_of_an_event_need_not_be_limited() -> None:
    long = frame("thread.run.queued", dict(RUN, model="x" * 100_000))
    assert len(decode([long], max_event_bytes=None)) == 1
    with pytest.raises(UsageError):
        RunEventDecoder(max_event_bytes=-1)


@pytest.mark.parametrize("more", range(-3, 4))
def test_the_limit_is_the_same_whatever_way_an_event_takes(more: int) -> None:
    deltas = [b for b in blocks(STREAMS["text_run"]) if b"message.delta" in b][1:]
    long = deltas[-1].replace(b'"?"', b'"' + b"?" * (50 + more) + b'"')
    limit = len(long) - len(b"event: \ndata: \n\n") - more
    for pieces in (
        [*deltas, long],
        [b"".join([*deltas, long])],
        [*deltas, b"".join([*deltas * 3, long])],
        cut(long, 1),
    ):
        decoder = RunEventDecoder(max_event_bytes=limit)
        events: list[Any] = []
        with contextlib.suppress(EventTooLarge):
            feed_all(decoder, pieces, events)
        found = [event for event in events if "???" in text_of(event)]
        assert len(found) == int(more <= 0)


@pytest.mark.parametrize("piece", [b"x", b"x" * 10, b"x" * 300])
@pytest.mark.parametrize("start", [b"data: ", b"event: a\ndata: {", b"event: "])
def test_a_line_without_end_is_too_large_at_once(start: bytes, piece: bytes) -> None:
    decoder = RunEventDecoder(max_event_bytes=2000)
    taken: list[bytes] = []
    pieces = (taken.append(piece) or piece for _ in range(10**5))  # type: ignore[func-returns-value]
    with pytest.raises(EventTooLarge):
        feed_all(decoder, chain([QUEUED + start], pieces), [])
    assert len(taken) * len(piece) < 3000


FAULTS = [
    frame("thread.run.queued", b"{" + CANARY.encode()),
    frame("thread.run.queued", b'"' + CANARY.encode()),
    frame("thread.run.queued", b'"' + CANARY.encode() + b'"'),
    frame("thread.run.queued", {"id": 5, CANARY: CANARY}),
    frame("thread.run.queued", {"id": [CANARY]}),
    frame("thread.message.delta", {"id": CANARY, "object": CANARY, "delta": CANARY}),
    frame(None, b"{" + CANARY.encode()),
    frame(None, {"event": "thread.run.queued", "data": CANARY}),
    frame("thread.run.queued", b'{"id": "\\ud800' + CANARY.encode() + b"\xff"),
    b"data: [DONE]" + CANARY.encode() + b"\n\n",
]


@pytest.mark.parametrize("stream", FAULTS)
def test_no_error_shows_what_the_server_sent(stream: bytes) -> None:
    _, error = malformed(stream)
    shown = [str(error), repr(error), *traceback.format_exception(error)]
    assert not any(CANARY in text for text in shown)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("behind", [b"", b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\t"])
@pytest.mark.parametrize("before", [b"", b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\t"])
@pytest.mark.parametrize("others", [1, 40])
def test_white_space_around_a_text_is_the_same_in_any_cut(
    before: bytes, behind: bytes, others: int
) -> None:
    # A parser of JSON takes what an event stream takes for the end of a line.
    odd = delta(before + b'"odd"' + behind)
    stream = [*[delta(b'"like"')] * others, odd, *[delta(b'"like"')] * others]
    in_bulk = [b"".join(stream[:others]), b"".join(stream[others:])]
    seen = [outcome(pieces) for pieces in (stream, in_bulk, [b"".join(stream)])]

    assert seen[0] == seen[1] == seen[2]
    texts, offset = seen[0]
    assert texts[:others] == ["like"] * others
    breaks = bool((before + behind).strip(b" \t"))
    assert offset == (others * len(delta(b'"like"')) if breaks else None)
    assert breaks or texts[others:] == ["odd", *["like"] * others]


def delta(text: bytes) -> bytes:
    before, behind = frame(
        "thread.message.delta",
        {
            "id": "m",
            "object": "thread.message.delta",
            "delta": {
                "content": [{"index": 0, "type": "text", "text": {"value": "*"}}]
            },
        },
    ).split(b'"*"')
    return before + text + behind


def outcome(pieces: Iterable[bytes]) -> tuple[list[str | None], int | None]:
    events: list[Any] = []
    try:
        feed_all(RunEventDecoder(), pieces, events)
    except MalformedEvent as error:
        return [text_of(event) for event in events], error.offset
    return [text_of(event) for event in events], None
