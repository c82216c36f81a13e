"""The API's operations as commands."""

from __future__ import annotations

import inspect
import json

import pytest

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.testing import Hang, LocalService, Script
from runs_transports.cli.driving import TRANSPORTS
from runs_transports.cli.operations import OPERATIONS
from runs_transports.cli.parameter_help import parameter_help
from runs_transports.serve import serve
from tests.interrupting import interrupted_in
from tests.testing.local import WEATHER


def created(cli, *argv) -> str:
    """The id of what the command created."""
    ended = cli(*argv)
    assert (ended.status, ended.err) == (0, "")
    identifier: str = json.loads(ended.out)["id"]
    return identifier


@pytest.fixture
def assistant(cli, server) -> str:
    return created(cli, "assistants", "create", "--model", "local")


@pytest.fixture
def thread(cli, server) -> str:
    message = {"role": "user", "content": "Hello!"}
    return created(cli, "threads", "create", "--messages", json.dumps([message]))


# --- What there is -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "module"),
    [
        ("runs", runs),
        ("steps", steps),
        ("messages", messages),
        ("threads", threads),
        ("assistants", assistants),
    ],
)
def test_every_operation_of_the_api_is_a_command(noun, module):
    functions = {getattr(module, name) for name in module.__all__}
    # These call Python functions.
    assert functions - {runs.run_tools, runs.stream_tools} == set(OPERATIONS[noun])


@pytest.mark.parametrize(
    "function", [function for noun in OPERATIONS for function in OPERATIONS[noun]]
)
def test_every_parameter_says_what_it_means(function):
    said = parameter_help(function)

    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert said[parameter.name].endswith("."), parameter.name


@pytest.mark.parametrize(
    ("noun", "function"),
    [(noun, function) for noun in OPERATIONS for function in OPERATIONS[noun]],
)
def test_every_command_has_its_functions_ids_and_parameters(cli, noun, function):
    ended = cli(noun, function.__name__.replace("_", "-"), "--help")

    assert (ended.status, ended.err) == (0, "")
    summary = inspect.getdoc(function).splitlines()[0]
    assert " ".join(summary.split()) in " ".join(ended.out.split())
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            assert parameter.name.upper() in ended.out
        elif parameter.name not in ("on_poll", "stream"):
            assert f"--{parameter.name.replace('_', '-')} " in ended.out


@pytest.mark.parametrize(
    ("noun", "function"),
    [(noun, function) for noun in OPERATIONS for function in OPERATIONS[noun]],
)
def test_the_help_says_null_where_the_command_line_has_it(cli, noun, function):
    words = cli(noun, function.__name__.replace("_", "-"), "--help").out.split()

    assert "None" not in words
    if "--deadline" in words:
        assert "null for no limit." in " ".join(words)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--timeout", "0"), "more than 0 seconds; null waits forever"),
        (("--deadline", "-1"), "0 or more, or null, not -1"),
        (("--deadline", "0"), "give a longer deadline (null for no limit)"),
    ],
)
def test_an_error_says_null_where_the_command_line_has_it(cli, server, argv, said):
    ended = cli("runs", "poll", "run_1", "thread_1", *argv)

    assert said in ended.error


def test_no_value_of_a_parameter_is_told_in_pythons_words(cli, server):
    ended = cli("runs", "stream", "t", "--assistant-id", "a", "--resume", "None for me")

    assert "resume must be null or 'poll'" in ended.error


def test_a_file_keeps_its_name_in_an_error(cli):
    assert "None for me: No such file" in cli("replay", "None for me").error


def test_the_help_says_that_a_key_on_the_command_line_can_be_seen(cli):
    words = " ".join(cli("runs", "list", "--help").out.split())

    assert "everyone on this machine can see it" in words
    assert "better set OPENAI_API_KEY" in words


# --- What they do ------------------------------------------------------------------


def test_one_object_is_printed_as_json(cli, server, thread):
    ended = cli("threads", "retrieve", thread)

    assert json.loads(ended.out)["id"] == thread
    assert ended.out.startswith('{\n  "id": ')


def test_parameters_are_text_numbers_or_json(cli, server):
    ended = cli(
        *("assistants", "create", "--model", "local", "--name", "42"),
        *("--temperature", "0.5", "--top-p", "null", "--description", "null"),
        *("--metadata", '{"a": "b"}', "--response-format", '{"type": "text"}'),
        *("--instructions", '{"this": "stays text"}'),
        *("--tools", json.dumps([WEATHER])),
    )

    assert (ended.status, ended.err) == (0, "")
    assert server.service.requests[-1].json == {
        "model": "local",
        "name": "42",
        "temperature": 0.5,
        "top_p": None,
        "description": None,
        "metadata": {"a": "b"},
        "response_format": {"type": "text"},
        "instructions": '{"this": "stays text"}',
        "tools": [WEATHER],
    }


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ("Hello!", "Hello!"),
        ("5", "5"),
        ("null", "null"),
        ('[{"type": "text", "text": "Hi"}]', [{"type": "text", "text": "Hi"}]),
    ],
)
def test_content_is_text_or_blocks(cli, server, thread, content, sent):
    cli("messages", "create", thread, "--role", "user", "--content", content)

    assert server.service.requests[-1].json == {"role": "user", "content": sent}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_run_is_streamed_as_lines_of_json(cli, assistant, thread, transport):
    ended = cli(
        *("runs", "stream", thread, "--assistant-id", assistant),
        *("--transport", transport),
    )

    assert (ended.status, ended.err) == (0, "")
    events = [json.loads(line) for line in ended.lines]
    assert events[0]["event"] == "thread.run.created"
    assert events[-1]["event"] == "thread.run.completed"
    assert events[-1]["data"]["assistant_id"] == assistant


@pytest.mark.parametrize(
    "point", ["open_tcp_stream.<locals>.attempt_connect", "_Wire._received"]
)
def test_ctrl_c_in_a_task_of_trio_ends_it_quietly(cli, server, point):
    with interrupted_in(point):
        ended = cli("threads", "create", "--transport", "trio")

    assert (ended.status, ended.out, ended.err) == (130, "", "")


@pytest.mark.usefixtures("short_polls")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_run_is_created_polled_and_listed(cli, assistant, thread, transport):
    via = ("--transport", transport)
    run = created(cli, "runs", "create", thread, "--assistant-id", assistant, *via)

    polled = cli("runs", "poll", run, thread, "--poll-interval-ms", "1", *via)
    listed = cli("runs", "list", thread, *via)

    assert json.loads(polled.out)["status"] == "completed"
    assert [json.loads(line)["id"] for line in listed.lines] == [run]
    steps = cli("steps", "list", run, thread, *via)
    assert json.loads(steps.out)["type"] == "message_creation"


@pytest.mark.usefixtures("short_polls")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_run_that_is_polled_may_be_cancelled_on_exit(cli, monkeypatch, transport):
    with serve(LocalService(Script([Hang()]))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assistant = created(cli, "assistants", "create", "--model", "local")
        thread = created(cli, "threads", "create")
        asked = ("--assistant-id", assistant, "--cancel-on-exit", "true")
        soon = ("--deadline", "0.3", "--transport", transport)

        ended = cli("runs", "create-and-poll", thread, *asked, *soon)

        assert ended.status == 1
        assert server.service.executions["cancellations"] == 1


def test_approvals_are_submitted_without_outputs(cli, server):
    approvals = json.dumps([{"tool_call_id": "call_1", "approve": True}])

    ended = cli("runs", "submit", "run_1", "thread_1", "--tool-approvals", approvals)

    # The request was sent: the local service knows no approvals, nor this run.
    assert ended.status == 1
    assert "runs.submit_tool_outputs: the server answered 4" in ended.err
    (sent,) = server.service.requests
    assert sent.json == {"tool_approvals": json.loads(approvals)}
    neither = cli("runs", "submit", "run_1", "thread_1")
    assert neither.status == 2
    assert "tool_outputs" in neither.err.replace("-", "_")


@pytest.mark.usefixtures("short_polls")
def test_tool_outputs_are_submitted(cli, server, thread):
    tools = json.dumps([WEATHER])
    assistant = created(cli, "assistants", "create", "--model", "m", "--tools", tools)
    ended = cli("runs", "create-and-poll", thread, "--assistant-id", assistant)
    run = json.loads(ended.out)
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = json.dumps([{"tool_call_id": call["id"], "output": "It rains."}])

    ended = cli("runs", "submit", run["id"], thread, "--tool-outputs", outputs)

    assert ended.status == 0
    assert json.loads(ended.out)["status"] == "queued"
    assert server.service.executions["submissions"] == 1


def test_a_list_is_every_item_of_every_page(cli, server, thread):
    for number in range(25):
        cli("messages", "create", thread, "--role", "user", "--content", str(number))

    assert len(cli("messages", "list", thread).lines) == 26
    assert len(cli("messages", "list", thread, "--limit", "3").lines) == 3
    oldest = cli("messages", "list", thread, "--limit", "1", "--order", "asc")
    assert json.loads(oldest.out)["content"][0]["text"]["value"] == "Hello!"


def test_an_empty_list_is_nothing(cli, server):
    ended = cli("assistants", "list")

    assert (ended.status, ended.out, ended.err) == (0, "", "")


# --- Where and as whom -------------------------------------------------------------


def test_the_environment_says_where_and_as_whom(cli, server):
    cli("threads", "create")

    assert (
        server.service.requests[-1].header("authorization")
        == "Bearer sk-canary-0123456789"
    )


def test_options_say_it_louder_than_the_environment(cli, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1")

    ended = cli(
        *("threads", "create", "--base-url", server.base_url),
        *("--api-key", "sk-other-0123456789"),
    )

    assert ended.status == 0
    assert (
        server.service.requests[-1].header("authorization")
        == "Bearer sk-other-0123456789"
    )


def test_an_azure_endpoint_of_the_environment_is_used(cli, server, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1"))
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-05-01-preview")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token-0123456789")

    cli("threads", "create", "--api-key", "sk-azure-0123456789")

    received = server.service.requests[-1]
    assert received.path == "/openai/threads"
    assert received.header("api-key") == "sk-azure-0123456789"
    assert received.query == (("api-version", "2024-05-01-preview"),)
