from io import StringIO

import pytest
from attrs import evolve
from rich.console import Console

from benchmarks.arguments import DOCS
from benchmarks.conformance.matrix import Rules, Verdict
from benchmarks.measure.workers import ROOT
from benchmarks.peers.framing import FRAMING
from benchmarks.report.page import conformance_table, page
from benchmarks.report.plots import _colours, _line
from benchmarks.report.table import Table, grid, significant
from benchmarks.report.tables import growth_table, other_tables, target_table
from benchmarks.report.terminal import print_table
from benchmarks.results import COMPILED, FED, Figure, Results
from benchmarks.targets import TARGETS
from tests.benchmarks.made import figure, results

PLOTS = ("framing", "typed-and-snapshot", "growth", "footprint")
VERDICTS = [
    Verdict("easy", "good", "", 3, 0),
    Verdict("hard", "good", "", 3, 0),
    Verdict("easy", "bad", "", 3, 0),
    Verdict("hard", "bad", "1 event too many", 3, 2),
]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (9.999, "9.99"),
        (12.39, "12.3"),
        (123.9, "123"),
        (0.012349, "0.0123"),
        (1.1, "1.10"),
        (99999.0, "99999"),
        (0.0, "0"),
    ],
)
def test_digits_are_cut_off(value: float, written: str) -> None:
    assert significant(value) == written


def test_digits_are_cut_off_of_ours_and_of_others_alike() -> None:
    figures = [figure("runs-core", 1.009), figure("openai-python", 1.009)]
    ours, theirs = grid(results(), "", figures, lambda f: f.input).rows[0][1:]
    growing = [figure("runs-core", 1.009 * size, size=size) for size in (1, 2, 4)]
    grown = [evolve(f, suite="growth", unit="ms") for f in growing]
    table = growth_table(results(*grown))

    assert (ours, theirs) == ("1.00 µs", "1.00 µs (x1.00)")
    assert table is not None
    assert table.rows[0][1] == "1.00 (4.03 ms at 4)"


def test_a_grid_has_ratios_to_ours_and_names_each_fault_once() -> None:
    figures = [
        figure("runs-core", 1, 1, 1),
        figure("fast", 2, 2, 2, fault="1 event too many"),
        figure("broken", fault="raises KeyError"),
        figure("shaky", 3, 6, 9),
    ]
    table = grid(results(), "a title", figures, lambda f: f.input)

    assert table.rows == [
        ["text", "1.00 µs", "2.00 µs (x2.00) †", "†", "6.00 µs ~ (x6.00)"]
    ]
    assert table.notes == [
        "† fast on text: 1 event too many.",
        "† broken on text: raises KeyError.",
    ]
    assert "| text | 1.00 µs | 2.00 µs (x2.00) † |" in table.markdown()


def other(suite: str, input: str, candidate: str, *samples: float) -> Figure:
    made = figure(candidate, *samples, input=input)
    return evolve(made, suite=suite, variant="", unit="s")


def test_every_table_has_ratios_to_one_of_its_own() -> None:
    made = results(
        other("sockets", "CPU", "runs-core, sockets", 1),
        other("sockets", "CPU", "openai-python", 3),
        other("footprint", "import", "runs-core", 1),
        other("footprint", "import", "openai-python", 5),
        other("footprint", "client", "runs-core, sockets", 1),
        other("footprint", "client", "openai-python", 7),
        other("json", "parse", "json", 4),
        other("json", "parse", "msgspec", 1),
    )
    sockets, footprint, parsers = other_tables(made)

    assert sockets.rows[1] == ["openai-python", "3.00 s (x3.00)"]
    assert footprint.rows[1] == ["openai-python", "5.00 s (x5.00)", "7.00 s (x7.00)"]
    assert parsers.rows[1] == ["msgspec", "1.00 s (x0.250)"]
    assert footprint.notes == [
        "client: the number in brackets is the ratio to runs-core, sockets."
    ]
    assert parsers.notes == ["The number in brackets is the ratio to json."]


def test_the_rules_are_told_by_case_and_decoder() -> None:
    table = conformance_table(VERDICTS, {"bad": "1.0"})

    assert table.head == ["", "good", "bad 1.0"]
    assert table.rows == [
        ["easy", "yes", "yes"],
        ["hard", "yes", "no: 1 event too many, in 2 of 3 cuts"],
    ]
    assert table.total == ["passed", "2 of 2", "1 of 2"]
    assert table.markdown().endswith("| **passed** | **2 of 2** | **1 of 2** |\n")


def printed(table: Table, width: int) -> str:
    file = StringIO()
    print_table(table, Console(file=file, width=width, color_system=None))
    return file.getvalue()


def test_a_table_in_a_terminal_has_no_markup() -> None:
    verdicts = [Verdict("easy", "bad", "raises Oops: [/red] [b]", 1, 1)]
    table = conformance_table(verdicts, {})
    table.notes.append("† bad: [/red].")
    text = printed(table, 120)

    assert "passed" in text
    # Cells are folded.
    assert "no: raises Oops: [/red] [b]" in " ".join(text.replace("│", " ").split())
    assert "† bad: [/red]." in text
    assert "**" not in text


@pytest.mark.parametrize("width", [80, 120, 240])
def test_no_figure_is_cut_in_a_terminal(width: int) -> None:
    """A table that is wider is printed in parts, each with what its rows are called."""
    names = [f"runs-core, decoder number {n}" for n in range(14)]
    figures = [
        figure(name, 12.34, 56.78, 123.4, fault="1 event too many", input=input)
        for input in ("text", "recorded: of_a_server_with_a_very_long_name")
        for name in ("runs-core", *names)
    ]
    text = printed(grid(results(), "a title", figures, lambda f: f.input), width)

    assert max(map(len, text.splitlines())) <= width
    assert text.count("56.7 µs ~ (x1.00) †") == 2 * len(names)
    assert "…" not in text
    assert all(word in text for name in names for word in name.split())


def test_a_part_of_a_table_has_only_rows_with_something_in_it() -> None:
    wide = ["x" * 25] * 4
    table = Table(title="", head=["", *"abcd"], rows=[["full", *wide]])
    table.rows.append(["half", wide[0], "", "", ""])
    text = printed(table, 80)

    assert text.count("full") == 2
    assert text.count("half") == 1


@pytest.mark.parametrize("width", [80, 120])
def test_targets_are_one_table_in_a_terminal(width: int) -> None:
    figures = [figure("runs-core", 1), figure("openai-python", 9.99)]
    text = printed(target_table(results(*figures)), width)

    assert text.count("verdict") == 1
    assert "x9.99" in text
    assert max(map(len, text.splitlines())) <= width


def test_targets_that_were_not_measured_are_on_the_page_only() -> None:
    made = results(figure("runs-core", 1), figure("openai-python", 9))
    shown = target_table(made, measured=True).rows

    assert "not measured" not in {row[-1] for row in shown}
    assert [
        row for row in target_table(made).rows if row[-1] != "not measured"
    ] == shown
    assert len(target_table(made).rows) == len(TARGETS)


def test_the_page_says_what_it_was_measured_with() -> None:
    made = results(figure("runs-core", 1), figure("openai-python", 9.99), openai="3.54")
    made.missing["Node"] = "node is not installed"
    text = page(made, Rules(verdicts=VERDICTS), [])

    assert "Measured on 2026-11-23 with `python -m benchmarks`" in text
    assert "abacus" in text
    assert "openai 3.54" in text
    assert "Node did not take part: node is not installed." in text
    assert "| framing, text, 1 event, against openai-python | x9.99 | x10 |" in text
    assert "quick run:" not in text
    assert "$" not in text
    assert "\n\n\n" not in text


def test_the_page_has_a_note_for_each_way_to_take_part() -> None:
    made = results(
        evolve(figure("azure", 1), note="knows no ids"),
        evolve(figure("azure", 1, size=1), note="knows no ids"),
        evolve(figure("azure", 1), suite="memory", note="knows no ids"),
        evolve(figure("azure", 1), suite="typed", note="leaves out nulls"),
    )
    text = page(made, Rules(), [])

    assert "- azure (framing, memory): knows no ids.\n" in text
    assert "- azure (typed): leaves out nulls.\n" in text


def test_the_page_says_at_its_top_what_reads_json() -> None:
    fast = page(results(figure("runs-core", 1), msgspec="0.22"), Rules(), [])
    plain = page(results(figure("runs-core", 1)), Rules(), [])

    top, _, _ = fast.partition("## ")
    assert "with the extra `fast` installed: msgspec 0.22 reads JSON.\n" in top
    assert "without the extra `fast` (msgspec)." in plain.partition("## ")[0]


def test_no_two_candidates_look_alike_in_plots() -> None:
    names = [name for name in FRAMING if not name.startswith("runs-core")]
    names += ["eventsource-parser (Node)", "openai-node (Node)"]
    colours = _colours(results(*(figure(name, 1) for name in names)))
    shades = [tuple(bytes.fromhex(c[1:])) for n, c in colours.items() if n in names]

    assert len(set(colours.values())) == len(names) + 2
    # No grey, which is ours.
    assert all(max(shade) - min(shade) > 40 for shade in shades)
    ours = ("runs-core", "runs-core, fed", "runs-core, compiled")
    assert len({(_line(name, colours), colours[name]) for name in ours}) == 3


@pytest.fixture(scope="module")
def published() -> Results:
    return Results.read(DOCS / "benchmarks" / "results.json")


def test_the_published_page_is_what_its_results_give(published: Results) -> None:
    """Its own sentences, too: after a change, `python -m benchmarks render`."""
    data = DOCS / "benchmarks"
    plots = [data / f"{name}.svg" for name in PLOTS]
    rules = Rules.read(data / "conformance.json")
    given = page(published, rules, plots)

    assert (DOCS / "benchmarks.md").read_text("utf-8") == given


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "docs/howto/streams.md"])
def test_what_a_page_says_of_the_compiled_decoder_is_published(
    path: str, published: Results
) -> None:
    found = [
        published.ratio("framing", one.input, one.variant, COMPILED, FED) or 0.0
        for one in published.of("framing")
        if one.candidate == COMPILED
    ]

    assert "a tenth to four fifths of the time" in (ROOT / path).read_text("utf-8")
    assert round(min(found), 1) >= 0.1
    assert max(found) <= 0.8
