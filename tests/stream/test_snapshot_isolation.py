"""The snapshot shares nothing with the events, and copies only what is new."""

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from runs_core.errors import InvalidDelta, MalformedEvent, StreamTruncated
from runs_core.models import (
    Message,
    MessageDelta,
    MessageDeltaEvent,
    RunStep,
    TextDelta,
    TextDeltaBlock,
)
from runs_core.stream import (
    RunSnapshot,
    ThreadMessageDelta,
    _message_parts,
    _step_parts,
)
from tests.stream.build import (
    DELTA,
    DONE,
    STEP_DELTA,
    applied,
    calls,
    calls_made,
    copied_in_every_way,
    delta,
    function,
    made,
    message,
    mutables,
    replaced,
    run,
    text,
)
from tests.stream.samples import STREAMS, blocks, decode, frame, state, summed

# --- Apart from the events --------------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
def test_events_are_not_changed_and_nothing_is_shared_with_them(name: str) -> None:
    snapshot = RunSnapshot()
    events = decode([STREAMS[name]])
    before = [repr(event) for event in events]
    shared: set[int] = set()
    for event in events:
        snapshot.apply(event)
        shared |= {id(x) for x in mutables(event)}
        for shown in (
            snapshot.run,
            snapshot.thread,
            *snapshot.messages,
            *snapshot.steps,
        ):
            assert not shared & {id(x) for x in mutables(shown)}

    assert [repr(event) for event in events] == before


@pytest.mark.parametrize("name", STREAMS)
def test_changing_an_event_afterwards_changes_no_snapshot(name: str) -> None:
    events = decode([STREAMS[name]])
    expected = state(summed(events))
    snapshot = RunSnapshot()
    for event in events:
        snapshot.apply(event)
        for value in list(mutables(event.data)):
            if isinstance(value, list | dict):
                value.clear()

    assert state(snapshot) == expected


@pytest.mark.parametrize("name", STREAMS)
def test_what_was_shown_stays_as_it_was(name: str) -> None:
    snapshot = RunSnapshot()
    shown: list[tuple[Any, str]] = []
    for event in decode([STREAMS[name]]):
        snapshot.apply(event)
        for value in (snapshot.run, *snapshot.messages, *snapshot.steps):
            shown.append((value, repr(value)))

    assert [repr(value) for value, _ in shown] == [before for _, before in shown]


def details(**details: Any) -> dict[str, Any]:
    return {**calls(), "delta": {"step_details": details}}


def code(**output: Any) -> dict[str, Any]:
    outputs = [{"index": 0, **output}]
    made = {"input": "i", "outputs": outputs}
    return {"index": 0, "type": "code_interpreter", "code_interpreter": made}


def note(index: int) -> dict[str, Any]:
    noted = {"index": index, "type": "file_path", "text": "a", "start_index": index}
    return {"index": 0, "type": "text", "text": {"value": "a", "annotations": [noted]}}


DELTAS: list[tuple[str, dict[str, Any]]] = [
    (DELTA, delta({**text("a"), "more": 1}, role="assistant", more=1)),
    (DELTA, delta(note(0))),
    (DELTA, delta({"index": 0, "type": "refusal", "refusal": "no"})),
    (DELTA, delta({"index": 0, "type": "image_file", "image_file": {"file_id": "f"}})),
    (DELTA, delta({"index": 0, "type": "new", "new": {"a": "b"}})),
    (STEP_DELTA, calls(function("a", id="call_1"))),
    (STEP_DELTA, calls({"index": 0, "type": "file_search", "file_search": {"a": 1}})),
    (STEP_DELTA, calls(code(type="logs", logs="l"))),
    (STEP_DELTA, calls(code(type="image", image={"file_id": "f"}))),
    (STEP_DELTA, details(type="message_creation", message_creation={"a": "b"})),
    (STEP_DELTA, details(type="new", new=[{"a": 1}])),
]


@pytest.mark.parametrize(("name", "raw"), DELTAS)
def test_promise_8_nothing_is_shared_wherever_something_odd_stands(
    name: str, raw: dict[str, Any]
) -> None:
    seen = 0
    for odd in replaced(raw, ["odd"], {"odd": ["odd"]}, [{"index": 0, "odd": []}]):
        # Twice: what is added to is not what has begun.
        try:
            events = made(*[(name, odd)] * 2)
        except MalformedEvent:
            continue
        snapshot = RunSnapshot()
        for event in events:
            with suppress(InvalidDelta):
                snapshot.apply(event)
        shared = {id(x) for event in events for x in mutables(event)}
        for shown in (*snapshot.messages, *snapshot.steps):
            assert not shared & {id(x) for x in mutables(shown)}, odd
            seen += 1
    assert seen > 10


@pytest.mark.parametrize("content", [message("m", "a")["content"], {"type": "x"}, None])
def test_whatever_objects_hold_is_copied(content: Any) -> None:
    raw = {**message("msg_1"), "content": content}
    raw |= {"attachments": [{"file_id": "f", "tools": [{"type": "x"}]}]}
    raw |= {"metadata": {"a": "b"}, "new": {"deep": [1, {"x": []}]}, "run_id": None}
    (event,) = made((DONE, raw))
    (shown,) = summed([event]).messages

    assert shown.to_dict() == event.data.to_dict() == raw
    assert shown == event.data
    assert not {id(x) for x in mutables(event)} & {id(x) for x in mutables(shown)}


def test_the_name_of_the_exchange_is_kept() -> None:
    (event,) = made(("run.completed", run("completed")))
    event.data._request_id = "req_1"
    snapshot = summed([event])
    assert snapshot.run is not None
    assert snapshot.run._request_id == "req_1"


def test_consumed_events_are_not_kept() -> None:
    snapshot = RunSnapshot()
    seen = []
    for block in blocks(STREAMS["content_kinds"])[:-1]:
        (event,) = decode([block])
        snapshot.apply(event)
        seen += [weakref.ref(event)]
        seen += [weakref.ref(x) for x in mutables(event.data) if not is_builtin(x)]
    del event
    gc.collect()

    assert len(seen) > 60
    assert [ref() for ref in seen if ref() is not None] == []


def is_builtin(value: Any) -> bool:
    return isinstance(value, list | dict)


# --- Cheap ------------------------------------------------------------------------


@pytest.fixture
def structured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The classes of all objects that are made from plain values."""
    made: list[Any] = []

    def counting(raw: Any, cls: Any) -> Any:
        made.append(cls)
        return original(raw, cls)

    original = _message_parts.structure
    for module in (_message_parts, _step_parts):
        monkeypatch.setattr(module, "structure", counting)
    return made


def test_objects_are_made_only_when_looked_at(structured: list[Any]) -> None:
    snapshot = applied_stream_until_end("interleaved")
    assert structured == []
    assert len(snapshot.messages) == 2
    assert len(snapshot.steps) == 4
    assert structured.count(Message) == 2


def applied_stream_until_end(name: str) -> RunSnapshot:
    events = decode([STREAMS[name]])
    return summed(e for e in events if not e.event.endswith(".completed"))


def test_what_has_not_changed_is_not_made_copied(structured: list[Any]) -> None:
    snapshot = RunSnapshot()
    for number in range(50):
        for event in made((DELTA, delta(text("a"), id=f"msg_{number}"))):
            snapshot.apply(event)
        for event in made((STEP_DELTA, calls(function("a"), id=f"step_{number}"))):
            snapshot.apply(event)
        assert len(snapshot.messages) == len(snapshot.steps) == number + 1
        assert snapshot.messages is snapshot.messages
        assert snapshot.steps is snapshot.steps
        assert snapshot.text == "a"

    assert structured.count(Message) == 50
    assert structured.count(RunStep) == 50
    old = snapshot.messages
    (event,) = made((DELTA, delta(text("b"), id="msg_7")))
    snapshot.apply(event)
    same = [a is b for a, b in zip(old, snapshot.messages, strict=True)]
    assert same == [n != 7 for n in range(50)]


def test_the_text_is_that_of_the_last_message_after_every_event() -> None:
    snapshot = RunSnapshot()
    seen = []
    for event in decode([STREAMS["text_run"]]):
        snapshot.apply(event)
        seen.append(snapshot.text)
    assert seen[7:10] == ["Hel", "Hello", "Hello, how"]
    assert seen[-1] == 'Hello, how can I "help" you\ntoday?'


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a delta took more than appending."""
    count = [0]

    def counting(add: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            count[0] += 1
            return add(*args)

        return counted

    for module in (_message_parts, _step_parts):
        monkeypatch.setattr(module, "add", counting(module.add))
    return count


@pytest.mark.parametrize(
    ("name", "deltas"),
    [
        (DELTA, [delta(text("a"), id=f"msg_{n % 3}") for n in range(300)]),
        (DELTA, [delta(text("a", n % 3)) for n in range(300)]),
        (STEP_DELTA, [calls(function("a", n % 3)) for n in range(300)]),
        (STEP_DELTA, [calls(function("a", n % 3, id=f"c{n % 3}")) for n in range(300)]),
        (
            STEP_DELTA,
            [
                calls(
                    {
                        "index": n % 3,
                        "type": "code_interpreter",
                        "code_interpreter": {"input": "a"},
                    }
                )
                for n in range(300)
            ],
        ),
    ],
)
def test_more_of_a_text_is_appended(
    name: str, deltas: list[Any], merged: list[int]
) -> None:
    applied(*((name, raw) for raw in deltas))
    assert merged == [3]


@pytest.mark.parametrize(
    "odd",
    [
        delta(text("b", True)),
        delta(text("b", 1.0)),
        delta({"index": 1, "type": "new", "text": {"value": "b"}}),
    ],
)
def test_what_only_looks_like_more_of_a_text_is_refused(odd: Any) -> None:
    begun = [text("a", 0), text("a", 1)]
    snapshot = applied((DELTA, delta(*begun)), (DELTA, delta(*begun)))
    (event,) = made((DELTA, odd))
    with pytest.raises(InvalidDelta):
        snapshot.apply(event)
    assert snapshot.text == "aaaa"


def test_a_text_is_not_appended_to_what_is_of_another_kind() -> None:
    odd = {"index": 0, "type": "new", "text": {"value": "a"}}
    snapshot = applied((DELTA, delta(odd)), (DELTA, delta(odd)))
    (event,) = made((DELTA, delta(text("b"))))
    with pytest.raises(InvalidDelta):
        snapshot.apply(event)
    assert snapshot.messages[0].to_dict()["content"][0]["text"] == {"value": "aa"}


def test_events_can_be_built_by_hand() -> None:
    block = TextDeltaBlock(index=0, text=TextDelta(value="a"))
    event = ThreadMessageDelta(
        MessageDeltaEvent("msg_1", MessageDelta(content=[block]))
    )
    assert summed([event, event]).text == "aa"


GROWING: dict[str, Callable[[int], tuple[str, Any]]] = {
    "texts": lambda n: (DELTA, delta(text("a"))),
    "annotations": lambda n: (DELTA, delta(note(n))),
    "blocks": lambda n: (DELTA, delta(text("a", n))),
    "messages": lambda n: (DELTA, delta(text("a"), id=f"msg_{n}")),
    "arguments": lambda n: (STEP_DELTA, calls(function("a"))),
    "calls": lambda n: (STEP_DELTA, calls(function("a", n, id=f"call_{n}"))),
    "steps": lambda n: (STEP_DELTA, calls(function("a"), id=f"step_{n}")),
    "ends": lambda n: (DONE, message(f"msg_{n}", "a")),
}


@pytest.mark.parametrize("kind", GROWING)
def test_promise_2_the_work_grows_as_what_is_added(kind: str) -> None:
    def work(count: int) -> int:
        events = made(*(GROWING[kind](n) for n in range(count)))
        return calls_made(lambda: summed(events).messages)

    assert work(400) < 4.2 * work(100)


@pytest.mark.parametrize("whole_first", [True, False])
def test_a_part_that_was_looked_at_alone_is_the_one_in_the_whole(
    whole_first: bool,
) -> None:
    snapshot = applied(
        (DELTA, delta(text("a"), text("b", 2))),
        (STEP_DELTA, calls(function("c"), function("d", 2, id="call_2"))),
    )
    if whole_first:
        assert (len(snapshot.messages), len(snapshot.steps)) == (1, 1)
    block = snapshot._message("msg_1").part(2, 1)
    call = snapshot._step("step_1").part(2, 1)
    (message,), (step,) = snapshot.messages, snapshot.steps

    assert message.content[1] is block is snapshot._message("msg_1").part(2, 1)
    assert step.step_details.tool_calls[1] is call
    assert snapshot.text == "ab"
    more = made((DELTA, delta(text("x", 2))), (STEP_DELTA, calls(function("y", 2))))
    for event in more:
        snapshot.apply(event)
    assert snapshot._message("msg_1").part(2, 1) == snapshot.messages[0].content[1]
    assert snapshot._message("msg_1").part(2, 1) != block
    assert snapshot._step("step_1").part(2, 1) != call
    assert snapshot.text == "abx"


@copied_in_every_way
@pytest.mark.parametrize("name", STREAMS)
def test_a_copy_of_a_snapshot_goes_its_own_way_from_any_event_on(
    name: str, copied: Callable[[RunSnapshot], RunSnapshot]
) -> None:
    events = decode(blocks(STREAMS[name]))
    whole = state(summed(events))
    for at in range(len(events) + 1):
        original = summed(events[:at])
        before = state(original)
        other = copied(original)
        assert state(other) == before
        for event in events[at:]:
            other.apply(event)
        assert state(original) == before
        assert state(other) == whole


def test_a_copy_is_taken_in_the_middle_of_a_text() -> None:
    # As a template makes them, so that the snapshot writes to the text at once.
    stream = [frame(f"thread.{DELTA}", delta(text(letter))) for letter in "abcdef"]
    events = decode(stream)
    original = summed(events[:4])
    other = copy.deepcopy(original)
    for event in events[4:]:
        other.apply(event)

    assert (original.text, other.text) == ("abcd", "abcdef")


def test_an_error_with_a_snapshot_can_be_pickled() -> None:
    broken = StreamTruncated("cut", snapshot=applied((DELTA, delta(text("a")))))
    found = pickle.loads(pickle.dumps(broken))

    assert found.snapshot.text == "a"
