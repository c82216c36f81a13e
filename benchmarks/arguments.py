"""The command line: its arguments, and where the results are written.

Decoders, files and folders are checked here, so that nothing is measured in vain.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

from benchmarks.measure.workers import ROOT
from benchmarks.peers.candidate import first_line
from benchmarks.peers.framing import lacking
from benchmarks.peers.registry import resolve
from benchmarks.results import Results
from benchmarks.run import SUITES
from benchmarks.streams.captures import has_streams, recorded

__all__ = ["ASIDE", "DOCS", "parse"]

DOCS = ROOT / "docs"
# Not in the repository: for results that are not to be published. Like docs/, it gets a
# page and a folder with the name `benchmarks`.
ASIDE = ROOT / "build"
_DESCRIPTION = """\
Without a command: measure everything, print tables, and write results, plots and page.
Only a full run is published, in docs/; any other is written to build/benchmarks.md
and build/benchmarks/.
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments; `out` is always a folder, and results are already read.

    Exits with a line that says what is wrong if the command cannot be run.
    """
    parser = _parser()
    asked = parser.parse_args(arguments)
    asked.out = asked.out or _folder_for(asked)
    if asked.command == "compare":
        # It writes nothing.
        return asked
    try:
        _probe(asked.out)
    except OSError as error:
        parser.error(f"argument --out: cannot write to {asked.out}: {error.strerror}")
    if asked.command == "render":
        try:
            _results(str(asked.out / "benchmarks" / "results.json"))
        except argparse.ArgumentTypeError as error:
            parser.error(f"nothing to render: {error}")
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
    parser.add_argument("--quick", action="store_true", help="take under two minutes")
    parser.add_argument(
        "--only", action="append", choices=SUITES, help="one suite; may be repeated"
    )
    parser.add_argument(
        "--captures",
        type=_captures,
        metavar="DIR",
        help="also measure the recorded streams below this folder",
    )
    parser.add_argument(
        "--pyperf", type=_file, metavar="FILE", help="also write pyperf's format"
    )
    commands = parser.add_subparsers(title="commands", dest="command")
    compare = commands.add_parser("compare", help="what changed between two results")
    compare.add_argument("before", type=_results)
    compare.add_argument("after", type=_results)
    rules = commands.add_parser("conformance", help="which decoder passes which case")
    _add_candidates(rules)
    _add_out(rules, "instead of build/; `docs` publishes the table")
    render = commands.add_parser("render", help="write page and plots again")
    _add_out(render, "where the results are, instead of docs/")
    return parser


# Without a default: that of a command would override an option given before it.


def _add_candidates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node",
        action="store_true",
        default=argparse.SUPPRESS,
        help="install Node's decoders from npm, in a cache",
    )
    parser.add_argument(
        "--decoder",
        type=_decoder,
        default=argparse.SUPPRESS,
        metavar="MODULE:FACTORY",
        help="your own decoder, to take part: what FACTORY() returns has feed(bytes)"
        " and close(), which return events with event, id, and text or data",
    )


def _add_out(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--out", type=_folder, default=argparse.SUPPRESS, metavar="DIR", help=what
    )


# Readers of arguments: only the messages of their errors are shown.


def _decoder(path: str) -> str:
    try:
        factory = resolve(path)
        decoder = factory()
        wanting = [n for n in ("feed", "close") if not hasattr(decoder, n)]
    except Exception as error:  # The user's code: it may raise anything.
        why = f"{type(error).__name__}: {first_line(error)}"
    else:
        owner = "it has" if wanting else "its events have"
        wanting = wanting or lacking(factory)
        if not wanting:
            return path
        why = f"{owner} no {' and no '.join(wanting)}"
    raise argparse.ArgumentTypeError(
        f"{path} makes no decoder ({why}); pass module:factory, with a module that is"
        " installed or in this folder, and a factory without arguments; its feed(bytes)"
        " and close() return events with event, id, and text or data"
    )


def _results(path: str) -> tuple[Path, Results]:
    try:
        return Path(path), Results.read(Path(path))
    except OSError as error:
        told = f"cannot read {path}: {error.strerror}; pass the results.json of a run"
    except ValueError as error:
        told = f"{error}; pass the results.json of a run"
    raise argparse.ArgumentTypeError(told)


def _captures(path: str) -> Path:
    folder = Path(path)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is not a folder; pass one that is")
    if recorded(folder):
        return folder
    what = "no event in the streams" if has_streams(folder) else "no event stream"
    raise argparse.ArgumentTypeError(
        f"there is {what} below {path}: put *.sse or *.response.raw files into a folder"
        " in it"
    )


def _folder(path: str) -> Path:
    folder = Path(path)
    there = _nearest(folder)
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is a file; pass a folder")
    return folder


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest of its parents that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _probe(folder: Path) -> None:
    """Raise `OSError` if nothing can be written there."""
    with TemporaryFile(dir=_nearest(folder)):
        pass


def _file(path: str) -> Path:
    file = Path(path)
    if file.is_dir() or not file.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"cannot write {path}; pass a file in a folder that exists"
        )
    try:
        _probe(file.parent)
    except OSError as error:
        told = f"cannot write {path}: {error.strerror}"
        raise argparse.ArgumentTypeError(told) from error
    return file
