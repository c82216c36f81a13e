"""Deltas add up as they do in the slow and obvious model, or are refused as a whole."""

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runs_core.errors import InvalidDelta
from runs_core.stream import RunSnapshot
from runs_core.stream._read import read_event
from runs_core.wire.codec import loads
from tests.stream.samples import decode, frame, state
from tests.stream.slow_snapshot import Bad, Part

MESSAGE = {"id": "msg_1", "object": "thread.message", "role": "assistant"}
STEP = {"id": "step_1", "object": "thread.run.step"}

INDEX = st.one_of(
    st.sampled_from([0, 0, 0, 0, 1, 1, 2]),
    st.sampled_from([-1, True, None, 1.0, "0", 1023, 1024, 1025, 10**30, []]),
)
TEXT = st.sampled_from(["", "a", "bc", "é", "\ud83d"])
MAYBE_TEXT = st.one_of(st.none(), TEXT, TEXT, st.sampled_from([5, True]))
NUMBER = st.one_of(st.none(), st.integers(0, 9))


def entry(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """One entry of a list, with some of these fields."""
    return st.fixed_dictionaries(
        {"index": INDEX, "type": st.just(kind)},
        optional={name: strategy for name, strategy in fields.items()},
    )


def some(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def entries(*kinds: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(*kinds), max_size=3)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["x", "file_id", "index"]), inner, max_size=2),
        st.lists(st.fixed_dictionaries({"index": INDEX, "x": inner}), max_size=2),
    ),
    max_leaves=5,
)
ANNOTATIONS = entries(
    entry(
        "file_citation",
        text=TEXT,
        start_index=NUMBER,
        file_citation=some(file_id=TEXT, quote=TEXT),
    ),
    entry("file_path", text=TEXT, end_index=NUMBER, file_path=some(file_id=TEXT)),
    entry("url_citation", url=TEXT, x=JSON),
)
UNKNOWN = st.fixed_dictionaries(
    {"index": INDEX}, optional={"type": st.sampled_from(["new", 5, None]), "x": JSON}
)
BLOCKS = st.one_of(
    entries(
        entry("text", text=some(value=MAYBE_TEXT, annotations=ANNOTATIONS)),
        entry("text", text=some(value=TEXT)),
        entry("text", text=st.one_of(st.none(), TEXT)),
        entry("refusal", refusal=MAYBE_TEXT),
        entry("image_file", image_file=some(file_id=TEXT, detail=TEXT)),
        entry("image_url", image_url=some(url=TEXT)),
        UNKNOWN,
    ),
    st.sampled_from([None, [], ["a"], [None], [[]]]),
    entry("text", text=some(value=TEXT)),
)
OUTPUTS = entries(
    entry("logs", logs=MAYBE_TEXT), entry("image", image=some(file_id=TEXT)), UNKNOWN
)
IDS = st.sampled_from([None, "", "call_1", "call_1", "call_2"])
CALLS = entries(
    entry("function", id=IDS, function=some(arguments=MAYBE_TEXT, name=TEXT)),
    entry("function", function=some(arguments=TEXT, output=MAYBE_TEXT)),
    entry(
        "code_interpreter",
        id=IDS,
        code_interpreter=some(input=MAYBE_TEXT, outputs=OUTPUTS),
    ),
    entry("file_search", id=IDS, file_search=JSON),
    UNKNOWN,
)
DETAILS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("tool_calls")}, optional={"tool_calls": CALLS}
    ),
    st.fixed_dictionaries({"type": st.just("activities"), "activities": JSON}),
    some(type=st.just("message_creation"), message_creation=some(message_id=TEXT)),
    st.sampled_from([None, {}, [], "a"]),
)
WHOLE_CONTENT = st.sampled_from(
    [
        [],
        [{"type": "text", "text": {"value": "whole", "annotations": []}}],
        [
            {"type": "refusal", "refusal": "no"},
            {"type": "text", "text": {"value": "w", "annotations": [{"type": "new"}]}},
        ],
    ]
)
WHOLE_DETAILS = st.sampled_from(
    [
        {"type": "tool_calls", "tool_calls": []},
        {
            "type": "tool_calls",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{", "output": None},
                }
            ],
        },
        {"type": "activities", "activities": [{"id": "a"}]},
    ]
)


def run(kind: str, key: str, start: dict[str, Any], events: list[Any]) -> None:
    """Apply events to a snapshot and to the model, and compare them after each."""
    snapshot = RunSnapshot()
    model: Part | None = None
    for name, value in events:
        raw = (
            {"id": start["id"], "object": "o", "delta": delta_of(key, value)}
            if name == "delta"
            else {**start, "type": "any", key: value, "n": name}
        )
        (event,) = decode([frame(f"thread.{kind}.{name}", raw)])
        before = state(snapshot)
        bare = {"id": start["id"], "object": start["object"]}
        part = copy.deepcopy(model) or Part(bare, key)
        data = repr(event)
        try:
            if name == "delta":
                part.add(value)
            else:
                part.replace(raw, last=name == "completed")
        except Bad:
            with pytest.raises(InvalidDelta):
                snapshot.apply(event)
            assert state(snapshot) == before
        else:
            snapshot.apply(event)
            model = part
            (shown,) = snapshot.messages if kind == "message" else snapshot.steps
            assert shown.to_dict() == model.shown()
        assert repr(event) == data


def delta_of(key: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {key: value}


NAMES = st.sampled_from(["created", "in_progress", "completed"])


def histories(deltas: Any, whole: Any) -> st.SearchStrategy[list[Any]]:
    event = st.one_of(
        st.tuples(st.just("delta"), deltas),
        st.tuples(st.just("delta"), deltas),
        st.tuples(st.just("delta"), deltas),
        st.tuples(NAMES, whole),
    )
    return st.lists(event, max_size=8)


@settings(max_examples=120)
@given(histories(BLOCKS, WHOLE_CONTENT))
@example(
    [("delta", [{"index": 0, "type": "text", "text": {"value": v}}]) for v in "abc"]
)
def test_promise_8_messages_add_up_as_in_the_slow_model(events: list[Any]) -> None:
    run("message", "content", MESSAGE, events)


@settings(max_examples=120)
@given(histories(DETAILS, WHOLE_DETAILS))
def test_promise_8_steps_add_up_as_in_the_slow_model(events: list[Any]) -> None:
    run("run.step", "step_details", STEP, events)


def test_the_model_is_the_models_reader() -> None:
    raw = {**MESSAGE, "content": [{"type": "text", "text": {"value": "a"}}]}
    event = read_event("thread.message.created", frame_data(raw), loads)
    assert event is not None
    assert event.data.to_dict() == raw


def frame_data(raw: Any) -> bytes:
    return frame(None, raw)[len(b"data: ") : -2]
