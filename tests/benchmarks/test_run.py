from collections.abc import Iterator, Sequence
from io import StringIO

import pytest
from rich.console import Console

import benchmarks
from benchmarks.bench import Bench
from benchmarks.conformance.matrix import Verdict
from benchmarks.peers.candidate import Candidate
from benchmarks.peers.framing import FRAMING
from benchmarks.peers.versions import version_of
from benchmarks.results import Figure, Results
from benchmarks.run import SUITES, measure, print_tables
from benchmarks.targets import TARGETS
from tests.benchmarks.made import figure, results


def printed(
    results: Results | None, verdicts: Sequence[Verdict] = (), **missing: str
) -> str:
    file = StringIO()
    print_tables(
        results, verdicts, missing, Console(file=file, width=200, color_system=None)
    )
    return file.getvalue()


def test_targets_that_were_not_measured_are_counted_in_one_line() -> None:
    text = printed(results(figure("runs-core", 1), figure("openai-python", 9)))

    assert "framing, text, 1 event, against openai-python" in text
    assert text.count("not measured") == 1
    # Two were: openai-python is also the fastest other.
    assert f"{len(TARGETS) - 2} of {len(TARGETS)} targets were not measured\n" in text


def test_a_quick_run_says_so_first_and_judges_nothing() -> None:
    figures = figure("runs-core", 1), figure("openai-python", 9)
    text = printed(results(*figures, quick=True))

    assert text.startswith("This was a quick run: few rounds, on streams of 150 deltas")
    assert "framing, text, 1 event, against openai-python" in text
    assert "verdict" not in text
    assert "MISSED" not in text
    assert "MISSED" in printed(results(*figures))


def test_without_a_target_that_was_measured_there_is_no_table_of_them() -> None:
    total = len(TARGETS)

    assert printed(results()) == f"{total} of {total} targets were not measured\n"


def test_who_is_missing_is_said_also_without_results() -> None:
    text = printed(None, [Verdict("easy", "good", "", 1, 0)], Node="[none] is here")

    assert "1 of 1" in text
    assert text.endswith("Node did not take part: [none] is here\n")


def test_a_suite_that_raises_loses_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pyperf", reason="describes the machine")

    def half(bench: Bench) -> Iterator[Figure]:
        yield figure("runs-core", 1)
        raise KeyError("peer")

    monkeypatch.setitem(SUITES, "framing", half)
    monkeypatch.setitem(SUITES, "typed", lambda bench: iter([figure("b", 2)]))
    file = StringIO()
    bench = Bench()
    made = measure(bench, ("framing", "typed"), "nothing", Console(file=file))

    assert [found.candidate for found in made.figures] == ["runs-core", "b"]
    assert made.missing == {"suite framing": "it raised an exception"}
    assert bench.raised == ["framing"]
    assert "KeyError: 'peer'" in file.getvalue()


def test_results_say_what_reads_json() -> None:
    pytest.importorskip("pyperf", reason="describes the machine")
    made = measure(Bench(), (), "nothing", Console(file=StringIO()))

    assert made.versions["msgspec"] == version_of("msgspec")


def test_a_peer_without_a_private_name_does_not_take_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only it: the others are measured. Of ours it would be a bug, and is shown."""

    def changed() -> Candidate:
        return benchmarks._no_more  # type: ignore[attr-defined, no-any-return]

    bench = Bench()
    monkeypatch.setitem(FRAMING, "anthropic", changed)

    assert "runs-core" in {made.name for made in bench.candidates("framing")}
    assert bench.missing["anthropic"].endswith("has no attribute '_no_more'")

    monkeypatch.setitem(FRAMING, "runs-core", changed)
    with pytest.raises(AttributeError):
        bench.candidates("framing")
