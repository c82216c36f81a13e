"""What every suite receives: how thorough to be, who takes part, where to report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attrs import Factory, define

from benchmarks.measure.clock import Pace, allowed
from benchmarks.peers.candidate import Candidate, first_line
from benchmarks.peers.node import Node
from benchmarks.peers.registry import TABLES, make
from benchmarks.results import OURS
from benchmarks.streams.captures import recorded, without_events
from benchmarks.streams.inputs import Input, generate

__all__ = ["FULL", "QUICK", "Bench"]

Made = TypeVar("Made")

FULL = Pace(rounds=7, seconds=0.02, slow=2.0)
QUICK = Pace(rounds=3, seconds=0.004, slow=0.3)


@define(kw_only=True)
class Bench:
    """One run of the benchmarks.

    `step` is told what is measured next. `decoder` is the import path of the user's own
    decoder, which takes part in framing, growth, memory and conformance. `core` is the
    one that this process was pinned to, `cores` are those that it could run on before.
    `missing` collects who does not take part, and why; `raised`, the suites that ended
    in an exception.
    """

    quick: bool = False
    captures: Path | None = None
    decoder: str | None = None
    node: Node | None = None
    core: int | None = None
    cores: frozenset[int] = Factory(allowed)
    step: Callable[[str], None] = lambda text: None
    missing: dict[str, str] = Factory(dict)
    raised: list[str] = Factory(list)
    versions: dict[str, str] = Factory(dict)
    inputs: dict[str, dict[str, Any]] = Factory(dict)

    @property
    def pace(self) -> Pace:
        return QUICK if self.quick else FULL

    @property
    def other_cores(self) -> frozenset[int]:
        """The cores for what is not measured: all others, if there are any."""
        return self.cores - {self.core} or self.cores

    def candidates(self, kind: str) -> list[Candidate]:
        """Make the candidates that do this kind of work and are installed."""
        names = list(TABLES[kind])
        if kind == "framing" and self.decoder is not None:
            names.append(self.decoder)
        found = (self.made(name, partial(make, kind, name)) for name in names)
        made = [candidate for candidate in found if candidate is not None]
        if self.node is not None:
            made += self.node.candidates(kind)
        for candidate in made:
            if candidate.distribution:
                self.versions[candidate.distribution] = candidate.version
        return made

    def made(self, name: str, make: Callable[[], Made]) -> Made | None:
        """Return what `make` makes, or note why it does not take part.

        It is not installed, or no longer has a private name that its adapter uses.
        """
        try:
            return make()
        except ImportError as error:
            why = first_line(error)
        except AttributeError as error:
            if name.startswith(OURS):
                raise
            why = first_line(error)
        self.missing[name] = why
        return None

    def input(self, name: str, deltas: int) -> Input:
        return self._noted(generate(name, deltas), deltas)

    def recorded(self) -> list[Input]:
        """Return the recorded streams, if there are any."""
        if self.captures is None:
            return []
        inputs = recorded(self.captures)
        for name in without_events(self.captures, inputs):
            self.missing[name] = "no event is in it"
        return [self._noted(input, 0) for input in inputs]

    def _noted(self, input: Input, deltas: int) -> Input:
        known = self.inputs.setdefault(input.name, {})
        known[str(deltas)] = {
            "streams": len(input.streams),
            "bytes": input.size,
            "events": input.events,
            "sha256": input.digest,
        }
        return input
