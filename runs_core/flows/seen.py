"""What a flow has seen of its run, to name it in errors and to cancel it on exit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from attrs import define

from runs_core._words import one_line
from runs_core.errors import MalformedResponse, NotSent, RunsError, TransportError
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.run_requests import RunRequests
from runs_core.lifecycle import RUN_TERMINAL, is_one_of
from runs_core.models import Run

__all__ = ["Ids", "Seen", "cancelled_on_exit", "naming_run", "not_all_unsent"]

T = TypeVar("T")

Ids: TypeAlias = tuple[str | None, str | None]
"""The ids of a run and its thread."""


@define
class Seen:
    """The run as the server last described it.

    `run_id` and `thread_id` are those that were asked for, if known: some servers leave
    out a run's thread, and there may be no response yet. `cancelled` is whether the
    flow has cancelled the run itself.
    """

    run: Run | None = None
    run_id: str | None = None
    thread_id: str | None = None
    cancelled: bool = False

    def now(self, run: Run) -> Run:
        """Take the run as it is now, and return it."""
        self.run = run
        return run

    def still_open(self) -> Ids | None:
        """Return the ids of run and thread; None if the run ended or was cancelled."""
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
        # A flow that was given its run only looks at it, and can be driven again.
        if seen.run and seen.run_id is None:
            if isinstance(error, NotSent):
                raise not_all_unsent(error, seen.run.id) from error
            if seen.still_open():
                id = one_line(str(seen.run.id))
                error.add_note(f"run {id} has begun")
        raise


def not_all_unsent(error: NotSent, run_id: str) -> TransportError:
    """Return the error for a request that was not sent, in a flow that began a run.

    `NotSent` is for the whole operation, which would begin another run if repeated.
    """
    later = TransportError(
        f"run {one_line(str(run_id))} has begun, but a later request failed: {error}"
    )
    later.run = error.run
    later.retries_taken = error.retries_taken
    return later


def cancelled_on_exit(
    feed: OnceFeed[Any, Run],
    still_open: Callable[[], Ids | None],
    requests: RunRequests,
) -> None:
    """Make drivers that leave the feed before its end cancel the run.

    A flow never cleans up by itself: it cannot know whether there is time for it.
    """

    def call() -> Call[Run] | None:
        run_id, thread_id = still_open() or (None, None)
        if not run_id or not thread_id:
            return None
        # The server's id may not fit into a path, and there is an error already.
        with suppress(MalformedResponse):
            return requests.cancel(run_id, thread_id)
        return None

    feed.on_exit = call
