"""The tool loop: one flat flow from the first request to the run's end.

A round is a required action, the user's functions and one submission; rounds follow
until the run ends.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import define, evolve, field

from runs_core.errors import (
    DeadlineExceeded,
    RunsError,
    ToolRoundsExceeded,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow, InvokeTimeout, time_in, time_left
from runs_core.flows.polling import PollOptions, poll_flow
from runs_core.flows.progress import Progress
from runs_core.flows.request import ApiRequest
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Seen
from runs_core.flows.streaming import StreamOptions, stream_flow
from runs_core.flows.toolbox import Toolbox, ToolCalls
from runs_core.lifecycle import RUN_TERMINAL
from runs_core.models import (
    RequiredAction,
    RequiredActionFunctionToolCall,
    RequiredActionSubmitToolOutputs,
    Run,
    ToolOutput,
)

__all__ = ["polled_tools", "streamed_tools"]

# Seconds for cancelling: a tool has failed, and its caller should hear about it.
_CANCEL_TIME = 5.0


def polled_tools(
    start: Call[Run],
    requests: RunRequests,
    toolbox: Toolbox,
    options: PollOptions,
    seen: Seen,
) -> Flow[Run]:
    """Create the run, then poll it and answer its calls until it has ended."""
    until = yield from time_in(options.deadline)
    run = seen.now((yield from start.within(options.deadline)))
    rounds = _Rounds(toolbox, requests, seen)
    while True:
        left = yield from time_left(until, partial(_late, seen.run))
        look = requests.retrieve(run.id, _thread_of(run, start.request))
        wait = evolve(options, deadline=left)
        run = yield from poll_flow(look, wait, seen, answered=rounds.answered)
        if run.status in RUN_TERMINAL or not (calls := _open_calls(run)):
            return run
        ids = run.id, _thread_of(run, start.request)
        outputs = yield from rounds.answer(run, calls, ids, until)
        submit = evolve(start, request=requests.submit(*ids, outputs))
        left = yield from time_left(until, partial(_late, seen.run))
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
    until = yield from time_in(options.deadline)
    request = start
    rounds = _Rounds(toolbox, requests, seen)
    while True:
        left = yield from time_left(until, partial(_late, seen.run))
        streamed = evolve(options, deadline=left)
        events = stream_flow(request, progress, streamed, requests, rounds.answered)
        try:
            run = seen.now((yield from events))
        except RunsError:
            seen.run = progress.snapshot.run or seen.run
            raise
        # Its own status may lag behind the event that brought it.
        outcome = progress.snapshot.outcome
        if outcome in RUN_TERMINAL or not (calls := _open_calls(run)):
            return run
        ids = run.id, _thread_of(run, start)
        outputs = yield from rounds.answer(run, calls, ids, until)
        request = requests.submit_streamed(*ids, outputs)


@define
class _Rounds:
    """The rounds in which a run's calls are answered."""

    _toolbox: Toolbox
    _requests: RunRequests
    _seen: Seen
    _number: int = 0
    # Which calls have outputs. Not by id alone, which some servers use twice.
    _done: list[tuple[Any, Any, Any]] = field(factory=list)

    def answered(self, run: Run) -> bool:
        """Return whether all calls that a run waits for have outputs.

        After the outputs, a server may still show the run as it was before them: no
        function is called twice because of that.
        """
        calls = _open_calls(run)
        return bool(calls) and all(_key(call) in self._done for call in calls)

    def answer(
        self, run: Run, calls: ToolCalls, ids: tuple[str, str], until: float | None
    ) -> Flow[list[ToolOutput]]:
        """Return the outputs of one more round; if that fails, cancel the run.

        The error says whether it was cancelled. At the deadline, `until` on the clock,
        the run goes on instead.
        """
        self._number += 1
        cancel = self._requests.cancel(*ids)
        try:
            outputs = yield from self._outputs(calls, until)
        except InvokeTimeout as error:
            raise _late(run) from error
        except Exception as error:
            what_became = yield from self._cancelled(cancel)
            if isinstance(error, RunsError):
                error.run = run
                error.args = (f"{error}; {what_became}",)
            raise
        self._done += map(_key, calls)
        return outputs

    def _cancelled(self, cancel: Call[Run]) -> Flow[str]:
        """Cancel the run, and return in words whether that worked."""
        try:
            yield from cancel.within(_CANCEL_TIME)
        except Exception as error:
            # What stopped the run matters more than that it could not be cancelled.
            return f"its run could not be cancelled ({type(error).__name__})"
        self._seen.cancelled = True
        return "its run was cancelled"

    def _outputs(self, calls: ToolCalls, until: float | None) -> Flow[list[ToolOutput]]:
        most = self._toolbox.max_rounds
        if self._number > most:
            raise ToolRoundsExceeded(
                f"the run asked for tools more than {most} times: check what the"
                " functions return, or give a higher max_rounds"
            )
        return (yield from self._toolbox.outputs(calls, until))


def _key(call: RequiredActionFunctionToolCall) -> tuple[Any, Any, Any]:
    return call.id, call.function.name, call.function.arguments


def _late(run: Run | None) -> DeadlineExceeded:
    goes_on = "" if run is None else "its run goes on at the server: cancel it, or "
    return DeadlineExceeded(
        f"the tool loop did not end by its deadline; {goes_on}give a longer deadline"
    )


def _thread_of(run: Run, start: ApiRequest) -> str:
    """Return the thread's id, which some servers leave out of the run."""
    return dict(start.ids).get("thread_id") or run.thread_id


def _open_calls(run: Run) -> ToolCalls:
    """Return the calls, if functions can answer them all; the user answers others."""
    action = run.required_action
    # What is not an object stays as it came.
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
    # A call that is listed twice is one call, and has one output.
    return list({call.id: call for call in known}.values())
