"""The command: run, compare, check against the rules, or write the page again."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from subprocess import CalledProcessError

from rich.console import Console

from benchmarks.arguments import ASIDE, DOCS, parse
from benchmarks.bench import Bench
from benchmarks.compare import (
    changed_faults,
    changed_targets,
    changes,
    in_one_only,
    other_conditions,
)
from benchmarks.extra import lacks
from benchmarks.measure.clock import allowed, pin
from benchmarks.peers.node import Node, cache_folder, install
from benchmarks.pyperf_file import write_pyperf
from benchmarks.report.table import Table, significant
from benchmarks.report.terminal import print_table
from benchmarks.results import Results
from benchmarks.run import SUITES, conformance, measure, print_tables, publish

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit status."""
    try:
        return _main(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _main(arguments: Sequence[str] | None) -> int:
    asked = parse(arguments)
    # Without a terminal there is no width, unless COLUMNS says it.
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(width=240)
    if asked.command == "compare":
        return _compare(asked.before, asked.after, console)
    _demand(asked)
    if asked.command == "render":
        _tell(publish(asked.out), console)
        return 0
    with ExitStack() as stack:
        return _run(asked, _bench(asked, stack), console)


def _demand(asked: Namespace) -> None:
    """Exit if a package is not installed that is needed when all is measured."""
    needed = [] if asked.command == "conformance" else ["matplotlib"]
    needed += ["pyperf"] if asked.pyperf else []
    for name in needed:
        if find_spec(name) is None:
            raise lacks(name)


def _run(asked: Namespace, bench: Bench, console: Console) -> int:
    results = rules = None
    # Also seen if what is printed goes to a file or to another program.
    progress = Console(stderr=True)
    if asked.command != "conformance":
        names = asked.only or SUITES
        results = measure(bench, names, _command(asked), progress)
    if asked.command == "conformance" or not asked.only:
        rules = conformance(bench, progress)
    out = asked.out
    # A page without all suites is not published.
    if bench.raised and out.resolve() == DOCS:
        out = ASIDE
    written = publish(out, results, rules)
    failed = ""
    # After the page, so that the run is not lost if this fails.
    if results is not None and asked.pyperf:
        try:
            write_pyperf(results, asked.pyperf)
        except (OSError, ValueError) as error:
            failed = f"--pyperf: {asked.pyperf} was not written: {error}"
        else:
            written.append(asked.pyperf)
    # Last: who reads it may stop before the end, which ends this process.
    verdicts = rules.verdicts if rules else ()
    print_tables(results, verdicts, bench.missing, console)
    _tell(written, console)
    if failed:
        print(failed, file=sys.stderr)
    return 1 if bench.raised or failed else 0


def _tell(written: Iterable[Path], console: Console) -> None:
    for path in written:
        console.print(f"wrote {path}", markup=False, soft_wrap=True)


def _command(asked: Namespace) -> str:
    """Return the command to note in the results, without paths."""
    parts = ["python -m benchmarks"]
    parts += ["--quick"] * asked.quick + ["--node"] * asked.node
    parts += ["--captures DIR"] * (asked.captures is not None)
    parts += [f"--decoder {asked.decoder}"] * (asked.decoder is not None)
    parts += [f"--only {name}" for name in asked.only or ()]
    return " ".join(parts)


def _bench(asked: Namespace, stack: ExitStack) -> Bench:
    bench = Bench(
        quick=asked.quick,
        captures=asked.captures,
        decoder=asked.decoder,
        # Evaluated before this process is pinned.
        cores=allowed(),
        core=pin(),
    )
    folder = cache_folder()
    if asked.node:
        try:
            install(folder)
        except (CalledProcessError, OSError, RuntimeError) as error:
            # What was asked for is not silently left out.
            raise SystemExit(f"--node: cannot install from npm: {error}") from error
    try:
        bench.node = stack.enter_context(Node(folder, 0.02 if asked.quick else 0.1))
    except RuntimeError as error:
        bench.missing["Node"] = str(error)
    else:
        bench.versions.update(bench.node.versions)
    return bench


def _compare(
    before: tuple[Path, Results], after: tuple[Path, Results], console: Console
) -> int:
    (before_path, old), (after_path, new) = before, after
    # Without markup: a version or a decoder's error message may look like it.
    say = partial(console.print, markup=False, soft_wrap=True)
    for difference in other_conditions(old, new):
        say(f"differs: {difference}")
    table = Table(
        title=f"{before_path} ({old.date}) to {after_path} ({new.date})",
        head=["", "before", "after", "change", "without the machine's part"],
    )
    found = list(changes(old, new))
    shown = [change for change in found if change.matters]
    for change in shown:
        figure = change.after
        where = (figure.suite, figure.input, figure.variant, figure.candidate)
        row = [
            ", ".join(filter(None, where)),
            f"{significant(change.before.median)} {figure.unit}",
            f"{significant(figure.median)} {figure.unit}",
            f"{change.factor - 1:+.0%}",
            f"{change.corrected - 1:+.0%}",
        ]
        table.rows.append(row)
    print_table(table, console)
    same = len(found) - len(shown)
    console.print(f"{same} of {len(found)} figures of ours did not change")
    for where, was, now in changed_faults(old, new):
        say(f"fault: {where}: {was or 'none'} to {now or 'none'}")
    for where, gone, more in in_one_only(old, new):
        say(f"figures in one file only: {where}: {gone} before, {more} after")
    for what, was, now in changed_targets(old, new):
        say(f"target: {what}: {was} to {now}")
    return 0
