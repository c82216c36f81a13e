"""Every parameter list, once.

A key that is absent is not sent; None is JSON `null`. Objects may be given as models or
as plain dicts. Source: the API reference's request bodies; constraints are the
server's to check.
"""

# No `from __future__ import annotations`: `__required_keys__` needs the real types.

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Required, TypeAlias, TypedDict

from runs_core.api.omit import Omit
from runs_core.flows.toolbox import Functions
from runs_core.models import Run, RunStepInclude
from runs_core.wire.http import Timeouts

__all__ = [
    "AssistantCreateParams",
    "AssistantUpdateParams",
    "CreateAndPollParams",
    "IncludeParams",
    "Json",
    "ListParams",
    "MessageCreateParams",
    "MessageListParams",
    "Metadata",
    "MetadataParams",
    "PollParams",
    "Polling",
    "RequestOptions",
    "RunCreateParams",
    "RunEventsParams",
    "RunParams",
    "RunStreamParams",
    "RunToolsParams",
    "StepListParams",
    "StreamToolsParams",
    "Streaming",
    "SubmitAndPollParams",
    "SubmitEventsParams",
    "SubmitParams",
    "SubmitStreamParams",
    "SubmitToolOutputsParams",
    "ThreadAndRunEventsParams",
    "ThreadAndRunParams",
    "ThreadCreateAndRunParams",
    "ThreadCreateAndRunPollParams",
    "ThreadCreateAndRunStreamParams",
    "ThreadCreateParams",
    "ThreadUpdateParams",
    "ToolLoop",
]

Json: TypeAlias = Mapping[str, Any] | Any
"""An object of the API: a model, or a plain mapping of the same shape."""

Metadata: TypeAlias = Mapping[str, str]
"""At most 16 pairs; keys up to 64 characters, values up to 512."""


class RequestOptions(TypedDict, total=False):
    """What every call takes beside its own parameters."""

    extra_headers: Mapping[str, str | Omit | None] | None
    """Added to, or replacing, the endpoint's; None removes one."""
    extra_query: Mapping[str, Any] | None
    """Added to the URL's, or replacing parameters and the endpoint's, by name."""
    extra_body: Mapping[str, Any] | None
    """Merged into the JSON body, over the named parameters."""
    timeout: float | Timeouts | None
    """The longest wait for the connection and for each read, in seconds."""
    idempotency_key: str | None
    """Sent as `Idempotency-Key`: allows a request that creates to be repeated."""


class Polling(TypedDict, total=False):
    """How a run is polled."""

    poll_interval_ms: float
    """The wait between looks, 100 at least and a day at most; without it the server's
    wish, else 1 s."""
    deadline: float | None
    """The longest time for all of it, in seconds (15 minutes); None for no limit."""
    on_poll: Callable[[Run], Any]
    """Called with the run after each look."""
    cancel_on_exit: bool
    """Cancel the run at the server if you leave before its end, by any exception."""


class Streaming(TypedDict, total=False):
    """How a run's stream is read."""

    idle_timeout: float | None
    """The longest wait for an event once the answer has begun, in seconds (5 minutes);
    None for no limit."""
    deadline: float | None
    """The longest time for the whole stream, in seconds; None for no limit."""
    resume: Literal["poll"] | None
    """"poll" ends a stream that broke or fell silent by polling the same run."""
    cancel_on_exit: bool
    """Cancel the run at the server if you close the stream before its end."""
    max_event_bytes: int | None
    """The longest event that is taken, in bytes (32 MiB); None for any."""


class ToolLoop(TypedDict, total=False):
    """How a run's calls are answered."""

    functions: Required[Functions]
    """Your functions, by name or called by their own names; or one that takes a round's
    calls and gives their outputs by call id. Called with the call's arguments."""
    on_tool_error: Literal["raise", "output"]
    """Cancel the run and raise (the default), or give the error's text to the model."""
    max_rounds: int
    """How often tools are called at most (10)."""


class IncludeParams(RequestOptions, total=False):
    """`steps.retrieve`."""

    include: Iterable[RunStepInclude]
    """What to add to steps: the text of file search results, if anything."""


class ListParams(RequestOptions, total=False):
    """A list, a page at a time."""

    limit: int
    """How many on a page, 1 to 100 (20)."""
    order: Literal["asc", "desc"]
    """By `created_at`: the newest first (`desc`, the default), or the oldest."""
    after: str
    """Begin behind the element with this id."""
    before: str
    """End before the element with this id."""


class StepListParams(ListParams, total=False):
    """`steps.list`."""

    include: Iterable[RunStepInclude]
    """What to add to steps: the text of file search results, if anything."""


class MessageListParams(ListParams, total=False):
    """`messages.list`."""

    run_id: str
    """Only messages that this run has made."""


class MetadataParams(RequestOptions, total=False):
    """An update that can only change the metadata."""

    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""


# --- Runs --------------------------------------------------------------------------


class RunParams(RequestOptions, total=False):
    """A new run, however it is waited for."""

    assistant_id: Required[str]
    """The assistant that answers: its model, instructions and tools are the run's."""
    include: Iterable[RunStepInclude]
    """What to add to steps: the text of file search results, if anything."""
    model: str | None
    """The model, instead of the assistant's."""
    reasoning_effort: (
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    )
    """How much a reasoning model thinks before it answers."""
    instructions: str | None
    """The instructions, instead of the assistant's."""
    additional_instructions: str | None
    """Added to the end of the instructions."""
    additional_messages: Iterable[Json] | None
    """Messages that are added to the thread before the run."""
    tools: Iterable[Json] | None
    """The tools, instead of the assistant's."""
    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""
    temperature: float | None
    """How much chance plays in the answer, 0 to 2."""
    top_p: float | None
    """Take only the likeliest tokens, up to this sum of their probabilities, 0 to 1."""
    max_prompt_tokens: int | None
    """The most tokens to read, 256 at least; beyond it the run is `incomplete`."""
    max_completion_tokens: int | None
    """The most tokens to write, 256 at least; beyond it the run is `incomplete`."""
    truncation_strategy: Json | None
    """How much of a long thread is read: `auto`, or its `last_messages`."""
    tool_choice: Literal["none", "auto", "required"] | Json | None
    """Whether tools are called, or which one is."""
    parallel_tool_calls: bool
    """Whether several calls may be asked for at once (true)."""
    response_format: Literal["auto"] | Json | None
    """What the answer looks like: text, JSON, or JSON of a schema."""
    tool_resources: Json | None
    """What tools use: the files or the vector stores of each."""


class RunCreateParams(RunParams, total=False):
    """`runs.create`."""

    stream: Literal[False] | None
    """False, as without it; a client's method takes true, and then gives events."""


class CreateAndPollParams(RunParams, Polling, total=False):
    """`runs.create_and_poll`."""


class RunStreamParams(RunParams, Streaming, total=False):
    """`runs.stream` and `runs.create_and_stream`."""


class PollParams(RequestOptions, Polling, total=False):
    """`runs.poll`."""


class RunEventsParams(RunStreamParams, total=False):
    """`create` with `stream=True`, which only a client's method takes."""

    stream: Required[Literal[True]]


class SubmitParams(RequestOptions, total=False):
    """A run's tool outputs, however it is waited for.

    `tool_outputs` is `omit` where there are only approvals. It is required, so that
    type checkers flag a call that has neither.
    """

    tool_outputs: Required[Iterable[Json]]
    """One output for each call: objects of `tool_call_id` and `output`."""
    tool_approvals: Iterable[Json]
    """One verdict for each call that waits for approval (Foundry)."""


class SubmitToolOutputsParams(SubmitParams, total=False):
    """`runs.submit_tool_outputs`."""

    stream: Literal[False] | None
    """False, as without it; a client's method takes true, and then gives events."""


class SubmitAndPollParams(SubmitParams, Polling, total=False):
    """`runs.submit_tool_outputs_and_poll`."""


class SubmitStreamParams(SubmitParams, Streaming, total=False):
    """`runs.submit_tool_outputs_stream`."""


class SubmitEventsParams(SubmitStreamParams, total=False):
    """`submit_tool_outputs` with `stream=True`."""

    stream: Required[Literal[True]]


class RunToolsParams(RunParams, Polling, ToolLoop, total=False):
    """`runs.run_tools`."""


class StreamToolsParams(RunParams, Streaming, ToolLoop, total=False):
    """`runs.stream_tools`."""


# --- Threads, messages, assistants -------------------------------------------------


class ThreadCreateParams(RequestOptions, total=False):
    """`threads.create`."""

    messages: Iterable[Json]
    """What the thread begins with."""
    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""
    tool_resources: Json | None
    """What tools use: the files or the vector stores of each."""


class ThreadUpdateParams(RequestOptions, total=False):
    """`threads.update`."""

    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""
    tool_resources: Json | None
    """What tools use: the files or the vector stores of each."""


class ThreadAndRunParams(RequestOptions, total=False):
    """A new thread and its first run, however it is waited for."""

    assistant_id: Required[str]
    """The assistant that answers: its model, instructions and tools are the run's."""
    thread: Json
    """The new thread: its messages, metadata and tool resources."""
    model: str | None
    """The model, instead of the assistant's."""
    instructions: str | None
    """The instructions, instead of the assistant's."""
    tools: Iterable[Json] | None
    """The tools, instead of the assistant's."""
    tool_resources: Json | None
    """What tools use: the files or the vector stores of each."""
    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""
    temperature: float | None
    """How much chance plays in the answer, 0 to 2."""
    top_p: float | None
    """Take only the likeliest tokens, up to this sum of their probabilities, 0 to 1."""
    max_prompt_tokens: int | None
    """The most tokens to read, 256 at least; beyond it the run is `incomplete`."""
    max_completion_tokens: int | None
    """The most tokens to write, 256 at least; beyond it the run is `incomplete`."""
    truncation_strategy: Json | None
    """How much of a long thread is read: `auto`, or its `last_messages`."""
    tool_choice: Literal["none", "auto", "required"] | Json | None
    """Whether tools are called, or which one is."""
    parallel_tool_calls: bool
    """Whether several calls may be asked for at once (true)."""
    response_format: Literal["auto"] | Json | None
    """What the answer looks like: text, JSON, or JSON of a schema."""


class ThreadCreateAndRunParams(ThreadAndRunParams, total=False):
    """`threads.create_and_run`."""

    stream: Literal[False] | None
    """False, as without it; a client's method takes true, and then gives events."""


class ThreadCreateAndRunPollParams(ThreadAndRunParams, Polling, total=False):
    """`threads.create_and_run_poll`."""


class ThreadCreateAndRunStreamParams(ThreadAndRunParams, Streaming, total=False):
    """`threads.create_and_run_stream`."""


class ThreadAndRunEventsParams(ThreadCreateAndRunStreamParams, total=False):
    """`create_and_run` with `stream=True`."""

    stream: Required[Literal[True]]


class MessageCreateParams(RequestOptions, total=False):
    """`messages.create`."""

    role: Required[Literal["user", "assistant"]]
    """Who says it: `user`, or `assistant` to put words into its mouth."""
    content: Required[str | Iterable[Json]]
    """Text, or a list of blocks of text and images."""
    attachments: Iterable[Json] | None
    """Files, each with the tools that may use it."""
    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""


class AssistantUpdateParams(RequestOptions, total=False):
    """`assistants.update`."""

    model: str
    """The model that answers."""
    name: str | None
    """What it is called; up to 256 characters."""
    description: str | None
    """What it is for; up to 512 characters."""
    instructions: str | None
    """What the model is told to be; up to 256,000 characters."""
    reasoning_effort: (
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    )
    """How much a reasoning model thinks before it answers."""
    tools: Iterable[Json]
    """The tools it may use; up to 128."""
    tool_resources: Json | None
    """What tools use: the files or the vector stores of each."""
    metadata: Metadata | None
    """Up to 16 pairs of text of your own."""
    temperature: float | None
    """How much chance plays in the answer, 0 to 2."""
    top_p: float | None
    """Take only the likeliest tokens, up to this sum of their probabilities, 0 to 1."""
    response_format: Literal["auto"] | Json | None
    """What the answer looks like: text, JSON, or JSON of a schema."""


class AssistantCreateParams(AssistantUpdateParams, total=False):
    """`assistants.create`."""

    model: Required[str]  # type: ignore[misc]  # the one difference to an update
    """The model that answers."""
