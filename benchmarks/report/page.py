"""The benchmark page, `docs/benchmarks.md`: written from results, never by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template

from benchmarks.conformance.matrix import Rules, Verdict
from benchmarks.report.table import Table
from benchmarks.report.tables import (
    QUICK_RUN,
    decoding_tables,
    growth_table,
    other_tables,
    target_table,
)
from benchmarks.results import Results

__all__ = ["conformance_table", "page"]

_TEMPLATE = Path(__file__).with_suffix(".md")


def page(results: Results, rules: Rules, plots: Sequence[Path]) -> str:
    """Return the page's text."""
    drawn = {path.stem: f"![{path.stem}](benchmarks/{path.name})" for path in plots}
    growth = growth_table(results)
    conformance = conformance_table(rules.verdicts, rules.versions)
    if rules.date:
        python = rules.machine.get("python_version")
        conformance.notes.append(f"Run on {rules.date}, with Python {python}.")
    text = Template(_TEMPLATE.read_text()).substitute(
        conditions=_conditions(results),
        participants=_participants(results),
        targets=target_table(results).markdown(),
        framing_plot=drawn.get("framing", ""),
        framing=_markdown(decoding_tables(results, "framing")),
        typed_plot=drawn.get("typed-and-snapshot", ""),
        typed=_markdown(decoding_tables(results, "typed")),
        snapshot=_markdown(decoding_tables(results, "snapshot")),
        growth_plot=drawn.get("growth", ""),
        growth=growth.markdown() if growth else "",
        footprint_plot=drawn.get("footprint", ""),
        others=_markdown(other_tables(results)),
        conformance=conformance.markdown(),
    )
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _markdown(tables: Iterable[Table]) -> str:
    return "\n".join(table.markdown() for table in tables)


def _conditions(results: Results) -> str:
    machine = results.machine
    pgo = "built with PGO" if machine.get("python_built_with_pgo") else "without PGO"
    lines = [
        f"Measured on {results.date} with `{results.command}`:",
        f"{machine.get('cpu_model_name', 'unknown CPU')},"
        f" {machine.get('cpu_count')} cores, {machine.get('platform')},"
        f" Python {machine.get('python_version')} {pgo},"
        f" load {machine.get('load_avg_1min')} at the start.",
    ]
    lines.append(_json_parser(results))
    if results.quick:
        lines.append(f"**{QUICK_RUN}**")
    return "\n".join(lines)


def _json_parser(results: Results) -> str:
    version = results.versions.get("msgspec")
    if version is None:
        return "All figures are taken without the extra `fast` (msgspec)."
    return (
        "All figures are taken with the extra `fast` installed:"
        f" msgspec {version} reads JSON.\n"
        "Without it, the standard library does, which takes longer for typed events:"
        " the table of JSON parsers shows how long both take."
    )


def _participants(results: Results) -> str:
    """Say who took part, in which version, and how."""
    versions = ", ".join(f"{name} {v}" for name, v in sorted(results.versions.items()))
    lines = [f"Versions: {versions}.", ""]
    # The same candidate may have another adapter in another suite.
    suites: dict[tuple[str, str], list[str]] = {}
    for figure in results.figures:
        if figure.note:
            suites.setdefault((figure.candidate, figure.note), []).append(figure.suite)
    for (name, note), found in suites.items():
        lines.append(f"- {name} ({', '.join(dict.fromkeys(found))}): {note}.")
    for name, why in sorted(results.missing.items()):
        lines.append(f"- {name} did not take part: {why}.")
    return "\n".join(lines)


def conformance_table(
    verdicts: Sequence[Verdict], versions: Mapping[str, str]
) -> Table:
    """Return a table of which decoder passes which case of the rules, in every cut."""
    decoders = list(dict.fromkeys(verdict.decoder for verdict in verdicts))
    by_place = {(verdict.case, verdict.decoder): verdict for verdict in verdicts}
    table = Table(
        title="WHATWG's rules, whole, in every cut in two, and byte by byte",
        head=["", *(f"{name} {versions.get(name, '')}".strip() for name in decoders)],
    )
    for case in dict.fromkeys(verdict.case for verdict in verdicts):
        cells = [_verdict(by_place[case, name]) for name in decoders]
        table.rows.append([case, *cells])
    passed = [
        sum(not v.fault for v in verdicts if v.decoder == name) for name in decoders
    ]
    table.total = ["passed", *(f"{n} of {len(table.rows)}" for n in passed)]
    return table


def _verdict(verdict: Verdict) -> str:
    if not verdict.fault:
        return "yes"
    cuts = ""
    if verdict.failed < verdict.cuts:
        cuts = f", in {verdict.failed} of {verdict.cuts} cuts"
    return f"no: {verdict.fault}{cuts}"
