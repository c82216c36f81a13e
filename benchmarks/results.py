"""Figures, and the file with them: what was measured, on what, in which versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import inf, log
from pathlib import Path
from statistics import linear_regression, median, quantiles
from typing import Any

from attrs import Factory, asdict, define, field, frozen
from attrs.validators import deep_iterable, deep_mapping, ge, instance_of, lt

__all__ = ["COMPILED", "FED", "OURS", "SCHEMA", "Figure", "Results", "ratios", "spread"]

SCHEMA = 1
# The candidate that all others are compared with. Where it frames, it pulls its chunks,
# as they do; the second is handed each of them, as by a transport.
OURS = "runs-core"
FED = "runs-core, fed"
# Our framing by the compiled decoder, which is built only on request.
COMPILED = "runs-core, compiled"


def _tuple(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Figure:
    """One thing that was measured, several times.

    `variant` is the cut of the bytes, or a size. Samples of one suite, input and
    variant were taken in turns: the n-th samples of all candidates in the same round.
    """

    suite: str = field(validator=instance_of(str))
    input: str = field(validator=instance_of(str))
    variant: str = field(validator=instance_of(str))
    candidate: str = field(validator=instance_of(str))
    unit: str = field(validator=instance_of(str))
    samples: tuple[float, ...] = field(
        converter=_tuple,
        validator=deep_iterable([instance_of((int, float)), ge(0), lt(inf)]),
    )
    fault: str = field(default="", validator=instance_of(str))
    note: str = field(default="", validator=instance_of(str))

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def ours(self) -> bool:
        return self.candidate.startswith(OURS)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return self.suite, self.input, self.variant, self.candidate, self.unit


@define(kw_only=True)
class Results:
    """All figures of one run, and what it ran on."""

    date: str = field(validator=instance_of(str))
    command: str = field(validator=instance_of(str))
    quick: bool = field(validator=instance_of(bool))
    machine: dict[str, Any] = field(validator=instance_of(dict))
    versions: dict[str, str] = field(validator=instance_of(dict))
    missing: dict[str, str] = field(factory=dict, validator=instance_of(dict))
    inputs: dict[str, dict[str, Any]] = field(
        factory=dict, validator=deep_mapping(instance_of(str), instance_of(dict))
    )
    figures: list[Figure] = Factory(list)

    def of(
        self, suite: str, input: str | None = None, unit: str | None = None
    ) -> list[Figure]:
        return [
            figure
            for figure in self.figures
            if figure.suite == suite
            and (input is None or figure.input == input)
            and (unit is None or figure.unit == unit)
        ]

    def find(
        self, suite: str, input: str, variant: str, candidate: str, unit: str = ""
    ) -> Figure | None:
        """Return this figure if it was measured. An empty unit matches any."""
        for figure in self.figures:
            wanted = figure.key[:4] == (suite, input, variant, candidate)
            if wanted and figure.samples and unit in ("", figure.unit):
                return figure
        return None

    def ratio(
        self, suite: str, input: str, variant: str, slower: str, faster: str = OURS
    ) -> float | None:
        """Return the median of the rounds' ratios."""
        a = self.find(suite, input, variant, slower)
        b = self.find(suite, input, variant, faster)
        found = ratios(a, b) if a and b else []
        return median(found) if found else None

    def exponent(self, suite: str, input: str, candidate: str) -> float | None:
        """Return how time grows with size: 1 is linear, 2 quadratic.

        It is the slope of the logarithms over the last three doublings: the median of
        the rounds' slopes.
        """
        found = sorted(
            (float(figure.variant), figure.samples)
            for figure in self.of(suite, input)
            if figure.candidate == candidate and figure.samples and all(figure.samples)
        )[-4:]
        if len(found) < 3:
            return None
        sizes, samples = zip(*found, strict=True)
        if len(set(map(len, samples))) > 1:
            samples = tuple((median(times),) for times in samples)
        return median(_slope(sizes, times) for times in zip(*samples, strict=True))

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = {"schema": SCHEMA, **asdict(self)}
        for figure in raw["figures"]:
            figure["samples"] = [float(f"{value:.5g}") for value in figure["samples"]]
        # One line for each figure, so that changes can be read.
        figures = ",\n".join(f"  {json.dumps(f)}" for f in raw.pop("figures"))
        head = json.dumps(raw, indent=1)[:-2]
        path.write_text(f'{head},\n "figures": [\n{figures}\n ]\n}}\n')

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a file. Raises `ValueError` if it has another form."""
        told = f"{path} is not a result file of schema {SCHEMA}"
        try:
            raw = json.loads(path.read_text("utf-8"))
            if not isinstance(raw, dict):
                raise ValueError("it holds no object")
            if raw.pop("schema", None) != SCHEMA:
                raise ValueError("it has another schema, or none")
            figures = [Figure(**figure) for figure in raw.pop("figures")]
            return cls(figures=figures, **raw)
        except UnicodeDecodeError as error:
            raise ValueError(f"{told}: it is not text") from error
        except RecursionError as error:
            raise ValueError(f"{told}: it is nested too deeply") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The errors of attrs have the field and the value as further arguments.
            raise ValueError(f"{told}: {error.args[0]}") from error


def _slope(sizes: Sequence[float], times: Sequence[float]) -> float:
    return linear_regression(list(map(log, sizes)), list(map(log, times))).slope


def ratios(a: Figure, b: Figure) -> list[float]:
    """Return a's samples over b's: by round, or of the medians if the numbers differ.

    Samples of 0 in b are left out.
    """
    pairs = zip(a.samples, b.samples, strict=False)
    if len(a.samples) != len(b.samples):
        pairs = zip([a.median], [b.median], strict=True)
    return [x / y for x, y in pairs if y]


def spread(values: Iterable[float]) -> float:
    """Return half the distance between the quartiles, as a fraction of the median."""
    found = list(values)
    if len(found) < 3:
        return 0.0
    low, middle, high = quantiles(found, n=4)
    return (high - low) / 2 / middle if middle else 0.0
