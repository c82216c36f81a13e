"""The command `runs-core`: a demonstration, a local server, recordings, operations."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from runs_core.errors import RunsError
from runs_transports.cli.errors import (
    FAILED,
    INTERRUPTED,
    PIPE_CLOSED,
    CommandError,
    complain,
    exit_status,
    explained,
    known_secrets,
    redacted,
)

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    An error is one line on standard error. `argv` excludes the program's name; None
    stands for the process's own arguments.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    secrets = known_secrets(arguments, os.environ)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except Exception as error:
        if not _is_expected(error):
            raise
        complain(redacted(explained(error), secrets))
        return exit_status(error)
    finally:
        _finish_output()


def _run(arguments: list[str]) -> int:
    # Imported here, so that Ctrl-C during the import shows no traceback either.
    from runs_transports.cli.grammar import build_parser

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal cannot show must not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = build_parser().parse_args(arguments)
        status: int = options.command(options)
    except SystemExit as end:  # argparse, after --help and --version
        status = end.code if isinstance(end.code, int) else FAILED
    print(end="", flush=True)
    return status


def _is_expected(error: Exception) -> bool:
    return isinstance(error, CommandError | RunsError | OSError)


def _finish_output() -> None:
    """Write what is left, or discard it if it cannot be written.

    The interpreter would try again at exit, and report that it failed.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
