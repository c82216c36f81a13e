"""From events to changes: each message, text, step and call, from created to done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runs_core.stream._message_changes import MessageChanges
from runs_core.stream._step_changes import StepChanges
from runs_core.stream._tracked import always
from runs_core.stream.changes import Change
from runs_core.stream.events import (
    RunStreamEvent,
    ThreadMessageCompleted,
    ThreadMessageCreated,
    ThreadMessageDelta,
    ThreadMessageIncomplete,
    ThreadMessageInProgress,
    ThreadRunCancelled,
    ThreadRunCompleted,
    ThreadRunCreated,
    ThreadRunExpired,
    ThreadRunFailed,
    ThreadRunIncomplete,
    ThreadRunRequiresAction,
    ThreadRunStepCancelled,
    ThreadRunStepCompleted,
    ThreadRunStepCreated,
    ThreadRunStepDelta,
    ThreadRunStepExpired,
    ThreadRunStepFailed,
    ThreadRunStepInProgress,
)
from runs_core.stream.snapshot import RunSnapshot

__all__ = ["ChangeDecoder"]


class ChangeDecoder:
    """A decoder that turns events into changes.

    A message is created when an event first mentions it; so are its texts, and steps
    and their calls. All of these, and images, are done once, when they are whole; a
    part is also done when the next one begins, and a call when the caller is to answer
    it. What an object no longer holds at its end is not reported as done then. If the
    run did not begin in this stream, a step that is first seen at its end was created
    in the stream before (it waited for tool outputs), and so were its function calls.

    `look` returns a snapshot that follows the same events; without it the decoder keeps
    one of its own. What changes is shown as that snapshot has it.
    """

    def __init__(self, look: Callable[[], RunSnapshot] | None = None) -> None:
        self._own: RunSnapshot | None = None
        if look is None:
            self._own = RunSnapshot()
            look = always(self._own)
        self._look = look
        self._decode = _table(MessageChanges(look), StepChanges(look))

    @property
    def snapshot(self) -> RunSnapshot:
        """What the events so far add up to."""
        return self._look()

    def feed(self, event: RunStreamEvent) -> list[Change]:
        """Return what the event changes, in order.

        Raises `InvalidDelta` as `RunSnapshot` does, if the decoder keeps its own.
        """
        if self._own is not None:
            self._own.apply(event)
        decode = self._decode.get(type(event))
        return [] if decode is None else list(decode(event))


def _table(
    messages: MessageChanges, steps: StepChanges
) -> Mapping[type, Callable[[Any], Iterator[Change]]]:
    """Return what decodes the events, by their class."""
    return {
        ThreadRunCreated: steps.run_begun,
        ThreadRunRequiresAction: steps.run_ended,
        ThreadRunCompleted: steps.run_ended,
        ThreadRunIncomplete: steps.run_ended,
        ThreadRunFailed: steps.run_ended,
        ThreadRunCancelled: steps.run_ended,
        ThreadRunExpired: steps.run_ended,
        ThreadRunStepCreated: steps.begun,
        ThreadRunStepInProgress: steps.begun,
        ThreadRunStepDelta: steps.delta,
        ThreadRunStepCompleted: steps.ended,
        ThreadRunStepFailed: steps.ended,
        ThreadRunStepCancelled: steps.ended,
        ThreadRunStepExpired: steps.ended,
        ThreadMessageCreated: messages.begun,
        ThreadMessageInProgress: messages.begun,
        ThreadMessageDelta: messages.delta,
        ThreadMessageCompleted: messages.ended,
        ThreadMessageIncomplete: messages.ended,
    }
