"""One decoder that takes part: how it is run, and how its output is checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from time import process_time
from typing import Any, TypeAlias

from attrs import frozen

from benchmarks.peers.versions import version_of

__all__ = [
    "RAISED",
    "Candidate",
    "Chunks",
    "Fault",
    "Run",
    "Sample",
    "compare",
    "fault_of",
    "fed",
    "first_line",
    "hold_fed",
    "hold_pulled",
    "pulled",
]

Chunks: TypeAlias = Iterable[bytes]
# Takes how often to decode everything; returns the CPU seconds that it took.
Sample: TypeAlias = Callable[[int], float]
Run: TypeAlias = Callable[[Chunks], Any]
# Takes the beginning of a stream, and how many complete events it has; returns what
# must then stay alive.
Hold: TypeAlias = Callable[[Chunks, int], Any]


# Exceptions that count as the fault of one decoder, and do not end the others' runs.
RAISED = (Exception, SystemExit)


class Fault(Exception):
    """What a candidate does wrong on an input, in a few words."""


def fault_of(error: BaseException) -> str:
    """Return the fault that a candidate's exception stands for."""
    if isinstance(error, Fault):
        return str(error)
    return f"raises {type(error).__name__}"


def sampling(run: Callable[[Any], object], given: Sequence[Any]) -> Sample:
    """Return a function that measures running it on each of these."""

    def sample(loops: int) -> float:
        begin = process_time()
        for _ in range(loops):
            for one in given:
                run(one)
        return process_time() - begin

    return sample


@frozen(kw_only=True)
class Candidate:
    """A decoder and what it is asked to do.

    `run` decodes one stream and reads what a user would of each event. `outcome` also
    decodes one stream, and returns all that came out as plain values; `despite` removes
    what a peer is known to change, as its note says. `hold` decodes the beginning of a
    stream, and keeps it open. A `floor` does less than the others, and is not checked.
    """

    name: str
    distribution: str | None
    run: Run
    outcome: Run
    hold: Hold | None = None
    despite: Callable[[Any], Any] = lambda outcome: outcome
    note: str = ""
    ours: bool = False
    floor: bool = False

    @property
    def version(self) -> str:
        return version_of(self.distribution) if self.distribution else ""

    def prepare(self, streams: Sequence[Sequence[bytes]]) -> Sample:
        """Return a function that measures decoding these streams."""
        return sampling(self.run, streams)

    def check(
        self, streams: Sequence[Sequence[bytes]], expected: Sequence[Any]
    ) -> None:
        """Raise `Fault` if what comes out is not what is expected."""
        if self.floor:
            return
        outcomes = []
        for chunks in streams:
            try:
                outcomes.append(self.outcome(chunks))
            except RAISED as error:
                raise Fault(fault_of(error)) from error
        despite = self.despite
        compare(list(map(despite, outcomes)), list(map(despite, expected)))

    def fault(self, streams: Sequence[Sequence[bytes]], expected: Sequence[Any]) -> str:
        """Return what is wrong with the output, or an empty string."""
        try:
            self.check(streams, expected)
        except Fault as fault:
            return str(fault)
        return ""


def compare(outcomes: Sequence[Any], expected: Sequence[Any]) -> None:
    """Raise `Fault` if the outcomes of some streams are not what is expected."""
    pairs = list(zip(outcomes, expected, strict=True))
    wrong = [(outcome, right) for outcome, right in pairs if outcome != right]
    if not wrong:
        return
    if not all(isinstance(right, list) for _, right in pairs):
        raise Fault(f"wrong on {len(wrong)} of {len(pairs)} streams")
    if all(starmap(_differ_in_ids, wrong)):
        raise Fault(_fault_in_ids(wrong))
    lost = sum(_lost(outcome, right) for outcome, right in wrong)
    extra = sum(_lost(right, outcome) for outcome, right in wrong)
    total = sum(len(right) for _, right in pairs)
    if not lost and not extra:
        raise Fault("events in another order")
    if not lost:
        raise Fault(f"{extra} {'event' if extra == 1 else 'events'} too many")
    raise Fault(f"{lost} of {total} events {'wrong' if extra else 'missing'}")


def _differ_in_ids(outcome: Any, right: Any) -> bool:
    """Whether names and data are right, so that only the ids differ."""
    return [e[:2] for e in outcome] == [e[:2] for e in right] and len(right[0]) > 2


def _fault_in_ids(wrong: Sequence[tuple[Any, Any]]) -> str:
    if any(event[2] for outcome, _ in wrong for event in outcome):
        return "gives another id"
    # From one missing id it cannot be known whether others would be there.
    expected = sum(bool(event[2]) for _, right in wrong for event in right)
    return "gives no ids" if expected > 1 else "the id is missing"


def _lost(outcome: Sequence[Any], right: Sequence[Any]) -> int:
    """Count the events of `right` that are not in `outcome`, in whatever order."""
    return (Counter(map(repr, right)) - Counter(map(repr, outcome))).total()


def first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:100]


# The loops that a user would write, for the two shapes of decoders.


def fed(make: Callable[[], Any], read: Callable[[Any], Any]) -> Run:
    """Run a decoder that takes bytes and returns events.

    It is also closed, and what `close` returns is read: a decoder may keep everything.
    """

    def run(chunks: Chunks) -> None:
        decoder = make()
        feed = decoder.feed
        for chunk in chunks:
            for event in feed(chunk):
                read(event)
        for event in decoder.close():
            read(event)

    return run


def pulled(
    events: Callable[[Chunks], Iterable[Any]], read: Callable[[Any], Any]
) -> Run:
    """Run a decoder that is an iterator of events over an iterator of bytes."""

    def run(chunks: Chunks) -> None:
        for event in events(iter(chunks)):
            read(event)

    return run


def hold_fed(make: Callable[[], Any]) -> Hold:
    def hold(chunks: Chunks, events: int) -> Any:
        decoder = make()
        for chunk in chunks:
            # Perhaps a generator, which does nothing until it is iterated.
            for _ in decoder.feed(chunk):
                pass
        return decoder

    return hold


def hold_pulled(events: Callable[[Chunks], Iterable[Any]]) -> Hold:
    def hold(chunks: Chunks, number: int) -> Any:
        found = iter(events(iter(chunks)))
        for _ in range(number):
            next(found)
        return found

    return hold
