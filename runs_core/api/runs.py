"""Runs: `/threads/{thread_id}/runs`.

https://platform.openai.com/docs/api-reference/runs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, Unpack

from attrs import evolve

from runs_core._sealed import sealed
from runs_core.api import messages, steps
from runs_core.api.answers import answers_to_calls
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
from runs_core.errors import InvalidPathParameter, MalformedResponse
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.flows.effects import Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.polling import PollOptions, poll_flow, then_poll
from runs_core.flows.progress import Progress
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Ids, Seen, cancelled_on_exit, naming_run
from runs_core.flows.streaming import RunFeed, StreamOptions, run_feed
from runs_core.flows.tools import Toolbox, polled_tools, streamed_tools
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

P = ParamSpec("P")
R = TypeVar("R")


# The options of a run's first request that go with its later ones too.
_CARRIED = ("extra_headers", "extra_query", "timeout")


@operation(RunCreateParams)
def create(thread_id: str, **params: Unpack[RunCreateParams]) -> Call[Run]:
    """A run is queued on the thread. `POST /threads/{thread_id}/runs`.

    A thread takes one active run: a second raises `ThreadBusy`. Sent again only when
    nothing can have come of it, else `OutcomeUnknown`.
    """
    check_not_streamed(params, "runs.stream")
    return Call(_create_request(thread_id, params), json_answer(Run))


@operation(RequestOptions)
def retrieve(
    run_id: str, thread_id: str, **params: Unpack[RequestOptions]
) -> Call[Run]:
    """The run as it is now. `GET /threads/{thread_id}/runs/{run_id}`."""
    request = build("runs.retrieve", "GET", _ids(thread_id, run_id), params)
    return Call(request, json_answer(Run))


@operation(MetadataParams)
def update(run_id: str, thread_id: str, **params: Unpack[MetadataParams]) -> Call[Run]:
    """The run has this metadata. `POST /threads/{thread_id}/runs/{run_id}`."""
    request = build("runs.update", "POST", _ids(thread_id, run_id), params)
    return Call(request, json_answer(Run))


@operation(ListParams)
def list(thread_id: str, **params: Unpack[ListParams]) -> Paged[Run]:
    """The thread's runs, a page at a time. `GET /threads/{thread_id}/runs`."""
    request = build("runs.list", "GET", {"thread_id": thread_id}, params)
    return Paged(request, json_answer(Page[Run]))


@operation(RequestOptions)
def cancel(run_id: str, thread_id: str, **params: Unpack[RequestOptions]) -> Call[Run]:
    """The run is being cancelled. `POST /threads/{thread_id}/runs/{run_id}/cancel`.

    It ends later, as `cancelled` or otherwise: `poll` it to know. A run that has ended
    raises `BadRequestError`.
    """
    ids = _ids(thread_id, run_id)
    request = build("runs.cancel", "POST", ids, params, has_body=False)
    return Call(request, json_answer(Run))


@operation(SubmitToolOutputsParams)
def submit_tool_outputs(
    run_id: str, thread_id: str, **params: Unpack[SubmitToolOutputsParams]
) -> Call[Run]:
    """The run has the outputs it asked for, and goes on.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`. All outputs go in one
    request. Sent again only when nothing can have come of it, else `OutcomeUnknown`.
    """
    check_not_streamed(params, "runs.submit_tool_outputs_stream")
    return Call(_submit_request(run_id, thread_id, params), json_answer(Run))


# --- Until the run ends ------------------------------------------------------------


@operation(PollParams)
def poll(run_id: str, thread_id: str, **params: Unpack[PollParams]) -> Flow[Run]:
    """The run, once it has ended or asks for action.

    `GET /threads/{thread_id}/runs/{run_id}`, again and again. Raises
    `DeadlineExceeded` with the run as last seen.
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
    start = Call(_create_request(thread_id, rest), json_answer(Run))
    return begun_and_polled(start, options, rest)


@operation(SubmitAndPollParams)
def submit_tool_outputs_and_poll(
    run_id: str, thread_id: str, **params: Unpack[SubmitAndPollParams]
) -> Flow[Run]:
    """`submit_tool_outputs`, then `poll`.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, then
    `GET /threads/{thread_id}/runs/{run_id}`.
    """
    given, rest = split(params, Polling)
    options = PollOptions(**given)
    start = Call(_submit_request(run_id, thread_id, rest), json_answer(Run))
    return begun_and_polled(start, options, rest)


# --- As the run happens ------------------------------------------------------------


@operation(RunStreamParams)
def stream(thread_id: str, **params: Unpack[RunStreamParams]) -> RunFeed:
    """A new run's events as they happen; ends in the run.

    `POST /threads/{thread_id}/runs` with `stream`. It ends when the run has ended or
    asks for action; anything else raises, as `StreamEnded` and `ProtocolError` say.
    """
    options, rest = split(params, Streaming)
    request = _create_request(thread_id, rest, streamed=True)
    return run_feed(request, StreamOptions(**options), run_requests(rest))


create_and_stream = stream
"""The same as `stream`: openai-python's older name."""


@operation(SubmitStreamParams)
def submit_tool_outputs_stream(
    run_id: str, thread_id: str, **params: Unpack[SubmitStreamParams]
) -> RunFeed:
    """The events that follow the tool outputs; ends in the run.

    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs` with `stream`. The
    first is the completion of the step that asked for them, which began in the
    stream before.
    """
    options, rest = split(params, Streaming)
    request = _submit_request(run_id, thread_id, rest, streamed=True)
    return run_feed(request, StreamOptions(**options), run_requests(rest))


# --- With the tools it calls -------------------------------------------------------


@operation(RunToolsParams)
def run_tools(thread_id: str, **params: Unpack[RunToolsParams]) -> Flow[Run]:
    """The run, once it has ended; `functions` answered what it asked for.

    `POST /threads/{thread_id}/runs`, `GET /threads/{thread_id}/runs/{run_id}` until it
    asks, the functions, then
    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, and so on. Raises
    `ToolError` (the run is then cancelled), `ToolOutputsInvalid`, and what `poll`
    raises.
    """
    tools, rest = split(params, ToolLoop)
    toolbox = Toolbox(**tools)
    given, rest = split(rest, Polling)
    start = Call(_create_request(thread_id, rest), json_answer(Run))
    requests = run_requests(rest)
    options = PollOptions(**given)
    seen = Seen(thread_id=thread_id)
    flow = polled_tools(start, requests, toolbox, options, seen)
    return waiting(flow, options, rest, seen)


@operation(StreamToolsParams)
def stream_tools(thread_id: str, **params: Unpack[StreamToolsParams]) -> RunFeed:
    """The events of a run to its end; `functions` answer what it asks for.

    `POST /threads/{thread_id}/runs`, then for each round
    `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`, both with `stream`.
    One sequence over all rounds: after each `thread.run.requires_action` come the
    events that follow the outputs. Raises like `stream` and `run_tools`.
    """
    tools, rest = split(params, ToolLoop)
    toolbox = Toolbox(**tools)
    given, rest = split(rest, Streaming)
    start = _create_request(thread_id, rest, streamed=True)
    requests = run_requests(rest)
    progress = Progress()
    options = StreamOptions(**given)
    seen = Seen(thread_id=thread_id)
    flow = streamed_tools(start, requests, toolbox, options, progress, seen)
    feed = RunFeed(naming_run(flow, seen), progress)
    if options.cancel_on_exit:

        def still_open() -> Ids | None:
            shown = evolve(seen, run=progress.snapshot.run)
            return shown.still_open()

        cancelled_on_exit(feed, still_open, requests)
    return feed


def run_requests(params: Mapping[str, Any]) -> RunRequests:
    """Give what goes on with a run, with the headers and timeout it began with."""
    kept = {n: v for n, v in params.items() if n in _CARRIED}
    listed = {**kept, "order": "asc", "limit": 100}
    return RunRequests(
        retrieve=_answered(lambda run, thread: retrieve(run, thread, **kept)),
        cancel=_answered(lambda run, thread: cancel(run, thread, **kept)),
        messages=_answered(
            lambda run, thread: messages.list(thread, run_id=run, **listed)
        ),
        steps=_answered(lambda run, thread: steps.list(run, thread, **listed)),
        submit=_answered(
            lambda run, thread, outputs, streamed: _submit_request(
                run,
                thread,
                {**kept, "tool_outputs": outputs},
                streamed=streamed,
            )
        ),
    )


def _answered(make: Callable[P, R]) -> Callable[P, R]:
    """Give the function for ids that a server gave: a bad one is not its caller's.

    Sealed, because what it holds can be keys.
    """

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return make(*args, **kwargs)
        except InvalidPathParameter as error:
            raise MalformedResponse(
                f"the server's run cannot be asked for: {error} @ $", where="$"
            ) from None

    return sealed(call)


def _ids(thread_id: str, run_id: str) -> dict[str, str]:
    return {"thread_id": thread_id, "run_id": run_id}


def _create_request(
    thread_id: str, params: Mapping[str, Any], *, streamed: bool = False
) -> ApiRequest:
    return build(
        "runs.create",
        "POST",
        {"thread_id": thread_id},
        {**params, "stream": True} if streamed else params,
        query=["include"],
        repeat=Repeat.ONCE,
    )


def _submit_request(
    run_id: str, thread_id: str, params: Mapping[str, Any], *, streamed: bool = False
) -> ApiRequest:
    answers = {
        name: answers_to_calls(name, params[name])
        for name in ("tool_outputs", "tool_approvals")
        if name in params
    }
    return build(
        "runs.submit_tool_outputs",
        "POST",
        _ids(thread_id, run_id),
        {**params, **answers, "stream": True} if streamed else {**params, **answers},
        repeat=Repeat.ONCE,
    )


def waiting(
    flow: Flow[Run], options: PollOptions, params: Mapping[str, Any], seen: Seen
) -> Flow[Run]:
    """Give the flow with errors that name its run, cancelled on exit if so wished."""
    named = OnceFeed[Any, Run](naming_run(flow, seen))
    if options.cancel_on_exit:
        cancelled_on_exit(named, seen.still_open, run_requests(params))
    return named


def begun_and_polled(
    begin: Call[Run], options: PollOptions, params: Mapping[str, Any]
) -> Flow[Run]:
    """Make the call, then poll its run with the same headers and timeout."""
    thread_id = dict(begin.request.ids).get("thread_id")
    retrieve = run_requests(params).retrieve

    def look(run: Run) -> Call[Run]:
        return retrieve(run.id, thread_id or run.thread_id)

    seen = Seen(thread_id=thread_id)
    return waiting(then_poll(begin, look, options, seen), options, params, seen)
