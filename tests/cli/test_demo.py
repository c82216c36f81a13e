"""`runs-core demo`: the same conversation on every transport, and how it went."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial

import pytest
from attrs import evolve

from runs_core.testing import Fail, LocalService, Say
from runs_transports.cli.demo_script import TOO_LONG, assistant_script
from runs_transports.cli.driving import TRANSPORTS
from runs_transports.conformance.peer import peer
from runs_transports.serve import serve
from tests.cli.command import process


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch, short_polls):
    monkeypatch.setattr("runs_transports.cli.demo_script._PAUSE", 0.0)


@pytest.fixture
def demo_server():
    with serve(LocalService(assistant_script)) as server:
        yield server


def rows(ended) -> dict[str, list[str]]:
    """The rows of the table, by transport."""
    cells = (re.split(r"\s{2,}", line.strip()) for line in ended.lines)
    return {row[0]: row[1:] for row in cells if row[0] in TRANSPORTS and len(row) > 3}


def test_everything_ends_as_it_should_on_every_transport(cli):
    ended = cli("demo")

    assert (ended.status, ended.err) == (0, "")
    table = rows(ended)
    assert list(table) == ["requests", "trio", "sockets", "asyncio"]
    runs, events, first_events, totals, outcomes = zip(*table.values(), strict=True)
    assert set(runs) == {"3"}
    assert len(set(events)) == 1
    assert all(re.fullmatch(r"\d+ ms", text) for text in first_events)
    assert all(re.fullmatch(r"\d\.\d\d s", text) for text in totals)
    assert set(outcomes) == {"as expected"}


def test_a_narrow_terminal_gets_a_line_for_each_transport(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")

    ended = cli("demo", "--transport", "sockets", "--transport", "trio")

    assert ended.lines[-2:] == [
        "  sockets    as expected",
        "  trio       as expected",
    ]


def test_the_conversation_can_be_read(cli, demo_server):
    ended = cli("demo", "--transport", "sockets", "--base-url", demo_server.base_url)

    said = [line.split(maxsplit=1) for line in ended.lines if " " in line.strip()]
    assert ["user", "What is the weather in Paris, and do I need a coat?"] in said
    assert ["calls", 'get_weather({"city": "Paris"})'] in said
    assert ["gets", '{"sky":"light rain","celsius":9,"wind_kmh":24}'] in said
    assert [
        "assistant",
        "It is 9 °C in Paris, with light rain and wind: take a coat.",
    ] in said
    assert ["assistant", "You are welcome. Stay dry!"] in said
    ends = {words[0]: words[1] for words in said if words[1].startswith("run_")}
    assert ends["streamed"].endswith("  completed")
    assert ends["polled"].endswith("in_progress → completed")
    assert ends["cancelled"].endswith("cancelling → cancelled")


def test_it_creates_and_deletes_what_it_needs(cli, demo_server):
    cli("demo", "--transport", "trio", "--base-url", demo_server.base_url)

    executions = demo_server.service.executions
    assert executions["assistants"] == 1
    assert executions["threads"] == 1
    assert executions["runs"] == 3
    assert executions["submissions"] == 1
    assert executions["cancellations"] == 1
    methods = Counter(r.method for r in demo_server.service.requests)
    assert methods["DELETE"] == 2


def test_an_assistant_of_the_server_can_be_used_and_stays(cli, demo_server):
    url = ("--base-url", demo_server.base_url)
    ended = cli("assistants", "create", "--model", "m", *url)
    (identifier,) = re.findall(r"asst_\w+", ended.out)

    ended = cli("demo", "--transport", "sockets", "--assistant", identifier, *url)

    assert ended.status == 0
    assert demo_server.service.executions["assistants"] == 1
    kept = cli("assistants", "retrieve", identifier, *url)
    assert kept.status == 0


def test_transports_are_used_once_each_in_the_order_given(cli, demo_server):
    ended = cli(
        *("demo", "--base-url", demo_server.base_url),
        *("--transport", "asyncio", "--transport", "sockets", "--transport", "asyncio"),
    )

    assert list(rows(ended)) == ["asyncio", "sockets"]
    assert ended.lines.count("asyncio") == 1


def test_the_key_of_the_environment_is_used_and_not_shown(cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    service = LocalService(assistant_script, api_key="sk-canary-0123456789")
    with serve(service) as server:
        ended = cli("demo", "--transport", "trio", "--base-url", server.base_url)

    assert ended.status == 0
    assert "canary" not in ended.out + ended.err


# --- When it goes wrong ------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_run_that_fails_is_said_and_makes_the_status_1(cli, transport):
    def script(context):
        return (
            [Fail("server_error", "No.")]
            if context.run_number == 1
            else (assistant_script(context))
        )

    with serve(LocalService(script)) as server:
        ended = cli("demo", "--transport", transport, "--base-url", server.base_url)

    assert ended.status == 1
    assert ended.error == (
        "1 of 1 transports did not end as expected;"
        f" {transport}: the run that was polled is failed"
    )
    assert rows(ended)[transport][-1] == "not as expected"


@pytest.mark.parametrize(
    ("action", "status"), [(Say("1, 2, …"), "completed"), (Fail(), "failed")]
)
def test_a_run_that_ends_before_it_is_cancelled_is_a_fault_if_it_failed(
    cli, action, status
):
    def script(context):
        too_long = context.last_user_text == TOO_LONG
        return [action] if too_long else assistant_script(context)

    def hurry(handle, request, now):
        """Let the run end before it is cancelled."""
        if request.target.endswith("/cancel"):
            run = request.target.removesuffix("/cancel")
            for _ in range(3):
                handle(evolve(request, method="GET", target=run), now)
        return handle(request, now)

    with serve(intercepted(LocalService(script), hurry)) as server:
        ended = cli("demo", "--transport", "sockets", "--base-url", server.base_url)

    (line,) = [line for line in ended.lines if line.startswith("  cancelled")]
    assert line.endswith(status)
    if status == "completed":
        assert (ended.status, ended.err) == (0, "")
    else:
        assert ended.status == 1
        assert ended.error.endswith("the run that was cancelled is failed")


def intercepted(service, interceptor):
    """The service, each request to which goes through the interceptor."""
    service.handle = partial(interceptor, service.handle)
    return service


def test_no_server_is_said_for_each_transport(cli):
    with peer(lambda connection: None) as gone:
        url = gone.url

    ended = cli(
        *("demo", "--base-url", url, "--max-retries", "0"),
        *("--transport", "requests", "--transport", "trio"),
    )

    assert ended.status == 1
    assert ended.error.startswith("2 of 2 transports did not end as expected;")
    assert "cannot connect to 127.0.0.1:" in ended.error


def test_what_was_created_is_deleted_also_when_it_goes_wrong(cli):
    def refuse_messages(handle, request, now):
        if request.target.endswith("/messages"):
            request = evolve(request, target="/v1/nowhere")
        return handle(request, now)

    service = intercepted(LocalService(assistant_script), refuse_messages)
    with serve(service) as server:
        ended = cli("demo", "--transport", "asyncio", "--base-url", server.base_url)

    assert ended.status == 1
    deleted = [r.path for r in service.requests if r.method == "DELETE"]
    assert [path.split("/")[2] for path in deleted] == ["threads", "assistants"]


def test_what_the_server_does_not_delete_is_no_fault(cli):
    def refuse_deletion(handle, request, now):
        if request.method == "DELETE":
            request = evolve(request, target="/v1/nowhere")
        return handle(request, now)

    service = intercepted(LocalService(assistant_script), refuse_deletion)
    with serve(service) as server:
        ended = cli("demo", "--transport", "sockets", "--base-url", server.base_url)

    assert (ended.status, ended.err) == (0, "")
    assert [r.method for r in service.requests].count("DELETE") == 2


# --- As a process ------------------------------------------------------------------


def test_a_pipe_gets_no_control_codes():
    ended = process("demo", "--transport", "sockets", variables={"TERM": "xterm"})

    assert (ended.status, ended.err) == (0, "")
    assert "\x1b" not in ended.out
    assert "as expected" in ended.out
