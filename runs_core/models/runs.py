"""Runs."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import Factory, define

from runs_core.models.base import PROMISED, Resource
from runs_core.models.formats import AssistantResponseFormatOption, TruncationStrategy
from runs_core.models.tools import (
    AssistantTool,
    AssistantToolChoiceOption,
    ToolResources,
)
from runs_core.wire.codec import Tagged, Unknown, WireObject

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

RunStatus: TypeAlias = (
    Literal[
        "queued",
        "in_progress",
        "requires_action",
        "cancelling",
        "cancelled",
        "failed",
        "completed",
        "incomplete",
        "expired",
    ]
    | str
)
"""How far a run is."""


@define(eq=False, repr=False)
class LastError(WireObject):
    """Why a run or a step failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"] | str = (
        PROMISED
    )
    message: str = PROMISED


@define(eq=False, repr=False)
class IncompleteDetails(WireObject):
    """Why a run is incomplete."""

    reason: Literal["max_completion_tokens", "max_prompt_tokens"] | str | None = None


@define(eq=False, repr=False)
class Usage(WireObject):
    """How many tokens were used."""

    prompt_tokens: int = PROMISED
    completion_tokens: int = PROMISED
    total_tokens: int = PROMISED


@define(eq=False, repr=False)
class RequiredActionFunction(WireObject):
    """The function that is to be run."""

    name: str = PROMISED
    arguments: str = PROMISED
    """JSON, as the model wrote it: it may be invalid."""


@define(eq=False, repr=False)
class RequiredActionFunctionToolCall(WireObject):
    """A call of a function that the run waits for."""

    id: str
    function: RequiredActionFunction
    type: Literal["function"] = "function"


@define(eq=False, repr=False)
class UnknownRequiredActionToolCall(Unknown):
    """A call of another kind that the run waits for, such as Foundry's `mcp`."""

    @property
    def id(self) -> str:
        """The call's id; "" where it has none."""
        id = self.get("id")
        return id if isinstance(id, str) else ""


RequiredActionToolCall: TypeAlias = Annotated[
    RequiredActionFunctionToolCall | UnknownRequiredActionToolCall, Tagged("type")
]
"""One call that a run waits for."""


@define(eq=False, repr=False)
class RequiredActionSubmitToolOutputs(WireObject):
    """The calls that wait for an output. All outputs go into one request."""

    tool_calls: list[RequiredActionToolCall] = Factory(list)


@define(eq=False, repr=False)
class RequiredActionSubmitToolApproval(WireObject):
    """The calls that wait for an approval."""

    tool_calls: list[RequiredActionToolCall] = Factory(list)


@define(eq=False, repr=False)
class RequiredAction(WireObject):
    """What the run waits for. The field that `type` names says it."""

    type: Literal["submit_tool_outputs", "submit_tool_approval"] | str = PROMISED
    submit_tool_outputs: RequiredActionSubmitToolOutputs | None = None
    submit_tool_approval: RequiredActionSubmitToolApproval | None = None
    """Foundry only."""


@define(eq=False, repr=False)
class Run(Resource):
    """A run of an assistant on a thread.

    `tool_resources` and `reasoning_effort` are in no published description of a run,
    but servers send them.
    """

    id: str
    thread_id: str = PROMISED
    assistant_id: str = PROMISED
    status: RunStatus = PROMISED
    created_at: int = PROMISED
    started_at: int | None = None
    expires_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    required_action: RequiredAction | None = None
    """Set while `status` is `requires_action`."""
    last_error: LastError | None = None
    incomplete_details: IncompleteDetails | None = None
    model: str = PROMISED
    instructions: str | None = None
    tools: list[AssistantTool] = Factory(list)
    tool_resources: ToolResources | None = None
    metadata: dict[str, str] | None = None
    usage: Usage | None = None
    """None until the run has ended."""
    temperature: float | None = None
    top_p: float | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: TruncationStrategy | None = None
    tool_choice: AssistantToolChoiceOption | None = None
    parallel_tool_calls: bool | None = None
    response_format: AssistantResponseFormatOption | None = None
    reasoning_effort: str | None = None
    object: str = "thread.run"
