"""What the assistant does without a script: call every function once, then echo."""

from __future__ import annotations

import json

import pytest

from tests.testing.local import WEATHER, Local, names


def function(name: str, parameters: object = None) -> dict[str, object]:
    body = (
        {"name": name}
        if parameters is None
        else {"name": name, "parameters": parameters}
    )
    return {"type": "function", "function": body}


def calls_of(run) -> list[dict[str, str]]:
    action = run["required_action"] or {"submit_tool_outputs": {"tool_calls": []}}
    calls = action["submit_tool_outputs"]["tool_calls"]
    return [call["function"] for call in calls]


def answer_of(local: Local, run) -> str:
    (message,) = local.answers(run)
    return message["content"][0]["text"]["value"]


def test_it_echoes_the_last_message_of_the_user():
    local = Local()
    run = local.finish(local.run(text="  Hello, wörld "))

    assert answer_of(local, run) == 'You said: "Hello, wörld".'


def test_it_answers_in_several_pieces():
    chunks = list(Local().stream().chunks)

    assert sum(b"thread.message.delta\n" in bytes(chunk) for chunk in chunks) > 2


def test_it_says_so_if_nothing_was_said():
    local = Local()
    run = local.post("/threads/runs", {"assistant_id": local.assistant()["id"]})
    run = local.finish(run)

    assert answer_of(local, run) == "You have said nothing yet."


def test_a_long_message_is_shortened():
    local = Local()
    run = local.finish(local.run(text="x" * 500))

    assert answer_of(local, run) == f'You said: "{"x" * 199}…".'


def test_it_calls_each_function_and_then_mentions_the_outputs():
    local = Local()
    tools = [WEATHER, {"type": "code_interpreter"}, function("get_time")]
    run = local.finish(local.run(functions=tools))

    assert calls_of(run) == [
        {"name": "get_weather", "arguments": '{"city": "city"}'},
        {"name": "get_time", "arguments": "{}"},
    ]

    local.submit(run, "rain", "5 pm")
    run = local.finish(run)

    assert run["status"] == "completed"
    assert answer_of(local, run) == (
        'You said: "Hi". get_weather gave: rain. get_time gave: 5 pm.'
    )


@pytest.mark.parametrize(
    "parameters",
    [{}, {"type": "string"}, {"type": "array"}, {"properties": []}, {"const": 1}],
)
def test_the_arguments_are_an_object_whatever_the_schema_says(parameters):
    local = Local()
    run = local.finish(local.run(functions=[function("f", parameters)]))

    assert calls_of(run) == [{"name": "f", "arguments": "{}"}]


def test_the_arguments_fit_the_schema():
    parameters = {
        "type": "object",
        "properties": {
            "unit": {"enum": ["°C", "°F"]},
            "days": {"type": "integer", "minimum": 3},
            "when": {"$ref": "#/$defs/when"},
        },
        "required": ["unit"],
        "$defs": {"when": {"type": "string", "format": "date"}},
    }
    local = Local()
    run = local.finish(local.run(functions=[function("f", parameters)]))

    (call,) = calls_of(run)

    assert json.loads(call["arguments"]) == {
        "unit": "°C",
        "days": 3,
        "when": "2026-01-31",
    }


def test_it_calls_one_at_a_time_where_only_one_is_allowed():
    local = Local()
    tools = [function("a"), function("b")]
    run = local.finish(local.run(functions=tools, parallel_tool_calls=False))
    called = []
    while calls := calls_of(run):
        called.append([call["name"] for call in calls])
        local.submit(run, "x")
        run = local.finish(run)

    assert called == [["a"], ["b"]]
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("none", []),
        ("auto", ["a", "b"]),
        ("required", ["a", "b"]),
        ({"type": "function", "function": {"name": "b"}}, ["b"]),
        ({"type": "code_interpreter"}, []),
    ],
)
def test_it_heeds_the_tool_choice(choice, called):
    local = Local()
    tools = [function("a"), function("b")]
    run = local.finish(local.run(functions=tools, tool_choice=choice))

    assert [call["name"] for call in calls_of(run)] == called


def test_the_tools_of_the_run_replace_those_of_the_assistant():
    local = Local()
    run = local.run(functions=[WEATHER], tools=[function("b")])

    assert [call["name"] for call in calls_of(local.finish(run))] == ["b"]


def test_a_streamed_conversation_with_tools_comes_to_its_end():
    local = Local()
    local.stream(functions=[WEATHER]).abandon()
    (thread,) = local.service.requests[1:2]
    assert thread.path == "/v1/threads"
    path = local.service.requests[-1].path.removeprefix("/v1")
    run = local.finish(local.get(path)["data"][0])

    reply = local.submit(run, "rain", stream=True)

    assert names(reply.chunks)[-2:] == ["run.completed", "done"]
