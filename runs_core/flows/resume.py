"""Finishing a stream that broke: its run is polled, and what was missed is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar, cast

from runs_core.errors import RunsError, StreamEnded
from runs_core.flows.call import Paged
from runs_core.flows.effects import Flow
from runs_core.flows.polling import PollOptions, poll_flow
from runs_core.flows.request import ApiRequest
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Seen
from runs_core.lifecycle import MESSAGE_TERMINAL, RUN_ENDS, STEP_TERMINAL
from runs_core.models import Message, Run, RunStep
from runs_core.stream import EVENT_CLASSES, RunSnapshot, RunStreamEvent

__all__ = ["missed_events"]

T = TypeVar("T")


def missed_events(
    broken: StreamEnded,
    request: ApiRequest,
    snapshot: RunSnapshot,
    requests: RunRequests,
    options: PollOptions,
) -> Flow[list[RunStreamEvent]]:
    """Wait for the run's end, and give the events that the stream would have ended in.

    First of its messages and steps that have ended since, then of the run, each marked
    `synthetic`. Raises `broken` where the run's id is not known, and what polling and
    listing raise, from `broken`.
    """
    run_id = snapshot.run_id or dict(request.ids).get("run_id")
    thread_id = dict(request.ids).get("thread_id") or _thread_id(snapshot)
    if run_id is None or thread_id is None:
        raise broken
    try:
        run = yield from poll_flow(
            requests.retrieve(run_id, thread_id), options, Seen(snapshot.run)
        )
        messages = yield from _every(requests.messages(run_id, thread_id))
        steps = yield from _every(requests.steps(run_id, thread_id))
    except RunsError as error:
        raise error from broken
    # Servers that do not know `run_id` as a filter give the whole thread.
    messages = [message for message in messages if message.run_id == run_id]
    return list(_events(run, messages, steps, snapshot))


def _thread_id(snapshot: RunSnapshot) -> str | None:
    if snapshot.run is not None:
        return snapshot.run.thread_id
    return snapshot.thread.id if snapshot.thread is not None else None


def _every(paged: Paged[T]) -> Flow[list[T]]:
    items: list[T] = []
    call: Paged[T] | None = paged
    while call is not None:
        page = yield from call
        items += page.data
        call = call.next(page)
    return items


def _events(
    run: Run, messages: list[Message], steps: list[RunStep], snapshot: RunSnapshot
) -> Iterator[RunStreamEvent]:
    for message in messages:
        # Real servers leave `status` out of most messages that are done.
        status = message.status or "completed"
        if status in MESSAGE_TERMINAL and not snapshot.has_ended(message.id):
            yield _synthetic(f"thread.message.{status}", message)
    for step in steps:
        if step.status in STEP_TERMINAL and not snapshot.has_ended(step.id):
            yield _synthetic(f"thread.run.step.{step.status}", step)
    assert run.status in RUN_ENDS, "polling ends with the run"
    yield _synthetic(f"thread.run.{run.status}", run)


def _synthetic(name: str, data: Run | RunStep | Message) -> RunStreamEvent:
    event = EVENT_CLASSES[name](data)
    event.synthetic = True
    return cast(RunStreamEvent, event)
