"""Threads, and a thread with its first run in one request: `/threads`.

https://platform.openai.com/docs/api-reference/threads
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from runs_core.api._run_requests import begun_and_polled, run_requests
from runs_core.api.operation import build, check_not_streamed, operation, split
from runs_core.api.params import (
    Polling,
    RequestOptions,
    Streaming,
    ThreadCreateAndRunParams,
    ThreadCreateAndRunPollParams,
    ThreadCreateAndRunStreamParams,
    ThreadCreateParams,
    ThreadUpdateParams,
)
from runs_core.flows.call import Call, json_answer
from runs_core.flows.effects import Flow
from runs_core.flows.polling import PollOptions
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.streaming import RunFeed, StreamOptions, run_feed
from runs_core.models import Run, Thread, ThreadDeleted

__all__ = [
    "create",
    "create_and_run",
    "create_and_run_poll",
    "create_and_run_stream",
    "delete",
    "retrieve",
    "update",
]


@operation(ThreadCreateParams)
def create(**params: Unpack[ThreadCreateParams]) -> Call[Thread]:
    """Create a thread. `POST /threads`."""
    request = build("threads.create", "POST", {}, params, repeat=Repeat.ONCE)
    return Call(request, json_answer(Thread))


@operation(RequestOptions)
def retrieve(thread_id: str, **params: Unpack[RequestOptions]) -> Call[Thread]:
    """Get a thread. `GET /threads/{thread_id}`."""
    ids = {"thread_id": thread_id}
    request = build("threads.retrieve", "GET", ids, params)
    return Call(request, json_answer(Thread))


@operation(ThreadUpdateParams)
def update(thread_id: str, **params: Unpack[ThreadUpdateParams]) -> Call[Thread]:
    """Set a thread's metadata and tool resources. `POST /threads/{thread_id}`."""
    ids = {"thread_id": thread_id}
    request = build("threads.update", "POST", ids, params)
    return Call(request, json_answer(Thread))


@operation(RequestOptions)
def delete(thread_id: str, **params: Unpack[RequestOptions]) -> Call[ThreadDeleted]:
    """Delete a thread. `DELETE /threads/{thread_id}`."""
    ids = {"thread_id": thread_id}
    request = build("threads.delete", "DELETE", ids, params)
    return Call(request, json_answer(ThreadDeleted))


# --- A thread with its first run ---------------------------------------------------


@operation(ThreadCreateAndRunParams)
def create_and_run(**params: Unpack[ThreadCreateAndRunParams]) -> Call[Run]:
    """Create a thread with a run queued on it. `POST /threads/runs`."""
    check_not_streamed(params, "threads.create_and_run_stream")
    return Call(_create_and_run_request(params), json_answer(Run))


@operation(ThreadCreateAndRunPollParams)
def create_and_run_poll(**params: Unpack[ThreadCreateAndRunPollParams]) -> Flow[Run]:
    """`create_and_run`, then `runs.poll`.

    `POST /threads/runs`, then `GET /threads/{thread_id}/runs/{run_id}`.
    """
    given, rest = split(params, Polling)
    request = _create_and_run_request(rest, streamed=False)
    start = Call(request, json_answer(Run))
    return begun_and_polled(start, PollOptions(**given), rest)


@operation(ThreadCreateAndRunStreamParams)
def create_and_run_stream(**params: Unpack[ThreadCreateAndRunStreamParams]) -> RunFeed:
    """Create a thread and a run and stream the events; `thread.created` is the first.

    `POST /threads/runs` with `stream`.
    """
    given, rest = split(params, Streaming)
    request = _create_and_run_request(rest, streamed=True)
    return run_feed(request, StreamOptions(**given), run_requests(rest))


def _create_and_run_request(
    params: Mapping[str, Any], *, streamed: bool | None = None
) -> ApiRequest:
    return build(
        "threads.create_and_run",
        "POST",
        {},
        params if streamed is None else {**params, "stream": streamed},
        repeat=Repeat.ONCE,
    )
