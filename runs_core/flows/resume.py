"""Finishing a stream that broke: its run is polled, and what was missed is emitted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TypeGuard, TypeVar, cast

from runs_core.errors import (
    APIStatusError,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    RunsError,
    StreamEnded,
)
from runs_core.flows.call import Paged
from runs_core.flows.effects import Flow, Now, seconds_until
from runs_core.flows.outcome import as_unknown
from runs_core.flows.polling import POLL_DEADLINE, Answered, PollOptions, poll_flow
from runs_core.flows.request import ApiRequest
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Ids, Seen, not_all_unsent
from runs_core.lifecycle import MESSAGE_TERMINAL, RUN_ENDS, STEP_TERMINAL, is_one_of
from runs_core.models import Message, Run, RunStep
from runs_core.stream import EVENT_CLASSES, RunSnapshot, RunStreamEvent

__all__ = ["ids_of", "missed_events"]

T = TypeVar("T", Message, RunStep)

# What servers answer for a path or a method that they do not have.
_NOT_OFFERED = (404, 405, 410, 501)


def missed_events(
    broken: StreamEnded,
    request: ApiRequest,
    snapshot: RunSnapshot,
    requests: RunRequests,
    until: float | None,
    answered: Answered,
) -> Flow[list[RunStreamEvent]]:
    """Wait until the run ends or asks for something new; return the missed events.

    First those of messages and steps that have ended since, then the run's, each marked
    `synthetic`. New is what was not `answered`. All of it is done by `until` on the
    clock, or, if that is None, within the time that polling takes by default. Where
    steps cannot be listed, there are none. Raises `broken` if the id of the run or
    thread is unknown, and what polling and listing raise, from `broken` and with the
    run as polling has seen it: not `NotSent`, because the stream was requested before,
    and as an `OutcomeUnknown` if `broken` is one.
    """
    run_id, thread_id = ids_of(request, snapshot)
    if run_id is None or thread_id is None:
        raise broken
    polled = Seen(snapshot.run)
    try:
        if until is None:
            until = (yield from Now()) + POLL_DEADLINE
        run = yield from poll_flow(
            requests.retrieve(run_id, thread_id),
            PollOptions(deadline=(yield from seconds_until(until))),
            polled,
            answered=answered,
        )
        messages = yield from _every(requests.messages(run_id, thread_id), until)
        steps = yield from _steps(requests.steps(run_id, thread_id), until)
    except RunsError as error:
        error.run = error.run or polled.run
        if isinstance(error, NotSent):
            error = not_all_unsent(error, run_id)
        if isinstance(broken, OutcomeUnknown):
            error = as_unknown(error, request)
        raise error from broken
    seen = {message.id for message in snapshot.messages}
    of_run = partial(_is_of_run, run=run, run_id=run_id, named=_name_runs(messages))
    messages = [m for m in messages if m.id in seen or of_run(m)]
    return list(_events(run, messages, steps, snapshot))


def ids_of(request: ApiRequest, snapshot: RunSnapshot) -> Ids:
    """Return the ids of a stream's run and thread, as far as they are known."""
    asked = dict(request.ids)
    thread_id = asked.get("thread_id")
    if thread_id is None and snapshot.thread is not None:
        thread_id = snapshot.thread.id
    if thread_id is None and snapshot.run is not None:
        thread_id = snapshot.run.thread_id
    return snapshot.run_id or asked.get("run_id"), thread_id


def _every(paged: Paged[T], until: float) -> Flow[list[T]]:
    """Return the items of all pages, each once, even if a page comes again."""
    found: dict[str, T] = {}
    call: Paged[T] | None = paged
    while call is not None:
        page = yield from call.within((yield from seconds_until(until)))
        known = len(found)
        for place, item in enumerate(page.data):
            found.setdefault(_id_of(item, f"$.data[{place}].id"), item)
        # A server that pages in a circle has nothing new.
        call = call.next(page) if len(found) > known else None
    return list(found.values())


def _steps(paged: Paged[RunStep], until: float) -> Flow[list[RunStep]]:
    """Return the run's steps; none if the server, which has the run, lists no steps."""
    try:
        return (yield from _every(paged, until))
    except APIStatusError as error:
        if error.status not in _NOT_OFFERED:
            raise
        return []


def _name_runs(messages: list[Message]) -> bool:
    return any(message.run_id is not None for message in messages)


def _is_of_run(message: Message, run: Run, run_id: str, named: bool) -> bool:
    """Return whether it was the run that added the message.

    Servers that do not know `run_id` as a filter return the whole thread. Where no
    message says whose it is, a run's are the assistant's from its time.
    """
    if named:
        return message.run_id == run_id
    since, at, until = run.created_at, message.created_at, run.completed_at
    if message.role != "assistant" or not (_is_time(since) and _is_time(at)):
        return False
    return since <= at and (not _is_time(until) or at <= until)


def _is_time(time: object) -> TypeGuard[float]:
    return isinstance(time, int | float)


def _id_of(item: T, where: str) -> str:
    if not isinstance(item.id, str):
        why = f"the id of a {type(item).__name__} must be a string"
        raise MalformedResponse(f"{why} @ {where}", where=where)
    return item.id


def _events(
    run: Run, messages: list[Message], steps: list[RunStep], snapshot: RunSnapshot
) -> Iterator[RunStreamEvent]:
    for message in messages:
        # Real servers leave `status` out of most messages that are done.
        status = message.status or "completed"
        if is_one_of(status, MESSAGE_TERMINAL) and not snapshot.has_ended(message.id):
            yield _synthetic(f"thread.message.{status}", message)
    for step in steps:
        if is_one_of(step.status, STEP_TERMINAL) and not snapshot.has_ended(step.id):
            yield _synthetic(f"thread.run.step.{step.status}", step)
    assert run.status in RUN_ENDS, "polling ends with the run"
    yield _synthetic(f"thread.run.{run.status}", run)


def _synthetic(name: str, data: Run | RunStep | Message) -> RunStreamEvent:
    event = EVENT_CLASSES[name](data)
    event.synthetic = True
    return cast(RunStreamEvent, event)
