"""The tool loop: one flat flow from the first request to the run's end.

Required action, the user's functions, one submission, and on, until the run ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, cast

from attrs import evolve, field, frozen
from attrs.validators import ge, in_, instance_of

from runs_core.errors import (
    DeadlineExceeded,
    MalformedResponse,
    RunsError,
    ToolArgumentsInvalid,
    ToolError,
    ToolOutputsInvalid,
    ToolRoundsExceeded,
    UnknownTool,
    UsageError,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow, Invoke, Now
from runs_core.flows.polling import PollOptions, poll_flow
from runs_core.flows.request import ApiRequest
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Seen
from runs_core.flows.streaming import Progress, StreamOptions, stream_flow
from runs_core.models import (
    RequiredActionFunctionToolCall,
    Run,
    ToolOutput,
)
from runs_core.wire import codec

__all__ = ["Functions", "Toolbox", "polled_tools", "streamed_tools"]

ToolCalls: TypeAlias = list[RequiredActionFunctionToolCall]

Functions: TypeAlias = (
    Mapping[str, Callable[..., Any]]
    | Iterable[Callable[..., Any]]
    | Callable[[ToolCalls], Any]
)
"""The user's functions: by name, or several that are called by their own names; or one
that takes all of a round's calls and gives their outputs by call id."""


Named: TypeAlias = Mapping[str, Callable[..., Any]]


def _named_or_batch(functions: Functions) -> Named | Callable[[ToolCalls], Any]:
    if callable(functions):
        return functions
    if isinstance(functions, Mapping):
        return dict(cast(Named, functions))
    named: dict[str, Callable[..., Any]] = {}
    for function in functions:
        name = getattr(function, "__name__", None)
        if name is None or name in named:
            raise UsageError(
                "functions must have names of their own: give a mapping of names"
            )
        named[name] = function
    return named


@frozen(kw_only=True)
class Toolbox:
    """The user's functions, and what happens when one fails.

    `on_tool_error="raise"` cancels the run and raises `ToolError`; `"output"` gives the
    error's text to the model instead. `max_rounds` bounds how often tools are called.
    """

    functions: Named | Callable[[ToolCalls], Any] = field(converter=_named_or_batch)
    on_tool_error: Literal["raise", "output"] = field(
        default="raise", validator=in_(("raise", "output"))
    )
    max_rounds: int = field(default=10, validator=[instance_of(int), ge(1)])


def polled_tools(
    start: Call[Run],
    requests: RunRequests,
    toolbox: Toolbox,
    options: PollOptions,
    seen: Seen,
) -> Flow[Run]:
    """Create the run, then poll it and answer its calls until it has ended."""
    begun = yield from Now()
    run = seen.now((yield from start.within(options.deadline)))
    rounds = 0
    while True:
        left = yield from _left(begun, options.deadline)
        look = requests.retrieve(run.id, run.thread_id)
        run = yield from poll_flow(look, evolve(options, deadline=left), seen)
        if not (calls := _open_calls(run)):
            return run
        rounds += 1
        outputs = yield from _round(run, calls, rounds, toolbox, requests)
        submit = evolve(start, request=requests.submit(run, outputs, False))
        left = yield from _left(begun, options.deadline)
        run = seen.now((yield from submit.within(left)))


def streamed_tools(
    start: ApiRequest,
    requests: RunRequests,
    toolbox: Toolbox,
    options: StreamOptions,
    progress: Progress,
    seen: Seen,
) -> Flow[Run]:
    """Stream the run and answer its calls, as one sequence of events, to its end."""
    begun = yield from Now()
    request = start
    rounds = 0
    while True:
        left = yield from _left(begun, options.deadline)
        streamed = evolve(options, deadline=left)
        events = stream_flow(request, progress, streamed, requests)
        run = seen.now((yield from events))
        if not (calls := _open_calls(run)):
            return run
        rounds += 1
        outputs = yield from _round(run, calls, rounds, toolbox, requests)
        request = requests.submit(run, outputs, True)


def _left(begun: float, deadline: float | None) -> Flow[float | None]:
    if deadline is None:
        return None
    left = begun + deadline - (yield from Now())
    if left <= 0:
        raise DeadlineExceeded(
            "the tool loop did not end by its deadline; its run goes on at the server:"
            " cancel it, or give a longer deadline"
        )
    return left


def _open_calls(run: Run) -> ToolCalls:
    """Give the calls that functions can answer; approvals and others are the user's."""
    action = run.required_action
    if run.status != "requires_action" or not action or not action.submit_tool_outputs:
        return []
    calls = action.submit_tool_outputs.tool_calls
    known = [c for c in calls if isinstance(c, RequiredActionFunctionToolCall)]
    return known if len(known) == len(calls) else []


def _round(
    run: Run,
    calls: ToolCalls,
    number: int,
    toolbox: Toolbox,
    requests: RunRequests,
) -> Flow[list[ToolOutput]]:
    """Give the outputs of one round; on failure the run is cancelled at the server."""
    try:
        if number > toolbox.max_rounds:
            raise ToolRoundsExceeded(
                f"the run asked for tools more than {toolbox.max_rounds} times: look at"
                " what the functions answer, or give a higher max_rounds"
            )
        functions = toolbox.functions
        if callable(functions):
            return (yield from _batch(functions, calls))
        outputs = []
        for call in calls:
            text = yield from _output(call, functions, toolbox.on_tool_error)
            outputs.append(ToolOutput(tool_call_id=call.id, output=text))
        return outputs
    except Exception as error:
        yield from _cancelled(run, requests)
        if isinstance(error, RunsError):
            error.run = run
        raise


def _cancelled(run: Run, requests: RunRequests) -> Flow[None]:
    # What stopped the run matters more than that it could not be cancelled.
    with contextlib.suppress(RunsError):
        yield from requests.cancel(run.id, run.thread_id)


def _batch(
    function: Callable[[ToolCalls], Any], calls: ToolCalls
) -> Flow[list[ToolOutput]]:
    given = yield from Invoke(function, (calls,))
    outputs = _as_outputs(given)
    wanted = [call.id for call in calls]
    ids = [output.tool_call_id for output in outputs]
    if sorted(map(str, ids)) != sorted(wanted):
        missing = len(set(wanted) - set(ids))
        unasked = len(set(ids) - set(wanted))
        raise ToolOutputsInvalid(
            f"{len(wanted)} calls wait for outputs: {missing} are missing, {unasked}"
            f" are for other calls, {len(ids) - len(set(ids))} are there twice"
        )
    return outputs


def _as_outputs(given: Any) -> list[ToolOutput]:
    if isinstance(given, Mapping):
        return [ToolOutput(tool_call_id=id, output=_text(v)) for id, v in given.items()]
    outputs = list(given) if isinstance(given, Iterable) else []
    known = [output for output in outputs if isinstance(output, ToolOutput)]
    if not isinstance(given, Iterable) or len(known) < len(outputs):
        raise ToolOutputsInvalid(
            "the function that takes all calls must give a mapping of call ids to"
            f" outputs, or ToolOutput objects, not {type(given).__name__}"
        )
    return known


def _output(
    call: RequiredActionFunctionToolCall,
    functions: Named,
    on_tool_error: Literal["raise", "output"],
) -> Flow[str]:
    try:
        function, arguments = _prepared(call, functions)
        result = yield from Invoke(function, kwargs=arguments)
        return _text(result)
    except Exception as error:
        if on_tool_error == "output":
            return f"{type(error).__name__}: {error}"
        if isinstance(error, ToolError):
            raise
        raise ToolError(
            f"the function {call.function.name!r} raised {type(error).__name__}; its"
            " run was cancelled",
            name=call.function.name,
        ) from error


def _prepared(
    call: RequiredActionFunctionToolCall, functions: Named
) -> tuple[Callable[..., Any], dict[str, Any]]:
    name = call.function.name
    function = functions.get(name)
    if function is None:
        raise UnknownTool(
            f"the run calls {name!r}, which is not among the functions given: "
            + (", ".join(sorted(functions)) or "none"),
            name=name,
        )
    try:
        arguments = codec.loads(call.function.arguments or "{}")
    except MalformedResponse as error:
        raise ToolArgumentsInvalid(
            f"the arguments of the call to {name!r} are not JSON, at {error.where}",
            name=name,
        ) from None
    if not isinstance(arguments, dict):
        raise ToolArgumentsInvalid(
            f"the arguments of the call to {name!r} are not a JSON object", name=name
        )
    return function, arguments


def _text(result: Any) -> str:
    """Give what the model reads: text as it is, anything else as JSON."""
    if isinstance(result, str):
        return result
    return codec.dumps(result).decode()
