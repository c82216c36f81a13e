"""The parameter lists of all operations.

A key that is absent is not sent; None is JSON `null`. Objects may be passed as models
or as plain dicts. Source: the API reference's request bodies. The server checks the
constraints.
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
    "NewRunParams",
    "PollParams",
    "Polling",
    "ReasoningEffort",
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

ReasoningEffort: TypeAlias = Literal[
    "none", "minimal", "low", "medium", "high", "xhigh", "max"
]
"""How much a reasoning model thinks before it answers."""


class RequestOptions(TypedDict, total=False):
    """What every call takes besides its own parameters."""

    extra_headers: Mapping[str, str | Omit | None] | None
    """Headers that are added to the endpoint's, or replace them; None removes one."""
    extra_query: Mapping[str, Any] | None
    """Query parameters that are added to all others, or replace them by name."""
    extra_body: Mapping[str, Any] | None
    """Merged into the JSON body; replaces parameters of the same name."""
    timeout: float | Timeouts | None
    """The longest wait for the connection and for each read, in seconds."""
    idempotency_key: str | None
    """Sent as `Idempotency-Key`: lets a request that creates something be repeated."""


class Polling(TypedDict, total=False):
    """How a run is polled."""

    poll_interval_ms: float
    """Milliseconds between polls, kept within 0.1 s and a day; by default what the
    server asks for, or 1000."""
    deadline: float | None
    """The longest time for all of it, in seconds (15 minutes); None for no limit."""
    on_poll: Callable[[Run], Any]
    """Called with the run after each poll."""
    cancel_on_exit: bool
    """Cancel the run on the server if you leave before its end, by any exception."""


class Streaming(TypedDict, total=False):
    """How a run's stream is read."""

    idle_timeout: float | None
    """The longest wait for an event once the response has begun, in seconds (5
    minutes); None for no limit."""
    deadline: float | None
    """The longest time for the whole stream, in seconds; None for no limit."""
    resume: Literal["poll"] | None
    """"poll" finishes a stream that broke or fell silent by polling the same run."""
    cancel_on_exit: bool
    """Cancel the run on the server if you close the stream before its end."""
    max_event_bytes: int | None
    """The longest event that is accepted, in bytes (32 MiB); None for no limit."""


class ToolLoop(TypedDict, total=False):
    """How a run's calls are answered."""

    functions: Required[Functions]
    """Your functions: a mapping by name, or a list that uses their own names; they get
    a call's arguments. Or one function that takes a round's calls and returns their
    outputs by call id."""
    on_tool_error: Literal["raise", "output"]
    """Cancel the run and raise (the default), or send the error's text to the model."""
    max_rounds: int
    """The most rounds of tool calls (10)."""


class IncludeParams(RequestOptions, total=False):
    """`steps.retrieve`."""

    include: Iterable[RunStepInclude]
    """What to include in steps: the text of file search results."""


class ListParams(RequestOptions, total=False):
    """A list, a page at a time."""

    limit: int
    """How many elements on a page, 1 to 100 (20)."""
    order: Literal["asc", "desc"]
    """By `created_at`: newest first (`desc`, the default) or oldest first (`asc`)."""
    after: str
    """Begin after the element with this id."""
    before: str
    """End before the element with this id."""


class StepListParams(ListParams, total=False):
    """`steps.list`."""

    include: Iterable[RunStepInclude]
    """What to include in steps: the text of file search results."""


class MessageListParams(ListParams, total=False):
    """`messages.list`."""

    run_id: str
    """Only messages that this run created."""


class MetadataParams(RequestOptions, total=False):
    """An update that can only change the metadata."""

    metadata: Metadata | None
    """Your own data: up to 16 pairs of strings."""


# --- Runs --------------------------------------------------------------------------


class NewRunParams(RequestOptions, total=False):
    """A new run, on a thread that exists or that is created with it."""

    assistant_id: Required[str]
    """The assistant that answers, with its model, instructions and tools."""
    model: str | None
    """The model, instead of the assistant's."""
    instructions: str | None
    """The instructions, instead of the assistant's."""
    tools: Iterable[Json] | None
    """The tools, instead of the assistant's."""
    tool_resources: Json | None
    """What the tools use: files or vector stores for each."""
    metadata: Metadata | None
    """Your own data: up to 16 pairs of strings."""
    temperature: float | None
    """How random the answer is, 0 to 2."""
    top_p: float | None
    """Take only the likeliest tokens, up to this total probability, 0 to 1."""
    max_prompt_tokens: int | None
    """The most tokens to read, at least 256; beyond that, the run is `incomplete`."""
    max_completion_tokens: int | None
    """The most tokens to write, at least 256; beyond that, the run is `incomplete`."""
    truncation_strategy: Json | None
    """How much of a long thread is read: `auto`, or its `last_messages`."""
    tool_choice: Literal["none", "auto", "required"] | Json | None
    """Whether the model may or must call tools, or which one it must call."""
    parallel_tool_calls: bool
    """Whether the model may make several calls at once (true)."""
    response_format: Literal["auto"] | Json | None
    """The format of the answer: text, JSON, or JSON that follows a schema."""


class RunParams(NewRunParams, total=False):
    """A new run on a thread that exists, whichever operation creates it."""

    include: Iterable[RunStepInclude]
    """What to include in steps: the text of file search results."""
    reasoning_effort: ReasoningEffort | None
    """How much a reasoning model thinks before it answers."""
    additional_instructions: str | None
    """Added to the end of the instructions."""
    additional_messages: Iterable[Json] | None
    """Messages that are added to the thread before the run."""


class RunCreateParams(RunParams, total=False):
    """`runs.create`."""

    stream: Literal[False] | None
    """False, the default; with true, a client's method returns a stream of events."""


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
    """A run's tool outputs, whichever operation submits them.

    `tool_outputs` is `omit` if there are only approvals. It is required, so that type
    checkers flag a call that has neither.
    """

    tool_outputs: Required[Iterable[Json]]
    """One output for each call: objects with `tool_call_id` and `output`."""
    tool_approvals: Iterable[Json]
    """One decision for each call that waits for approval (Foundry)."""


class SubmitToolOutputsParams(SubmitParams, total=False):
    """`runs.submit_tool_outputs`."""

    stream: Literal[False] | None
    """False, the default; with true, a client's method returns a stream of events."""


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
    """The messages that the thread begins with."""
    metadata: Metadata | None
    """Your own data: up to 16 pairs of strings."""
    tool_resources: Json | None
    """What the tools use: files or vector stores for each."""


class ThreadUpdateParams(RequestOptions, total=False):
    """`threads.update`."""

    metadata: Metadata | None
    """Your own data: up to 16 pairs of strings."""
    tool_resources: Json | None
    """What the tools use: files or vector stores for each."""


class ThreadAndRunParams(NewRunParams, total=False):
    """A new thread and its first run, whichever operation creates them."""

    thread: Json
    """The new thread: its messages, metadata and tool resources."""


class ThreadCreateAndRunParams(ThreadAndRunParams, total=False):
    """`threads.create_and_run`."""

    stream: Literal[False] | None
    """False, the default; with true, a client's method returns a stream of events."""


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
    """Your own data: up to 16 pairs of strings."""


class AssistantUpdateParams(RequestOptions, total=False):
    """`assistants.update`."""

    model: str
    """The model that answers."""
    name: str | None
    """Its name; up to 256 characters."""
    description: str | None
    """What it is for; up to 512 characters."""
    instructions: str | None
    """The instructions that the model follows; up to 256,000 characters."""
    reasoning_effort: ReasoningEffort | None
    """How much a reasoning model thinks before it answers."""
    tools: Iterable[Json]
    """The tools it may use; up to 128."""
    tool_resources: Json | None
    """What the tools use: files or vector stores for each."""
    metadata: Metadata | None
    """Your own data: up to 16 pairs of strings."""
    temperature: float | None
    """How random the answer is, 0 to 2."""
    top_p: float | None
    """Take only the likeliest tokens, up to this total probability, 0 to 1."""
    response_format: Literal["auto"] | Json | None
    """The format of the answer: text, JSON, or JSON that follows a schema."""


class AssistantCreateParams(AssistantUpdateParams, total=False):
    """`assistants.create`."""

    model: Required[str]  # type: ignore[misc]  # the one difference from an update
    """The model that answers."""
