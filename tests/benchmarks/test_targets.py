import pytest

from benchmarks.report.tables import target_table
from benchmarks.targets import TARGETS, Reached, Target, reached
from tests.benchmarks.made import figure, results

LARGER = Target("a ratio", 2, 3, lambda *_: None)
SMALLER = Target("seconds", 3, 2, lambda *_: None, smaller=True)
WORST = "framing, the worst of the recorded, 1 event, against openai-python"
OPENAI = "framing, text, 1 event, against openai-python"
FASTEST = "framing, text, 1 event, against the fastest other in Python"


@pytest.mark.parametrize(
    ("target", "figure", "verdict"),
    [
        (LARGER, 3.0, "aim met"),
        (LARGER, 2.999, "met"),
        (LARGER, 2.0, "met"),
        (LARGER, 1.999, "MISSED"),
        (SMALLER, 2.0, "aim met"),
        (SMALLER, 2.001, "met"),
        (SMALLER, 3.001, "MISSED"),
        (LARGER, None, "not measured"),
    ],
)
def test_a_verdict_is_of_the_figure_as_it_is(
    target: Target, figure: float | None, verdict: str
) -> None:
    assert Reached(target, figure).verdict == verdict


def test_nothing_is_reached_where_nothing_was_measured() -> None:
    assert {one.verdict for one in reached(results())} == {"not measured"}


def test_who_gets_the_input_wrong_is_not_the_fastest_other() -> None:
    made = results(
        figure("runs-core", 1),
        figure("anthropic", 2, fault="raises KeyError"),
        figure("httpx-sse", 4),
        figure("openai-python", 9),
        figure("eventsource-parser (Node)", 0.5),
    )
    found = {one.target.what: one.figure for one in reached(made)}

    assert found[FASTEST] == 4


def test_of_recorded_streams_the_worst_counts() -> None:
    made = results(
        figure("runs-core", 1, input="recorded: a"),
        figure("openai-python", 9, input="recorded: a"),
        figure("runs-core", 1, input="recorded: b"),
        figure("openai-python", 3, input="recorded: b"),
        figure("runs-core", 1),
        figure("openai-python", 2),
    )
    found = {one.target.what: one.figure for one in reached(made)}

    assert found[WORST] == 3


def test_a_figure_whose_peer_is_wrong_there_is_marked() -> None:
    made = results(
        figure("runs-core", 1, input="recorded: a"),
        figure("openai-python", 9, input="recorded: a", fault="1 event too many"),
        figure("runs-core", 1, input="recorded: b"),
        figure("openai-python", 30, input="recorded: b"),
        figure("runs-core", 1),
        figure("openai-python", 2),
    )
    table = target_table(made)
    rows = {row[0]: row for row in table.rows}

    assert rows[WORST][1:] == ["x9.00 †", "x10", "x12", "MISSED"]
    assert rows[OPENAI][1] == "x2.00"
    assert table.notes == [
        "† openai-python on recorded: a, 1 event, framing: 1 event too many."
    ]


def test_every_target_has_an_aim_beyond_what_is_the_least() -> None:
    for target in TARGETS:
        assert (target.aim < target.least) is target.smaller, target.what
    assert len({target.what for target in TARGETS}) == len(TARGETS)


def test_the_fed_and_the_compiled_decoder_have_verdicts_of_their_own() -> None:
    made = results(
        figure("runs-core", 1),
        figure("runs-core, fed", 0.9),
        figure("runs-core, compiled", 0.5),
        figure("openai-python", 9),
    )
    table = target_table(made)
    rows = {row[0]: row for row in table.rows}

    assert list(table.head)[5:] == ["fed", "verdict", "compiled", "verdict"]
    assert rows[OPENAI][1:] == [
        "x9.00", "x10", "x12", "MISSED", "x10.0", "met", "x18.0", "aim met"
    ]  # fmt: skip
    assert rows["typed, text, 1 event, against openai-python"][-2:] == ["-", ""]


def test_targets_have_no_column_for_a_decoder_that_was_not_built() -> None:
    table = target_table(results(figure("runs-core", 1), figure("openai-python", 9)))

    assert list(table.head) == ["target", "reached", "at least", "aim", "verdict"]
    assert {len(row) for row in table.rows} == {5}
