"""The command line's grammar: all commands in one parser."""

from __future__ import annotations

from runs_core import __version__
from runs_transports.cli import demo, operations, replay, serve
from runs_transports.cli.options import Parser

__all__ = ["build_parser"]


def build_parser() -> Parser:
    """Return the parser of the whole command line; its result's `command` runs it."""
    parser = Parser(
        prog="runs-core",
        description="The Threads Runs protocol: try it, serve it, replay it, use it.",
        epilog="Set OPENAI_BASE_URL and OPENAI_API_KEY to name the server and the key.",
    )
    parser.add_argument(
        "--version", action="version", version=f"runs-core {__version__}"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (demo, serve, replay, operations):
        module.add_commands(commands)
    return parser
