"""Runs: `/threads/{thread_id}/runs`.

https://platform.openai.com/docs/api-reference/runs
"""

from __future__ import annotations

from typing import Unpack

from runs_core.api import _run_requests
from runs_core.api._run_requests import (
    begun_and_polled,
    create_request,
    ids_of_run,
    run_requests,
    submit_request,
    waiting,
)
from runs_core.api.operation import build, check_not_streamed, operation, split
from runs_core.api.params import (
    CreateAndPollParams,
    ListParams,
    MetadataParams,
    Polling,
    PollParams,
    RequestOptions,
    RunCreateParams,
    RunStreamParams,
    RunToolsParams,
    Streaming,
    StreamToolsParams,
    SubmitAndPollParams,
    SubmitStreamParams,
    SubmitToolOutputsParams,
    ToolLoop,
)
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.flows.effects import Flow
from runs_core.flows.polling import PollOptions, poll_flow
from runs_core.flows.progress import Progress
from runs_core.flows.seen import Ids, Seen, cancelled_on_exit, naming_run
from runs_core.flows.streaming import (
    RunFeed,
    StreamOptions,
    run_feed,
    streamed_run,
)
from runs_core.flows.toolbox import Toolbox
from runs_core.flows.tools import polled_tools, streamed_tools
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.models import Page, Run

__all__ = [
    "cancel",
    "create",
    "create_and_poll",
    "create_and_stream",
    "list",
    "poll",
    "retrieve",
    "run_tools",
    "stream",
    "stream_tools",
    "submit_tool_outputs",
    "submit_tool_outputs_and_poll",
    "submit_tool_outputs_stream",
    "update",
]

# A run that waits for approvals only gets no outputs.
_OR_APPROVALS = {"tool_outputs": "tool_approvals"}


@operation(RunCreateParams)
def create(thread_id: str, **params: Unpack[RunCreateParams]) -> Call[Run]:
    """Queue a run on a thread. `POST /threads/{thread_id}/runs`.

    A thread takes one active run: a second raises `ThreadBusy`. Without an
    `idempotency_key`, a request whose outcome is unknown is not repeated, but raises
    `OutcomeUnknown`.
    """
    check_not_streamed(params, "runs.stream")
    return Call(create_request(thread_id, params), json_answer(Run))


@operation(RequestOptions)
def retrieve(
    run_id: str, thread_id: str, **params: Unpack[RequestOptions]
) -> Call[Run]:
    """Get a run as it is now. `GET /threads/{thread_id}/runs/{run_id}`."""
    return _run_requests.retrieve(run_id, thread_id, params)


@operation(MetadataParams)
def update(run_id: str, thread_id: str, **params: Unpack[MetadataParams]) -> Call[Run]:
    """Set a run's metadata. `POST /threads/{thread_id}/runs/{run_id}`."""
    request = build("runs.update", "POST", ids_of_run(thread_id, run_id), params)
    return Call(request, json_answer(Run))


@operation(ListParams)
def list(thread_id: str, **params: Unpack[ListParams]) -> Paged[Run]:
    """List a thread's runs, a page at a time. `GET /threads/{thread_id}/runs`."""
    request = build("runs.list", "GET", {"thread_id": thread_id}, params)
    return Paged(request, json_answer(Page[Run]))


@operation(RequestOptions)
def cancel(run_id: str, thread_id: str, **params: Unpack[RequestOptions]) -> Call[Run]:
    """Begin to cancel a run. `POST /threads/{thread_id}/runs/{run_id}/cancel`.

    It ends later, as `cancelled` or otherwise: `poll` it to find out. A run that has
    ended raises `BadRequestError`.
    """
    return _run_requests.cancel(run_id, thread_id, params)


@operation(SubmitToolOutputsParams, instead=_OR_APPROVALS)
def submit_tool_outputs(
    run_id: str, thread_id: str, **params: Unpack[SubmitToolOutputsParams]
) -> Call[Run]:
    """Submit the outputs that a run asks for; it then goes on.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`. All outputs go in one
    request. Without an `idempotency_key`, a request whose outcome is unknown is not
    repeated, but raises `OutcomeUnknown`.
    """
    check_not_streamed(params, "runs.submit_tool_outputs_stream")
    return Call(submit_request(run_id, thread_id, params), json_answer(Run))


# --- Until the run ends ------------------------------------------------------------


@operation(PollParams)
def poll(run_id: str, thread_id: str, **params: Unpack[PollParams]) -> Flow[Run]:
    """Poll a run until it has ended or asks for action.

    `GET /threads/{thread_id}/runs/{run_id}`, repeatedly. Raises `DeadlineExceeded` with
    the run as last seen.
    """
    given, rest = split(params, Polling)
    options = PollOptions(**given)
    look = retrieve(run_id, thread_id, **rest)
    seen = Seen(run_id=run_id, thread_id=thread_id)
    return waiting(poll_flow(look, options, seen), options, rest, seen)


@operation(CreateAndPollParams)
def create_and_poll(thread_id: str, **params: Unpack[CreateAndPollParams]) -> Flow[Run]:
    """`create`, then `poll`.

    `POST /threads/{thread_id}/runs`, then `GET /threads/{thread_id}/runs/{run_id}`.
    """
    given, rest = split(params, Polling)
    options = PollOptions(**given)
    request = create_request(thread_id, rest, streamed=False)
    start = Call(request, json_answer(Run))
    return begun_and_polled(start, options, rest)


@operation(SubmitAndPollParams, instead=_OR_APPROVALS)
def submit_tool_outputs_and_poll(
    run_id: str, thread_id: str, **params: Unpack[SubmitAndPollParams]
) -> Flow[Run]:
    """`submit_tool_outputs`, then `poll`.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, then
    `GET /threads/{thread_id}/runs/{run_id}`.
    """
    given, rest = split(params, Polling)
    options = PollOptions(**given)
    request = submit_request(run_id, thread_id, rest, streamed=False)
    start = Call(request, json_answer(Run))
    return begun_and_polled(start, options, rest)


# --- As the run happens ------------------------------------------------------------


@operation(RunStreamParams)
def stream(thread_id: str, **params: Unpack[RunStreamParams]) -> RunFeed:
    """Create a run and stream its events as they happen; the result is the run.

    `POST /threads/{thread_id}/runs` with `stream`. It ends when the run has ended or
    asks for action; anything else raises, as `StreamEnded` and `ProtocolError` say.
    """
    given, rest = split(params, Streaming)
    request = create_request(thread_id, rest, streamed=True)
    return run_feed(request, StreamOptions(**given), run_requests(rest))


create_and_stream = stream
"""The same as `stream`: openai-python's older name."""


@operation(SubmitStreamParams, instead=_OR_APPROVALS)
def submit_tool_outputs_stream(
    run_id: str, thread_id: str, **params: Unpack[SubmitStreamParams]
) -> RunFeed:
    """Submit tool outputs and stream the events that follow; the result is the run.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs` with `stream`. The
    first event completes the step that asked for them, which began in the previous
    stream.
    """
    given, rest = split(params, Streaming)
    request = submit_request(run_id, thread_id, rest, streamed=True)
    return run_feed(request, StreamOptions(**given), run_requests(rest))


# --- With the tools it calls -------------------------------------------------------


@operation(RunToolsParams)
def run_tools(thread_id: str, **params: Unpack[RunToolsParams]) -> Flow[Run]:
    """Create a run and poll it to its end; `functions` answer its tool calls.

    `POST /threads/{thread_id}/runs`, `GET /threads/{thread_id}/runs/{run_id}` until it
    asks for outputs, the functions, then
    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, and so on. Raises
    `ToolError` (the run is then cancelled), `ToolOutputsInvalid`, and what `poll`
    raises.
    """
    tools, rest = split(params, ToolLoop)
    toolbox = Toolbox(**tools)
    given, rest = split(rest, Polling)
    start = Call(create_request(thread_id, rest), json_answer(Run))
    requests = run_requests(rest)
    options = PollOptions(**given)
    seen = Seen(thread_id=thread_id)
    flow = polled_tools(start, requests, toolbox, options, seen)
    return waiting(flow, options, rest, seen, toolbox.all)


@operation(StreamToolsParams)
def stream_tools(thread_id: str, **params: Unpack[StreamToolsParams]) -> RunFeed:
    """Create a run and stream its events; `functions` answer its tool calls.

    `POST /threads/{thread_id}/runs`, then for each round
    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, both with `stream`.
    The stream is one sequence over all rounds: each `thread.run.requires_action` is
    followed by the events after the outputs. Raises like `stream` and `run_tools`.
    """
    tools, rest = split(params, ToolLoop)
    toolbox = Toolbox(**tools)
    given, rest = split(rest, Streaming)
    start = create_request(thread_id, rest, streamed=True)
    requests = run_requests(rest)
    progress = Progress()
    options = StreamOptions(**given)
    seen = Seen(thread_id=thread_id)
    flow = streamed_tools(start, requests, toolbox, options, progress, seen)
    feed = RunFeed(naming_run(flow, seen), progress)
    feed.functions = toolbox.all
    if options.cancel_on_exit:

        def still_open() -> Ids | None:
            # One that waits for outputs is abandoned: its functions are called here.
            if seen.cancelled:
                return None
            return streamed_run(start, progress, RUN_TERMINAL)

        cancelled_on_exit(feed, still_open, requests)
    return feed
