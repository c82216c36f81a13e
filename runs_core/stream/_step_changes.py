"""What events change in steps, and in their tool calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from runs_core.models import (
    FunctionToolCall,
    RunStep,
    RunStepDelta,
    ToolCall,
    ToolCallDeltaObject,
)
from runs_core.stream._step_parts import calls_of
from runs_core.stream._tracked import Tracked, TrackedPart, always, index_of
from runs_core.stream.changes import (
    Change,
    StepChanged,
    StepCreated,
    StepDone,
    ToolCallChanged,
    ToolCallCreated,
    ToolCallDone,
)
from runs_core.stream.events import RunStreamEvent, ThreadRunStepDelta
from runs_core.stream.snapshot import RunSnapshot

__all__ = ["StepChanges"]


class StepChanges:
    """The steps of one stream, each from created to done."""

    def __init__(self, look: Callable[[], RunSnapshot]) -> None:
        self._look = look
        self._seen: dict[str, Tracked] = {}
        self._whole_run = False  # whether the run began in this stream

    def _step(self, step_id: str) -> Iterator[Change]:
        if step_id not in self._seen:
            self._seen[step_id] = Tracked(step_id)
            look = partial(self._find_step, step_id)
            yield StepCreated(step_id=step_id, look=look)

    def begun(self, event: Any) -> Iterator[Change]:
        step: RunStep = event.data
        yield from self._step(step.id)
        tracked = self._seen[step.id]
        if tracked.done:
            return
        for index in tracked.indices(len(calls_of(step))):
            yield from self._call(tracked, index)

    def delta(self, event: ThreadRunStepDelta) -> Iterator[Change]:
        step_id, delta = event.data.id, event.data.delta
        yield from self._step(step_id)
        tracked = self._seen[step_id]
        if tracked.done or not isinstance(delta, RunStepDelta):
            return
        details = delta.step_details
        calls = details.tool_calls if isinstance(details, ToolCallDeltaObject) else ()
        for call in calls or ():
            index = index_of(call)
            if index != tracked.current:
                yield from self._leave_call(tracked)
                tracked.current = index
            first = index not in tracked.parts
            yield from self._call(tracked, index)
            yield ToolCallChanged(
                step_id=step_id,
                index=index,
                delta=call,
                first=first,
                look=partial(self._find_call, tracked, index),
            )
        yield StepChanged(
            step_id=step_id, delta=delta, look=partial(self._find_step, step_id)
        )

    def ended(self, event: Any) -> Iterator[Change]:
        step: RunStep = event.data
        if self._whole_run:
            yield from self._step(step.id)
        began_here = step.id in self._seen
        tracked = self._seen.setdefault(step.id, Tracked(step.id))
        if tracked.done:
            return
        tracked.done = True
        calls = calls_of(step)
        for index, call in zip(tracked.indices(len(calls)), calls, strict=True):
            if not began_here and isinstance(call, FunctionToolCall):
                continue
            yield from self._call(tracked, index)
            yield from self._call_done(tracked, index, always(call))
        yield StepDone(step_id=step.id, look=always(step))

    def run_begun(self, event: RunStreamEvent) -> Iterator[Change]:
        self._whole_run = True
        yield from ()

    def run_ended(self, event: RunStreamEvent) -> Iterator[Change]:
        for tracked in self._seen.values():
            if not tracked.done:
                for index in sorted(tracked.parts):
                    # A whole object may have come without it.
                    if self._call_at(tracked, index) is not None:
                        find = partial(self._find_call, tracked, index)
                        yield from self._call_done(tracked, index, find)

    def _call(self, tracked: Tracked, index: int) -> Iterator[Change]:
        if index not in tracked.parts:
            tracked.see(index, TrackedPart())
            look = partial(self._find_call, tracked, index)
            yield ToolCallCreated(step_id=tracked.id, index=index, look=look)

    def _leave_call(self, tracked: Tracked) -> Iterator[Change]:
        if tracked.current is not None:
            find = partial(self._find_call, tracked, tracked.current)
            yield from self._call_done(tracked, tracked.current, find)

    def _call_done(
        self, tracked: Tracked, index: int, find: Callable[[], ToolCall]
    ) -> Iterator[Change]:
        part = tracked.parts[index]
        if not part.done:
            part.done = True
            yield ToolCallDone(step_id=tracked.id, index=index, look=find)

    def _find_step(self, step_id: str) -> RunStep:
        return self._look()._step(step_id).model()

    def _call_at(self, tracked: Tracked, index: int) -> ToolCall | None:
        step = self._look()._step(tracked.id)
        return step.part(index, tracked.position(index))

    def _find_call(self, tracked: Tracked, index: int) -> ToolCall:
        call = self._call_at(tracked, index)
        if call is None:
            raise LookupError("the step no longer has this tool call")
        return call
