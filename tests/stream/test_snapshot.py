"""The snapshot: what a stream's events add up to, after each of them."""

from typing import Any

import pytest

from runs_core.errors import InvalidDelta
from runs_core.lifecycle import RUN_ENDS, RUN_TERMINAL
from runs_core.models import (
    FunctionToolCall,
    Message,
    MessageCreationStepDetails,
    TextContentBlock,
    ToolCallsStepDetails,
    UnknownContentBlock,
)
from runs_core.stream import (
    EVENT_CLASSES,
    RunSnapshot,
    ThreadMessageCompleted,
    ThreadMessageIncomplete,
    ThreadRunStepCompleted,
    UnknownEvent,
)
from runs_core.stream import snapshot as snapshot_module
from tests.stream.build import (
    CREATED,
    DELTA,
    DONE,
    STEP_DELTA,
    STEP_DONE,
    applied,
    applied_stream,
    calls,
    delta,
    function,
    made,
    message,
    raw_calls,
    run,
    step,
    text,
)
from tests.stream.samples import STREAMS, decode, frame, state, summed

# --- What the streams add up to ---------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
def test_promise_8_whole_objects_at_their_end_are_the_last_word(name: str) -> None:
    events = decode([STREAMS[name]])
    snapshot = summed(events)
    last = {
        event.data.id: event.data.to_dict()  # type: ignore[union-attr]
        for event in events
        if event.event.endswith((".completed", ".incomplete", ".failed", ".cancelled"))
    }
    shown = {item.id: item.to_dict() for item in (*snapshot.messages, *snapshot.steps)}

    assert {k: v for k, v in last.items() if not k.startswith("run_")} == {
        k: v for k, v in shown.items() if k in last
    }


# No message and no step of these ends.
NOTHING_ENDS = (
    "cancelled",
    "error_flat",
    "error_nested",
    "expired",
    "failed",
    "tool_run",
)


@pytest.mark.parametrize("name", STREAMS)
def test_deltas_add_up_to_the_object_at_the_end(name: str) -> None:
    snapshot = RunSnapshot()
    seen = 0
    for event in decode([STREAMS[name]]):
        if isinstance(event, ThreadMessageCompleted | ThreadMessageIncomplete):
            (shown,) = [m for m in snapshot.messages if m.id == event.data.id]
            assert without_quotes(shown.to_dict()["content"]) == raw(event)["content"]
            seen += 1
        elif isinstance(event, ThreadRunStepCompleted):
            found = [s for s in snapshot.steps if s.id == event.data.id]
            # One began in the stream before.
            if found:
                details = without_outputs(raw(event)["step_details"])
                assert without_outputs(found[0].to_dict()["step_details"]) == details
                seen += 1
        snapshot.apply(event)
    assert bool(seen) != (name in NOTHING_ENDS)


def raw(event: Any) -> dict[str, Any]:
    raw: dict[str, Any] = event.data.to_dict()
    return raw


def without_quotes(content: list[Any]) -> list[Any]:
    """Deltas of citations have a quote, which the object at the end has not."""
    for block in content:
        for note in block.get("text", {}).get("annotations", ()):
            note.get("file_citation", {}).pop("quote", None)
    return content


def without_outputs(details: dict[str, Any]) -> dict[str, Any]:
    """A function's output is known to its caller first; deltas may leave null out."""
    for call in details.get("tool_calls", ()):
        call.get("function", {}).pop("output", None)
    return details


def test_a_run_that_requires_action_has_its_calls_as_steps() -> None:
    snapshot = applied_stream("tool_run")
    assert snapshot.outcome == "requires_action"
    assert snapshot.run is not None
    action = snapshot.run.required_action
    assert action is not None
    assert action.submit_tool_outputs is not None
    details = snapshot.steps[0].step_details
    assert isinstance(details, ToolCallsStepDetails)

    for call, asked in zip(
        details.tool_calls, action.submit_tool_outputs.tool_calls, strict=True
    ):
        assert isinstance(call, FunctionToolCall)
        assert call.id == asked.id
        assert call.function.arguments == asked.function.arguments  # type: ignore[union-attr]


def test_a_stream_that_goes_on_adds_to_the_same_snapshot() -> None:
    snapshot = applied_stream("tool_run")
    outcomes = []
    for event in decode([STREAMS["submitted"]]):
        snapshot.apply(event)
        outcomes.append(snapshot.outcome)

    # It opens with the end of a step of the stream before.
    assert outcomes[:2] == ["requires_action", None]
    assert outcomes[-1] == "completed"
    assert [s.id for s in snapshot.steps] == ["step_1", "step_2"]
    details = snapshot.steps[0].step_details
    assert isinstance(details, ToolCallsStepDetails)
    assert details.tool_calls[0].function.output == "18 °C"  # type: ignore[union-attr]


def test_promise_8_nothing_of_one_message_or_step_shows_in_another() -> None:
    snapshot = RunSnapshot()
    for event in decode([STREAMS["interleaved"]]):
        if type(event) is ThreadMessageCompleted:
            break
        snapshot.apply(event)
    first, second = snapshot.messages

    assert text_in(first) == "one two three"
    assert text_in(second) == "uno dos tres"
    assert snapshot.text == "uno dos tres"


def text_in(message: Message) -> str:
    return "".join(
        block.text.value
        for block in message.content
        if isinstance(block, TextContentBlock)
    )


# --- The run ----------------------------------------------------------------------


def test_an_empty_snapshot_has_nothing() -> None:
    assert state(RunSnapshot()) == {
        "run": None,
        "run_id": None,
        "thread": None,
        "outcome": None,
        "messages": [],
        "steps": [],
        "text": "",
    }


@pytest.mark.parametrize("name", [n for n in EVENT_CLASSES if n.count(".") == 2])
def test_the_outcome_is_the_status_of_a_run_that_has_ended(name: str) -> None:
    if not name.startswith("thread.run."):
        return
    status = name.rpartition(".")[2]
    snapshot = applied(("run.created", run("queued")), (name[7:], run(status)))

    assert snapshot.outcome == (status if status in RUN_ENDS else None)
    assert snapshot.run is not None
    assert snapshot.run.status == status


@pytest.mark.parametrize(
    ("name", "status", "outcome"),
    [
        # A server that sends `requires_action` and then this, was recorded.
        ("run.completed", "requires_action", "requires_action"),
        ("run.completed", "in_progress", "completed"),
        ("run.completed", None, "completed"),
        ("run.failed", "new", "failed"),
        ("run.failed", ["odd"], "failed"),
        ("run.in_progress", "completed", None),
    ],
)
def test_an_event_says_whether_a_run_has_ended_and_its_status_how(
    name: str, status: Any, outcome: str | None
) -> None:
    assert applied((name, run(status))).outcome == outcome


@pytest.mark.parametrize("end", sorted(RUN_TERMINAL))
@pytest.mark.parametrize(
    "late", ["created", "queued", "in_progress", "cancelling", "requires_action"]
)
def test_promise_8_nothing_that_comes_late_undoes_the_end_of_a_run(
    end: str, late: str
) -> None:
    snapshot = applied((f"run.{end}", run(end)), (f"run.{late}", run(late)))

    assert snapshot.outcome == end
    assert snapshot.run is not None
    assert snapshot.run.status == end


def test_the_last_end_of_a_run_counts() -> None:
    ends = ("run.completed", run("completed")), ("run.failed", run("failed"))
    assert applied(*ends).outcome == "failed"


def test_a_run_goes_on_from_requires_action() -> None:
    waits = ("run.requires_action", run("requires_action"))
    snapshot = applied(waits, ("run.queued", run("queued")))
    assert snapshot.outcome is None
    assert snapshot.run is not None
    assert snapshot.run.status == "queued"
    assert applied(waits, ("run.completed", run("completed"))).outcome == "completed"


@pytest.mark.parametrize("first", ["queued", "requires_action", "completed"])
@pytest.mark.parametrize("second", ["created", "completed"])
def test_promise_8_another_run_is_refused(first: str, second: str) -> None:
    snapshot = applied((f"run.{first}", run(first)))
    before = state(snapshot)
    (other,) = made((f"run.{second}", run(second, "run_2")))
    with pytest.raises(InvalidDelta, match="about another run") as caught:
        snapshot.apply(other)

    assert caught.value.where == "$.id"
    assert state(snapshot) == before


def test_the_run_id_is_learned_from_messages_and_steps() -> None:
    assert applied((CREATED, message(run_id="r2"))).run_id == "r2"
    assert applied((STEP_DONE, step(run_id="r3"))).run_id == "r3"
    assert applied((DELTA, delta(text("a")))).run_id is None
    for odd in (None, "", 5, ["r"]):
        assert applied((CREATED, message(run_id=odd))).run_id is None
    known = ("run.queued", run("queued"))
    assert applied(known, (CREATED, message(run_id="r2"))).run_id == "run_1"
    assert applied((CREATED, message(run_id="r2")), known).run_id == "run_1"


def test_the_thread_is_known_if_the_stream_began_with_it() -> None:
    snapshot = applied(("created", {"id": "thread_1", "object": "thread"}))
    assert snapshot.thread is not None
    assert snapshot.thread.id == "thread_1"


def test_errors_and_unknown_events_change_nothing() -> None:
    snapshot = applied_stream("text_run")
    before = state(snapshot)
    for event in decode([frame("error", {"message": "m"}), frame("new", run("x"))]):
        snapshot.apply(event)
    assert state(snapshot) == before


def test_the_repr_tells_how_much_there_is_and_not_what() -> None:
    snapshot = applied_stream("tool_run")
    assert (
        repr(snapshot) == "<RunSnapshot: outcome requires_action, 0 messages, 1 steps>"
    )


def test_every_class_of_events_is_applied() -> None:
    deltas = {
        EVENT_CLASSES["thread.message.delta"],
        EVENT_CLASSES[f"thread.{STEP_DELTA}"],
    }
    expected = {*EVENT_CLASSES.values(), UnknownEvent} - deltas
    assert set(snapshot_module._APPLY) == expected


@pytest.mark.parametrize("other", [None, "thread.run.queued", {}, Message("m")])
def test_what_is_no_event_is_not_applied(other: Any) -> None:
    with pytest.raises(TypeError):
        RunSnapshot().apply(other)


# --- Whole objects and deltas -----------------------------------------------------


def test_a_message_may_begin_with_a_delta() -> None:
    (shown,) = applied((DELTA, delta(text("a"), role="assistant"))).messages
    assert shown.to_dict() == {
        "id": "msg_1",
        "object": "thread.message",
        "role": "assistant",
        "content": [{"type": "text", "text": {"value": "a"}}],
    }


def test_a_step_may_begin_with_a_delta_or_with_its_end() -> None:
    (shown,) = applied((STEP_DELTA, calls(function("{", id="call_1")))).steps
    assert (shown.id, shown.type) == ("step_1", "tool_calls")
    (shown,) = applied((STEP_DONE, step("step_9"))).steps
    assert shown.id == "step_9"


@pytest.mark.parametrize("raw", [{}, {"step_details": None}])
def test_a_step_may_begin_with_nothing(raw: dict[str, Any]) -> None:
    (shown,) = applied((STEP_DELTA, {**calls(), "delta": raw})).steps
    assert shown.to_dict() == {"id": "step_1", "object": "thread.run.step"}
    (found,) = applied((DELTA, {**delta(), "delta": {}})).messages
    assert found.content == []


def test_deltas_add_to_what_a_whole_object_has() -> None:
    snapshot = applied(
        (CREATED, message("msg_1", "a", "b")), (DELTA, delta(text("c", 1)))
    )
    assert snapshot.text == "abc"
    call = {"id": "call_1", "type": "function", "function": {"arguments": "{"}}
    snapshot = applied(
        ("run.step.created", step("s", call)), (STEP_DELTA, calls(id="s"))
    )
    assert raw_calls(snapshot) == [call]
    (event,) = made((STEP_DELTA, calls(function("}"), id="s")))
    snapshot.apply(event)
    assert raw_calls(snapshot)[0]["function"]["arguments"] == "{}"


def test_a_call_that_is_told_again_is_not_added_to_itself() -> None:
    """open-assistant-api sends a step with its calls, then the same as a delta."""
    told = {"name": "f", "arguments": "{}"}
    one = {"id": "call_1", "type": "function", "function": {**told, "output": None}}
    two = {**one, "id": "call_2"}
    again = [
        (STEP_DELTA, calls({**call, "index": index}))
        for index, call in enumerate((one, two))
    ]
    begun = ("run.step.created", step("step_1", one, two))
    assert raw_calls(applied(begun, *again)) == [one, two]

    # The same in deltas alone; but more of a call, or what has no name, is added.
    more = (STEP_DELTA, calls(function("{}", id="call_1")))
    named = {**one, "index": 0, "function": {**told, "arguments": None}}
    shown = applied(again[0], again[0], more, (STEP_DELTA, calls(named)))
    assert raw_calls(shown)[0]["function"] == {"name": "f", "arguments": "{}{}"}


def test_a_whole_object_replaces_what_deltas_had_added_up_to() -> None:
    begun = (DELTA, delta(text("wrong")))
    for name in ("message.created", "message.in_progress", DONE):
        assert applied(begun, (name, message("msg_1", "right"))).text == "right"


def test_deltas_add_to_the_whole_object_that_came_last() -> None:
    delta_ = (DELTA, delta(text("a")))
    whole = (CREATED, message("msg_1", "whole "))
    assert applied(delta_, delta_, whole, delta_, delta_).text == "whole aa"
    for more, key in ((function, "arguments"), (code, "input")):
        begun = (STEP_DELTA, calls(more("a", id="call_1")))
        (call,) = raw_calls(applied(begun))
        whole = ("run.step.created", step("step_1", call))
        (shown,) = raw_calls(applied(begun, begun, whole, begun, begun))
        assert shown[shown["type"]][key] == "aaa"


def code(input: Any, index: int = 0, **fields: Any) -> dict[str, Any]:
    kind = "code_interpreter"
    return {"index": index, "type": kind, kind: {"input": input}, **fields}


def test_looking_does_not_keep_what_is_looked_at() -> None:
    snapshot = RunSnapshot()
    for event, expected in zip(
        made(
            (DELTA, delta(text("a"))),
            (DELTA, delta(text("b"))),
            ("message.in_progress", message("msg_1", "c")),
            (DELTA, delta(text("d", 1))),
            (DONE, message("msg_1", "e")),
        ),
        ("a", "ab", "c", "cd", "e"),
        strict=True,
    ):
        snapshot.apply(event)
        assert snapshot.text == expected
        assert text_in(snapshot.messages[0]) == expected


def test_a_call_gets_its_name_and_output_late() -> None:
    begun = (STEP_DELTA, calls(function("{")))
    named = {
        "index": 0,
        "type": "function",
        "function": {"arguments": "}", "name": "f"},
    }
    told = {
        "index": 0,
        "type": "function",
        "function": {"arguments": "", "output": "o"},
    }
    snapshot = applied(
        begun, begun, (STEP_DELTA, calls(named)), (STEP_DELTA, calls(told))
    )
    expected = {"name": "f", "arguments": "{{}", "output": "o"}
    assert raw_calls(snapshot)[0]["function"] == expected


def test_a_call_of_the_code_interpreter_gets_outputs_with_more_code() -> None:
    logs = {"index": 0, "type": "logs", "logs": "1"}
    both = {"input": "b", "outputs": [logs]}
    more = {"index": 0, "type": "code_interpreter", "code_interpreter": both}
    events = [(STEP_DELTA, calls(c)) for c in (code("a"), code("a"), more, more)]
    shown = raw_calls(applied(*events))[0]["code_interpreter"]
    assert shown == {"input": "aabb", "outputs": [{"type": "logs", "logs": "11"}]}


def test_a_file_search_may_say_anything() -> None:
    for said in ([None], [], {"results": []}, "x", 5):
        call = {"index": 0, "id": "c", "type": "file_search", "file_search": said}
        shown = raw_calls(applied((STEP_DELTA, calls(call)), (STEP_DELTA, calls(call))))
        assert len(shown) == 1


def test_a_list_without_indices_replaces_and_an_empty_one_does_not() -> None:
    def new(x: Any) -> tuple[str, Any]:
        return DELTA, delta({"index": 0, "type": "new", "x": x})

    for values, expected in [
        (([], ["a"]), ["a"]),
        ((["a"], []), ["a"]),
        ((["a"], ["b", "c"]), ["b", "c"]),
        (([{"index": 0, "y": "a"}], [], [{"index": 0, "y": "b"}]), [{"y": "ab"}]),
        ((["a"], None), ["a"]),
        ((None, ["a"]), ["a"]),
    ]:
        (block,) = applied(*map(new, values)).messages[0].content
        assert isinstance(block, UnknownContentBlock)
        assert block.raw == {"type": "new", "x": expected}


def test_an_object_without_content_takes_none_away_unless_it_is_the_last() -> None:
    begun = (DELTA, delta(text("a")))
    late = applied(begun, ("message.in_progress", message(thread_id="t")))
    assert late.text == "a"
    assert late.messages[0].thread_id == "t"
    assert applied(begun, (DONE, message())).text == ""
    calling = (STEP_DELTA, calls(function("{")))
    late = applied(calling, ("run.step.in_progress", step(thread_id="t")))
    assert raw_calls(late)[0]["function"]["arguments"] == "{"
    assert late.steps[0].thread_id == "t"
    assert raw_calls(applied(calling, (STEP_DONE, step()))) == []


@pytest.mark.parametrize("details", [{"step_details": None}, {"step_details": {}}, {}])
@pytest.mark.parametrize("name", ["run.step.created", "run.step.in_progress"])
def test_a_step_without_details_takes_none_away(name: str, details: Any) -> None:
    bare = {"id": "step_1", "object": "thread.run.step", "thread_id": "t", **details}
    late = applied((STEP_DELTA, calls(function("{"))), (name, bare))

    assert raw_calls(late)[0]["function"]["arguments"] == "{"
    assert late.steps[0].thread_id == "t"


def test_nothing_but_another_end_changes_what_has_ended() -> None:
    done = (DONE, message("msg_1", "all"))
    for late in [(DELTA, delta(text("x"))), (CREATED, message()), (DELTA, delta({}))]:
        assert applied(done, late).text == "all"
    again = ("message.incomplete", message("msg_1", "less"))
    assert applied(done, again).text == "less"
    done = (STEP_DONE, step("step_1"))
    for late in [
        (STEP_DELTA, calls(function("{"))),
        ("run.step.created", step("step_1", {})),
    ]:
        assert raw_calls(applied(done, late)) == []
    assert applied(done).has_ended("step_1")
    assert not applied((CREATED, message())).has_ended("msg_1")


def test_roles_come_from_whole_objects_or_else_from_the_first_delta() -> None:
    first, second = (
        (DELTA, delta(text("a"), role="a")),
        (DELTA, delta(text("b"), role="b")),
    )
    third = (DELTA, delta(text("c")))
    assert applied(third, third, first, second).messages[0].role == "a"
    whole = (CREATED, message(role="user"))
    assert applied(first, whole, second).messages[0].role == "user"
    assert applied(first, (CREATED, message()), third).messages[0].role == "a"


@pytest.mark.parametrize(
    "parts",
    [
        [text("a"), text("b"), text("c")],
        [text("a"), {"index": 0, "text": {"value": "bc"}}],
        [{"index": 0, "type": "text", "text": {"value": "a"}}, text("bc")],
    ],
)
def test_several_parts_for_one_index_are_added_up(parts: list[Any]) -> None:
    assert applied((DELTA, delta(*parts))).text == "abc"
    assert applied((CREATED, message()), (DELTA, delta(*parts))).text == "abc"
    whole = (CREATED, message("msg_1", "whole "))
    assert applied(whole, (DELTA, delta(*parts))).text == "whole abc"


def test_gaps_close_up_and_indices_are_not_shown() -> None:
    snapshot = applied(
        (DELTA, delta(text("c", 5))), (DELTA, delta(text("a", 1), text("b", 3)))
    )
    (shown,) = snapshot.messages
    assert [block.to_dict() for block in shown.content] == [
        {"type": "text", "text": {"value": v}} for v in "abc"
    ]


def test_a_list_may_be_of_any_length_if_it_has_no_long_gap() -> None:
    indices = range(0, 5000, 1000)
    snapshot = applied(*((DELTA, delta(text(str(i), i))) for i in indices))

    assert snapshot.text == "".join(map(str, indices))


def test_numbers_replace_and_texts_append() -> None:
    def note(**fields: Any) -> dict[str, Any]:
        noted = {"index": 0, "type": "file_path", **fields}
        return {"index": 0, "type": "text", "text": {"annotations": [noted]}}

    snapshot = applied(
        (DELTA, delta(note(start_index=4, text="sand"))),
        (DELTA, delta(note(start_index=9, end_index=0, text="box"))),
        (DELTA, delta(note(end_index=20, file_path={"file_id": "file_1"}))),
        (DELTA, delta(note(file_path={"file_id": "file_1"}))),
    )
    assert snapshot.messages[0].to_dict()["content"][0]["text"]["annotations"] == [
        {
            "type": "file_path",
            "text": "sandbox",
            "start_index": 9,
            "end_index": 20,
            "file_path": {"file_id": "file_1"},
        }
    ]


def test_names_are_not_appended_to() -> None:
    snapshot = applied(
        (STEP_DELTA, calls(function("{", id="call_1"))),
        (STEP_DELTA, calls(function("}", id="call_1"))),
        (STEP_DELTA, calls(function("", id=""))),
    )
    assert raw_calls(snapshot)[0]["id"] == "call_1"


def test_what_a_delta_leaves_out_takes_no_number_away() -> None:
    outputs = [{"index": 0, "type": "logs", "logs": "l"}]
    code = {"index": 0, "type": "code_interpreter", "id": 7}
    snapshot = applied(
        (STEP_DELTA, calls({**code, "code_interpreter": {"input": 5}})),
        (
            STEP_DELTA,
            calls({**code, "id": None, "code_interpreter": {"outputs": outputs}}),
        ),
    )
    (call,) = raw_calls(snapshot)
    assert (call["id"], call["code_interpreter"]["input"]) == (7, 5)
    assert call["code_interpreter"]["outputs"] == [{"type": "logs", "logs": "l"}]


def test_a_call_that_begins_with_nothing_is_one_of_its_kind() -> None:
    kinds = ("function", "code_interpreter", "file_search")
    snapshot = applied(
        *((STEP_DELTA, calls({"index": i, "type": k})) for i, k in enumerate(kinds))
    )
    details = snapshot.steps[0].step_details
    assert isinstance(details, ToolCallsStepDetails)
    assert [call.type for call in details.tool_calls] == list(kinds)
    assert all(not type(c).__name__.startswith("Unknown") for c in details.tool_calls)
    called, computed, _ = details.tool_calls
    assert called.function.arguments == computed.code_interpreter.input == ""


@pytest.mark.parametrize("kind", ["text", "refusal", "image_file", "image_url"])
def test_a_block_that_begins_with_nothing_has_what_its_kind_has(kind: str) -> None:
    (block,) = applied((DELTA, delta({"index": 0, "type": kind}))).messages[0].content

    assert getattr(block, kind) is not None


@pytest.mark.parametrize("kind", ["file_citation", "file_path"])
def test_an_annotation_that_begins_with_nothing_has_what_its_kind_has(
    kind: str,
) -> None:
    noted = {"value": "a", "annotations": [{"index": 0, "type": kind}]}
    begun = delta({"index": 0, "type": "text", "text": noted})

    (block,) = applied((DELTA, begun)).messages[0].content

    assert isinstance(block, TextContentBlock)
    assert getattr(block.text.annotations[0], kind) is not None


@pytest.mark.parametrize("kind", ["logs", "image"])
def test_an_output_that_begins_with_nothing_has_what_its_kind_has(kind: str) -> None:
    run_code = {"input": "a", "outputs": [{"index": 0, "type": kind}]}
    begun = calls({**code("a"), "code_interpreter": run_code})

    details = applied((STEP_DELTA, begun)).steps[0].step_details

    assert isinstance(details, ToolCallsStepDetails)
    (call,) = details.tool_calls
    assert getattr(call.code_interpreter.outputs[0], kind) is not None


def test_a_message_creation_that_begins_with_nothing_is_one() -> None:
    begun = calls()
    begun["delta"]["step_details"] = {"type": "message_creation"}

    (shown,) = applied((STEP_DELTA, begun)).steps

    assert isinstance(shown.step_details, MessageCreationStepDetails)
    assert shown.step_details.message_creation is not None


@pytest.mark.parametrize("kind", [{}, {"type": None}, {"type": ""}])
@pytest.mark.parametrize(
    "call",
    [
        function("a"),
        {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "a"}},
    ],
)
def test_details_may_say_later_what_they_are(
    call: dict[str, Any], kind: dict[str, Any]
) -> None:
    begun, going_on = calls(call), (STEP_DELTA, calls(call))
    begun["delta"]["step_details"] = {"tool_calls": [call], **kind}

    (shown,) = applied((STEP_DELTA, begun), going_on, going_on).steps

    assert shown.type == "tool_calls"
    assert isinstance(shown.step_details, ToolCallsStepDetails)
    assert "aaa" in str(shown.step_details.to_dict())


def test_an_object_where_a_list_should_be_is_its_only_entry() -> None:
    alone = {"type": "text", "text": {"value": "a"}}
    odd = {**delta(), "delta": {"content": alone}}
    assert applied((DELTA, odd), (DELTA, odd)).text == "aa"


def test_unknown_kinds_add_up_like_known_ones() -> None:
    snapshot = applied(
        (
            DELTA,
            delta({"index": 0, "type": "audio", "audio": {"data": "AA", "n": [1]}}),
        ),
        (DELTA, delta({"index": 0, "type": "audio", "audio": {"data": "B", "n": [2]}})),
    )
    (block,) = snapshot.messages[0].content
    assert isinstance(block, UnknownContentBlock)
    assert block.raw == {"type": "audio", "audio": {"data": "AAB", "n": [2]}}


def test_keys_that_a_class_of_deltas_does_not_know_are_left_out() -> None:
    odd = {**text("a"), "x": 1, "text": {"value": "a", "y": 2}}
    for _ in range(2):
        (shown,) = applied((DELTA, delta(odd)), (DELTA, delta(odd))).messages
        assert shown.to_dict()["content"] == [{"type": "text", "text": {"value": "aa"}}]


def test_what_names_something_says_the_same_again() -> None:
    image = {"type": "image_file", "image_file": {"file_id": "f", "detail": "low"}}
    new = {"type": "new", "new": {"status": "s", "object": "o", "role": "r"}}
    for block in (image, new):
        event = (DELTA, delta({"index": 0, **block}, role="assistant"))
        (shown,) = applied(event, event).messages

        assert shown.role == "assistant"
        assert shown.to_dict()["content"] == [block]


def test_a_text_that_begins_without_a_value_is_empty() -> None:
    begun = {"index": 0, "type": "text", "text": {"annotations": []}}
    (shown,) = applied((DELTA, delta(begun))).messages

    assert shown.to_dict()["content"][0]["text"]["value"] == ""


def test_deltas_go_on_after_a_whole_object_between_them() -> None:
    def said(texts: str) -> list[Any]:
        return [(DELTA, delta(text(letter))) for letter in texts]

    between = ("message.in_progress", message("msg_1", "abc"))
    events = [("message.created", message()), *said("abc"), between, *said("de")]

    assert applied(*events).text == "abcde"
