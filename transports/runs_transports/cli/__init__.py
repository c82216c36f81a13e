"""The command `runs-core`: a demonstration, a local server, recordings, operations."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from runs_transports.cli.messages import (
    FAILED,
    INTERRUPTED,
    PIPE_CLOSED,
    CommandError,
    exit_status,
    known_secrets,
    one_line,
    redacted,
)

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status.

    What goes wrong is one line on standard error. `argv` is without the program's
    name; None is the process's own.
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
        print(f"runs-core: {redacted(one_line(error), secrets)}", file=sys.stderr)
        return exit_status(error)
    finally:
        _finish_output()


def _run(arguments: list[str]) -> int:
    # Here and not above, so that Ctrl-C ends the command without a traceback also
    # while it is being imported.
    from runs_transports.cli.options import build_parser

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = build_parser().parse_args(arguments)
        status: int = options.command(options)
    except SystemExit as end:  # argparse, after --help and --version
        status = end.code if isinstance(end.code, int) else FAILED
    print(end="", flush=True)
    return status


def _is_expected(error: Exception) -> bool:
    from runs_core.errors import RunsError

    return isinstance(error, CommandError | RunsError | OSError)


def _finish_output() -> None:
    """Write what is left, or forget it where it cannot be written.

    The interpreter would try once more at its end, and say that it failed.
    """
    try:
        print(end="", flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
