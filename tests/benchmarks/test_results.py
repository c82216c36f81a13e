import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict

from benchmarks.results import Figure, Results, spread
from tests.benchmarks.made import figure, results


def wrong() -> Iterator[dict[str, Any]]:
    """Yield results of which one thing is of another kind."""
    right = {"schema": 1, **asdict(results(figure("a", 1)))}
    for key in [name for name in right if name != "schema"]:
        yield {**right, key: 5}
    yield {**right, "inputs": {"text": 5}}
    (made,) = right["figures"]
    for key in made:
        yield {**right, "figures": [{**made, key: 5}]}
    for samples in (["1"], [None], [-1.0], "12", [1e999], [math.nan]):
        yield {**right, "figures": [{**made, "samples": samples}]}


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    made = results(figure("a", 1, 2, 3), figure("b", fault="raises KeyError"))
    made.write(tmp_path / "deep" / "results.json")

    assert Results.read(tmp_path / "deep" / "results.json") == made


@pytest.mark.parametrize(
    "text",
    [
        '{"figures": []}',
        '{"schema": 1, "figures": []}',
        '{"schema": 1, "figures": [{"speed": 9}]}',
        '{"schema": 1, "figures": [',
        "[]",
        "",
        *map(json.dumps, wrong()),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)

    with pytest.raises(ValueError, match=r"other\.json is not a result file of schema"):
        Results.read(tmp_path / "other.json")


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    """The second round was disturbed for both, which their ratio does not show."""
    made = results(figure("slow", 10, 40, 11), figure("runs-core", 1, 4, 1))

    assert made.ratio("framing", "text", "1 event", "slow") == 10


def test_without_the_same_rounds_it_is_the_ratio_of_medians() -> None:
    made = results(figure("slow", 10), figure("runs-core", 1, 2, 4))

    assert made.ratio("framing", "text", "1 event", "slow") == 5


def test_nothing_is_a_multiple_of_0() -> None:
    made = results(figure("slow", 10, 20, 30), figure("runs-core", 0, 10, 10))
    nothing = results(figure("slow", 10), figure("runs-core", 0))
    flat = [figure("a", 0, size=size) for size in (1, 2, 4, 8)]

    assert made.ratio("framing", "text", "1 event", "slow") == 2.5
    assert nothing.ratio("framing", "text", "1 event", "slow") is None
    assert results(*flat).exponent("framing", "text", "a") is None
    assert spread([0, 0, 0]) == 0


def test_there_is_no_ratio_to_what_was_not_measured() -> None:
    made = results(figure("slow", 10), figure("runs-core", fault="raises KeyError"))

    assert made.ratio("framing", "text", "1 event", "slow") is None


def grown(power: float, *sizes: float) -> list[Figure]:
    return [
        figure("a", *(0.5 * size**power * noise for noise in (1, 1.5, 1)), size=size)
        for size in sizes
    ]


@pytest.mark.parametrize("power", [1, 1.5, 2])
def test_an_exponent_is_that_of_the_last_three_doublings(power: float) -> None:
    small = [figure("a", 700, 800, 900, size=0.25)]
    found = results(*small, *grown(power, 1, 2, 4, 8)).exponent("framing", "text", "a")

    assert found is not None
    assert math.isclose(found, power)


def test_two_sizes_have_no_exponent() -> None:
    assert results(*grown(1, 1, 2)).exponent("framing", "text", "a") is None


def test_spread_is_half_of_what_is_between_the_quartiles() -> None:
    assert spread([10, 10, 10]) == 0
    assert spread([9, 10, 11]) == pytest.approx(0.1)
    assert spread([7]) == 0
