"""Runs in progress: looked at, streamed, cancelled, given outputs, expired."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from attrs import frozen

from runs_core.lifecycle import RUN_ENDS
from runs_core.testing.exchange import Pause
from runs_core.testing.ids import Ids
from runs_core.testing.playing import play
from runs_core.testing.progress import close_step, move_run, stop_run
from runs_core.testing.script import (
    Cut,
    RunContext,
    Script,
    ScriptLike,
    ToolOutput,
    Turn,
    as_turn,
)
from runs_core.testing.store import Listener, RunRecord

__all__ = ["Engine"]

_DONE = b"event: done\ndata: [DONE]\n\n"
# So that a stream in a hanging run soon notices that the run was cancelled.
_HANG_SECONDS = 0.1


@frozen(kw_only=True)
class Engine:
    """Drives runs by a script; `pace` is the seconds between the events of a stream."""

    script: ScriptLike
    ids: Ids
    pace: float = 0.0

    def look(self, record: RunRecord, now: float) -> None:
        """Advance the run by one step, unless a stream is carrying it.

        One look starts a queued run, another plays its turn to the end, and one turns
        `cancelling` into `cancelled`.
        """
        self.settle(record, now)
        if record.is_read:
            return
        if record.status != "in_progress":
            record.clock = now
            self._advance(record)
            return
        if record.wake_at <= record.clock:  # Otherwise it pauses.
            record.clock = now
        while record.status == "in_progress" and record.wake_at <= now:
            # What follows a pause came when that was over, not only at this look.
            record.clock = max(record.clock, record.wake_at)
            self._advance(record)

    def settle(self, record: RunRecord, now: float) -> None:
        """Expire the run if its time has passed; complete its cancellation if begun.

        A run that is being cancelled needs no look to end, but any request at the same
        time as the cancellation still finds it `cancelling`.
        """
        late = now >= record.deadline
        if record.status == "cancelling":
            if late or (now > record.clock and not record.is_read):
                record.clock = now
                stop_run(record, "confirm_cancel")
        elif record.is_active and late:
            record.clock = now
            stop_run(record, "expire")

    def catch_up(self, record: RunRecord, now: float) -> None:
        """Let a run whose stream was left go on, if time has passed since."""
        self.settle(record, now)
        if record.was_left and now > record.clock:
            self.look(record, now)
            self.look(record, now)  # In case the first look only started it.

    def cancel(self, record: RunRecord, now: float) -> None:
        """Begin to cancel the run; the next look or event finds it cancelled.

        So does any later request that concerns its thread's runs.
        """
        record.clock = now
        move_run(record, "cancel")

    def submit(self, record: RunRecord, outputs: Mapping[str, str], now: float) -> None:
        """Give the run its tool outputs, and queue it again."""
        assert record.step is not None
        record.clock = now
        for call in record.step["step_details"]["tool_calls"]:
            output = outputs[call["id"]]
            call["function"]["output"] = output
            record.tool_outputs.append(
                ToolOutput(
                    tool_call_id=call["id"],
                    name=call["function"]["name"],
                    arguments=call["function"]["arguments"],
                    output=output,
                )
            )
        close_step(record)
        move_run(record, "submit_tool_outputs")

    def stream(
        self, record: RunRecord, listener: Listener, now: float
    ) -> Iterator[bytes | Pause]:
        """Yield the run's events, each produced when it is taken.

        Ends with `done` when the run rests, or when a later stream has taken over.
        """
        listener.reading = True
        clock = now
        try:
            while True:
                while listener.queue:
                    item = listener.queue.popleft()
                    if isinstance(item, Cut):
                        return
                    yield item
                    if self.pace:
                        yield Pause(self.pace)
                        clock += self.pace
                if record.listener is not listener or record.status in RUN_ENDS:
                    break
                if seconds := _wait(record, clock):
                    yield Pause(seconds)
                    clock += seconds
                    continue
                self.settle(record, clock)
                record.clock = clock
                self._advance(record)
            yield _DONE
        finally:
            listener.reading = False
            if record.listener is listener:
                record.listener = None

    def _advance(self, record: RunRecord) -> None:
        """Make the smallest thing happen that can happen next."""
        if record.status == "queued":
            turn = self._next_turn(record)
            move_run(record, "start")
            record.turns_begun += 1
            # A pause of the turn before lasts no longer, also if the host skipped it.
            record.wake_at = record.clock
            record.player = play(record, turn, self.ids)
        elif record.status == "cancelling":
            stop_run(record, "confirm_cancel")
        elif record.status == "in_progress":
            assert record.player is not None
            next(record.player, None)

    def _next_turn(self, record: RunRecord) -> Turn:
        if isinstance(self.script, Script):
            turns = self.script.turns[record.turns_begun :]
            return turns[0] if turns else Turn()
        messages = record.thread.messages.values()
        context = RunContext(
            run=copy.deepcopy(record.run),
            assistant=copy.deepcopy(record.assistant),
            messages=tuple(copy.deepcopy(list(messages))),
            tool_outputs=tuple(record.tool_outputs),
            turn=record.turns_begun,
            run_number=record.number,
        )
        return as_turn(self.script(context))


def _wait(record: RunRecord, clock: float) -> float:
    """Return for how many seconds nothing can happen; 0.0 if something can now."""
    if record.status != "in_progress" or record.wake_at <= clock:
        return 0.0
    until = min(record.wake_at, record.deadline)
    if until == record.deadline:
        return max(0.0, min(_HANG_SECONDS, until - clock))
    return until - clock
