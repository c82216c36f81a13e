"""The plots of the benchmark page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report.table import significant
from benchmarks.results import COMPILED, FED, OURS, Figure, Results
from benchmarks.streams.cuts import CUTS
from benchmarks.suites.footprint import IMPORT
from benchmarks.suites.memory import HUGE

__all__ = ["draw"]

_GROWN = (
    "one event of one line, MiB",
    "one event of 64-byte lines, MiB",
    "annotations",
    "tool calls of 20 deltas",
)
# The same colour for a candidate in each plot; ours are black and grey, and no other.
_COLOURS = ("#c44e52", "#4c72b0", "#55a868", "#8172b3", "#dd8452", "#937860")
_MORE = ("#da8bc3", "#e6b800", "#64b5cd", "#6b7d2a")
_SETTINGS: Any = {
    "svg.fonttype": "none",
    # The same figures produce the same file.
    "svg.hashsalt": "runs-core",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def draw(results: Results, folder: Path) -> list[Path]:
    """Write the plots for which there are figures; return their files."""
    # The tests do not need it, and run without it.
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    plots: dict[str, Callable[[Any, Results], Any]] = {
        "framing": _framing,
        "typed-and-snapshot": _typed,
        "growth": _growth,
        "footprint": _footprint,
    }
    written = []
    with pyplot.rc_context(_SETTINGS):
        for name, plot in plots.items():
            figure = plot(pyplot, results)
            if figure is not None:
                path = folder / f"{name}.svg"
                figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
                pyplot.close(figure)
                written.append(path)
    return written


def _colours(results: Results) -> dict[str, str]:
    names = dict.fromkeys(
        figure.candidate
        for figure in results.figures
        if not figure.ours and not figure.candidate.startswith("floor")
    )
    colours = dict(zip(names, (_COLOURS + _MORE) * 5, strict=False))
    return {OURS: "black", FED: "#777777", COMPILED: "black", **colours}


def _line(name: str, colours: dict[str, str]) -> str:
    """Return the style of a line; a floor has no colour, and gets dots."""
    if name == COMPILED:
        return "--"
    return "-" if name in colours else ":"


def _framing(pyplot: Any, results: Results) -> Any:
    figures = [f for f in results.of("framing", "text") if f.samples]
    if not figures:
        return None
    plot, axes = pyplot.subplots(figsize=(8, 4.5))
    colours = _colours(results)
    for name in dict.fromkeys(figure.candidate for figure in figures):
        if name not in colours:
            continue
        line = {f.variant: f.median for f in figures if f.candidate == name}
        cuts = [cut for cut in CUTS if cut in line]
        axes.plot(
            [CUTS.index(cut) for cut in cuts],
            [line[cut] for cut in cuts],
            marker="o",
            markersize=3,
            label=name,
            color=colours[name],
            linestyle=_line(name, colours),
            linewidth=2.2 if name in (OURS, FED, COMPILED) else 1.2,
        )
    axes.set_yscale("log")
    axes.set_xticks(range(len(CUTS)), CUTS)
    axes.set_xlabel("size of a chunk")
    axes.set_ylabel("CPU µs an event")
    axes.set_title("Bytes to server-sent events, a stream of text deltas", loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return plot


def _typed(pyplot: Any, results: Results) -> Any:
    cells = [
        (f"{suite}: {input}", [f for f in results.of(suite, input) if f.samples])
        for suite in ("typed", "snapshot")
        for input in ("text", "tools", "unpredictable text", "unpredictable tools")
    ]
    bars = [
        (title, [f for f in figures if f.variant == "1 event"])
        for title, figures in cells
    ]
    if not any(figures for _, figures in bars):
        return None
    plot, axes = pyplot.subplots(2, 4, figsize=(12, 4))
    colours = _colours(results)
    for (title, figures), one in zip(bars, axes.flat, strict=True):
        names = [figure.candidate for figure in figures]
        medians = [figure.median for figure in figures]
        _bars(one, names, medians, colours)
        one.set_title(title, loc="left", fontsize=8)
    plot.supxlabel("CPU µs an event, one event a chunk", fontsize=9)
    plot.tight_layout()
    return plot


def _bars(
    axes: Any, names: Sequence[str], values: Sequence[float], colours: dict[str, str]
) -> None:
    places = range(len(names))
    axes.barh(places, values, color=[colours.get(name, "#555555") for name in names])
    axes.set_yticks(places, names, fontsize=6.5)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    for place, value in zip(places, values, strict=True):
        axes.text(value, place, f" {significant(value)}", va="center", fontsize=6.5)


def _growth(pyplot: Any, results: Results) -> Any:
    found = [(name, results.of("growth", name)) for name in _GROWN]
    if not any(figures for _, figures in found):
        return None
    plot, axes = pyplot.subplots(1, 4, figsize=(12, 3.2))
    colours = _colours(results)
    labels: dict[str, Any] = {}
    for (title, figures), one in zip(found, axes, strict=True):
        for name, points in _lines(figures):
            sizes, medians = zip(*points, strict=True)
            colour = colours.get(name, "#555555")
            line = _line(name, colours)
            (labels[name],) = one.plot(
                sizes, medians, line, marker="o", markersize=2.5, color=colour
            )
        one.set_xscale("log", base=2)
        one.xaxis.set_major_formatter("{x:g}")
        one.set_yscale("log")
        one.set_title(title, loc="left", fontsize=8)
    axes[0].set_ylabel("CPU ms")
    plot.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=5)
    plot.tight_layout(rect=(0, 0.14, 1, 1))
    return plot


def _lines(figures: list[Figure]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    for name in dict.fromkeys(figure.candidate for figure in figures):
        points = [
            (float(figure.variant), figure.median)
            for figure in figures
            if figure.candidate == name and figure.samples
        ]
        if points:
            yield name, sorted(points)


def _footprint(pyplot: Any, results: Results) -> Any:
    panels = (
        ("CPU s to import", results.of("footprint", IMPORT)),
        ("MiB for one event of 8 MiB, framing", _huge(results, "framing")),
        ("MiB for one event of 8 MiB, typed", _huge(results, "typed")),
    )
    if not any(figures for _, figures in panels):
        return None
    plot, axes = pyplot.subplots(1, 3, figsize=(11, 2.8))
    colours = _colours(results)
    for (title, figures), one in zip(panels, axes, strict=True):
        measured = [figure for figure in figures if figure.samples]
        names = [figure.candidate for figure in measured]
        _bars(one, names, [figure.median for figure in measured], colours)
        one.set_title(title, loc="left", fontsize=8)
    plot.tight_layout()
    return plot


def _huge(results: Results, kind: str) -> list[Figure]:
    return [f for f in results.of("memory", HUGE) if f.variant == kind]
