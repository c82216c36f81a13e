"""Errors as one line, and the exit status for each."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence

from runs_core import errors
from runs_core.wire.http import SHORTEST_SECRET

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "OK",
    "PIPE_CLOSED",
    "USAGE",
    "CommandError",
    "as_typed",
    "complain",
    "exit_status",
    "explained",
    "known_secrets",
    "printable",
    "redacted",
]

OK = 0
FAILED = 1
USAGE = 2
# What a shell reports for a program that SIGINT or SIGPIPE has ended.
INTERRUPTED = 130
PIPE_CLOSED = 141

# For errors that do not say what to do on a command line.
_ADVICE: dict[type[BaseException], str] = {
    errors.NotSent: "check --base-url, and that the server is running",
    # Not which one: it can come from --api-key or two variables.
    errors.AuthenticationError: "check the key",
    errors.MalformedResponse: "check that --base-url is the API's",
}

# What can happen while following a run; the server knows how the run ended.
_UNDER_WAY = (errors.StreamEnded, errors.DeadlineExceeded, errors.ProtocolError)

# What the core's texts say in Python, and how it is typed on a command line.
_PYTHON = {
    "Timeouts(None, None)": "null",
    "None": "null",
    "True": "true",
    "False": "false",
}
_OF_PYTHON = re.compile(r"\bTimeouts\(None, None\)|\b(?:None|True|False)\b")
# These end with how to wait longer, or to accept more. What stands before that may be
# the server's text.
_LIMITED = (errors.DeadlineExceeded, errors.EventTooLarge)
_NO_LIMIT = "None for no limit"

# How the core says in Python how to find out: `with runs.list(thread_id, limit=1)`.
_CALL = re.compile(r"(?<=, with )(\w+)\.(\w+)\(([\w, =]*)\)$")

# C0 and C1 controls and DEL, which a terminal could take for a command.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHOWN = {"\t": "\t", "\n": "\n", "\r": ""}
_LONGEST_LINE = 1000

_SECRET_OPTION = re.compile(r"-+[\w-]*(?:key|token|secret|auth)[\w-]*", re.IGNORECASE)
_SECRET_VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")


class CommandError(Exception):
    """The command cannot go on; the message says why, in one line."""

    def __init__(self, message: str, *, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def complain(text: str) -> None:
    """Write a line on standard error, or nowhere if that is closed or full.

    The exit status says the same. `print` alone would write it among the output.
    """
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"runs-core: {text}", file=sys.stderr)


def exit_status(error: BaseException) -> int:
    """Return the exit status for a command that ends in this error."""
    if isinstance(error, CommandError):
        return error.status
    return USAGE if isinstance(error, errors.UsageError) else FAILED


def explained(error: BaseException, *, advise: bool = True) -> str:
    """Return what happened, and what to do if the error itself does not say."""
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
        if error.filename is not None:
            text = f"{error.filename}: {text}"
    else:
        text = str(error) or type(error).__name__
    if isinstance(error, _LIMITED):
        text = as_typed(_NO_LIMIT).join(text.rsplit(_NO_LIMIT, 1))
    if advise and isinstance(error, errors.OutcomeUnknown):
        text = _CALL.sub(lambda call: _as_command(error, *call.groups()), text)
    text = printable(" ".join(text.split()))[:_LONGEST_LINE]
    advice = _advice(error) if advise else None
    if advice is None or advice in text:
        return text
    return f"{text.removesuffix('.')}; {advice}"


def as_typed(text: str) -> str:
    """Return one of the core's own texts with `null`, as it is typed here, for None.

    Not for texts that quote others: a file may be called "None for now".
    """
    return _OF_PYTHON.sub(lambda word: _PYTHON[word[0]], text)


def _as_command(error: errors.OutcomeUnknown, noun: str, verb: str, given: str) -> str:
    words = ["runs-core", noun, verb]
    for name, _, value in (one.partition("=") for one in given.split(", ")):
        id = getattr(error, name, None) or name.upper()
        words.append(f"--{name} {value}" if value else id)
    return f"'{' '.join(words)}'"


def _advice(error: BaseException) -> str | None:
    if isinstance(error, _UNDER_WAY) and error.run:
        # Some servers leave the thread out of a run; the user knows it.
        ids = f"{error.run.id} {error.run.thread_id or 'THREAD_ID'}"
        return f"'runs-core runs poll {printable(ids)}' tells how the run went on"
    return next((a for cls, a in _ADVICE.items() if isinstance(error, cls)), None)


def printable(text: str) -> str:
    """Return the text without control characters, except tab and line feed.

    Carriage returns are dropped, in CRLF and elsewhere; other controls become U+FFFD.
    """
    return _CONTROLS.sub(lambda m: _SHOWN.get(m[0], "\ufffd"), text)


def known_secrets(argv: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Return the arguments and variables that look like credentials, longest first."""
    found = [value for name, value in environ.items() if _SECRET_VARIABLE.search(name)]
    previous = ""
    for argument in argv:
        option, _, value = argument.partition("=")
        if value and _SECRET_OPTION.fullmatch(option):
            found.append(value)
        elif _SECRET_OPTION.fullmatch(previous):
            found.append(argument)
        previous = argument
    # Whole before its parts.
    found = [_as_quoted(value) for value in found]
    found = [value for value in found if len(value) >= SHORTEST_SECRET]
    return sorted(found, key=len, reverse=True)


def _as_quoted(value: str) -> str:
    # Without a full stop: `explained` removes it at the end of a sentence.
    return value.strip().removesuffix(".")


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return text
