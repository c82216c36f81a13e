"""Bytes to events, to typed events, and to snapshots: every input, every cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure.clock import take_turns
from benchmarks.peers.candidate import RAISED, Candidate, Sample, fault_of
from benchmarks.peers.snapshot import expected_state
from benchmarks.peers.typed import expected_events
from benchmarks.results import Figure
from benchmarks.streams.cuts import CUTS, ONE_EVENT, SMALL_CUTS
from benchmarks.streams.inputs import GENERATED, Input
from benchmarks.streams.styles import Frame

__all__ = ["framing", "measured", "snapshot", "typed"]

_FEW_CUTS = (ONE_EVENT, "1460 B", "16 KiB")
# For typed events and snapshots, which take peers a hundred times as long.
_QUICK_INPUTS = ("text", "tools", "unpredictable text", "unpredictable tools")
_QUICK_CUTS = (ONE_EVENT, "1460 B")
# Their neighbours say enough.
_NOT_QUICK = ("4 KiB", "64 KiB")
Expected = Callable[[Sequence[Frame]], Any]
# A complete message or step replaces what was added up.
_WHOLE = (
    "thread.message.completed",
    "thread.message.incomplete",
    "thread.run.step.completed",
)


def framing(bench: Bench) -> Iterator[Figure]:
    """Bytes to server-sent events; name and text of each are read."""
    # Enough that "all at once" does not fit the fastest cache.
    deltas = 400 if bench.quick else 2500
    everywhere = ("text",) if bench.quick else tuple(GENERATED)
    yield from _decoding(bench, "framing", list, deltas, everywhere)


def typed(bench: Bench) -> Iterator[Figure]:
    """Bytes to typed events; reads the text of deltas, and a field of whole objects."""
    deltas = 150 if bench.quick else 1000
    everywhere = () if bench.quick else ("text", "tools")
    yield from _decoding(bench, "typed", expected_events, deltas, everywhere)


def snapshot(bench: Bench) -> Iterator[Figure]:
    """Bytes to typed events and a snapshot, which is read at the end."""
    deltas = 150 if bench.quick else 1000
    everywhere = () if bench.quick else ("text", "tools")
    yield from _decoding(bench, "snapshot", expected_state, deltas, everywhere)


def _decoding(
    bench: Bench,
    suite: str,
    expected: Expected,
    deltas: int,
    everywhere: Sequence[str],
) -> Iterator[Figure]:
    candidates = bench.candidates(suite)
    few = _QUICK_CUTS if bench.quick else _FEW_CUTS
    all_cuts = [cut for cut in CUTS if not bench.quick or cut not in _NOT_QUICK]
    quick = bench.quick and suite != "framing"
    for name in _QUICK_INPUTS if quick else GENERATED:
        for where in all_cuts if name in everywhere else few:
            input = bench.input(name, deltas // 8 if where in SMALL_CUTS else deltas)
            bench.step(f"{suite}: {name}, {where}")
            yield from measured(bench, suite, candidates, expected, input, where)
    for found in bench.recorded():
        recorded = found if suite == "framing" else found.well_formed()
        cuts = few[:1] if bench.quick else CUTS if suite == "framing" else few
        for where in cuts if recorded else ():
            assert recorded is not None
            bench.step(f"{suite}: {recorded.name}, {where}")
            yield from measured(bench, suite, candidates, expected, recorded, where)


def measured(
    bench: Bench,
    suite: str,
    candidates: Sequence[Candidate],
    expected: Expected,
    input: Input,
    where: str,
) -> Iterator[Figure]:
    """Measure all candidates on one input in one cut, with their faults."""
    streams = input.cut(where)
    samples: dict[str, Sample] = {}
    faults: dict[str, str] = {}
    for candidate in candidates:
        fault = faults[candidate.name] = _fault(candidate, input, where, expected)
        if not fault.startswith("raises"):
            try:
                samples[candidate.name] = candidate.prepare(streams)
            except RAISED as error:
                faults[candidate.name] = fault_of(error)
    taken = take_turns(samples, bench.pace, faults)
    for candidate in candidates:
        yield Figure(
            suite=suite,
            input=input.name,
            variant=where,
            candidate=candidate.name,
            unit="us/event",
            samples=[s / input.events * 1e6 for s in taken.get(candidate.name, ())],
            fault=faults[candidate.name],
            note=candidate.note,
        )


def _fault(candidate: Candidate, input: Input, where: str, expected: Expected) -> str:
    right = [expected(frames) for frames in input.frames]
    fault = candidate.fault(input.cut(where), right)
    if not fault and expected is expected_state:
        live = input.without(*_WHOLE)
        right = [expected(frames) for frames in live.frames]
        fault = candidate.fault(live.cut(where), right)
    return fault
