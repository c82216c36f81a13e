"""The command as a process among others: signals, pipes, terminals, encodings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runs_core.testing import Say, Script
from runs_transports.conformance.peer import peer
from tests.cli.command import (
    PATIENCE,
    arguments,
    environment,
    patient,
    process,
    recorded,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")

HELLO = Script([Say("Grüße, 世界!")])


@pytest.fixture
def hello(tmp_path: Path) -> str:
    path = tmp_path / "hello.sse"
    path.write_bytes(recorded(HELLO))
    return str(path)


def test_the_version_is_printed():
    ended = process("--version")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("runs-core ")


@pytest.mark.parametrize("transport", ["requests", "trio", "sockets", "asyncio"])
def test_ctrl_c_ends_it_quietly(transport):
    def script(connection):
        connection.read_request()
        waiting.send_signal(signal.SIGINT)
        connection.wait_until_left()

    with peer(script) as silent:
        waiting = subprocess.Popen(
            arguments(
                *("threads", "create", "--base-url", silent.url),
                *("--transport", transport),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        out, err = waiting.communicate(timeout=PATIENCE)

    assert (waiting.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("form", [[], ["--events"], ["--snapshot"]])
def test_a_closed_pipe_is_quiet(hello, form):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        arguments("replay", *form, hello),
        stdout=write,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=PATIENCE,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("command", ["replay", "serve"])
def test_a_full_disk_is_one_line(hello, command):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    argv = ("replay", "--events", hello) if command == "replay" else ("serve",)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            arguments(*argv),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=PATIENCE,
        )

    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert b"No space left on device" in done.stderr


def test_standard_output_may_be_closed(hello):
    code = (
        "import os, sys; os.close(1); sys.argv[1:1] = ['-m'];"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    ended = process("runs_transports.cli", "replay", "--events", hello, code=code)

    assert (ended.status, ended.error) == (1, f"{hello}: standard output is closed")


@pytest.mark.parametrize(
    ("argv", "status"), [(("runs", "list"), 2), (("replay", "--events", "-"), 1)]
)
def test_standard_error_may_be_closed(argv, status):
    code = (
        "import os, sys; os.close(2);"
        "os.execv(sys.executable, [sys.executable, '-m', *sys.argv[1:]])"
    )
    ended = process("runs_transports.cli", *argv, code=code)

    assert (ended.status, ended.out) == (status, "")


def test_standard_error_may_be_full():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            arguments("runs", "list"),
            stdout=subprocess.PIPE,
            stderr=full,
            env=environment(),
            timeout=PATIENCE,
        )

    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_output_that_is_not_utf_8_gets_what_it_can_take(hello, encoding):
    variables = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    ended = process("replay", "--snapshot", hello, variables=variables)

    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out)["text"] == "Grüße, 世界!"


def test_text_is_escaped_where_the_output_cannot_take_it(hello):
    variables = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    shown = process("replay", hello, variables=variables)

    assert (shown.status, shown.err) == (0, "")
    assert "Gr\\xfc\\xdfe, \\u4e16\\u754c!" in shown.out


@pytest.mark.parametrize("form", [[], ["--events"]])
def test_an_event_is_written_when_it_has_come(form):
    data = recorded(HELLO)
    half = data.index(b"event: thread.run.in_progress")
    with (
        subprocess.Popen(
            arguments("replay", *form, "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        ) as replaying,
        patient(replaying),
    ):
        assert replaying.stdin is not None
        assert replaying.stdout is not None
        replaying.stdin.write(data[:half])
        replaying.stdin.flush()
        first = [replaying.stdout.readline() for _ in range(2)]
        replaying.stdin.write(data[half:])
        replaying.stdin.close()

        assert b"thread.run.queued" in first[1]
        assert b"thread.run.completed" in replaying.stdout.read()
    assert replaying.returncode == 0


def on_a_terminal(*argv: str, **variables: str) -> bytes:
    """What the command writes to a terminal."""
    import pty  # Not on Windows.

    ours, theirs = pty.openpty()
    with (
        subprocess.Popen(
            arguments(*argv),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(TERM="xterm-256color", COLUMNS="60", **variables),
        ) as writing,
        patient(writing),
    ):
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:  # Linux says so when the last writer has gone.
            pass
    os.close(ours)
    return written


def test_a_terminal_gets_colours_unless_it_wants_none(hello):
    coloured = on_a_terminal("replay", hello)
    plain = on_a_terminal("replay", hello, NO_COLOR="1")

    assert b"\x1b[36mthread.run.created" in coloured
    assert b"\x1b[36m" not in plain
    assert b"thread.run.created" in plain


def test_text_is_broken_between_words_on_a_terminal(tmp_path):
    text = " ".join(["word"] * 40)
    path = tmp_path / "long.sse"
    path.write_bytes(recorded(Script([Say(text)])))

    lines = on_a_terminal("replay", str(path), NO_COLOR="1").decode().splitlines()

    broken = [line for line in lines if "word" in line]
    assert len(broken) > 3
    assert all(len(line) <= 70 for line in broken)
    assert all(line.startswith(" " * 13 + "word") for line in broken[1:])
    in_a_pipe = process("replay", str(path))
    assert f"  assistant  {text}" in in_a_pipe.lines
