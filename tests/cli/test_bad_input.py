"""Whatever goes wrong is one line that says what happened, and an exit status."""

from __future__ import annotations

import json
import os
import re

import pytest

from runs_core.testing import Cut, LocalService, Raw, Say, Script, SendError
from runs_transports.cli.driving import TRANSPORTS
from runs_transports.conformance.peer import peer
from runs_transports.serve import serve
from tests.cli.command import process
from tests.testing.local import Local

ANYTHING = ("--assistant-id", "asst_1")


@pytest.fixture(params=TRANSPORTS)
def via(request):
    return ("--transport", request.param)


@pytest.fixture
def key(monkeypatch):
    """A key that must not appear anywhere."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    return "sk-canary-0123456789"


def answer(status: str, body: bytes, content_type: str = "application/json"):
    """A script of a peer that gives this answer to every request."""
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return lambda connection: connection.answer(head.encode() + body)


# --- Usage -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("nonsense",), "COMMAND: this must be one of "),
        (("runs",), "the following arguments are required: OPERATION"),
        (("runs", "creat"), "OPERATION: this must be one of "),
        (("runs", "retrieve", "run_1"), "are required: THREAD_ID"),
        (("runs", "create", "thread_1"), "are required: --assistant-id"),
        (("runs", "list", "t", "--limit", "many"), "--limit: this must be INTEGER;"),
        (("runs", "list", "t", "--limit", "1.5"), "--limit: this must be INTEGER;"),
        (("runs", "list", "t", "--limit", "true"), "--limit: this must be INTEGER;"),
        (
            ("runs", "create", "t", "--assistant-id", "a", "--top-p", "[1]"),
            "--top-p: this must be NUMBER or null;",
        ),
        (
            ("runs", "create", "t", "--assistant-id", "a", "--tools", "search"),
            "--tools: this is not JSON: Expecting value @ byte 0;",
        ),
        (
            ("threads", "create", "--metadata", '{"a": NaN}'),
            "--metadata: this is unreadable JSON: a number is not finite",
        ),
        (
            ("threads", "create", "--messages", "[" * 200 + "]" * 200),
            "--messages: this is unreadable JSON: more than 128 levels;",
        ),
        (
            ("messages", "create", "t", "--rol", "user", "--content", "x"),
            "there is no option --rol; see 'runs-core messages create --help'",
        ),
        (
            ("messages", "create", "t", "--role", "user", "--content", "-x"),
            "--content: expected one argument; if it begins with '-', write"
            " --option=-value;",
        ),
        (("demo", "--assistant", ""), "--assistant: this must not be empty;"),
        (
            ("runs", "list", "t", "--lim", "1"),
            "there is no option --lim; see 'runs-core runs list --help'",
        ),
        (
            ("--lim", "runs", "list", "t"),
            "there is no option --lim; see 'runs-core --help'",
        ),
        (
            ("demo", "--lim", "--wait=1"),
            "there is no option --lim, --wait; see 'runs-core demo --help'",
        ),
        (
            ("runs", "list", "t", "u"),
            "too many arguments: 1 more than expected; see 'runs-core runs list --h",
        ),
        (
            ("runs", "list", "t", "--transport", "udp"),
            "--transport: this must be one of ",
        ),
        (("runs", "list", "t", "--max-retries", "-1"), "--max-retries"),
        (("runs", "list", "t", "--max-retries", "9" * 5000), "must be a whole number"),
        (("replay", "--max-event-bytes", "9" * 5000, "f"), "must be a whole number"),
        (("demo", "--transport", "udp"), "--transport: this must be one of "),
        (("demo", "--assistant", "asst_1"), "pass its --base-url"),
        (("replay",), "are required: FILE"),
    ],
)
def test_a_wrong_command_line_is_2(cli, argv, said):
    ended = cli(*argv)

    assert ended.status == 2
    assert said in ended.error
    assert "; see 'runs-core" in ended.error or "--base-url" in ended.error
    assert ended.out == ""


@pytest.mark.parametrize(
    "argv",
    [
        ("runs", "list", ""),
        ("runs", "retrieve", "..", "thread_1"),
        ("runs", "poll", "run_1", "thread_1", "--deadline", "-1"),
        ("runs", "poll", "run_1", "thread_1", "--deadline", '"soon"'),
        ("runs", "list", "thread_1", "--timeout", "0"),
        ("runs", "list", "thread_1", "--timeout", "-1"),
        ("runs", "list", "thread_1", "--extra-headers", '{"a b": "c"}'),
        ("threads", "create", "--idempotency-key", "a\nb"),
    ],
)
def test_what_can_never_be_sent_is_2(cli, server, argv):
    ended = cli(*argv)

    assert ended.status == 2
    assert ended.error
    assert server.service.requests == []


@pytest.mark.parametrize(
    "argv",
    [
        ("messages", "create", "thread_1", "--role", "user", "--content"),
        ("threads", "create", "--metadata"),
        ("threads", "retrieve"),
    ],
)
def test_bytes_that_are_no_text_are_2(cli, server, argv):
    ended = cli(*argv, os.fsdecode(b"caf\xff"))

    assert ended.status == 2
    assert "this is not text in this terminal's encoding; see" in ended.error
    assert server.service.requests == []


def test_no_server_named_is_2_and_says_how_to_name_one(cli):
    ended = cli("threads", "create")

    assert ended.status == 2
    assert "pass --base-url, or set OPENAI_BASE_URL" in ended.error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:8000/v1", "does not begin with http:// or https://"),
        ("ftp://127.0.0.1/v1", "does not begin with http:// or https://"),
        ("http://", "has no host"),
        ("http://127.0.0.1:port/v1", "has an invalid port or host"),
        ("http://user:sk-canary@127.0.0.1/v1", "pass credentials as auth"),
        ("", "pass --base-url"),
    ],
)
def test_a_wrong_base_url_is_2(cli, url, said):
    ended = cli("threads", "create", "--base-url", url)

    assert ended.status == 2
    assert said in ended.error
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    "argv",
    [
        ("--api-key", "sk-canary-0123456789", "demo"),
        ("demo", "--api-kee", "sk-canary-0123456789"),
        ("demo", "--apikey=sk-canary-0123456789"),
        ("demo", "--apikee=sk-canary-0123456789"),
        ("sk-canary-0123456789",),
        ("sk-canary (choose from 0123456789)",),
        ("runs", "sk-canary-0123456789"),
        ("demo", "--transport", "sk-canary-0123456789"),
        ("demo", "sk-canary-0123456789"),
        ("runs", "list", "t", "--limit", "1", "sk-canary-0123456789"),
        ("demo", "--api-key", "sk-canary-0123456789"),
        ("demo", "--base-url", "x", "--api-key", "sk-canary\n0123456789"),
        ("threads", "create", "--base-url", "http://h", "--api-key", "sk-canary\x07é"),
    ],
)
def test_a_key_in_the_wrong_place_is_not_shown(cli, argv):
    ended = cli(*argv)

    assert ended.status == 2
    assert ended.error
    assert "canary" not in ended.err


# --- No server ---------------------------------------------------------------------


def test_no_server_at_the_address_is_one_line(cli, via, key):
    with peer(lambda connection: None) as gone:
        url = gone.url

    ended = cli("threads", "create", "--base-url", url, "--max-retries", "0", *via)

    assert ended.status == 1
    assert "cannot connect to 127.0.0.1:" in ended.error
    assert ended.error.endswith("check --base-url, and that the server is running")


def test_an_unknown_host_is_one_line(cli):
    url = "http://runs-core.invalid/v1"

    ended = cli("threads", "create", "--base-url", url, "--max-retries", "0")

    assert ended.status == 1
    assert "runs-core.invalid was not found" in ended.error


def test_a_server_that_hangs_up_is_one_line(cli, via, key):
    with peer(lambda connection: connection.read_request()) as rude:
        ended = cli("threads", "create", "--base-url", rude.url, *via)

    assert ended.status == 1
    assert "it may have been carried out" in ended.error


def test_a_server_that_says_nothing_is_one_line(cli, via):
    with peer(lambda connection: connection.wait_until_left()) as silent:
        ended = cli(
            *("runs", "list", "t", "--base-url", silent.url, "--timeout", "0.05"),
            *("--max-retries", "0", *via),
        )

    assert ended.status == 1
    assert "timed out after 0.05 s" in ended.error


@pytest.mark.parametrize("retries", [0, 2])
def test_a_request_is_repeated_as_often_as_is_asked_for(cli, via, retries):
    def busy(connection):
        connection.answer(
            b"HTTP/1.1 503 Busy\r\nretry-after-ms: 1\r\ncontent-length: 0\r\n"
            b"connection: close\r\n\r\n"
        )

    with peer(busy) as server:
        ended = cli(
            *("runs", "list", "t", "--base-url", server.url, *via),
            *("--max-retries", retries),
        )

    assert ended.status == 1
    assert "the server answered 503" in ended.error
    assert len(server.requests) == retries + 1


# --- Wrong answers -----------------------------------------------------------------


def test_a_401_is_one_line_without_the_key_that_it_quotes(cli, via, key):
    body = json.dumps({"error": {"message": f"Incorrect API key: {key}."}}).encode()
    with peer(answer("401 Unauthorized", body)) as strict:
        ended = cli("threads", "create", "--base-url", strict.url, *via)

    assert ended.status == 1
    assert ended.error == (
        "threads.create: the server answered 401: Incorrect API key: [redacted];"
        " check the key"
    )


def test_a_key_that_a_200_quotes_is_not_in_the_error(cli, monkeypatch):
    # One that was not sent: only the command knows of it, and takes it out.
    monkeypatch.setenv("ANOTHER_TOKEN", "sk-canary-0123456789")
    quoted = answer("200 OK", b"Hello", "text/sk-canary-0123456789")
    with peer(quoted) as odd:
        ended = cli("threads", "create", "--base-url", odd.url)

    assert ended.status == 1
    assert "the server answered with text/[redacted], not JSON" in ended.error
    assert "canary" not in ended.err


def test_an_html_answer_is_one_line(cli, via):
    with peer(answer("200 OK", b"<html></html>", "text/html")) as site:
        ended = cli("threads", "create", "--base-url", site.url, *via)

    assert ended.status == 1
    assert (
        "the server answered with text/html, not JSON: check that base_url"
        in ended.error
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [(b'{"id": ', "not JSON"), (b"[]", "$"), (b'{"object": "thread"}', "$")],
)
def test_malformed_json_is_one_line(cli, via, body, said):
    with peer(answer("200 OK", body)) as broken:
        ended = cli("threads", "create", "--base-url", broken.url, *via)

    assert ended.status == 1
    assert said in ended.error
    assert ended.error.endswith("check that --base-url is the API's")


def test_an_unknown_thread_is_one_line(cli, server, via):
    ended = cli("runs", "list", "thread_nope", *via)

    assert ended.status == 1
    assert ended.error == (
        "runs.list: the server answered 404: No thread found with id 'thread_nope'."
    )


def test_a_base_url_without_its_path_prefix_says_so(cli, server):
    base_url = server.base_url.removesuffix("/v1")

    ended = cli("threads", "create", "--base-url", base_url)

    assert ended.error == (
        "threads.create: the server answered 404: Invalid URL (POST /threads);"
        " check the base URL's path prefix"
    )


def test_what_a_server_says_cannot_command_the_terminal(cli):
    body = json.dumps({"error": {"message": "a\x1b[2Jb\nc\u009b31m"}}).encode()
    with peer(answer("400 Bad Request", body)) as hostile:
        ended = cli("threads", "create", "--base-url", hostile.url)

    assert ended.error.endswith("400: a\ufffd[2Jb c\ufffd31m")


# --- Wrong streams -----------------------------------------------------------------


def streamed(cli, via, script):
    local = Local(script)
    with serve(local.service) as server:
        assistant = local.assistant()["id"]
        thread = local.thread("Hi")["id"]
        ended = cli(
            *("runs", "stream", thread, "--assistant-id", assistant),
            *("--base-url", server.base_url, *via),
        )
    return thread, ended


def test_a_stream_that_is_cut_is_one_line_that_says_how_to_go_on(cli, via):
    thread, ended = streamed(
        cli, via, Script([[Say(pieces=["Hello, ", Cut(), "world!"])]])
    )

    assert ended.status == 1
    run = json.loads(ended.lines[0])["data"]["id"]
    assert "the stream ended before its run did" in ended.error
    assert f"'runs-core runs poll {run} {thread}'" in ended.error


def test_how_to_go_on_is_said_without_the_thread_that_a_server_leaves_out(cli, via):
    run = b'{"id": "run_1", "object": "thread.run"}'
    begun = b"event: thread.run.created\ndata: %b\n\n" % run
    with peer(answer("200 OK", begun, "text/event-stream")) as terse:
        ended = cli("runs", "stream", "t", *ANYTHING, "--base-url", terse.url, *via)

    assert ended.status == 1
    assert "'runs-core runs poll run_1 THREAD_ID' tells how" in ended.error


def test_an_error_event_is_one_line(cli, via):
    _, ended = streamed(cli, via, Script([[SendError(message="Out of memory.")]]))

    assert ended.status == 1
    assert "the server sent an error event: Out of memory; " in ended.error


def test_a_malformed_event_is_one_line_that_says_how_to_go_on(cli, via):
    bad = Raw(b"event: thread.message.delta\ndata: {\n\n")

    _, ended = streamed(cli, via, Script([[Say("Hello"), bad]]))

    assert ended.status == 1
    assert re.search(
        r"; 'runs-core runs poll run_\w+ thread_\w+' tells how the run went on$",
        ended.error,
    )


def test_a_create_without_an_answer_says_how_to_find_out(cli, via):
    with peer(lambda connection: connection.read_request()) as deaf:
        argv = ("runs", "create", "thread_1", *ANYTHING, "--base-url", deaf.url, *via)
        ended = cli(*argv)

    assert ended.status == 1
    assert ended.error.endswith(
        "list what is there before you repeat it, with"
        " 'runs-core runs list thread_1 --limit 1'"
    )


def test_a_stream_that_is_no_stream_is_one_line(cli, via):
    with peer(answer("200 OK", b"<html></html>", "text/html")) as site:
        ended = cli("runs", "stream", "t", *ANYTHING, "--base-url", site.url, *via)

    assert ended.status == 1
    assert "text/html, not an event stream" in ended.error


# --- Missing libraries -------------------------------------------------------------

BLOCK = """
import sys
for name in ("requests", "trio", "h11", "rich", "urllib3"):
    sys.modules[name] = None
from runs_transports.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("argv", "needed"),
    [
        (("demo", "--transport", "requests"), "requests"),
        (("demo", "--transport", "trio"), "trio"),
        (("demo", "--transport", "asyncio"), "h11"),
        (("threads", "create", "--base-url", "http://127.0.0.1:1"), "h11"),
        (("serve",), "h11"),
    ],
)
def test_a_missing_library_is_one_line_that_says_how_to_get_it(argv, needed):
    ended = process(*argv, code=BLOCK)

    assert ended.status == 1
    assert f" needs {needed}, which is not installed: pip install" in ended.error
    assert "runs-core[cli]" in ended.error


def test_an_error_of_the_programs_own_is_not_hidden(cli, monkeypatch):
    def broken(*args, **kwargs):
        raise KeyError("a mistake in this library")

    monkeypatch.setattr("runs_transports.cli.operations.drive", broken)
    with serve(LocalService()) as server, pytest.raises(KeyError):
        cli("threads", "create", "--base-url", server.base_url)
