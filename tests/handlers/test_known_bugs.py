"""What openai-python's event handlers do wrong, and these must not.

Each was seen in openai 3.54; the letters are of the project's list of them.
"""

from __future__ import annotations

import pytest

from runs_core.errors import MalformedEvent, StreamError, StreamTruncated
from runs_core.stream import UnknownEvent
from tests.handlers.players import Play, play, play_async
from tests.handlers.wire import (
    DONE,
    begin_call,
    call,
    call_events,
    completed,
    created,
    delta,
    incomplete,
    message_events,
    more,
    more_call,
    run,
    step,
    step_delta,
    text,
)

both = pytest.mark.parametrize("play", [play, play_async])
END = [run("completed"), DONE]


@both
def test_a_final_run_steps_are_the_servers_last_word(play: Play) -> None:
    played = play(
        [
            *call_events("step_1", "call_1", "{}"),
            step("step_1", call("call_1", "{}", "42"), status="completed"),
            *END,
        ]
    )

    (last,) = played.handler.snapshot.steps
    assert last.status == "completed"
    assert last.step_details.tool_calls[0].function.output == "42"


@both
def test_b_a_tool_call_is_done_once(play: Play) -> None:
    played = play(
        [
            *call_events("step_1", "call_1", "{}"),
            run("requires_action"),
            step("step_1", call("call_1", "{}", "42"), status="completed"),
            *END,
        ]
    )

    assert played.names.count("on_tool_call_created") == 1
    assert played.names.count("on_tool_call_done") == 1
    assert played.names.count("on_run_step_done") == 1


@both
def test_c_the_first_call_of_a_second_step_is_created(play: Play) -> None:
    played = play(
        [
            *call_events("step_1", "call_1", '{"a"', ": 1}"),
            step("step_1", call("call_1", '{"a": 1}'), status="completed"),
            *call_events("step_2", "call_2", '{"b"', ": 2}"),
            step("step_2", call("call_2", '{"b": 2}'), status="completed"),
            *END,
        ]
    )

    begun = played.of("on_tool_call_created", "on_tool_call_done")
    assert [(name, told["id"]) for name, told in begun] == [
        ("on_tool_call_created", "call_1"),
        ("on_tool_call_done", "call_1"),
        ("on_tool_call_created", "call_2"),
        ("on_tool_call_done", "call_2"),
    ]
    arguments = [
        snapshot["function"]["arguments"]
        for _, _, snapshot in played.of("on_tool_call_delta")
    ]
    assert arguments == ['{"a"', '{"a": 1}', '{"b"', '{"b": 2}']


@both
def test_d_no_text_of_one_message_is_told_again_with_the_next(play: Play) -> None:
    played = play(
        [
            *message_events("msg_1", "se", "cret"),
            *message_events("msg_2", "pub", "lic"),
            *END,
        ]
    )

    assert played.of("on_text_created", "on_text_delta", "on_text_done") == [
        ("on_text_created", "se"),
        ("on_text_delta", {"value": "se"}, "se"),
        ("on_text_delta", {"value": "cret"}, "secret"),
        ("on_text_done", "secret"),
        ("on_text_created", "pub"),
        ("on_text_delta", {"value": "pub"}, "pub"),
        ("on_text_delta", {"value": "lic"}, "public"),
        ("on_text_done", "public"),
    ]


@both
def test_e_a_second_message_may_end_incomplete_and_empty(play: Play) -> None:
    played = play(
        [
            *message_events("msg_1", "all"),
            created("msg_2"),
            incomplete("msg_2"),
            run("incomplete"),
            DONE,
        ]
    )

    assert played.error is None
    assert played.of("on_message_done") == [
        ("on_message_done", ("msg_1", "all")),
        ("on_message_done", ("msg_2", "")),
    ]
    assert played.of("on_text_done") == [("on_text_done", "all")]


@both
def test_f_a_delta_goes_to_the_message_it_names(play: Play) -> None:
    played = play(
        [
            created("msg_1"),
            created("msg_2"),
            delta("msg_1", more("one")),
            delta("msg_2", more("two")),
            delta("msg_1", more(" more")),
            completed("msg_2", text("two")),
            completed("msg_1", text("one more")),
            *END,
        ]
    )

    assert [told[2] for told in played.of("on_message_delta")] == [
        ("msg_1", "one"),
        ("msg_2", "two"),
        ("msg_1", "one more"),
    ]
    assert played.of("on_text_done") == [
        ("on_text_done", "two"),
        ("on_text_done", "one more"),
    ]


@both
def test_g_an_unknown_event_is_unknown(play: Play) -> None:
    seen: list[object] = []
    odd = ("thread.run.paused", {"id": "run_1"})
    played = play([odd, *END], {"on_event": lambda self, event: seen.append(event)})

    assert seen[0] == UnknownEvent("thread.run.paused", {"id": "run_1"})
    assert played.error is None


@both
@pytest.mark.parametrize("nested", [False, True])
def test_h_an_error_event_raises(play: Play, nested: bool) -> None:
    said = {"message": "out of order", "type": "server_error", "code": "oops"}
    event = ("error", {"error": said} if nested else said)
    played = play([run("in_progress"), event, DONE])

    assert isinstance(played.error, StreamError)
    assert (played.error.code, played.error.run_id) == ("oops", "run_1")
    assert played.names == ["on_exception", "on_end"]


@both
def test_i_a_truncated_stream_raises(play: Play) -> None:
    played = play([run("in_progress"), created("msg_1"), delta("msg_1", more("ha"))])

    assert isinstance(played.error, StreamTruncated)
    assert played.error.snapshot.text == "ha"
    assert played.names[-2:] == ["on_exception", "on_end"]


@both
def test_j_a_forged_end_is_no_end(play: Play) -> None:
    forged = b"event: done\ndata: [DONE]x\n\n"
    played = play([run("in_progress"), forged, run("failed"), DONE])

    assert isinstance(played.error, MalformedEvent)
    assert played.names == ["on_exception", "on_end"]


@both
def test_several_calls_in_one_step_each_begin_and_end_once(play: Play) -> None:
    played = play(
        [
            step("step_1"),
            step_delta("step_1", begin_call("call_1", "{")),
            step_delta("step_1", more_call("}")),
            step_delta("step_1", begin_call("call_2", index=1)),
            step_delta("step_1", more_call("{}", 1), begin_call("call_3", index=2)),
            run("requires_action"),
            DONE,
        ]
    )

    begun = played.of("on_tool_call_created", "on_tool_call_done")
    assert [(name, told["id"]) for name, told in begun] == [
        ("on_tool_call_created", "call_1"),
        ("on_tool_call_done", "call_1"),
        ("on_tool_call_created", "call_2"),
        ("on_tool_call_done", "call_2"),
        ("on_tool_call_created", "call_3"),
        ("on_tool_call_done", "call_3"),
    ]
