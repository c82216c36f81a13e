"""The requests on a run, made once for `runs` and for `threads`, which can begin one.

`runs_core.flows.run_requests` says which of them continue a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from runs_core._sealed import sealed
from runs_core.api import messages, steps
from runs_core.api.operation import build
from runs_core.errors import (
    InvalidPathParameter,
    MalformedResponse,
    ToolOutputsInvalid,
)
from runs_core.flows.call import Call, json_answer
from runs_core.flows.effects import Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.polling import PollOptions, then_poll
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Seen, cancelled_on_exit, naming_run
from runs_core.models import Run

__all__ = [
    "begun_and_polled",
    "cancel",
    "create_request",
    "ids_of_run",
    "retrieve",
    "run_requests",
    "submit_request",
    "waiting",
]

P = ParamSpec("P")
R = TypeVar("R")

# The options of a run's first request that its later ones have, too; and the header
# that they do not have: a server would answer all outputs as it did the first.
_CARRIED = ("extra_headers", "extra_query", "timeout")
_OWN_HEADER = "idempotency-key"


def ids_of_run(thread_id: str, run_id: str) -> dict[str, str]:
    """Return the ids in the order of the path."""
    return {"thread_id": thread_id, "run_id": run_id}


def create_request(
    thread_id: str, params: Mapping[str, Any], *, streamed: bool | None = None
) -> ApiRequest:
    """Return the request of `runs.create`, or of `runs.stream`.

    Without `streamed`, the parameters say whether there is a stream.
    """
    return build(
        "runs.create",
        "POST",
        {"thread_id": thread_id},
        params if streamed is None else {**params, "stream": streamed},
        query=["include"],
        repeat=Repeat.ONCE,
    )


def submit_request(
    run_id: str,
    thread_id: str,
    params: Mapping[str, Any],
    *,
    streamed: bool | None = None,
) -> ApiRequest:
    """Return the request of `runs.submit_tool_outputs`, or of its streaming twin."""
    params = dict(params) | {
        name: _answers_to_calls(name, params[name])
        for name in ("tool_outputs", "tool_approvals")
        if name in params
    }
    return build(
        "runs.submit_tool_outputs",
        "POST",
        ids_of_run(thread_id, run_id),
        params if streamed is None else {**params, "stream": streamed},
        repeat=Repeat.ONCE,
    )


def _answers_to_calls(name: str, given: Any) -> Any:
    """Return the answers as a list, or raise `ToolOutputsInvalid`.

    A run takes all of them in one request, and only once. Which calls it made is not
    known here, but a call that is answered twice is refused. None is left to the server
    to refuse. An error in one answer has its JSONPath.
    """
    if given is None:
        return None
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ToolOutputsInvalid(
            f"{name} must be a list of objects, not of type {type(given).__name__}"
        )
    answers = [*given]
    seen: set[str] = set()
    for at, answer in enumerate(answers):
        where = f"$.{name}[{at}]"
        if isinstance(answer, Mapping):
            id = answer.get("tool_call_id")
        elif hasattr(answer, "tool_call_id"):
            id = answer.tool_call_id
        else:
            raise ToolOutputsInvalid(
                f"{name} must be objects with a tool_call_id, not of type"
                f" {type(answer).__name__} @ {where}"
            )
        if isinstance(id, str):
            if id in seen:
                raise ToolOutputsInvalid(
                    f"{name} answers a call twice: pass each tool_call_id once"
                    f" @ {where}.tool_call_id"
                )
            seen.add(id)
    return answers


def retrieve(run_id: str, thread_id: str, params: Mapping[str, Any]) -> Call[Run]:
    """Return the call of `runs.retrieve`."""
    request = build("runs.retrieve", "GET", ids_of_run(thread_id, run_id), params)
    return Call(request, json_answer(Run))


def cancel(run_id: str, thread_id: str, params: Mapping[str, Any]) -> Call[Run]:
    """Return the call of `runs.cancel`."""
    ids = ids_of_run(thread_id, run_id)
    request = build("runs.cancel", "POST", ids, params, has_body=False)
    return Call(request, json_answer(Run))


# --- On, with a run that has begun -------------------------------------------------


def run_requests(params: Mapping[str, Any]) -> RunRequests:
    """Return a run's later requests, with the headers and timeout it began with."""
    kept = {n: v for n, v in params.items() if n in _CARRIED}
    if headers := kept.get("extra_headers"):
        others = {n: v for n, v in headers.items() if n.lower() != _OWN_HEADER}
        kept["extra_headers"] = others
    listed = {**kept, "order": "asc", "limit": 100}
    return RunRequests(
        retrieve=_for_server_ids(lambda run, thread: retrieve(run, thread, kept)),
        cancel=_for_server_ids(lambda run, thread: cancel(run, thread, kept)),
        messages=_for_server_ids(
            lambda run, thread: messages.list(thread, run_id=run, **listed)
        ),
        steps=_for_server_ids(lambda run, thread: steps.list(run, thread, **listed)),
        submit=_for_server_ids(
            lambda run, thread, outputs: submit_request(
                run, thread, {**kept, "tool_outputs": outputs}
            )
        ),
        submit_streamed=_for_server_ids(
            lambda run, thread, outputs: submit_request(
                run, thread, {**kept, "tool_outputs": outputs}, streamed=True
            )
        ),
    )


def _for_server_ids(make: Callable[P, R]) -> Callable[P, R]:
    """Wrap the function for ids from a server: a bad one is not the caller's mistake.

    Sealed, because what it holds can be keys.
    """

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return make(*args, **kwargs)
        except InvalidPathParameter as error:
            raise MalformedResponse(
                f"the server's run cannot be requested: {error} @ $", where="$"
            ) from None

    return sealed(call)


def waiting(
    flow: Flow[Run],
    options: PollOptions,
    params: Mapping[str, Any],
    seen: Seen,
    functions: tuple[Callable[..., Any], ...] = (),
) -> Flow[Run]:
    """Return the flow with errors that name its run, cancelled on exit if requested.

    `functions` are those of the user that it may call, besides that of the options.
    """
    named = OnceFeed[Any, Run](naming_run(flow, seen))
    told = () if options.on_poll is None else (options.on_poll,)
    named.functions = (*functions, *told)
    if options.cancel_on_exit:
        cancelled_on_exit(named, seen.still_open, run_requests(params))
    return named


def begun_and_polled(
    begin: Call[Run], options: PollOptions, params: Mapping[str, Any]
) -> Flow[Run]:
    """Make the call, then poll its run with the same headers and timeout."""
    thread_id = dict(begin.request.ids).get("thread_id")
    requests = run_requests(params)

    def look(run: Run) -> Call[Run]:
        return requests.retrieve(run.id, thread_id or run.thread_id)

    seen = Seen(thread_id=thread_id)
    return waiting(then_poll(begin, look, options, seen), options, params, seen)
