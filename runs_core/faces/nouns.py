"""The nouns below `client.beta`, with openai-python's names.

Each noun's methods are listed once: those that are also below `with_raw_response`, and
apart from them the helpers, which are not.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Unpack

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.api.params import (
    RunEventsParams,
    SubmitEventsParams,
    ThreadAndRunEventsParams,
)
from runs_core.faces.face import AsyncFace, AsyncRawFace, Face, RawFace
from runs_core.faces.methods import FlowMethod, JoinedMethod, ListMethod, Method
from runs_core.faces.nesting import Noun, RawNoun
from runs_core.faces.streams import (
    AsyncStream,
    AsyncStreamAfterOutputs,
    AsyncStreamTools,
    AsyncStreamWithThread,
    Stream,
    StreamAfterOutputs,
    StreamMethod,
    StreamTools,
    StreamWithThread,
)
from runs_core.flows.streaming import RunFeed

__all__ = [
    "Assistants",
    "AsyncAssistants",
    "AsyncBeta",
    "AsyncMessages",
    "AsyncRawNouns",
    "AsyncRuns",
    "AsyncSteps",
    "AsyncThreads",
    "Beta",
    "Messages",
    "RawNouns",
    "Runs",
    "Steps",
    "Threads",
]


def _unstreamed(params: Mapping[str, Any]) -> Any:
    return {name: value for name, value in params.items() if name != "stream"}


@functools.wraps(runs.stream)
def _create_events(thread_id: str, **params: Unpack[RunEventsParams]) -> RunFeed:
    try:
        return runs.stream(thread_id, **_unstreamed(params))
    finally:
        del params  # No traceback must hold it: see `methods`.


@functools.wraps(runs.submit_tool_outputs_stream)
def _submit_events(
    run_id: str, thread_id: str, **params: Unpack[SubmitEventsParams]
) -> RunFeed:
    try:
        return runs.submit_tool_outputs_stream(run_id, thread_id, **_unstreamed(params))
    finally:
        del params  # No traceback must hold it: see `methods`.


@functools.wraps(threads.create_and_run_stream)
def _create_and_run_events(**params: Unpack[ThreadAndRunEventsParams]) -> RunFeed:
    try:
        return threads.create_and_run_stream(**_unstreamed(params))
    finally:
        del params  # No traceback must hold it: see `methods`.


# --- Steps -------------------------------------------------------------------------


class _Steps:
    retrieve = Method(steps.retrieve)
    list = ListMethod(steps.list)


class RawSteps(_Steps, RawFace):
    """`client.beta.threads.runs.steps.with_raw_response`"""


class AsyncRawSteps(_Steps, AsyncRawFace):
    """`client.beta.threads.runs.steps.with_raw_response`"""


class _StepsHelpers:
    with_raw_response = RawNoun(RawSteps, AsyncRawSteps)


class Steps(_Steps, _StepsHelpers, Face):
    """`client.beta.threads.runs.steps`"""


class AsyncSteps(_Steps, _StepsHelpers, AsyncFace):
    """`client.beta.threads.runs.steps`"""


# --- Runs --------------------------------------------------------------------------


class _Runs:
    create = JoinedMethod(runs.create, _create_events)
    retrieve = Method(runs.retrieve)
    update = Method(runs.update)
    list = ListMethod(runs.list)
    cancel = Method(runs.cancel)
    submit_tool_outputs = JoinedMethod(runs.submit_tool_outputs, _submit_events)

    steps = Noun(Steps, AsyncSteps, RawSteps, AsyncRawSteps)


class RawRuns(_Runs, RawFace):
    """`client.beta.threads.runs.with_raw_response`"""


class AsyncRawRuns(_Runs, AsyncRawFace):
    """`client.beta.threads.runs.with_raw_response`"""


class _RunsHelpers:
    poll = FlowMethod(runs.poll)
    create_and_poll = FlowMethod(runs.create_and_poll)
    submit_tool_outputs_and_poll = FlowMethod(runs.submit_tool_outputs_and_poll)
    run_tools = FlowMethod(runs.run_tools)

    stream = StreamMethod[Stream, AsyncStream](runs.stream)
    create_and_stream = StreamMethod[Stream, AsyncStream](runs.create_and_stream)
    submit_tool_outputs_stream = StreamMethod[
        StreamAfterOutputs, AsyncStreamAfterOutputs
    ](runs.submit_tool_outputs_stream)
    stream_tools = StreamMethod[StreamTools, AsyncStreamTools](runs.stream_tools)

    with_raw_response = RawNoun(RawRuns, AsyncRawRuns)


class Runs(_Runs, _RunsHelpers, Face):
    """`client.beta.threads.runs`"""


class AsyncRuns(_Runs, _RunsHelpers, AsyncFace):
    """`client.beta.threads.runs`"""


# --- Messages ----------------------------------------------------------------------


class _Messages:
    create = Method(messages.create)
    retrieve = Method(messages.retrieve)
    update = Method(messages.update)
    list = ListMethod(messages.list)
    delete = Method(messages.delete)


class RawMessages(_Messages, RawFace):
    """`client.beta.threads.messages.with_raw_response`"""


class AsyncRawMessages(_Messages, AsyncRawFace):
    """`client.beta.threads.messages.with_raw_response`"""


class _MessagesHelpers:
    with_raw_response = RawNoun(RawMessages, AsyncRawMessages)


class Messages(_Messages, _MessagesHelpers, Face):
    """`client.beta.threads.messages`"""


class AsyncMessages(_Messages, _MessagesHelpers, AsyncFace):
    """`client.beta.threads.messages`"""


# --- Threads -----------------------------------------------------------------------


class _Threads:
    create = Method(threads.create)
    retrieve = Method(threads.retrieve)
    update = Method(threads.update)
    delete = Method(threads.delete)
    create_and_run = JoinedMethod(threads.create_and_run, _create_and_run_events)

    runs = Noun(Runs, AsyncRuns, RawRuns, AsyncRawRuns)
    messages = Noun(Messages, AsyncMessages, RawMessages, AsyncRawMessages)


class RawThreads(_Threads, RawFace):
    """`client.beta.threads.with_raw_response`"""


class AsyncRawThreads(_Threads, AsyncRawFace):
    """`client.beta.threads.with_raw_response`"""


class _ThreadsHelpers:
    create_and_run_poll = FlowMethod(threads.create_and_run_poll)
    create_and_run_stream = StreamMethod[StreamWithThread, AsyncStreamWithThread](
        threads.create_and_run_stream
    )

    with_raw_response = RawNoun(RawThreads, AsyncRawThreads)


class Threads(_Threads, _ThreadsHelpers, Face):
    """`client.beta.threads`"""


class AsyncThreads(_Threads, _ThreadsHelpers, AsyncFace):
    """`client.beta.threads`"""


# --- Assistants --------------------------------------------------------------------


class _Assistants:
    create = Method(assistants.create)
    retrieve = Method(assistants.retrieve)
    update = Method(assistants.update)
    list = ListMethod(assistants.list)
    delete = Method(assistants.delete)


class RawAssistants(_Assistants, RawFace):
    """`client.beta.assistants.with_raw_response`"""


class AsyncRawAssistants(_Assistants, AsyncRawFace):
    """`client.beta.assistants.with_raw_response`"""


class _AssistantsHelpers:
    with_raw_response = RawNoun(RawAssistants, AsyncRawAssistants)


class Assistants(_Assistants, _AssistantsHelpers, Face):
    """`client.beta.assistants`"""


class AsyncAssistants(_Assistants, _AssistantsHelpers, AsyncFace):
    """`client.beta.assistants`"""


# --- All ---------------------------------------------------------------------------


class _Beta:
    threads = Noun(Threads, AsyncThreads, RawThreads, AsyncRawThreads)
    assistants = Noun(Assistants, AsyncAssistants, RawAssistants, AsyncRawAssistants)


class RawBeta(_Beta, RawFace):
    """`client.beta.with_raw_response`"""


class AsyncRawBeta(_Beta, AsyncRawFace):
    """`client.beta.with_raw_response`"""


class _BetaHelpers:
    with_raw_response = RawNoun(RawBeta, AsyncRawBeta)


class Beta(_Beta, _BetaHelpers, Face):
    """`client.beta`"""


class AsyncBeta(_Beta, _BetaHelpers, AsyncFace):
    """`client.beta`"""


class RawNouns:
    """`client.with_raw_response`"""

    def __init__(self, beta: Beta) -> None:
        self.beta = beta.with_raw_response


class AsyncRawNouns:
    """`client.with_raw_response`"""

    def __init__(self, beta: AsyncBeta) -> None:
        self.beta = beta.with_raw_response
