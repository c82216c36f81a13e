"""Scripts: what they are made of, what cannot be played, what a function is given."""

from __future__ import annotations

import math

import pytest

import runs_core
from runs_core.errors import UsageError
from runs_core.testing import (
    Call,
    CodeInterpreter,
    Cut,
    Fail,
    FileSearch,
    Hang,
    Incomplete,
    Pause,
    Raw,
    RunContext,
    Say,
    Script,
    SendError,
    ToolOutput,
    Turn,
)
from tests.testing.local import WEATHER, Local, names


@pytest.mark.parametrize(
    ("say", "parts"),
    [
        (Say("one  two\nthree "), ("one", " ", " two\nthree", " ")),
        (Say(""), ()),
        (Say("abcde", every=2), ("ab", "cd", "e")),
        (Say(pieces=["a", "", "b"]), ("a", "", "b")),
        (Say("ab", pieces=["a", Pause(1), "b"]), ("a", Pause(1), "b")),
        (Call("f", {"a": "ü"}), ('{"a": "ü', '"}')),
        (Call("f", "no json"), ("no json",)),
        (Call("f", pieces=["{", "}"]), ("{", "}")),
    ],
)
def test_what_is_written_comes_in_parts(say, parts):
    assert say.parts() == parts


@pytest.mark.parametrize("text", ["", " ", "a", " a  b ", "a\n\nb c", "ü 🙂 \u2028x"])
def test_the_parts_are_the_whole_text(text):
    assert "".join(map(str, Say(text).parts())) == text
    assert "".join(map(str, Say(text, every=1).parts())) == text


@pytest.mark.parametrize(
    "make",
    [
        lambda: Say("a", every=0),
        lambda: Say("a", every=1.5),  # type: ignore[arg-type]
        lambda: Say("a", every="1"),  # type: ignore[arg-type]
        lambda: Say(pieces="text"),
        lambda: Say(pieces=[5]),  # type: ignore[list-item]
        lambda: Say(pieces=5),  # type: ignore[arg-type]
        lambda: Say("a", annotations=[5]),  # type: ignore[list-item]
        lambda: Say("a", annotations=[{"a": {1}}]),
        lambda: Say("a", image_file_ids="file_1"),
        lambda: Say("a", refusal="no"),  # type: ignore[arg-type]
        lambda: Call("f", pieces=[None]),  # type: ignore[list-item]
        lambda: CodeInterpreter(5),  # type: ignore[arg-type]
        lambda: FileSearch([5]),  # type: ignore[list-item]
        lambda: FileSearch(5),  # type: ignore[arg-type]
        lambda: Incomplete(5),  # type: ignore[arg-type]
        lambda: Say("text", pieces=["te", "x"]),
        lambda: Say("a", refusal=True, annotations=[{}]),
        lambda: Script(["text"]),  # type: ignore[list-item]
        lambda: Script([[Say("a"), None]]),  # type: ignore[list-item]
        lambda: Script([[Fail(), Say("a")]]),
        lambda: Script([[Incomplete(), Pause(1)]]),
        lambda: Script([[Hang(), Cut()]]),
        lambda: Script([[Call("a"), Say("b")]]),
        lambda: Script([[Call("a"), Pause(1), Say("b")]]),
        lambda: Script([[Call("a"), CodeInterpreter("b")]]),
        lambda: Script([[Call("a"), FileSearch()]]),
        lambda: Script([Turn((Fail(), Say("a")))]),
        lambda: Script(5),  # type: ignore[arg-type]
        lambda: Say(5),  # type: ignore[arg-type]
        lambda: Raw("text"),  # type: ignore[arg-type]
        lambda: Call(5),  # type: ignore[arg-type]
        lambda: Call("f", {"a": {1}}),
        lambda: Call("f", {"a": math.nan}),
        lambda: Pause(math.nan),
        lambda: Pause(-1),
        lambda: Pause("1"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_played_is_refused_at_once(make):
    with pytest.raises(UsageError):
        make()


def test_a_script_is_made_of_actions_sequences_and_turns():
    said, called = Say("a"), Call("b")

    assert Script([said, [said, called], Turn((said,))]) == Script(
        (Turn((said,)), Turn((said, called)), Turn((said,)))
    )


def test_what_breaks_a_stream_may_follow_a_call():
    Script([[Call("a"), Pause(1), Raw(b""), SendError()], [Call("a"), Fail()]])


def test_a_call_can_be_interrupted():
    local = Local(Script([Call("f", pieces=['{"a"', Raw(b": ping\n"), ":1}"])]))
    run = local.finish(local.run())

    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]

    assert call["function"]["arguments"] == '{"a":1}'


def test_a_run_can_fail_while_it_calls():
    local = Local(Script([[Call("f"), Fail()]]))
    run = local.finish(local.run())

    assert run["status"] == "failed"
    assert [step["status"] for step in local.steps(run)] == ["failed"]


def test_a_turn_may_be_empty():
    local = Local(Script([[]]))
    run = local.finish(local.run())

    assert run["status"] == "completed"
    assert local.steps(run) == []


def test_every_run_plays_the_script_from_its_beginning():
    local = Local(Script([Say("Hello")]))
    for _ in range(2):
        run = local.finish(local.run())

        assert local.answers(run)[0]["content"][0]["text"]["value"] == "Hello"


def test_a_function_is_given_what_it_needs_to_answer():
    contexts: list[RunContext] = []

    def script(context):
        contexts.append(context)
        if context.turn == 0:
            return Call("get_weather", {"city": "Paris"})
        return [Say("It rains.")]

    local = Local(script)
    run = local.run(functions=[WEATHER], text="How is it?")
    waiting = local.finish(run)
    local.submit(waiting, "rain")
    ended = local.finish(run)
    first, second = contexts

    assert ended["status"] == "completed"
    assert (first.turn, first.tool_outputs, first.run_number) == (0, (), 0)
    assert first.run == run
    assert first.assistant == local.get(f"/assistants/{run['assistant_id']}")
    assert first.functions == (WEATHER["function"],)
    assert first.last_user_text == "How is it?"
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert second.turn == 1
    assert second.tool_outputs == (
        ToolOutput(
            tool_call_id=call["id"],
            name="get_weather",
            arguments='{"city": "Paris"}',
            output="rain",
        ),
    )


def test_a_function_can_tell_runs_apart():
    local = Local(lambda context: Say(f"run {context.run_number}"))
    local.service.executions.clear()
    texts = []
    for _ in range(3):
        run = local.finish(local.run())
        texts.append(local.answers(run)[0]["content"][0]["text"]["value"])
        local.service.executions.clear()

    assert texts == ["run 0", "run 1", "run 2"]


def test_what_a_function_is_given_are_copies():
    def script(context):
        context.run["metadata"]["k"] = "v"
        context.assistant["tools"].append(1)
        context.messages[0]["content"].clear()
        return Say("Hello")

    local = Local(script)
    run = local.finish(local.run())

    assert run["metadata"] == {}
    assert local.get(f"/assistants/{run['assistant_id']}")["tools"] == []
    messages = local.get(f"/threads/{run['thread_id']}/messages?order=asc")["data"]
    assert messages[0]["content"]


def test_the_last_text_of_the_user_joins_its_blocks():
    texts: list[str] = []

    def script(context):
        texts.append(context.last_user_text)
        return Turn()

    local = Local(script)
    assistant = local.assistant()
    image = {"type": "image_file", "image_file": {"file_id": "f"}}
    blocks = [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}]
    for messages in (
        [{"role": "user", "content": blocks}, {"role": "assistant", "content": "no"}],
        [],
    ):
        body = {"assistant_id": assistant["id"], "thread": {"messages": messages}}
        local.finish(local.post("/threads/runs", body))

    assert texts == ["a\nb", ""]


def test_a_function_must_give_a_turn_that_can_be_played():
    local = Local(lambda context: "Hello")
    run = local.run()

    with pytest.raises(UsageError, match="str is not an action"):
        local.look(run)


def test_a_turn_of_one_action_needs_no_list():
    assert Script([Turn(Say("a"))]) == Script([Say("a")])
    assert Script(Turn(Say("a"))) == Script(Say("a")) == Script([Say("a")])


@pytest.mark.parametrize("nothing", [None, 1, Say])
def test_what_is_no_turn_is_said(nothing):
    kind = type(nothing).__name__

    with pytest.raises(UsageError, match=f"or a list of actions, not a {kind}"):
        Script([nothing])


@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: [a], lambda a: Turn((a,))])
def test_the_class_that_was_meant_is_named(wrap):
    turn = wrap(runs_core.Call("f", {}))  # type: ignore[arg-type]

    with pytest.raises(UsageError, match=r"did you mean runs_core\.testing\.Call\?"):
        Script([turn])


def test_a_function_that_gives_nothing_is_told_so():
    local = Local(lambda context: None)
    run = local.run()

    with pytest.raises(UsageError, match="a turn is an action, or a list of actions"):
        local.look(run)


def test_raw_bytes_may_come_before_anything_is_written():
    local = Local(Script([[Raw(b": hello\n\n"), Say("a")]]))
    chunks = list(local.stream().chunks)

    assert chunks.pop(3) == b": hello\n\n"
    assert names(chunks)[2:4] == ["run.in_progress", "run.step.created"]
