"""The command: run, compare, put through the rules, or write the page again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.bench import Bench
from benchmarks.compare import changed_targets, changes, other_conditions
from benchmarks.measure.clock import pin
from benchmarks.measure.workers import ROOT
from benchmarks.peers.node import Node, cache_folder, install
from benchmarks.pyperf_file import write_pyperf
from benchmarks.results import Results
from benchmarks.run import SUITES, conformance, measure, print_tables, publish

__all__ = ["main"]

_DOCS = ROOT / "docs"
# Not in the repository: for what is not to be published.
_ASIDE = ROOT / "build" / "benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; give the exit status."""
    asked = _parser().parse_args(arguments)
    # Tables are wide; what is not a terminal has no width of its own.
    console = Console()
    if not console.is_terminal:
        console = Console(width=240)
    if asked.command == "compare":
        return _compare(asked.before, asked.after, console)
    if asked.command == "render":
        publish(asked.out or _DOCS)
        return 0
    with ExitStack() as stack:
        bench = _bench(asked, stack)
        if asked.command == "conformance":
            verdicts = conformance(bench, console)
            print_tables(None, verdicts, console)
            written = publish(asked.out or _DOCS, None, verdicts, _versions(bench))
        else:
            written = _run(asked, bench, console)
        for path in written:
            console.print(f"wrote {path}")
    return 0


def _run(asked: argparse.Namespace, bench: Bench, console: Console) -> list[Path]:
    names = asked.only or SUITES
    results = measure(bench, names, _command(asked), console)
    verdicts = None if asked.only else conformance(bench, console)
    print_tables(results, verdicts or (), console)
    if asked.pyperf:
        write_pyperf(results, asked.pyperf)
    whole = not (asked.quick or asked.only or asked.decoder)
    folder = asked.out or (_DOCS if whole else _ASIDE)
    return publish(folder, results, verdicts, _versions(bench))


def _command(asked: argparse.Namespace) -> str:
    """Give the command for the results: what matters of it, without paths."""
    parts = ["python -m benchmarks"]
    parts += ["--quick"] * asked.quick + ["--node"] * asked.node
    parts += ["--captures DIR"] * (asked.captures is not None)
    parts += [f"--decoder {asked.decoder}"] * (asked.decoder is not None)
    parts += [f"--only {name}" for name in asked.only or ()]
    return " ".join(parts)


def _bench(asked: argparse.Namespace, stack: ExitStack) -> Bench:
    bench = Bench(
        quick=asked.quick,
        captures=asked.captures,
        decoder=asked.decoder,
        core=pin(),
    )
    folder = cache_folder()
    if asked.node:
        install(folder)
    try:
        bench.node = stack.enter_context(Node(folder, 0.02 if asked.quick else 0.1))
    except RuntimeError as error:
        bench.missing["Node"] = str(error)
    else:
        bench.versions.update(bench.node.versions)
    return bench


def _versions(bench: Bench) -> dict[str, str]:
    return {c.name: c.version for c in bench.candidates("framing") if c.version}


def _compare(before: Path, after: Path, console: Console) -> int:
    old, new = Results.read(before), Results.read(after)
    for difference in other_conditions(old, new):
        console.print(f"differs: {difference}")
    table = Table(title=f"{before} ({old.date}) to {after} ({new.date})")
    for name in ("", "before", "after", "change", "without the machine's part"):
        table.add_column(name)
    found = list(changes(old, new))
    shown = [change for change in found if change.matters]
    for change in shown:
        figure = change.after
        where = (figure.suite, figure.input, figure.variant, figure.candidate)
        table.add_row(
            ", ".join(filter(None, where)),
            f"{change.before.median:.3g} {figure.unit}",
            f"{figure.median:.3g} {figure.unit}",
            f"{change.factor - 1:+.0%}",
            f"{change.corrected - 1:+.0%}",
        )
    console.print(table)
    console.print(f"{len(found) - len(shown)} figures of {len(found)} did not change")
    for what, was, now in changed_targets(old, new):
        console.print(f"target: {what}: {was} to {now}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    _add_common(parser)
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
    commands = parser.add_subparsers(dest="command", metavar="{compare,conformance,…}")
    compare = commands.add_parser("compare", help="what changed between two results")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    rules = commands.add_parser("conformance", help="which decoder passes which case")
    _add_common(rules)
    rules.set_defaults(quick=False, captures=None)
    render = commands.add_parser("render", help="write page and plots again")
    render.add_argument("--out", type=Path, metavar="DIR", help="instead of docs/")
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node",
        action="store_true",
        help="install Node's decoders from npm, in a cache",
    )
    parser.add_argument(
        "--decoder", metavar="MODULE:FACTORY", help="a decoder of yours takes part"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write, instead of docs/"
    )
