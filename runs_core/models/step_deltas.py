"""Deltas of run steps: tool calls while they are being written."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from attrs import define

from runs_core.models.base import PROMISED, UnknownDelta
from runs_core.wire.codec import Tagged, Unknown, WireObject

__all__ = [
    "CodeInterpreterDelta",
    "CodeInterpreterImage",
    "CodeInterpreterImageFile",
    "CodeInterpreterLogs",
    "CodeInterpreterOutputDelta",
    "CodeInterpreterToolCallDelta",
    "FileSearchToolCallDelta",
    "FunctionDelta",
    "FunctionToolCallDelta",
    "MessageCreationDelta",
    "RunStepDelta",
    "RunStepDeltaEvent",
    "RunStepDeltaMessageDelta",
    "StepDetailsDelta",
    "ToolCallDelta",
    "ToolCallDeltaObject",
    "UnknownCodeInterpreterOutputDelta",
    "UnknownStepDetailsDelta",
    "UnknownToolCallDelta",
]


@define(eq=False, repr=False)
class CodeInterpreterLogs(WireObject):
    """More of the logs at `index`."""

    index: int = PROMISED
    """Where in the call's outputs it belongs."""
    type: Literal["logs"] = "logs"
    logs: str | None = None
    """What is appended."""


@define(eq=False, repr=False)
class CodeInterpreterImageFile(WireObject):
    """An image file that the code created."""

    file_id: str | None = None
    """The file's id."""


@define(eq=False, repr=False)
class CodeInterpreterImage(WireObject):
    """The image at `index`.

    openai-python has two classes named `CodeInterpreterOutputImage`; this is the one
    of deltas.
    """

    index: int = PROMISED
    """Where in the call's outputs it belongs."""
    type: Literal["image"] = "image"
    image: CodeInterpreterImageFile | None = None
    """The image."""


@define(eq=False, repr=False)
class UnknownCodeInterpreterOutputDelta(UnknownDelta):
    """A part of output of a kind that this library does not know."""


CodeInterpreterOutputDelta: TypeAlias = Annotated[
    CodeInterpreterLogs | CodeInterpreterImage | UnknownCodeInterpreterOutputDelta,
    Tagged("type"),
]
"""A part of one output of the code interpreter."""


@define(eq=False, repr=False)
class CodeInterpreterDelta(WireObject):
    """More code, or more of its output."""

    input: str | None = None
    """What is appended to the code."""
    outputs: list[CodeInterpreterOutputDelta] | None = None
    """Parts of its outputs."""


@define(eq=False, repr=False)
class CodeInterpreterToolCallDelta(WireObject):
    """A part of the code interpreter call at `index`."""

    index: int = PROMISED
    """Where in the step's tool calls it belongs."""
    type: Literal["code_interpreter"] = "code_interpreter"
    id: str | None = None
    """The call's id; only in its first delta."""
    code_interpreter: CodeInterpreterDelta | None = None
    """What is added."""


@define(eq=False, repr=False)
class FileSearchToolCallDelta(WireObject):
    """A part of the file search call at `index`."""

    index: int = PROMISED
    """Where in the step's tool calls it belongs."""
    type: Literal["file_search"] = "file_search"
    id: str | None = None
    """The call's id; only in its first delta."""
    file_search: Any = None
    """What is added; the API's description leaves it open."""


@define(eq=False, repr=False)
class FunctionDelta(WireObject):
    """A part of a function call."""

    name: str | None = None
    """The function's name; only in the call's first delta."""
    arguments: str | None = None
    """What is appended to the arguments."""
    output: str | None = None
    """What the caller answered; None until outputs are submitted."""


@define(eq=False, repr=False)
class FunctionToolCallDelta(WireObject):
    """A part of the function call at `index`."""

    index: int = PROMISED
    """Where in the step's tool calls it belongs."""
    type: Literal["function"] = "function"
    id: str | None = None
    """The call's id; only in its first delta."""
    function: FunctionDelta | None = None
    """What is added."""


@define(eq=False, repr=False)
class UnknownToolCallDelta(UnknownDelta):
    """A part of a call of another kind of tool, such as Foundry's `mcp`."""

    @property
    def id(self) -> str | None:
        """The call's id, if this delta has it."""
        id = self.get("id")
        return id if isinstance(id, str) else None


ToolCallDelta: TypeAlias = Annotated[
    CodeInterpreterToolCallDelta
    | FileSearchToolCallDelta
    | FunctionToolCallDelta
    | UnknownToolCallDelta,
    Tagged("type"),
]
"""A part of one call of a tool."""


@define(eq=False, repr=False)
class MessageCreationDelta(WireObject):
    """The message that the step writes."""

    message_id: str | None = None
    """The message's id."""


@define(eq=False, repr=False)
class RunStepDeltaMessageDelta(WireObject):
    """A part of a step that writes a message."""

    type: Literal["message_creation"] = "message_creation"
    message_creation: MessageCreationDelta | None = None
    """The message."""


@define(eq=False, repr=False)
class ToolCallDeltaObject(WireObject):
    """A part of a step that calls tools."""

    type: Literal["tool_calls"] = "tool_calls"
    tool_calls: list[ToolCallDelta] | None = None
    """Parts of its calls."""


@define(eq=False, repr=False)
class UnknownStepDetailsDelta(Unknown):
    """A part of a step of another kind, such as Foundry's `activities`."""


StepDetailsDelta: TypeAlias = Annotated[
    RunStepDeltaMessageDelta | ToolCallDeltaObject | UnknownStepDetailsDelta,
    Tagged("type"),
]
"""A part of what a step does."""


@define(eq=False, repr=False)
class RunStepDelta(WireObject):
    """What a delta adds to a step."""

    step_details: StepDetailsDelta | None = None
    """More of what the step does."""


@define(eq=False, repr=False)
class RunStepDeltaEvent(WireObject):
    """A part of the step `id`, while it goes on."""

    _required: ClassVar[tuple[str, ...]] = ("object",)
    _objects: ClassVar[tuple[str, ...]] = ("delta",)

    id: str
    """The step's id."""
    delta: RunStepDelta = PROMISED
    """What is added."""
    object: str = "thread.run.step.delta"
