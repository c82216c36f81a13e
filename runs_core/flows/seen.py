"""What a flow has seen of its run: named by its errors, cancelled if it is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from attrs import define

from runs_core.errors import MalformedResponse, RunsError
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.run_requests import RunRequests
from runs_core.lifecycle import RUN_TERMINAL, is_one_of
from runs_core.models import Run

__all__ = ["Ids", "Seen", "cancelled_on_exit", "naming_run"]

T = TypeVar("T")

Ids: TypeAlias = tuple[str | None, str | None]
"""A run's and its thread's."""


@define
class Seen:
    """The run as the server said it was, last.

    `run_id` and `thread_id` are what was asked for, where that is known: servers leave
    a run's thread out, and there may be no answer yet. `cancelled` is whether the flow
    has asked for that itself.
    """

    run: Run | None = None
    run_id: str | None = None
    thread_id: str | None = None
    cancelled: bool = False

    def now(self, run: Run) -> Run:
        """Take the run as it is now, and give it."""
        self.run = run
        return run

    def still_open(self) -> Ids | None:
        """Give the ids of run and thread; None if it has ended or was cancelled."""
        if self.cancelled:
            return None
        if self.run is None:
            return self.run_id, self.thread_id
        if is_one_of(self.run.status, RUN_TERMINAL):
            return None
        return self.run.id, self.thread_id or self.run.thread_id


def naming_run(flow: Flow[T], seen: Seen) -> Flow[T]:
    """Drive the flow; its errors say which run they leave behind."""
    try:
        return (yield from flow)
    except RunsError as error:
        error.run = error.run or seen.run
        raise


def cancelled_on_exit(
    feed: OnceFeed[Any, Run],
    still_open: Callable[[], Ids | None],
    requests: RunRequests,
) -> None:
    """Have whoever drives the feed cancel its run if they leave before the end.

    A flow never cleans up: it cannot know whether there is time for it.
    """

    def call() -> Call[Run] | None:
        run_id, thread_id = still_open() or (None, None)
        if not run_id or not thread_id:
            return None
        # A server's id can be one that no path can hold, and there is an error already.
        with suppress(MalformedResponse):
            return requests.cancel(run_id, thread_id)
        return None

    feed.on_exit = call
