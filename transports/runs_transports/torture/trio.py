"""trio tasks, cancelled at every step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import define

from runs_transports._extras import comes_with
from runs_transports.torture._steps import noting

with comes_with("trio", __name__):
    import trio

__all__ = ["cancel_at_each_step"]


@define(eq=False)
class _CancelAtStep(trio.abc.Instrument):
    """Cancels the scope when the task has been suspended for the n-th time."""

    scope: trio.CancelScope
    task: trio.lowlevel.Task
    steps: int

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is self.task:
            self.steps -= 1
            if self.steps == 0:
                self.scope.cancel()


async def cancel_at_each_step(
    attempt: Callable[[], Awaitable[object]],
    after: Callable[[], Awaitable[object]] | None = None,
) -> int:
    """Run the attempt, cancelled at its first step; then at its second; and so on.

    Stops when an attempt ends before it is cancelled. `after` runs after each attempt,
    to check what must be true then. Returns how many attempts were cancelled. Every
    exception has a note that says at which step.
    """
    step = cancelled = 0
    reached = True
    while reached:
        step += 1
        with noting(step), trio.CancelScope() as scope:
            instrument = _CancelAtStep(scope, trio.lowlevel.current_task(), step)
            trio.lowlevel.add_instrument(instrument)
            try:
                await attempt()
            finally:
                trio.lowlevel.remove_instrument(instrument)
        # The attempt may have ended nevertheless, if that was its last step.
        reached = scope.cancel_called
        cancelled += scope.cancelled_caught
        if after is not None:
            with noting(step):
                await after()
    return cancelled
