"""Errors as one line, and what is kept out of it."""

from __future__ import annotations

import pytest

from runs_core import RunSnapshot, errors
from runs_transports.cli.errors import (
    CommandError,
    as_typed,
    exit_status,
    explained,
    known_secrets,
    printable,
    redacted,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CommandError("no", status=2), 2),
        (CommandError("no"), 1),
        (errors.InvalidEndpoint("no"), 2),
        (errors.NotSent("no"), 1),
        (OSError("no"), 1),
    ],
)
def test_only_usage_is_2(error, status):
    assert exit_status(error) == status


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CommandError("two\n  lines\t here"), "two lines here"),
        (CommandError(""), "CommandError"),
        (OSError(2, "No such file", "name"), "name: No such file"),
        (OSError("strange"), "strange"),
        (
            errors.NotSent("nothing was sent"),
            "nothing was sent; check --base-url, and that the server is running",
        ),
        (errors.TransportError("it broke"), "it broke"),
    ],
)
def test_an_error_is_one_line(error, line):
    assert explained(error) == line


def test_advice_follows_what_was_said_without_its_full_stop_and_once():
    said = errors.AuthenticationError("No API key was provided.", status=401)
    silent = errors.AuthenticationError("refused: check the key and more", status=401)

    assert explained(said) == "No API key was provided; check the key"
    assert explained(silent) == "refused: check the key and more"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            errors.DeadlineExceeded("still None for no limit: (None for no limit)"),
            "still None for no limit: (null for no limit)",
        ),
        (
            errors.EventTooLarge("too long: None for no limit; look", limit=1),
            "too long: null for no limit; look",
        ),
        (OSError(2, "No such file", "None for me"), "None for me: No such file"),
        (
            CommandError("invalid choice: 'None for me'"),
            "invalid choice: 'None for me'",
        ),
        (errors.StreamError("None for me", snapshot=RunSnapshot()), "None for me"),
        (errors.NotFoundError("None for me", status=404), "None for me"),
    ],
)
def test_null_is_said_for_none_but_in_what_somebody_else_says(error, line):
    assert explained(error) == line


def test_a_text_of_the_cores_own_is_as_it_is_typed():
    said = as_typed("a number, or None; True or False, not of type NoneType")

    assert said == "a number, or null; true or false, not of type NoneType"


def test_advice_can_be_left_out():
    assert explained(errors.NotSent("nothing was sent"), advise=False) == (
        "nothing was sent"
    )


def test_a_line_has_an_end():
    assert len(explained(CommandError("x" * 100_000))) == 1000


def test_controls_are_not_printed():
    every = "".join(map(chr, range(256)))

    shown = printable(every)

    assert not [c for c in shown if ord(c) < 32 and c not in "\t\n"]
    assert not [c for c in shown if 0x7F <= ord(c) < 0xA0]
    assert printable("one\r\ntwo\tétä 世界") == "one\ntwo\tétä 世界"


def test_secrets_are_what_follows_a_key_or_is_in_a_variable_of_that_name():
    argv = [
        *("demo", "--api-key", "argument-1", "--token=argument-2", "argument-3"),
        *("--api-key", "tiny"),
    ]
    environ = {"OPENAI_API_KEY": " variable-1 ", "HOME": "variable-2", "MY_TOKEN": ""}

    assert set(known_secrets(argv, environ)) == {
        "argument-1",
        "argument-2",
        "variable-1",
    }


def test_a_secret_that_ends_in_a_full_stop_is_known_without_it():
    secrets = known_secrets(["--api-key", "sk-12345678."], {})
    error = errors.AuthenticationError("no such key: sk-12345678.", status=401)

    assert redacted(explained(error), secrets) == (
        "no such key: [redacted]; check the key"
    )


def test_a_secret_is_replaced_whole_before_its_parts():
    secrets = known_secrets([], {"A_KEY": "sk-12345", "B_KEY": "sk-1234567890"})

    assert redacted("<sk-1234567890 sk-12345>", secrets) == "<[redacted] [redacted]>"


@pytest.mark.parametrize(
    ("ids", "said", "command"),
    [
        (
            {"thread_id": "thread_1"},
            "runs.list(thread_id, limit=1)",
            "runs list thread_1 --limit 1",
        ),
        (
            {"run_id": "run_1"},
            "runs.retrieve(run_id, thread_id)",
            "runs retrieve run_1 THREAD_ID",
        ),
        ({}, "assistants.list(limit=1)", "assistants list --limit 1"),
    ],
)
def test_how_to_find_out_is_said_as_a_command(ids, said, command):
    error = errors.OutcomeUnknown(f"perhaps; look, with {said}")
    vars(error).update(ids)

    assert explained(error) == f"perhaps; look, with 'runs-core {command}'"
