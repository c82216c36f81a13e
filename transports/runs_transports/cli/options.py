"""A parser for the command line, and the options that commands share."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from runs_core.endpoint import Endpoint
from runs_core.flows.verdict import MAX_RETRIES
from runs_transports.cli.driving import TRANSPORTS
from runs_transports.cli.errors import USAGE, CommandError

__all__ = [
    "Parser",
    "add_endpoint_options",
    "add_transport_option",
    "count",
    "endpoint_of",
    "not_empty",
]

# Python refuses to read thousands of digits, and argparse would quote them.
_DIGITS = re.compile(r"[0-9]{1,18}")


class Parser(argparse.ArgumentParser):
    """Raises `CommandError` with one line, which quotes no arguments but option names.

    An argument in the wrong place may be a key. `fill` completes the parser when it is
    first used, so that no command pays for the grammar of the others.
    """

    fill: Callable[[Any], None] | None = None
    _given: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """Raise `CommandError`; an option that does not exist is named first.

        It may be the reason why a required one is missing.
        """
        if "are required" in message and (unknown := self._unknown()):
            message = f"there is no option {unknown}"
        elif message.endswith("expected one argument"):
            message += "; if it begins with '-', write --option=-value"
        elif ": invalid choice: " in message:
            name = message.partition(": invalid choice: ")[0]
            choices = message.rpartition("(choose from ")[2].removesuffix(")")
            message = f"{name}: this must be one of {choices}"
        raise CommandError(f"{message}; see '{self.prog} --help'", status=USAGE)

    def parse_known_args(  # type: ignore[override]  # of its overloads, only this is used
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Return the options; raise `CommandError` if arguments are left.

        Commands are parsed by this, too: only here they can name their own help.
        """
        self._given = args or ()
        fill, self.fill = self.fill, None
        if fill is not None:
            fill(self)
        options, rest = super().parse_known_args(args, namespace)
        unknown = [arg.partition("=")[0] for arg in rest if arg.startswith("-")]
        if unknown:
            self.error(f"there is no option {', '.join(unknown)}")
        if rest:
            self.error(f"too many arguments: {len(rest)} more than expected")
        return options, rest

    def _unknown(self) -> str | None:
        options = (arg.partition("=")[0] for arg in self._given if arg[:2] == "--")
        return next((o for o in options if o not in self._option_string_actions), None)


def add_endpoint_options(parser: argparse.ArgumentParser) -> None:
    """Add --base-url, --api-key and --max-retries."""
    group = parser.add_argument_group("server and credentials")
    group.add_argument(
        "--base-url",
        metavar="URL",
        help="the API's base URL, like http://127.0.0.1:8000/v1 (OPENAI_BASE_URL)",
    )
    group.add_argument(
        "--api-key",
        metavar="KEY",
        help="the bearer key; everyone on this machine can see it in the process"
        " list, so better set OPENAI_API_KEY",
    )
    group.add_argument(
        "--max-retries",
        metavar="N",
        type=count,
        default=MAX_RETRIES,
        help=f"how often to repeat a request that may be repeated ({MAX_RETRIES})",
    )


def not_empty(text: str) -> str:
    """Read a name that must not be empty, as argparse's `type`."""
    if not text:
        raise argparse.ArgumentTypeError("this must not be empty")
    return text


def count(text: str) -> int:
    """Read a number of things, as argparse's `type`."""
    if not _DIGITS.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "this must be a whole number, 0 or more, of at most 18 digits"
        )
    return int(text)


def add_transport_option(
    parser: argparse.ArgumentParser, help: str, **how: Any
) -> None:
    """Add --transport."""
    parser.add_argument(
        "--transport",
        metavar="NAME",
        choices=TRANSPORTS,
        help=f"{', '.join(TRANSPORTS)}: {help}",
        **how,
    )


def endpoint_of(options: argparse.Namespace) -> Endpoint:
    """Return the endpoint that the options or, without them, the environment name.

    Raises `CommandError` if neither names a server.
    """
    environ = dict(os.environ)
    if options.base_url is not None:
        environ.pop("AZURE_OPENAI_ENDPOINT", None)
        environ["OPENAI_BASE_URL"] = options.base_url
    if options.api_key is not None:
        environ.pop("AZURE_OPENAI_AD_TOKEN", None)
        environ["OPENAI_API_KEY"] = options.api_key
        environ["AZURE_OPENAI_API_KEY"] = options.api_key
    if not environ.get("OPENAI_BASE_URL") and not environ.get("AZURE_OPENAI_ENDPOINT"):
        raise CommandError(
            "no server is named: pass --base-url, or set OPENAI_BASE_URL (or"
            " AZURE_OPENAI_ENDPOINT); 'runs-core serve' starts one",
            status=USAGE,
        )
    return Endpoint.from_environ(environ)
