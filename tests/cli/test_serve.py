"""`runs-core serve`: it answers until it is told to end, and ends cleanly."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.cli.command import PATIENCE, arguments, environment, patient

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="processes are ended by POSIX signals here"
)


@contextmanager
def serving(*argv: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process; it is told to end, if it has not."""
    with (
        subprocess.Popen(
            arguments("serve", *argv),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(**variables),
        ) as process,
        patient(process),
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    """End the process; give its status and what it has written since."""
    assert process.stdout is not None
    assert process.stderr is not None
    process.send_signal(number)
    output, errors = process.stdout.read(), process.stderr.read()
    return process.wait(PATIENCE), output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_told_to_end(cli, number):
    with serving() as process:
        url = ("--base-url", first_line(process), "--max-retries", "0")

        answered = cli("threads", "create", *url)
        status, _, errors = ended(process, number)

    assert answered.status == 0
    assert (status, errors) == (0, "")
    assert cli("threads", "create", *url).status == 1


def test_it_ends_also_while_a_request_is_open():
    with serving() as process:
        host, _, port = first_line(process).split("/")[2].partition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /v1/threads HTTP/1.1\r\n")

            status, _, errors = ended(process, signal.SIGTERM)

    assert (status, errors) == (0, "")


def test_its_example_can_be_pasted(cli, monkeypatch):
    with serving() as process:
        assert process.stdout is not None
        greeting = [process.stdout.readline() for _ in range(8)]
        export, *commands = [shlex.split(x) for x in greeting if x.startswith("  ")]
        for assignment in export[1:]:
            monkeypatch.setenv(*assignment.split("="))

        ids = {}
        for program, *argv in commands:
            assert program == "runs-core"
            answered = cli(*(ids.get(word, word) for word in argv))
            assert (answered.status, answered.err) == (0, "")
            ids[f"{argv[0].upper()[:-1]}_ID"] = _id_in(answered.out)
        status, _, _ = ended(process, signal.SIGTERM)

    assert answered.lines[-1].startswith('{"event": "thread.run.completed"')
    assert status == 0


def _id_in(output: str) -> str:
    (found,) = re.findall(r'^  "id": "(\w+)"', output, re.MULTILINE) or [""]
    return found


def test_a_key_is_asked_for_and_not_shown(cli):
    variables = {"SERVE_KEY": "sk-canary-0123456789"}
    with serving("--api-key-env", "SERVE_KEY", **variables) as process:
        url = ("--base-url", first_line(process))

        refused = cli("threads", "create", *url, "--api-key", "sk-other-0123456789")
        allowed = cli("threads", "create", *url, "--api-key", "sk-canary-0123456789")
        _, output, errors = ended(process, signal.SIGTERM)

    assert (refused.status, allowed.status) == (1, 0)
    assert "canary" not in output + errors
    assert 'OPENAI_API_KEY="$SERVE_KEY"' in output


# --- What cannot be served ---------------------------------------------------------


def test_a_port_that_is_taken_is_one_line(cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused = cli("serve", "--port", port)

    assert refused.status == 1
    assert refused.error == (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use;"
        " --port 0 takes any free port"
    )


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (("--port", "65536"), 2, "from 0 to 65535"),
        (("--port", "-1"), 2, "from 0 to 65535"),
        (("--port", "9" * 5000), 2, "from 0 to 65535"),
        (("--port", "http"), 2, "from 0 to 65535"),
        (("--host", "0.0.0.0"), 2, "0.0.0.0 is not a loopback address"),
        (("--host", "runs-core.invalid"), 2, "pass --allow-remote"),
        (
            ("--host", "runs-core.invalid", "--allow-remote"),
            1,
            "cannot listen on runs-core.invalid port 0",
        ),
        (("--host", "a..b", "--allow-remote"), 2, "cannot be a host's name"),
        (("--host", "\udcff", "--allow-remote"), 2, "cannot be a host's name"),
        (("--host", ""), 2, "--host: this must not be empty"),
        (("--api-key-env", "NOT_SET_AT_ALL"), 2, "is not set"),
    ],
)
def test_what_cannot_be_served_is_one_line(cli, argv, status, said):
    refused = cli("serve", *argv)

    assert refused.status == status
    assert said in refused.error


def test_only_another_port_is_advised_where_it_helps(cli):
    refused = cli("serve", "--host", "runs-core.invalid", "--allow-remote")

    assert "takes any free port" not in refused.error


def test_its_help_says_ctrl_c_as_it_is_written(cli):
    assert "until Ctrl-C." in cli("serve", "--help").out


def test_its_help_says_where_scripts_are_played(cli):
    assert "use runs_transports.serve" in " ".join(cli("serve", "--help").out.split())


def test_signals_are_handled_as_before_afterwards(cli, request):
    def ours(number, frame):
        raise AssertionError("no signal is sent")

    request.addfinalizer(partial(signal.signal, signal.SIGTERM, signal.SIG_DFL))
    signal.signal(signal.SIGTERM, ours)

    cli("serve", "--host", "0.0.0.0")

    assert signal.getsignal(signal.SIGTERM) is ours
