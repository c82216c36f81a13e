"""Run steps and the tool calls in them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import Factory, define

from runs_core import lifecycle
from runs_core.models.base import PROMISED, Resource
from runs_core.models.runs import LastError, Usage
from runs_core.models.tools import FileSearchRankingOptions
from runs_core.wire.codec import Tagged, Unknown, WireObject

__all__ = [
    "CodeInterpreter",
    "CodeInterpreterOutput",
    "CodeInterpreterOutputImage",
    "CodeInterpreterOutputImageImage",
    "CodeInterpreterOutputLogs",
    "CodeInterpreterToolCall",
    "FileSearchCall",
    "FileSearchResult",
    "FileSearchResultContent",
    "FileSearchToolCall",
    "Function",
    "FunctionToolCall",
    "MessageCreation",
    "MessageCreationStepDetails",
    "RunStep",
    "RunStepInclude",
    "RunStepStatus",
    "RunStepType",
    "StepDetails",
    "ToolCall",
    "ToolCallsStepDetails",
    "UnknownCodeInterpreterOutput",
    "UnknownStepDetails",
    "UnknownToolCall",
]

RunStepStatus: TypeAlias = lifecycle.StepStatus | str
"""A step's status."""

RunStepType: TypeAlias = Literal["message_creation", "tool_calls"] | str
"""What a step does."""

RunStepInclude: TypeAlias = (
    Literal["step_details.tool_calls[*].file_search.results[*].content"] | str
)
"""What a step can be asked to include: the text that file search found."""


@define(eq=False, repr=False)
class CodeInterpreterOutputLogs(WireObject):
    """Text that the code wrote."""

    logs: str = PROMISED
    """The text."""
    type: Literal["logs"] = "logs"


@define(eq=False, repr=False)
class CodeInterpreterOutputImageImage(WireObject):
    """An image file that the code created."""

    file_id: str = PROMISED
    """The file's id."""


@define(eq=False, repr=False)
class CodeInterpreterOutputImage(WireObject):
    """An image that the code created."""

    image: CodeInterpreterOutputImageImage
    """The image."""
    type: Literal["image"] = "image"


@define(eq=False, repr=False)
class UnknownCodeInterpreterOutput(Unknown):
    """Code interpreter output of a kind that this library does not know."""


CodeInterpreterOutput: TypeAlias = Annotated[
    CodeInterpreterOutputLogs
    | CodeInterpreterOutputImage
    | UnknownCodeInterpreterOutput,
    Tagged("type"),
]
"""One output of the code interpreter."""


@define(eq=False, repr=False)
class CodeInterpreter(WireObject):
    """Code and its output."""

    input: str = PROMISED
    """The code."""
    outputs: list[CodeInterpreterOutput] = Factory(list)
    """What it wrote and created."""


@define(eq=False, repr=False)
class CodeInterpreterToolCall(WireObject):
    """A call of the code interpreter."""

    id: str
    """The call's id."""
    code_interpreter: CodeInterpreter
    """What was run."""
    type: Literal["code_interpreter"] = "code_interpreter"


@define(eq=False, repr=False)
class FileSearchResultContent(WireObject):
    """A piece of a file that was found."""

    text: str | None = None
    """The words."""
    type: Literal["text"] | str | None = None
    """What kind of content it is."""


@define(eq=False, repr=False)
class FileSearchResult(WireObject):
    """A file that was found."""

    file_id: str = PROMISED
    """The file's id."""
    file_name: str = PROMISED
    """The file's name."""
    score: float = PROMISED
    """How well it matches, 0 to 1."""
    content: list[FileSearchResultContent] | None = None
    """What was found in it; only if `include` asks for it."""


@define(eq=False, repr=False)
class FileSearchCall(WireObject):
    """How files were searched, and the results; `FileSearch` in openai-python."""

    ranking_options: FileSearchRankingOptions | None = None
    """How results were chosen."""
    results: list[FileSearchResult] | None = None
    """The files that were found."""


@define(eq=False, repr=False)
class FileSearchToolCall(WireObject):
    """A call of file search."""

    id: str
    """The call's id."""
    file_search: FileSearchCall
    """What was searched."""
    type: Literal["file_search"] = "file_search"


@define(eq=False, repr=False)
class Function(WireObject):
    """A function, its arguments, and what the caller answered."""

    name: str = PROMISED
    """The function's name."""
    arguments: str = PROMISED
    """JSON, as the model wrote it: it may be invalid."""
    output: str | None = None
    """What the caller answered; None until outputs are submitted."""


@define(eq=False, repr=False)
class FunctionToolCall(WireObject):
    """A call of one of the caller's functions."""

    id: str
    """The call's id."""
    function: Function
    """What is called."""
    type: Literal["function"] = "function"


@define(eq=False, repr=False)
class UnknownToolCall(Unknown):
    """A call of another kind of tool, such as Foundry's `mcp` or `bing_grounding`."""

    @property
    def id(self) -> str:
        """The call's id; "" if it has none."""
        id = self.get("id")
        return id if isinstance(id, str) else ""


ToolCall: TypeAlias = Annotated[
    CodeInterpreterToolCall | FileSearchToolCall | FunctionToolCall | UnknownToolCall,
    Tagged("type"),
]
"""One call of a tool."""


@define(eq=False, repr=False)
class MessageCreation(WireObject):
    """The message that a step wrote."""

    message_id: str = PROMISED
    """The message's id."""


@define(eq=False, repr=False)
class MessageCreationStepDetails(WireObject):
    """The details of a step that wrote a message."""

    message_creation: MessageCreation
    """The message."""
    type: Literal["message_creation"] = "message_creation"


@define(eq=False, repr=False)
class ToolCallsStepDetails(WireObject):
    """The details of a step that called tools."""

    tool_calls: list[ToolCall] = Factory(list)
    """The calls."""
    type: Literal["tool_calls"] = "tool_calls"


@define(eq=False, repr=False)
class UnknownStepDetails(Unknown):
    """The details of a step of another kind, such as Foundry's `activities`."""


StepDetails: TypeAlias = Annotated[
    MessageCreationStepDetails | ToolCallsStepDetails | UnknownStepDetails,
    Tagged("type"),
]
"""What a step did."""


@define(eq=False, repr=False)
class RunStep(Resource):
    """One step of a run."""

    id: str
    """The step's id."""
    run_id: str = PROMISED
    """The run it belongs to."""
    thread_id: str = PROMISED
    """The thread the run is on."""
    assistant_id: str = PROMISED
    """The assistant of the run."""
    type: RunStepType = PROMISED
    """What it does."""
    status: RunStepStatus = PROMISED
    """Its status."""
    step_details: StepDetails = Factory(UnknownStepDetails)
    """What it did, so far."""
    created_at: int = PROMISED
    """When it was created (Unix time)."""
    completed_at: int | None = None
    """When it was completed (Unix time)."""
    cancelled_at: int | None = None
    """When it was cancelled (Unix time)."""
    failed_at: int | None = None
    """When it failed (Unix time)."""
    expired_at: int | None = None
    """When it expired (Unix time), as the API's description names it."""
    expires_at: int | None = None
    """When it expired or will expire (Unix time), as servers name it."""
    last_error: LastError | None = None
    """Why it failed."""
    usage: Usage | None = None
    """How many tokens it used; None while it goes on."""
    metadata: dict[str, str] | None = None
    """The user's own notes."""
    object: str = "thread.run.step"
