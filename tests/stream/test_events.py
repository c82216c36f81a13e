"""Typed events: one class for each of the names, and one for the rest."""

import copy
import gc
import json
import pickle
import weakref
from typing import Any, get_args

import attrs
import pytest

from runs_core import stream
from runs_core.models import (
    ErrorObject,
    Message,
    MessageDeltaEvent,
    Run,
    RunStep,
    RunStepDeltaEvent,
    Thread,
)
from runs_core.stream import (
    EVENT_CLASSES,
    RunSnapshot,
    RunStreamEvent,
    ThreadMessageDelta,
    ThreadRunCompleted,
    ThreadRunFailed,
    UnknownEvent,
    text_of,
)
from runs_core.stream._read import read_event
from runs_core.wire.codec import dumps, loads, structure
from tests.stream.samples import STREAMS, decode, frame

# The published list, name by name: what openai-python calls the class, and its data.
PUBLISHED: list[tuple[str, str, type]] = [
    ("thread.created", "ThreadCreated", Thread),
    ("thread.run.created", "ThreadRunCreated", Run),
    ("thread.run.queued", "ThreadRunQueued", Run),
    ("thread.run.in_progress", "ThreadRunInProgress", Run),
    ("thread.run.requires_action", "ThreadRunRequiresAction", Run),
    ("thread.run.completed", "ThreadRunCompleted", Run),
    ("thread.run.incomplete", "ThreadRunIncomplete", Run),
    ("thread.run.failed", "ThreadRunFailed", Run),
    ("thread.run.cancelling", "ThreadRunCancelling", Run),
    ("thread.run.cancelled", "ThreadRunCancelled", Run),
    ("thread.run.expired", "ThreadRunExpired", Run),
    ("thread.run.step.created", "ThreadRunStepCreated", RunStep),
    ("thread.run.step.in_progress", "ThreadRunStepInProgress", RunStep),
    ("thread.run.step.delta", "ThreadRunStepDelta", RunStepDeltaEvent),
    ("thread.run.step.completed", "ThreadRunStepCompleted", RunStep),
    ("thread.run.step.failed", "ThreadRunStepFailed", RunStep),
    ("thread.run.step.cancelled", "ThreadRunStepCancelled", RunStep),
    ("thread.run.step.expired", "ThreadRunStepExpired", RunStep),
    ("thread.message.created", "ThreadMessageCreated", Message),
    ("thread.message.in_progress", "ThreadMessageInProgress", Message),
    ("thread.message.delta", "ThreadMessageDelta", MessageDeltaEvent),
    ("thread.message.completed", "ThreadMessageCompleted", Message),
    ("thread.message.incomplete", "ThreadMessageIncomplete", Message),
    ("error", "ErrorEvent", ErrorObject),
]
RAW: dict[type, dict[str, Any]] = {
    Thread: {"id": "thread_1", "object": "thread"},
    Run: {"id": "run_1", "object": "thread.run", "status": "queued", "new": [1]},
    RunStep: {"id": "step_1", "object": "thread.run.step", "usage": None},
    Message: {"id": "msg_1", "object": "thread.message", "content": []},
    MessageDeltaEvent: {"id": "m", "object": "thread.message.delta", "delta": {}},
    RunStepDeltaEvent: {"id": "s", "object": "thread.run.step.delta", "delta": {}},
    ErrorObject: {"message": "m", "type": "t", "code": None},
}


@pytest.mark.parametrize(("name", "cls", "model"), PUBLISHED)
def test_each_published_name_has_its_class(name: str, cls: str, model: type) -> None:
    (event,) = decode([frame(name, RAW[model])])

    assert type(event) is getattr(stream, cls) is EVENT_CLASSES[name]
    assert event.event == name
    assert type(event.data) is model
    assert event.data.to_dict() == RAW[model]
    assert not event.synthetic


@pytest.mark.parametrize(("name", "cls", "model"), PUBLISHED)
def test_an_event_can_be_written_out(name: str, cls: str, model: type) -> None:
    event = EVENT_CLASSES[name](structure(RAW[model], model))

    assert event.to_dict() == {"event": name, "data": RAW[model]}
    assert event.model_dump() == {"event": name, "data": event.data.model_dump()}
    assert json.loads(event.to_json()) == event.to_dict()
    assert json.loads(event.model_dump_json()) == event.model_dump()
    assert event.to_json().startswith('{\n  "event"')
    assert "\n" not in event.model_dump_json() + event.to_json(indent=None)


def test_an_unknown_event_can_be_written_out() -> None:
    event = UnknownEvent("new", {"text": "ö"})

    assert event.to_dict() == {"event": "new", "data": {"text": "ö"}}
    assert event.model_dump() == event.to_dict()
    assert "ö" in event.model_dump_json()


def test_there_is_no_other_class() -> None:
    assert [name for name, _, _ in PUBLISHED] == list(EVENT_CLASSES)
    assert {*EVENT_CLASSES.values(), UnknownEvent} == set(get_args(RunStreamEvent))


@pytest.mark.parametrize("cls", [*EVENT_CLASSES.values(), UnknownEvent])
def test_event_classes_are_slotted_attrs_classes(cls: Any) -> None:
    assert attrs.has(cls)
    event = cls(1) if cls is not UnknownEvent else cls("x", 1)
    assert event.data == 1
    with pytest.raises(AttributeError):
        event.other = 1


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        EVENT_CLASSES["new"] = ThreadRunFailed  # type: ignore[index]


def test_events_are_equal_if_class_and_data_are() -> None:
    run = structure(RAW[Run], Run)

    assert ThreadRunFailed(run) == ThreadRunFailed(structure(RAW[Run], Run))
    assert ThreadRunFailed(run) != ThreadRunCompleted(run)
    assert ThreadRunFailed(run) != run
    assert UnknownEvent("a", 1) == UnknownEvent("a", 1) != UnknownEvent("b", 1)
    with pytest.raises(TypeError):
        hash(ThreadRunFailed(run))


def test_the_repr_shows_class_and_data() -> None:
    assert repr(ThreadRunFailed(1)) == "ThreadRunFailed(data=1)"  # type: ignore[arg-type]
    assert repr(UnknownEvent("a", 1)) == "UnknownEvent(event='a', data=1)"


@pytest.mark.parametrize("made", [ThreadRunFailed(structure(RAW[Run], Run))])
def test_an_event_can_be_marked_as_made_by_the_client(made: ThreadRunFailed) -> None:
    event = copy.copy(made)
    event.synthetic = True

    assert event.synthetic
    assert not made.synthetic
    assert event == made
    assert pickle.loads(pickle.dumps(event)).synthetic


def test_unknown_events_can_be_marked_too() -> None:
    event = UnknownEvent("a", 1)
    assert not event.synthetic
    event.synthetic = True
    assert event.synthetic


@pytest.mark.parametrize("name", STREAMS)
def test_events_survive_copying_and_pickling(name: str) -> None:
    for event in decode([STREAMS[name]]):
        assert pickle.loads(pickle.dumps(event)) == event == copy.deepcopy(event)


def test_an_event_lives_no_longer_than_its_holder() -> None:
    event = ThreadRunFailed(structure(RAW[Run], Run))
    seen = weakref.ref(event)
    snapshot = RunSnapshot()
    snapshot.apply(event)

    del event
    gc.collect()

    assert seen() is None


# --- The text of an event ----------------------------------------------------------


def delta(*content: Any) -> Any:
    raw = {"id": "m", "object": "o", "delta": {"content": list(content)}}
    return read_event("thread.message.delta", dumps(raw), loads)


def text(value: Any, index: int = 0) -> dict[str, Any]:
    return {"index": index, "type": "text", "text": {"value": value}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (delta(text("a")), "a"),
        (delta(text("a"), text("b", 1)), "ab"),
        (delta(), ""),
        (delta(text("")), ""),
        (delta(text(None)), ""),
        (delta(text(5)), ""),
        (delta({"index": 0, "type": "text"}), ""),
        (delta({"index": 0, "type": "text", "text": "plain"}), ""),
        (delta({"index": 0, "type": "refusal", "refusal": "no"}), ""),
        (delta(text("a"), {"index": 1, "type": "new", "text": {"value": "b"}}), "a"),
        (ThreadMessageDelta(structure(RAW[MessageDeltaEvent], MessageDeltaEvent)), ""),
        (ThreadRunFailed(structure(RAW[Run], Run)), ""),
        (UnknownEvent("thread.message.delta", {}), ""),
    ],
)
def test_text_of_is_what_the_event_adds_to_a_text(event: Any, expected: str) -> None:
    assert text_of(event) == expected


@pytest.mark.parametrize("name", ["text_run", "non_ascii", "submitted", "data_only"])
def test_the_texts_of_events_make_the_text_of_the_message(name: str) -> None:
    events = decode([STREAMS[name]])
    snapshot = RunSnapshot()
    for event in events:
        snapshot.apply(event)

    assert "".join(map(text_of, events)) == snapshot.text != ""
