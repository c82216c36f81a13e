"""Runs."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import Factory, define

from runs_core import lifecycle
from runs_core.models.base import PROMISED, Resource
from runs_core.models.common import code_as_text
from runs_core.models.formats import AssistantResponseFormatOption, TruncationStrategy
from runs_core.models.tools import (
    AssistantTool,
    AssistantToolChoiceOption,
    ToolResources,
)
from runs_core.wire.codec import Reads, Tagged, Unknown, WireObject

__all__ = [
    "IncompleteDetails",
    "LastError",
    "RequiredAction",
    "RequiredActionFunction",
    "RequiredActionFunctionToolCall",
    "RequiredActionSubmitToolApproval",
    "RequiredActionSubmitToolOutputs",
    "RequiredActionToolCall",
    "Run",
    "RunStatus",
    "UnknownRequiredActionToolCall",
    "Usage",
]

RunStatus: TypeAlias = lifecycle.RunStatus | str
"""A run's status."""


@define(eq=False, repr=False)
class LastError(WireObject):
    """Why a run or a step failed."""

    code: Annotated[
        Literal["server_error", "rate_limit_exceeded", "invalid_prompt"] | str,
        Reads(code_as_text),
    ] = PROMISED
    """The kind of error. A number, which some servers send, reads as its digits."""
    message: str = PROMISED
    """The error in words."""


@define(eq=False, repr=False)
class IncompleteDetails(WireObject):
    """Why a run is incomplete."""

    reason: Literal["max_completion_tokens", "max_prompt_tokens"] | str | None = None
    """Which limit was reached."""


@define(eq=False, repr=False)
class Usage(WireObject):
    """How many tokens were used."""

    prompt_tokens: int = PROMISED
    """Tokens read."""
    completion_tokens: int = PROMISED
    """Tokens written."""
    total_tokens: int = PROMISED
    """Both together."""


@define(eq=False, repr=False)
class RequiredActionFunction(WireObject):
    """The function to run."""

    name: str = PROMISED
    """The function's name."""
    arguments: str = PROMISED
    """JSON, as the model wrote it: it may be invalid."""


@define(eq=False, repr=False)
class RequiredActionFunctionToolCall(WireObject):
    """A function call that the run waits for."""

    id: str
    """The call's id: the `tool_call_id` of the output."""
    function: RequiredActionFunction
    """What to run."""
    type: Literal["function"] = "function"


@define(eq=False, repr=False)
class UnknownRequiredActionToolCall(Unknown):
    """A call of another kind that the run waits for, such as Foundry's `mcp`."""

    @property
    def id(self) -> str:
        """The call's id; "" if it has none."""
        id = self.get("id")
        return id if isinstance(id, str) else ""


RequiredActionToolCall: TypeAlias = Annotated[
    RequiredActionFunctionToolCall | UnknownRequiredActionToolCall, Tagged("type")
]
"""One call that a run waits for."""


@define(eq=False, repr=False)
class RequiredActionSubmitToolOutputs(WireObject):
    """The calls that wait for an output."""

    tool_calls: list[RequiredActionToolCall] = Factory(list)
    """The calls; all of them are answered in one request."""


@define(eq=False, repr=False)
class RequiredActionSubmitToolApproval(WireObject):
    """The calls that wait for an approval (Foundry only)."""

    tool_calls: list[RequiredActionToolCall] = Factory(list)
    """The calls; all of them are answered in one request."""


@define(eq=False, repr=False)
class RequiredAction(WireObject):
    """What the run waits for."""

    type: Literal["submit_tool_outputs", "submit_tool_approval"] | str = PROMISED
    """The name of the field that has the calls."""
    submit_tool_outputs: RequiredActionSubmitToolOutputs | None = None
    """Calls to answer."""
    submit_tool_approval: RequiredActionSubmitToolApproval | None = None
    """Calls to approve (Foundry only)."""


@define(eq=False, repr=False)
class Run(Resource):
    """A run of an assistant on a thread.

    `tool_resources` and `reasoning_effort` are in no published description of a run,
    but servers send them.
    """

    id: str
    """The run's id."""
    thread_id: str = PROMISED
    """The thread it is on."""
    assistant_id: str = PROMISED
    """The assistant that runs."""
    status: RunStatus = PROMISED
    """Its status."""
    created_at: int = PROMISED
    """When it was created (Unix time)."""
    started_at: int | None = None
    """When it was started (Unix time)."""
    expires_at: int | None = None
    """When it will expire (Unix time)."""
    cancelled_at: int | None = None
    """When it was cancelled (Unix time)."""
    failed_at: int | None = None
    """When it failed (Unix time)."""
    completed_at: int | None = None
    """When it was completed (Unix time)."""
    required_action: RequiredAction | None = None
    """What it waits for while `status` is `requires_action`."""
    last_error: LastError | None = None
    """Why it failed."""
    incomplete_details: IncompleteDetails | None = None
    """Why it is incomplete."""
    model: str = PROMISED
    """The model it uses."""
    instructions: str | None = None
    """The instructions it follows."""
    tools: list[AssistantTool] = Factory(list)
    """The tools it may use."""
    tool_resources: ToolResources | None = None
    """What its tools use."""
    metadata: dict[str, str] | None = None
    """The user's own notes."""
    usage: Usage | None = None
    """How many tokens it used; None until it has ended."""
    temperature: float | None = None
    """How random the answers are, 0 to 2."""
    top_p: float | None = None
    """The share of likely tokens the model chooses from, 0 to 1."""
    max_prompt_tokens: int | None = None
    """How many tokens it may read."""
    max_completion_tokens: int | None = None
    """How many tokens it may write."""
    truncation_strategy: TruncationStrategy | None = None
    """How the thread is cut to fit."""
    tool_choice: AssistantToolChoiceOption | None = None
    """Which tools it may or must use."""
    parallel_tool_calls: bool | None = None
    """Whether it may call several functions at once."""
    response_format: AssistantResponseFormatOption | None = None
    """How answers are formatted."""
    reasoning_effort: str | None = None
    """How long the model thinks."""
    object: str = "thread.run"
