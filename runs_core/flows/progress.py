"""How far a run's stream has come, for the code that hands it out or looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from runs_core.errors import InvalidDelta
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.stream import RunSnapshot, RunStreamEvent
from runs_core.wire.http import Head

__all__ = ["Progress"]


@define
class Progress:
    """How far a stream has been handed out, and the snapshot of exactly that far.

    `begin` takes a batch of events, and returns those of them to emit. An event is
    applied before it is handed out: by `begin`, or, if `one_by_one` says that somebody
    asks before each, by `hand_out`. One that does not fit changes nothing, and neither
    it nor an event behind it is handed out, however the stream was cut: `finish`, which
    says that the batch is done, raises. Once the run has ended for good, what does not
    fit is left out, and the rest is handed out. `head` is the head of the response,
    `told` whether an event has come since, and `redact` removes the request's
    credentials from a text. `last_event` is the wire name of the last event. `snapshot`
    is the state after the events handed out so far.
    """

    one_by_one: bool = False
    told: bool = False
    last_event: str | None = None
    head: Head | None = None
    redact: Callable[[bytes], bytes] | None = None
    snapshot: RunSnapshot = field(factory=RunSnapshot)
    _batch: Sequence[RunStreamEvent] = ()
    _applied: int = 0
    # The places in the batch of what is not handed out.
    _left_out: set[int] = field(factory=set)
    _fault: InvalidDelta | None = None

    @property
    def is_final(self) -> bool:
        """Whether the run has ended for good: nothing undoes that."""
        return self.snapshot.outcome in RUN_TERMINAL

    def begin(self, batch: Sequence[RunStreamEvent]) -> Sequence[RunStreamEvent]:
        """Start to hand out a batch, after all of the one before it."""
        self._batch = batch
        self._applied = 0
        self._left_out.clear()
        if self.one_by_one:
            return batch
        self.hand_out(len(batch))
        out = self._left_out
        return [e for at, e in enumerate(batch) if at not in out] if out else batch

    def hand_out(self, count: int) -> bool:
        """Apply the first `count` events of the batch; return whether the last fits."""
        for event in self._batch[self._applied : count]:
            # Before, so that nothing is applied twice if that is interrupted.
            self._applied += 1
            try:
                self.snapshot.apply(event)
            except InvalidDelta as fault:
                self._left_out.add(self._applied - 1)
                if not self.is_final:
                    self._fault = fault
                    self._left_out.update(range(self._applied, len(self._batch)))
                    self._applied = len(self._batch)
                    break
        return not self._left_out or count - 1 not in self._left_out

    def finish(self) -> None:
        """Mark the whole batch as handed out. Raises `InvalidDelta`."""
        self.hand_out(len(self._batch))
        for at in range(len(self._batch) - 1, -1, -1):
            if at not in self._left_out:
                self.last_event = self._batch[at].event
                self.told = True
                break
        self._batch = ()
        if self._fault is not None:
            raise self._fault
