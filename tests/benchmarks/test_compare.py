from attrs import evolve

from benchmarks.compare import (
    changed_faults,
    changed_targets,
    changes,
    in_one_only,
    other_conditions,
)
from tests.benchmarks.made import figure, results

BEFORE = results(figure("runs-core", 1, 1, 1), figure("openai-python", 9, 9, 9))


def test_the_machines_part_is_taken_out_of_a_change() -> None:
    """Everything takes twice as long on this day, and ours three times."""
    after = results(figure("runs-core", 3, 3, 3), figure("openai-python", 18, 18, 18))
    (change,) = changes(BEFORE, after)

    assert change.factor == 3
    assert change.corrected == 1.5
    assert change.matters


def test_a_slower_machine_alone_is_no_change() -> None:
    after = results(figure("runs-core", 2, 2, 2), figure("openai-python", 18, 18, 18))
    (change,) = changes(BEFORE, after)

    assert not change.matters


def test_a_change_within_the_rounds_differences_does_not_matter() -> None:
    after = results(
        figure("runs-core", 0.8, 1.1, 1.5), figure("openai-python", 9, 9, 9)
    )
    (change,) = changes(BEFORE, after)

    assert change.corrected > 1.05
    assert not change.matters


def test_what_is_in_one_file_only_is_no_change() -> None:
    assert list(changes(BEFORE, results(figure("runs-core", fault="raises X")))) == []
    assert list(changes(results(), BEFORE)) == []


def test_who_became_wrong_or_raises_now_is_told_once_for_each_input() -> None:
    before = results(
        figure("openai-python", 9),
        figure("openai-python", 9, size=1),
        figure("runs-core", 1),
        figure("anthropic", fault="raises KeyError"),
    )
    after = results(
        figure("openai-python", 9, fault="1 event too many"),
        figure("openai-python", 9, size=1, fault="1 event too many"),
        figure("runs-core", fault="raises KeyError"),
        figure("anthropic", 2),
    )

    assert list(changed_faults(before, before)) == []
    assert list(changed_faults(before, after)) == [
        ("framing, text, openai-python", "", "1 event too many"),
        ("framing, text, runs-core", "", "raises KeyError"),
        ("framing, text, anthropic", "raises KeyError", ""),
    ]


def test_who_is_gone_is_told_and_a_suite_that_is_gone_is_told_once() -> None:
    more = figure("openai-python", 9, size=1)
    other = [evolve(figure(name, 1), suite="json") for name in ("json", "orjson")]
    before = results(*BEFORE.figures, more, *other)
    after = results(figure("runs-core", 1), figure("new", 1))

    assert list(in_one_only(before, before)) == []
    assert list(in_one_only(before, after)) == [
        ("framing, openai-python", 2, 0),
        ("json", 2, 0),
        ("framing, new", 0, 1),
    ]


def test_no_target_is_told_of_a_quick_run() -> None:
    figures = figure("runs-core", 1, 1, 1), figure("openai-python", 11, 11, 11)

    assert list(changed_targets(BEFORE, results(*figures, quick=True))) == []


def test_a_peer_that_took_nothing_says_nothing_of_the_machine() -> None:
    before = results(figure("runs-core", 1), figure("openai-python", 0))
    (change,) = changes(
        before, results(figure("runs-core", 2), figure("openai-python", 9))
    )

    assert change.factor == change.corrected == 2


def test_a_target_that_is_met_now_is_told_with_both_figures() -> None:
    after = results(figure("runs-core", 1, 1, 1), figure("openai-python", 11, 11, 11))

    told = list(changed_targets(BEFORE, after))

    assert (
        "framing, text, 1 event, against openai-python",
        "9.00 (MISSED)",
        "11.0 (met)",
    ) in told


def test_other_machines_versions_and_inputs_are_said() -> None:
    before = evolve(BEFORE, versions={"openai": "3"}, inputs={"text": {"9": {"a": 1}}})
    after = evolve(
        BEFORE,
        quick=True,
        machine={"cpu_model_name": "clockwork", "load_avg_1min": 9},
        versions={"openai": "4"},
        inputs={"text": {"9": {"a": 2}}},
    )

    assert list(other_conditions(before, before)) == []
    assert list(other_conditions(before, after)) == [
        "one of them is a quick run",
        "cpu_model_name: abacus and clockwork",
        "openai: 3 and 4",
        "the input text has other bytes",
    ]
