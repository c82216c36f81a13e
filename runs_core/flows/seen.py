"""What a flow has seen of its run: named by its errors, cancelled if it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import define

from runs_core.errors import RunsError
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.run_requests import RunRequests
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.models import Run

__all__ = ["Seen", "cancelled_on_exit", "naming_run"]

T = TypeVar("T")


@define
class Seen:
    """The run as the server said it was, last."""

    run: Run | None = None

    def now(self, run: Run) -> Run:
        """Take the run as it is now, and give it."""
        self.run = run
        return run


def naming_run(flow: Flow[T], seen: Seen) -> Flow[T]:
    """Drive the flow; its errors say which run they leave behind."""
    try:
        return (yield from flow)
    except RunsError as error:
        error.run = error.run or seen.run
        raise


def cancelled_on_exit(
    feed: OnceFeed[Any, Run], seen: Callable[[], Run | None], requests: RunRequests
) -> None:
    """Have whoever drives the feed cancel its run if they leave before the end.

    A flow never cleans up: it cannot know whether there is time for it.
    """

    def call() -> Call[Run] | None:
        run = seen()
        if run is None or run.status in RUN_TERMINAL:
            return None
        return requests.cancel(run.id, run.thread_id)

    feed.on_exit = call
