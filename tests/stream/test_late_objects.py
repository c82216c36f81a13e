"""Whole objects of events and snapshots, which are created when they are accessed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import MalformedEvent
from runs_core.stream import EVENT_CLASSES, RunEventDecoder, RunSnapshot
from runs_core.stream import _event as events
from runs_core.stream import _received as received
from runs_core.stream._event import WholeEvent, model_of
from runs_core.stream._read import _KEPT_BYTES, read_event
from runs_core.stream.events import (
    ThreadMessageCompleted,
    ThreadRunCompleted,
    ThreadRunCreated,
)
from runs_core.wire.codec import field_names, loads, structure
from tests.stream.build import copied_in_every_way
from tests.stream.samples import STREAMS, decode, decode_plainly, frame, state

RUN = {
    "id": "run_1",
    "object": "thread.run",
    "status": "completed",
    "temperature": 0.5,
    "metadata": {"a": "b"},
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
}
NAMES = [name for name, cls in EVENT_CLASSES.items() if issubclass(cls, WholeEvent)]


def late(**changed: Any) -> Any:
    """Return an event that nobody has looked at."""
    (event,) = decode([frame(ThreadRunCompleted.event, {**RUN, **changed})])
    assert event._raw is not None  # type: ignore[union-attr]
    return event


# --- An event ----------------------------------------------------------------------


def test_every_event_but_deltas_and_errors_has_a_whole_object() -> None:
    assert len(NAMES) == 21
    for name in NAMES:
        id_and_object = {"id": "x", "object": "o"}
        (event,) = decode([frame(name, id_and_object)])
        assert type(event.data) is model_of(EVENT_CLASSES[name])


def test_data_is_made_once() -> None:
    event = late()
    data = event.data

    assert data.temperature == 0.5
    assert event.data is data


def test_events_are_compared_by_data_that_was_not_looked_at() -> None:
    assert late() == ThreadRunCompleted(late().data)
    assert ThreadRunCompleted(late().data) == late()
    assert late() != late(status="failed")


@copied_in_every_way
def test_a_copy_has_the_data(copied: Any) -> None:
    event = late()
    event.synthetic = True

    made = copied(event)

    assert made == late()
    assert made.synthetic


def test_repr_and_plain_values_show_the_data() -> None:
    assert repr(late()) == repr(ThreadRunCompleted(late().data))
    assert late().to_dict() == {"event": "thread.run.completed", "data": RUN}


def test_data_can_be_given_anew() -> None:
    event = late()
    event.data = late(id="run_2").data
    snapshot = RunSnapshot()
    snapshot.apply(event)

    assert event.data.id == "run_2"
    assert snapshot.run == event.data


class Mine(ThreadRunCompleted):
    """An event with something of a user's own."""

    tag = ""


class Slotted(ThreadRunCompleted):
    __slots__ = ("tag",)

    tag: str


@pytest.mark.parametrize("cls", [Mine, Slotted])
@copied_in_every_way
def test_a_copy_keeps_what_a_subclass_adds(cls: Any, copied: Any) -> None:
    event = cls(late().data)
    event.tag = "mine"

    made = copied(event)

    assert type(made) is cls
    assert made.tag == "mine"
    assert made.data == late().data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "text", "tool_calls", "function", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.data())
def test_what_is_read_late_is_never_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    model = model_of(EVENT_CLASSES[name])
    keys = st.sampled_from([*field_names(model), "more"])
    raw = data.draw(st.dictionaries(keys, JSON, max_size=6))
    raw |= {"id": "x", "object": "o"}
    text = json.dumps(raw).encode()
    expected = structure(json.loads(text), model)

    event = read_event(name, text, loads)

    assert event is not None
    assert repr(event.data) == repr(expected)
    assert event.to_dict()["data"] == raw


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"[]", r"\$"),
        (b"{", "not JSON"),
        (b'{"object": "thread.run"}', r"\$\.id"),
        (b'{"id": "", "object": "thread.run"}', r"\$\.id"),
        (b'{"id": 5, "object": "thread.run"}', r"\$\.id"),
        (b'{"id": "run_1", "object": "thread.run", "top_p": 1e999}', "not finite"),
    ],
)
def test_what_is_malformed_is_said_at_once(data: bytes, where: str) -> None:
    decoder = RunEventDecoder()
    assert decoder.feed(b"event: thread.run.queued\ndata: " + data + b"\n\n") == []

    with pytest.raises(MalformedEvent, match=where):
        decoder.close()


# --- A snapshot --------------------------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("look", ["never", "before", "behind"])
def test_a_snapshot_is_the_same_whoever_looks_at_events(name: str, look: str) -> None:
    expected, snapshot = RunSnapshot(), RunSnapshot()
    for event in decode_plainly(STREAMS[name]):
        expected.apply(event)
    for event in decode([STREAMS[name]]):
        if look == "before":
            repr(event)
        snapshot.apply(event)
        if look == "behind":
            repr(event)

    assert state(snapshot) == state(expected)
    assert repr(snapshot) == repr(expected)


def test_applying_an_event_makes_no_object(monkeypatch: pytest.MonkeyPatch) -> None:
    event = late()
    snapshot = RunSnapshot()
    with monkeypatch.context() as patch:
        patch.setattr(received, "model_reader", None)
        patch.setattr(events, "model_reader", None)
        snapshot.apply(event)

    assert snapshot.outcome == "completed"
    assert snapshot.run_id == "run_1"
    assert snapshot.run is snapshot.run


@pytest.mark.parametrize("first", ["event", "snapshot"])
def test_event_and_snapshots_share_nothing(first: str) -> None:
    event = late()
    snapshots = [RunSnapshot(), RunSnapshot()]
    for snapshot in snapshots:
        snapshot.apply(event)
    runs = [event, *snapshots] if first == "event" else [*snapshots, event]
    for run in runs:
        shown: Any = run.data if run is event else run.run
        assert shown.metadata == {"a": "b"}
        assert shown.tools[0].function.parameters == {}
        shown.metadata.clear()
        shown.tools[0].function.parameters["x"] = 1
        shown.tools.clear()


def test_a_snapshot_takes_data_as_it_was_changed() -> None:
    event = late()
    event.data.status = "expired"
    event.data.metadata["a"] = "c"
    snapshot = RunSnapshot()
    snapshot.apply(event)

    assert snapshot.outcome == "expired"
    assert snapshot.run is not None
    assert snapshot.run.metadata == {"a": "c"}


@copied_in_every_way
def test_a_snapshot_can_be_copied_before_anybody_has_looked(copied: Any) -> None:
    snapshot = RunSnapshot()
    snapshot.apply(late())

    made = copied(snapshot)

    assert made.run == snapshot.run
    assert made.run is not snapshot.run


def test_objects_are_as_the_parser_that_was_given_reads_them() -> None:
    def exact(data: bytes | str) -> Any:
        return json.loads(data, parse_float=Decimal)

    (event,) = decode([frame(ThreadRunCreated.event, RUN)], loads=exact)
    snapshot = RunSnapshot()
    snapshot.apply(event)

    assert snapshot.run is not None
    assert type(snapshot.run.temperature) is Decimal
    assert type(event.data.temperature) is Decimal  # type: ignore[union-attr]


def test_what_has_been_looked_at_is_kept_once() -> None:
    event = late()
    snapshot = RunSnapshot()
    snapshot.apply(event)
    run = snapshot.run

    assert event.data == run
    assert event._json is event._raw is None
    assert snapshot._run is not None
    assert snapshot._run._it is run


def test_nothing_of_a_snapshot_shows_its_json() -> None:
    snapshot = RunSnapshot()
    snapshot.apply(late(instructions="secret"))

    assert "secret" not in repr(snapshot) + repr(snapshot._run)


def test_a_long_object_is_not_kept_twice() -> None:
    text = {"type": "text", "text": {"value": "x" * _KEPT_BYTES, "annotations": []}}
    raw = {"id": "msg_1", "object": "thread.message", "content": [text]}
    (event,) = decode([frame(ThreadMessageCompleted.event, raw)])
    snapshot = RunSnapshot()
    snapshot.apply(event)

    assert event._json is None  # type: ignore[union-attr]
    assert len(snapshot.text) == _KEPT_BYTES
