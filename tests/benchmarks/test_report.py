import pytest

from benchmarks.conformance.matrix import Verdict
from benchmarks.report.page import conformance_table, page
from benchmarks.report.table import grid, significant
from tests.benchmarks.made import figure, results

VERDICTS = [
    Verdict("easy", "good", "", 3, 0),
    Verdict("hard", "good", "", 3, 0),
    Verdict("easy", "bad", "", 3, 0),
    Verdict("hard", "bad", "1 event too many", 3, 2),
]


@pytest.mark.parametrize(
    ("value", "down", "up"),
    [
        (9.999, "9.99", "10.00"),
        (12.34, "12.3", "12.4"),
        (123.4, "123", "124"),
        (0.012345, "0.0123", "0.0124"),
        (1.1, "1.10", "1.10"),
        (99999.0, "99999", "99999"),
        (0.0, "0", "0"),
    ],
)
def test_digits_are_cut_off_and_not_rounded_in_our_favour(
    value: float, down: str, up: str
) -> None:
    assert significant(value) == down
    assert significant(value, up=True) == up


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


def test_the_rules_are_told_by_case_and_decoder() -> None:
    table = conformance_table(VERDICTS, {"bad": "1.0"})

    assert table.head == ["", "good", "bad 1.0"]
    assert table.rows == [
        ["easy", "yes", "yes"],
        ["hard", "yes", "no: 1 event too many, in 2 of 3 cuts"],
        ["**passed**", "**2 of 2**", "**1 of 2**"],
    ]


def test_the_page_says_what_it_was_measured_with() -> None:
    made = results(figure("runs-core", 1), figure("openai-python", 9.99), openai="3.54")
    made.missing["Node"] = "node is not installed"
    text = page(made, VERDICTS, {}, [])

    assert "Measured on 2026-11-23 with `python -m benchmarks`" in text
    assert "abacus" in text
    assert "openai 3.54" in text
    assert "Node did not take part: node is not installed." in text
    assert "| framing, text, 1 event, against openai-python | x9.99 | x10 |" in text
    assert "quick run:" not in text
    assert "$" not in text
    assert "\n\n\n" not in text
