"""Deltas of run steps: tool calls while they are being written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from attrs import define

from runs_core.models.base import PROMISED, Resource, UnknownDelta
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
    """More of the logs at `index`: `logs` is appended."""

    index: int = PROMISED
    type: Literal["logs"] = "logs"
    logs: str | None = None


@define(eq=False, repr=False)
class CodeInterpreterImageFile(WireObject):
    """An image file that the code made."""

    file_id: str | None = None


@define(eq=False, repr=False)
class CodeInterpreterImage(WireObject):
    """The image at `index`.

    openai-python has two classes named `CodeInterpreterOutputImage`; this is the one
    of deltas.
    """

    index: int = PROMISED
    type: Literal["image"] = "image"
    image: CodeInterpreterImageFile | None = None


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
    """More code (`input` is appended), or what came of it."""

    input: str | None = None
    outputs: list[CodeInterpreterOutputDelta] | None = None


@define(eq=False, repr=False)
class CodeInterpreterToolCallDelta(WireObject):
    """A part of the code interpreter call at `index`."""

    index: int = PROMISED
    type: Literal["code_interpreter"] = "code_interpreter"
    id: str | None = None
    code_interpreter: CodeInterpreterDelta | None = None


@define(eq=False, repr=False)
class FileSearchToolCallDelta(WireObject):
    """A part of the file search call at `index`."""

    index: int = PROMISED
    type: Literal["file_search"] = "file_search"
    id: str | None = None
    file_search: Any = None
    """Whatever the server sends; the API's description leaves it open."""


@define(eq=False, repr=False)
class FunctionDelta(WireObject):
    """A part of a function call: `arguments` is appended."""

    name: str | None = None
    arguments: str | None = None
    output: str | None = None


@define(eq=False, repr=False)
class FunctionToolCallDelta(WireObject):
    """A part of the function call at `index`."""

    index: int = PROMISED
    type: Literal["function"] = "function"
    id: str | None = None
    """Only in the call's first delta."""
    function: FunctionDelta | None = None


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


@define(eq=False, repr=False)
class RunStepDeltaMessageDelta(WireObject):
    """A part of a step that writes a message."""

    type: Literal["message_creation"] = "message_creation"
    message_creation: MessageCreationDelta | None = None


@define(eq=False, repr=False)
class ToolCallDeltaObject(WireObject):
    """A part of a step that calls tools."""

    type: Literal["tool_calls"] = "tool_calls"
    tool_calls: list[ToolCallDelta] | None = None


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


@define(eq=False, repr=False)
class RunStepDeltaEvent(Resource):
    """A part of the step `id`, while it goes on."""

    id: str
    delta: RunStepDelta
    object: str = "thread.run.step.delta"
