"""The tool loop: one flat flow from the first request to the run's end.

Required action, the user's functions, one submission, and on, until the run ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import define, evolve, field, frozen

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
from runs_core.flows.effects import Flow, Invoke, Now, function_name
from runs_core.flows.polling import PollOptions, poll_flow
from runs_core.flows.progress import Progress
from runs_core.flows.request import ApiRequest
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Seen
from runs_core.flows.streaming import StreamOptions, stream_flow
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.limits import one_of, whole
from runs_core.models import (
    RequiredAction,
    RequiredActionFunctionToolCall,
    RequiredActionSubmitToolOutputs,
    Run,
    ToolOutput,
)
from runs_core.wire import codec

__all__ = ["Functions", "Toolbox", "polled_tools", "streamed_tools"]

# A tool has failed, and its caller is to hear of it.
_CANCEL_TIME = 5.0

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
    given: Any = functions
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        given = [*given]  # An iterator can be looked through only once.
    several = given.values() if isinstance(given, Mapping) else given
    if not isinstance(several, Iterable) or not all(map(callable, several)):
        raise UsageError(
            "functions must be functions: several, or a mapping of names to them, or"
            " one that takes all of a round's calls"
        )
    if isinstance(given, Mapping):
        return dict(given)
    named: dict[str, Callable[..., Any]] = {}
    for function in given:
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
    error's text to the model instead (of one that takes all calls, for each of them).
    `max_rounds` bounds how often tools are called.
    """

    functions: Named | Callable[[ToolCalls], Any] = field(converter=_named_or_batch)
    on_tool_error: Literal["raise", "output"] = field(
        default="raise", validator=one_of("raise", "output")
    )
    max_rounds: int = field(default=10, validator=whole(1))


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
    rounds = _Rounds(toolbox, requests, seen)
    while True:
        left = yield from _left(begun, options.deadline)
        look = requests.retrieve(run.id, _thread_of(run, start.request))
        wait = evolve(options, deadline=left)
        run = yield from poll_flow(look, wait, seen, answered=rounds.answered)
        if run.status in RUN_TERMINAL or not (calls := _open_calls(run)):
            return run
        ids = run.id, _thread_of(run, start.request)
        outputs = yield from rounds.answer(run, calls, ids)
        submit = evolve(start, request=requests.submit(*ids, outputs, False))
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
    rounds = _Rounds(toolbox, requests, seen)
    while True:
        left = yield from _left(begun, options.deadline)
        streamed = evolve(options, deadline=left)
        events = stream_flow(request, progress, streamed, requests, rounds.answered)
        run = seen.now((yield from events))
        # Its own status may lag behind the event that brought it.
        outcome = progress.snapshot.outcome
        if outcome in RUN_TERMINAL or not (calls := _open_calls(run)):
            return run
        ids = run.id, _thread_of(run, start)
        outputs = yield from rounds.answer(run, calls, ids)
        request = requests.submit(*ids, outputs, True)


@define
class _Rounds:
    """The rounds in which a run has its calls answered."""

    _toolbox: Toolbox
    _requests: RunRequests
    _seen: Seen
    _number: int = 0
    # Which calls have outputs: an id alone is given twice by some servers.
    _done: list[tuple[Any, Any, Any]] = field(factory=list)

    def answered(self, run: Run) -> bool:
        """Tell whether all calls that a run waits for have outputs.

        After the outputs, a server may still show the run as it was before them: no
        function is called twice for that.
        """
        calls = _open_calls(run)
        return bool(calls) and all(_key(call) in self._done for call in calls)

    def answer(
        self, run: Run, calls: ToolCalls, ids: tuple[str, str]
    ) -> Flow[list[ToolOutput]]:
        """Give the outputs of one more; on failure the run is cancelled."""
        self._number += 1
        cancel = self._requests.cancel(*ids)
        try:
            outputs = yield from self._outputs(calls)
        except Exception as error:
            # What stopped the run matters more than that it could not be cancelled.
            self._seen.cancelled = True
            with contextlib.suppress(RunsError):
                yield from cancel.within(_CANCEL_TIME)
            if isinstance(error, RunsError):
                error.run = run
            raise
        self._done += map(_key, calls)
        return outputs

    def _outputs(self, calls: ToolCalls) -> Flow[list[ToolOutput]]:
        toolbox = self._toolbox
        if self._number > toolbox.max_rounds:
            raise ToolRoundsExceeded(
                f"the run asked for tools more than {toolbox.max_rounds} times: look at"
                " what the functions answer, or give a higher max_rounds"
            )
        functions = toolbox.functions
        if callable(functions):
            return (yield from _batch(functions, calls, toolbox.on_tool_error))
        outputs = []
        for call in calls:
            text = yield from _output(call, functions, toolbox.on_tool_error)
            outputs.append(ToolOutput(tool_call_id=call.id, output=text))
        return outputs


def _key(call: RequiredActionFunctionToolCall) -> tuple[Any, Any, Any]:
    return call.id, call.function.name, call.function.arguments


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


def _thread_of(run: Run, start: ApiRequest) -> str:
    """Give the thread's id: some servers leave it out of the run."""
    return dict(start.ids).get("thread_id") or run.thread_id


def _open_calls(run: Run) -> ToolCalls:
    """Give the calls that functions can answer; approvals and others are the user's."""
    action = run.required_action
    # What is no object stays as it came.
    asked = action.submit_tool_outputs if isinstance(action, RequiredAction) else None
    if not isinstance(asked, RequiredActionSubmitToolOutputs):
        return []
    known = [
        call
        for call in asked.tool_calls
        if isinstance(call, RequiredActionFunctionToolCall)
        and isinstance(call.id, str | int)
    ]
    if len(known) < len(asked.tool_calls):
        return []
    # A call that is named twice is one call, and has one output.
    return list({call.id: call for call in known}.values())


def _batch(
    function: Callable[[ToolCalls], Any],
    calls: ToolCalls,
    on_tool_error: Literal["raise", "output"],
) -> Flow[list[ToolOutput]]:
    try:
        given = yield from Invoke(function, (calls,))
    except Exception as raised:
        error = _own(raised)
        if on_tool_error == "output" and not _is_mistake(error):
            text = _told(error)
            return [ToolOutput(tool_call_id=call.id, output=text) for call in calls]
        raise _failed(function_name(function), error) from error
    outputs = _as_outputs(given)
    wanted = [call.id for call in calls]
    ids = [output.tool_call_id for output in outputs]
    if sorted(map(str, ids)) != sorted(map(str, wanted)):
        missing = len(set(wanted) - set(ids))
        unasked = len(set(ids) - set(wanted))
        raise ToolOutputsInvalid(
            f"{len(wanted)} calls wait for outputs: {missing} are missing, {unasked}"
            f" are for other calls, {len(ids) - len(set(ids))} are there twice"
        )
    return outputs


def _as_outputs(given: Any) -> list[ToolOutput]:
    if isinstance(given, Mapping):
        try:
            texts = {id: _text(value) for id, value in given.items()}
        except (TypeError, ValueError) as error:
            raise ToolOutputsInvalid(
                "the function that takes all calls gave an output that is no JSON"
            ) from error
        return [ToolOutput(tool_call_id=id, output=text) for id, text in texts.items()]
    outputs = [_as_output(o) for o in given] if isinstance(given, Iterable) else []
    known = [output for output in outputs if isinstance(output, ToolOutput)]
    if not isinstance(given, Iterable) or len(known) < len(outputs):
        raise ToolOutputsInvalid(
            "the function that takes all calls must give a mapping of call ids to"
            f" outputs, or ToolOutput objects, not {type(given).__name__}"
        )
    return known


def _as_output(given: Any) -> Any:
    """Give a `ToolOutput` for the dict that `submit_tool_outputs` takes for one."""
    if isinstance(given, dict) and given.keys() == {"tool_call_id", "output"}:
        return ToolOutput(**given)
    return given


def _output(
    call: RequiredActionFunctionToolCall,
    functions: Named,
    on_tool_error: Literal["raise", "output"],
) -> Flow[str]:
    try:
        function, arguments = _prepared(call, functions)
        result = yield from Invoke(function, kwargs=arguments)
        return _text(result)
    except Exception as raised:
        error = _own(raised)
        if on_tool_error == "output" and not _is_mistake(error):
            return _told(error)
        if isinstance(error, ToolError):
            raise
        raise _failed(call.function.name, error) from error


def _own(error: Exception) -> BaseException:
    """Give what a function raised: no generator can raise a StopIteration as it is."""
    cause = error.__cause__
    if isinstance(error, RuntimeError) and isinstance(
        cause, StopIteration | StopAsyncIteration
    ):
        return cause
    return error


def _is_mistake(error: BaseException) -> bool:
    """Tell whether the caller has to mend something, of which no model can know.

    A function that is async where none can be awaited. Subclasses are about values,
    which the model may have written.
    """
    return type(error) is UsageError


def _told(error: BaseException) -> str:
    """Give what the model reads of an error."""
    return f"{type(error).__name__}: {error}"


def _failed(name: str, error: BaseException) -> ToolError:
    return ToolError(
        f"the function {name!r} raised {type(error).__name__}; its run was cancelled",
        name=name,
    )


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
    # Some servers send the object itself.
    arguments: Any = call.function.arguments
    if arguments is None or isinstance(arguments, str):
        try:
            arguments = codec.loads(arguments or "{}")
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
