"""Every parameter list, once.

A key that is absent is not sent; None is JSON `null`. Objects may be given as models or
as plain dicts. Source: the API reference's request bodies; constraints in the comments
are the server's to check.
"""

# No `from __future__ import annotations`: `__required_keys__` needs the real types.

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Required, TypeAlias, TypedDict

from runs_core.api.omit import Omit
from runs_core.flows.tools import Functions
from runs_core.models import Run
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

Include: TypeAlias = Literal[
    "step_details.tool_calls[*].file_search.results[*].content"
]


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
    idempotency_key: str
    """Sent as `Idempotency-Key`: allows a request that creates to be repeated."""


class Polling(TypedDict, total=False):
    poll_interval_ms: float
    """The wait between looks, 100 at least; without it the server's wish, else 1 s."""
    deadline: float | None
    """The longest time for all of it, in seconds (15 minutes); None for no limit."""
    on_poll: Callable[[Run], Any]
    """Called with the run after each look."""
    cancel_on_exit: bool
    """Cancel the run at the server if you leave before its end, by any exception."""


class Streaming(TypedDict, total=False):
    idle_timeout: float | None
    """The longest wait for an event, in seconds (5 minutes); None for no limit."""
    deadline: float | None
    """The longest time for the whole stream, in seconds; None for no limit."""
    resume: Literal["poll"] | None
    """"poll" ends a stream that broke or fell silent by polling the same run."""
    cancel_on_exit: bool
    """Cancel the run at the server if you close the stream before its end."""
    max_event_bytes: int | None


class ToolLoop(TypedDict, total=False):
    functions: Required[Functions]
    """Your functions, by name or called by their own names; or one that takes a round's
    calls and gives their outputs by call id. Called with the call's arguments."""
    on_tool_error: Literal["raise", "output"]
    """Cancel the run and raise (the default), or give the error's text to the model."""
    max_rounds: int
    """How often tools are called at most (10)."""


class IncludeParams(RequestOptions, total=False):
    include: Iterable[Include | str]


class ListParams(RequestOptions, total=False):
    limit: int  # 1 to 100, by default 20
    order: Literal["asc", "desc"]  # by created_at, by default desc
    after: str
    before: str


class StepListParams(ListParams, total=False):
    include: Iterable[Include | str]


class MessageListParams(ListParams, total=False):
    run_id: str


class MetadataParams(RequestOptions, total=False):
    metadata: Metadata | None


# --- Runs --------------------------------------------------------------------------


class RunParams(RequestOptions, total=False):
    """A new run, however it is waited for."""

    assistant_id: Required[str]
    include: Iterable[Include | str]
    model: str | None
    reasoning_effort: (
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    )
    instructions: str | None
    additional_instructions: str | None
    additional_messages: Iterable[Json] | None
    tools: Iterable[Json] | None
    metadata: Metadata | None
    temperature: float | None
    top_p: float | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: Json | None
    tool_choice: Literal["none", "auto", "required"] | Json | None
    parallel_tool_calls: bool
    response_format: Literal["auto"] | Json | None
    tool_resources: Json | None


class RunCreateParams(RunParams, total=False):
    stream: Literal[False] | None


class CreateAndPollParams(RunParams, Polling, total=False):
    pass


class RunStreamParams(RunParams, Streaming, total=False):
    pass


class PollParams(RequestOptions, Polling, total=False):
    pass


class RunEventsParams(RunStreamParams, total=False):
    """`create` with `stream=True`, which only a client's method takes."""

    stream: Required[Literal[True]]


class SubmitParams(RequestOptions, total=False):
    """A run's tool outputs, however it is waited for."""

    tool_outputs: Required[Iterable[Json]]
    tool_approvals: Iterable[Json]


class SubmitToolOutputsParams(SubmitParams, total=False):
    stream: Literal[False] | None


class SubmitAndPollParams(SubmitParams, Polling, total=False):
    pass


class SubmitStreamParams(SubmitParams, Streaming, total=False):
    pass


class SubmitEventsParams(SubmitStreamParams, total=False):
    """`submit_tool_outputs` with `stream=True`."""

    stream: Required[Literal[True]]


class RunToolsParams(RunParams, Polling, ToolLoop, total=False):
    pass


class StreamToolsParams(RunParams, Streaming, ToolLoop, total=False):
    pass


# --- Threads, messages, assistants -------------------------------------------------


class ThreadCreateParams(RequestOptions, total=False):
    messages: Iterable[Json]
    metadata: Metadata | None
    tool_resources: Json | None


class ThreadUpdateParams(RequestOptions, total=False):
    metadata: Metadata | None
    tool_resources: Json | None


class ThreadAndRunParams(RequestOptions, total=False):
    """A new thread and its first run, however it is waited for."""

    assistant_id: Required[str]
    thread: Json
    model: str | None
    instructions: str | None
    tools: Iterable[Json] | None
    tool_resources: Json | None
    metadata: Metadata | None
    temperature: float | None
    top_p: float | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: Json | None
    tool_choice: Literal["none", "auto", "required"] | Json | None
    parallel_tool_calls: bool
    response_format: Literal["auto"] | Json | None


class ThreadCreateAndRunParams(ThreadAndRunParams, total=False):
    stream: Literal[False] | None


class ThreadCreateAndRunPollParams(ThreadAndRunParams, Polling, total=False):
    pass


class ThreadCreateAndRunStreamParams(ThreadAndRunParams, Streaming, total=False):
    pass


class ThreadAndRunEventsParams(ThreadCreateAndRunStreamParams, total=False):
    """`create_and_run` with `stream=True`."""

    stream: Required[Literal[True]]


class MessageCreateParams(RequestOptions, total=False):
    role: Required[Literal["user", "assistant"]]
    content: Required[str | Iterable[Json]]
    attachments: Iterable[Json] | None
    metadata: Metadata | None


class AssistantUpdateParams(RequestOptions, total=False):
    model: str
    name: str | None
    description: str | None
    instructions: str | None
    reasoning_effort: (
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    )
    tools: Iterable[Json]
    tool_resources: Json | None
    metadata: Metadata | None
    temperature: float | None
    top_p: float | None
    response_format: Literal["auto"] | Json | None


class AssistantCreateParams(AssistantUpdateParams, total=False):
    model: Required[str]  # type: ignore[misc]  # the one difference to an update
