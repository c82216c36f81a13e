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

    `begin` takes a batch of events; the code that hands them out counts them in
    `handed`; `finish` says that all were. An event is applied once, at `finish` or when
    the snapshot is looked at before. One that does not fit changes nothing; only
    `finish` raises, and not once the run has ended for good. `head` is the head of the
    response, `told` whether an event has come since, and `redact` removes the request's
    credentials from a text. `last_event` is the wire name of the last event.
    """

    handed: int = 0
    told: bool = False
    last_event: str | None = None
    head: Head | None = None
    redact: Callable[[bytes], bytes] | None = None
    _snapshot: RunSnapshot = field(factory=RunSnapshot)
    _batch: Sequence[RunStreamEvent] = ()
    _applied: int = 0
    _fault: InvalidDelta | None = None

    @property
    def is_final(self) -> bool:
        """Whether the run has ended for good: nothing undoes that."""
        return self._snapshot.outcome in RUN_TERMINAL

    @property
    def snapshot(self) -> RunSnapshot:
        """The state after the events handed out so far."""
        self._apply(self.handed)
        return self._snapshot

    def begin(self, batch: Sequence[RunStreamEvent]) -> None:
        """Start to hand out a batch, after all of the one before it."""
        self._batch = batch
        self._applied = self.handed = 0

    def finish(self) -> None:
        """Mark the whole batch as handed out. Raises `InvalidDelta`."""
        if self._batch:
            self._apply(len(self._batch))
            self.last_event = self._batch[-1].event
            self.told = True
            self._batch = ()
        if self._fault is not None:
            raise self._fault

    def _apply(self, count: int) -> None:
        for event in self._batch[self._applied : count]:
            self._applied += 1
            try:
                self._snapshot.apply(event)
            except InvalidDelta as fault:
                if not self.is_final:
                    self._fault = self._fault or fault
