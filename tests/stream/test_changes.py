"""What events change: each thing created once, then changed, then done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import InvalidDelta
from runs_core.models import Message
from runs_core.stream import RunEventDecoder, RunSnapshot
from runs_core.stream import changes as c
from runs_core.stream.change_decoder import ChangeDecoder
from tests.handlers.wire import (
    Event,
    as_bytes,
    begin_call,
    call,
    call_events,
    completed,
    created,
    delta,
    image,
    message_events,
    more,
    more_call,
    more_image,
    run,
    step,
    step_delta,
    text,
)


def decoded(events: Iterable[Event]) -> list[c.Change]:
    decoder = ChangeDecoder()
    read = RunEventDecoder().feed(as_bytes(events))
    return [change for event in read for change in decoder.feed(event)]


def names(changes: Iterable[c.Change]) -> list[str]:
    return [type(change).__name__ for change in changes]


def begun(id: str, *content: Any) -> Event:
    """A message that goes on, as a whole object."""
    return "thread.message.in_progress", {**created(id)[1], "content": list(content)}


# --- Messages ------------------------------------------------------------------------


def test_a_text_is_created_changed_and_done() -> None:
    changes = decoded(message_events("msg_1", "a", "b"))

    assert names(changes) == [
        "MessageCreated",
        "TextCreated",
        "TextChanged",
        "MessageChanged",
        "TextChanged",
        "MessageChanged",
        "TextDone",
        "MessageDone",
    ]
    text_done = changes[-2]
    assert isinstance(text_done, c.TextDone)
    assert (text_done.message_id, text_done.index) == ("msg_1", 0)
    assert text_done.text.value == "ab"


def test_the_pieces_are_all_there() -> None:
    changes = decoded(message_events("msg_1", "a", "b", "c"))

    pieces = [ch.delta.value for ch in changes if isinstance(ch, c.TextChanged)]
    assert pieces == ["a", "b", "c"]
    whole = [ch.delta for ch in changes if isinstance(ch, c.MessageChanged)]
    assert len(whole) == 3


def test_a_message_that_comes_whole_has_its_texts_created_and_done() -> None:
    changes = decoded([completed("msg_1", text("all"), image("file_1"))])

    assert names(changes) == [
        "MessageCreated",
        "TextCreated",
        "TextDone",
        "ImageFileDone",
        "MessageDone",
    ]


def test_a_message_that_was_not_announced_is_created_at_its_first_delta() -> None:
    changes = decoded([delta("msg_1", more("a")), completed("msg_1", text("a"))])

    assert names(changes)[:2] == ["MessageCreated", "TextCreated"]
    assert names(changes)[-2:] == ["TextDone", "MessageDone"]


def test_a_part_is_done_when_the_next_one_begins() -> None:
    changes = decoded(
        [
            created("msg_1"),
            delta("msg_1", more("a", 0)),
            delta("msg_1", more_image("file_1", 1), more("b", 2)),
            delta("msg_1", more("!", 0)),
            completed("msg_1", text("a!"), image("file_1"), text("b")),
        ]
    )

    assert [n for n in names(changes) if n != "MessageChanged"] == [
        "MessageCreated",
        "TextCreated",
        "TextChanged",
        "TextDone",
        "ImageFileDone",
        "TextCreated",
        "TextChanged",
        "TextDone",
        "TextChanged",
        "MessageDone",
    ]


def test_indices_with_gaps_are_the_places_in_what_is_whole() -> None:
    changes = decoded(
        [
            created("msg_1"),
            delta("msg_1", more("a", 1)),
            delta("msg_1", more("b", 4)),
            completed("msg_1", text("A"), text("B"), text("C")),
        ]
    )

    done = [ch for ch in changes if isinstance(ch, c.TextDone)]
    assert [(ch.index, ch.text.value) for ch in done] == [
        (1, "A"),
        (4, "B"),
        (5, "C"),
    ]


def test_what_the_whole_message_no_longer_has_is_not_done() -> None:
    changes = decoded([delta("msg_1", more("a")), completed("msg_1")])

    assert names(changes)[-1] == "MessageDone"
    assert "TextDone" not in names(changes)
    (begun,) = (ch for ch in changes if isinstance(ch, c.TextCreated))
    assert begun.text.value == ""


def test_a_text_that_a_whole_message_has_moved_to_is_created_before_it_changes() -> (
    None
):
    events = [delta("m", more_image("file_1", 0)), begun("m", text("a"))]
    changes = decoded([*events, delta("m", more("b")), completed("m", text("ab"))])

    texts = [name for name in names(changes) if name.startswith("Text")]
    assert texts == ["TextCreated", "TextChanged", "TextDone"]


def test_an_image_that_is_gone_says_so() -> None:
    begun = [delta("msg_1", more_image("f", 0)), delta("msg_1", more("a", 1))]

    changes = decoded([*begun, completed("msg_1")])

    (done,) = (ch for ch in changes if isinstance(ch, c.ImageFileDone))
    with pytest.raises(LookupError, match="no longer has this image file"):
        _ = done.image_file


@pytest.mark.parametrize("block", [{"type": "image_file"}, {"type": "refusal"}])
@pytest.mark.parametrize("before", [[], [delta("m", more_image("file_1", 0))]])
def test_promise_7_a_block_without_an_image_is_no_image_that_is_done(
    before: list[Event], block: dict[str, Any]
) -> None:
    assert "ImageFileDone" not in names(decoded([*before, completed("m", block)]))


def test_nothing_changes_after_the_end() -> None:
    events = [*message_events("m", "a"), *call_events("s", "call_1")]
    events += [step("s", call("call_1", ""), status="failed")]
    late = [
        delta("m", more("b")),
        completed("m", text("c")),
        created("m"),
        begun("m", text("c"), text("d")),
        step_delta("s", more_call("x")),
        step("s", status="completed"),
        step("s", call("c1", ""), call("c2", ""), status="in_progress"),
        run("completed"),
    ]

    assert names(decoded([*events, *late])) == names(decoded(events))


# --- Steps and calls -----------------------------------------------------------------


def test_a_call_is_created_changed_and_done() -> None:
    changes = decoded(
        [
            *call_events("step_1", "call_1", "{", "}"),
            step("step_1", call("call_1", "{}", "ok"), status="completed"),
        ]
    )

    assert names(changes) == [
        "StepCreated",
        "ToolCallCreated",
        "ToolCallChanged",
        "StepChanged",
        "ToolCallChanged",
        "StepChanged",
        "ToolCallChanged",
        "StepChanged",
        "ToolCallDone",
        "StepDone",
    ]
    first = [ch.first for ch in changes if isinstance(ch, c.ToolCallChanged)]
    assert first == [True, False, False]
    done, last = changes[-2], changes[-1]
    assert isinstance(done, c.ToolCallDone)
    assert isinstance(last, c.StepDone)
    assert (done.step_id, done.index) == ("step_1", 0)
    assert last.step.status == "completed"


@pytest.mark.parametrize(
    "ending", ["requires_action", "completed", "failed", "cancelled", "expired"]
)
def test_calls_are_done_when_the_run_waits_or_ends(ending: str) -> None:
    changes = decoded([*call_events("step_1", "call_1"), run(ending)])

    assert names(changes).count("ToolCallDone") == 1
    assert "StepDone" not in names(changes)


@pytest.mark.parametrize("going_on", ["queued", "in_progress", "cancelling"])
def test_calls_are_not_done_while_the_run_goes_on(going_on: str) -> None:
    changes = decoded([*call_events("step_1", "call_1"), run(going_on)])

    assert "ToolCallDone" not in names(changes)


def test_a_step_that_waited_for_outputs_was_created_in_the_stream_before() -> None:
    changes = decoded([step("s", call("call_1", "{}", "42"), status="completed")])

    assert names(changes) == ["StepDone"]


def test_a_run_that_is_seen_whole_has_all_its_steps_and_calls_created() -> None:
    whole = [run("created"), step("s", call("call_1", "{}", "42"), status="completed")]

    assert names(decoded(whole)) == [
        "StepCreated",
        "ToolCallCreated",
        "ToolCallDone",
        "StepDone",
    ]


def test_a_step_first_seen_at_its_end_shows_the_tools_the_server_ran() -> None:
    code = {"id": "c", "type": "code_interpreter", "code_interpreter": {"input": "1"}}

    changes = decoded([step("s", code, status="completed")])

    assert names(changes) == ["ToolCallCreated", "ToolCallDone", "StepDone"]


def test_calls_of_a_step_that_comes_in_progress_are_created() -> None:
    whole = step("s", call("call_1", "{}"), status="in_progress")

    assert names(decoded([whole, whole])) == ["StepCreated", "ToolCallCreated"]


def test_calls_that_interleave_are_each_done_once() -> None:
    changes = decoded(
        [
            step("s"),
            step_delta("s", begin_call("call_1"), begin_call("call_2", index=1)),
            step_delta("s", more_call("{}", 0)),
            step_delta("s", more_call("{}", 1)),
            run("requires_action"),
        ]
    )

    done = [ch for ch in changes if isinstance(ch, c.ToolCallDone)]
    assert [ch.index for ch in done] == [0, 1]
    arguments = [ch.tool_call.to_dict()["function"]["arguments"] for ch in done]
    assert arguments == ["{}", "{}"]


def test_a_call_that_is_gone_says_so() -> None:
    changes = decoded([*call_events("s", "call_1"), step("s", status="completed")])

    (begun,) = (ch for ch in changes if isinstance(ch, c.ToolCallCreated))
    with pytest.raises(LookupError, match="no longer has this tool call"):
        _ = begun.tool_call


# --- The decoder ---------------------------------------------------------------------


def test_events_of_other_kinds_change_nothing() -> None:
    thread = ("thread.created", {"id": "thread_1", "object": "thread"})
    unknown = ("thread.message.polished", {"id": "msg_1"})

    assert decoded([thread, unknown, ("error", {"message": "no"})]) == []


def test_what_it_shows_is_of_the_snapshot_it_is_given() -> None:
    snapshot = RunSnapshot()
    decoder = ChangeDecoder(lambda: snapshot)
    events = RunEventDecoder().feed(as_bytes(message_events("msg_1", "a", "b")))
    begun: list[Any] = []
    for event in events:
        snapshot.apply(event)
        begun += [ch for ch in decoder.feed(event) if isinstance(ch, c.TextCreated)]
        if begun:
            assert begun[0].text.value == snapshot.text
    assert decoder.snapshot is snapshot


def test_its_own_snapshot_refuses_what_does_not_fit() -> None:
    with pytest.raises(InvalidDelta):
        decoded([delta("m", more("a")), delta("m", more_image("file_1", 0))])


MESSAGES = st.sampled_from(["m1", "m2"])
STEPS = st.sampled_from(["s1", "s2"])
INDICES = st.integers(0, 2)
EVENTS = st.one_of(
    st.builds(created, MESSAGES),
    st.builds(lambda id, i: delta(id, more("x", i)), MESSAGES, INDICES),
    st.builds(lambda id, n: completed(id, *[text("t")] * n), MESSAGES, INDICES),
    st.builds(step, STEPS),
    st.builds(lambda id, i: step_delta(id, begin_call(f"c{i}", "", i)), STEPS, INDICES),
    st.builds(lambda id, i: step_delta(id, more_call("x", i)), STEPS, INDICES),
    st.builds(
        lambda id, n: step(
            id, *[call(f"c{i}", "x") for i in range(n)], status="completed"
        ),
        STEPS,
        INDICES,
    ),
    st.builds(run, st.sampled_from(["in_progress", "requires_action", "completed"])),
)


def key_of(change: Any) -> tuple[Any, ...]:
    kind = type(change).__name__
    for end in ("Created", "Changed", "Done"):
        kind = kind.removesuffix(end)
    id = getattr(change, "message_id", None) or change.step_id
    return kind, id, getattr(change, "index", None)


@given(st.lists(EVENTS, max_size=30))
def test_in_any_order_of_events_things_begin_and_end_once(events: list[Event]) -> None:
    decoder = ChangeDecoder()
    stages: dict[tuple[Any, ...], list[str]] = {}
    for event in RunEventDecoder().feed(as_bytes(events)):
        try:
            changes = decoder.feed(event)
        except InvalidDelta:
            break
        for change in changes:
            stage = type(change).__name__.removeprefix(key_of(change)[0])
            stages.setdefault(key_of(change), []).append(stage)
    for key, seen in stages.items():
        counts = Counter(seen)
        assert counts["Created"] <= 1
        assert counts["Done"] <= 1
        assert seen[0] == "Created" or (key[0] == "Step" and seen == ["Done"])


@given(st.lists(EVENTS, max_size=30))
def test_all_that_a_whole_message_holds_is_done(events: list[Event]) -> None:
    decoder = ChangeDecoder()
    done: list[tuple[str, str]] = []
    last: dict[str, Message] = {}
    for event in RunEventDecoder().feed(as_bytes(events)):
        try:
            changes = decoder.feed(event)
        except InvalidDelta:
            break
        for change in changes:
            if isinstance(change, c.TextDone):
                done.append((change.message_id, change.text.value))
            if isinstance(change, c.MessageDone):
                last[change.message_id] = change.message
    for id, message in last.items():
        assert len([d for d in done if d[0] == id]) >= len(message.content)
