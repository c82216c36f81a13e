"""`runs-core serve`: the local service in the foreground."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import time
from typing import Any

from runs_core.errors import UsageError
from runs_transports._extras import missing
from runs_transports.cli.errors import OK, USAGE, CommandError, explained
from runs_transports.cli.options import not_empty

__all__ = ["add_commands"]

_ANOTHER_PORT = (errno.EADDRINUSE, errno.EACCES)


def add_commands(commands: Any) -> None:
    """Add `serve`."""
    summary = "run the local service until Ctrl-C"
    parser = commands.add_parser(
        "serve",
        help=summary,
        description="Run the local service until Ctrl-C. It keeps everything in memory."
        " Its assistants call each of their functions once, then echo the user. For a"
        " script of your own, with failures or broken streams, use"
        " runs_transports.serve and runs_core.testing from Python.",
    )
    parser.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="the address to listen on (127.0.0.1)",
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="let --host be an address that other machines can reach",
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="0 takes any free port (the default)"
    )
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="the environment variable that holds the key that clients must send",
    )
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        from runs_transports.serve import serve
    except ModuleNotFoundError as error:
        raise CommandError(missing("serving", error.name, "cli")) from None
    from runs_core.testing import LocalService

    service = LocalService(api_key=_key(options.api_key_env), keep_requests=False)
    # SIGTERM stops it as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        try:
            server = serve(
                service,
                host=options.host,
                port=options.port,
                allow_remote=options.allow_remote,
            )
        except UsageError:
            raise CommandError(
                f"{options.host} is not a loopback address: pass --allow-remote if"
                " everyone who can reach it may use it",
                status=USAGE,
            ) from None
        except OSError as error:
            # Python adds the address to the system's message.
            why = explained(error).partition(" (while")[0]
            if error.errno in _ANOTHER_PORT:
                why += "; --port 0 takes any free port"
            raise CommandError(
                f"cannot listen on {options.host} port {options.port}: {why}"
            ) from None
        with server:
            print(_greeting(server.base_url, options.api_key_env), flush=True)
            while True:
                # Short, because a signal that comes just before a sleep is handled
                # only after it.
                time.sleep(0.2)
    except KeyboardInterrupt:
        return OK
    finally:
        signal.signal(signal.SIGTERM, before)


def _host(text: str) -> str:
    try:
        text.encode("idna")  # As a socket does, which raises a mere TypeError.
    except UnicodeError:
        raise argparse.ArgumentTypeError("this cannot be a host's name") from None
    return not_empty(text)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError("this must be a number from 0 to 65535")
    return int(text)


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise CommandError(
            # Do not quote what was given: it may be the key itself.
            "the environment variable that --api-key-env names is not set, or empty:"
            " set it to the key that clients must send",
            status=USAGE,
        )
    return key


def _greeting(base_url: str, variable: str | None) -> str:
    key = "anything" if variable is None else f'"${variable}"'
    return f"""\
{base_url}

It runs until Ctrl-C. In another terminal:

  export OPENAI_BASE_URL={base_url} OPENAI_API_KEY={key}
  runs-core assistants create --model local
  runs-core threads create --messages '[{{"role": "user", "content": "Hello!"}}]'
  runs-core runs stream THREAD_ID --assistant-id ASSISTANT_ID
"""
