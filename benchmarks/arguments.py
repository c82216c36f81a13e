"""The command line: what may be asked, and where what is found is written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure.workers import ROOT
from benchmarks.run import SUITES

__all__ = ["ASIDE", "DOCS", "parse"]

DOCS = ROOT / "docs"
# Not in the repository: for what is not to be published.
ASIDE = ROOT / "build" / "benchmarks"
_DESCRIPTION = """\
Without a command: measure everything, print tables, and write results, plots and page.
Only a whole run is published, in docs/; any other is written to build/benchmarks/.
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Give what is asked; `out` is always a folder."""
    asked = _parser().parse_args(arguments)
    asked.out = asked.out or _folder_for(asked)
    return asked


def _folder_for(asked: argparse.Namespace) -> Path:
    if asked.command == "render":
        return DOCS
    partial = asked.command or asked.quick or asked.only or asked.decoder
    return ASIDE if partial else DOCS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=_DESCRIPTION
    )
    parser.set_defaults(node=False, decoder=None, out=None)
    _add_candidates(parser)
    _add_out(parser, "where to write instead")
    parser.add_argument("--quick", action="store_true", help="in under two minutes")
    parser.add_argument(
        "--only", action="append", choices=SUITES, help="one suite; may be repeated"
    )
    parser.add_argument(
        "--captures", type=Path, metavar="DIR", help="recorded streams, below a folder"
    )
    parser.add_argument(
        "--pyperf", type=Path, metavar="FILE", help="write pyperf's format, too"
    )
    commands = parser.add_subparsers(title="commands", dest="command")
    compare = commands.add_parser("compare", help="what changed between two results")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    rules = commands.add_parser("conformance", help="which decoder passes which case")
    _add_candidates(rules)
    _add_out(rules, "instead of build/benchmarks/; `docs` publishes the table")
    render = commands.add_parser("render", help="write page and plots of results again")
    _add_out(render, "where the results are, instead of docs/")
    return parser


# Without a default: a command's would take the place of what is given before it.


def _add_candidates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node",
        action="store_true",
        default=argparse.SUPPRESS,
        help="install Node's decoders from npm, in a cache",
    )
    parser.add_argument(
        "--decoder",
        default=argparse.SUPPRESS,
        metavar="MODULE:FACTORY",
        help="a decoder of yours takes part",
    )


def _add_out(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--out", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=what
    )
