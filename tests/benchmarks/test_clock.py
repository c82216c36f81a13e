import gc
from collections.abc import Iterator

import pytest

from benchmarks.measure.clock import Pace, only_own_garbage, take_turns

PACE = Pace(rounds=3, seconds=0.01, slow=1.0)


def test_all_candidates_take_turns_and_another_begins_each_round() -> None:
    asked: list[str] = []

    def sample(name: str, seconds: float) -> object:
        def run(loops: int) -> float:
            asked.append(name)
            return seconds * loops

        return run

    samples = {name: sample(name, 0.01) for name in "abc"}
    taken = take_turns(samples, PACE, {})  # type: ignore[arg-type]

    assert "".join(asked[-9:]) == "abcbcacab"
    assert taken == {name: [0.01] * 3 for name in "abc"}


def test_a_sample_repeats_until_it_is_long_enough() -> None:
    loops: list[int] = []

    def sample(number: int) -> float:
        loops.append(number)
        return 0.003 * number

    assert take_turns({"a": sample}, PACE, {})["a"] == [0.003] * 3
    assert loops[-3:] == [4, 4, 4]


def test_who_is_too_slow_is_asked_once() -> None:
    asked: list[int] = []

    def sample(loops: int) -> float:
        asked.append(loops)
        return 2.0

    assert take_turns({"slow": sample}, PACE, {}) == {"slow": [2.0]}
    assert asked == [1]


@pytest.mark.parametrize("error", [KeyError("data"), SystemExit(3)])
@pytest.mark.parametrize("lives", [0, 1, 3])
def test_who_raises_while_the_clock_runs_is_no_loss_to_the_others(
    error: BaseException, lives: int
) -> None:
    asked: list[int] = []

    def raising(loops: int) -> float:
        asked.append(loops)
        if len(asked) > lives:
            raise error
        return 0.01 * loops

    faults: dict[str, str] = {}
    samples = {"raising": raising, "good": lambda loops: 0.01 * loops}

    assert take_turns(samples, PACE, faults) == {"good": [0.01] * 3}
    assert faults == {"raising": f"raises {type(error).__name__}"}
    assert len(asked) == lives + 1


@pytest.fixture
def _nothing_is_frozen() -> Iterator[None]:
    """Thaw all tests that there are, and freeze them again.

    They are not counted for it: that looks at each object that is frozen.
    """
    gc.unfreeze()
    yield
    # What was garbage has been collected by what is tested.
    gc.freeze()


@pytest.mark.usefixtures("_nothing_is_frozen")
def test_old_garbage_is_out_of_sight_only_while_measuring() -> None:
    with only_own_garbage():
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0

    assert gc.get_freeze_count() == 0


@pytest.mark.usefixtures("_nothing_is_frozen")
def test_what_was_frozen_before_stays_so() -> None:
    gc.freeze()

    with only_own_garbage():
        pass

    assert gc.get_freeze_count() > 0
