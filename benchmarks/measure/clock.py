"""CPU time on one core, the candidates taking turns.

What is compared is measured in the same minute: on a shared machine, absolute figures
vary by a factor of two within an hour, ratios of neighbours only by some percent.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil

from attrs import frozen

from benchmarks.peers.candidate import RAISED, Sample, fault_of

__all__ = ["Pace", "allowed", "only_own_garbage", "pin", "take_turns"]


@frozen
class Pace:
    """How long to measure.

    Each sample repeats until it takes `seconds`. A candidate whose first pass takes
    longer than `slow` is not measured again.
    """

    rounds: int
    seconds: float
    slow: float


def allowed() -> frozenset[int]:
    """Return the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def pin() -> int | None:
    """Pin this process to one core, the last; return it, or None if impossible."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(allowed())
    os.sched_setaffinity(0, {core})
    return core


@contextmanager
def only_own_garbage() -> Iterator[None]:
    """Leave the garbage collector on, as users have it, but hide older objects from it.

    The modules of all peers are loaded: without this, each would pay for the others'.
    If something was already frozen, nothing is thawed afterwards.
    """
    thaws = gc.get_freeze_count() == 0
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        if thaws:
            gc.unfreeze()


def take_turns(
    samples: Mapping[str, Sample], pace: Pace, faults: dict[str, str]
) -> dict[str, list[float]]:
    """Return the seconds that one pass takes, by candidate and round.

    In each round another candidate is the first, so that none always finds the caches
    as the same other one left them. A candidate that raises gets no seconds and an
    entry in `faults`, and the others go on.
    """
    taken: dict[str, list[float]] = {}
    loops: dict[str, int] = {}
    with only_own_garbage():
        for name, sample in samples.items():
            try:
                first = sample(1)
                if first > pace.slow:
                    taken[name] = [first]
                    continue
                # The first pass also warms up.
                loops[name] = ceil(pace.seconds / max(sample(1), 1e-7))
                taken[name] = []
            except RAISED as error:
                faults[name] = fault_of(error)
        for turn in range(pace.rounds):
            names = list(loops)
            at = turn % max(1, len(names))
            for name in names[at:] + names[:at]:
                try:
                    taken[name].append(samples[name](loops[name]) / loops[name])
                except RAISED as error:
                    faults[name] = fault_of(error)
                    del loops[name], taken[name]
    return taken
