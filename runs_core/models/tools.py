"""Tools, what they use, and how the model chooses among them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from attrs import define, frozen

from runs_core.models.base import Value
from runs_core.wire.codec import ABSENT, Tagged, Unknown

__all__ = [
    "AssistantTool",
    "AssistantToolChoice",
    "AssistantToolChoiceFunction",
    "AssistantToolChoiceOption",
    "CodeInterpreterTool",
    "FileSearch",
    "FileSearchRankingOptions",
    "FileSearchTool",
    "FunctionDefinition",
    "FunctionTool",
    "ToolApproval",
    "ToolOutput",
    "ToolResources",
    "ToolResourcesCodeInterpreter",
    "ToolResourcesFileSearch",
    "UnknownTool",
]


@frozen(eq=False, repr=False)
class CodeInterpreterTool(Value):
    """Lets the model run Python."""

    type: Literal["code_interpreter"] = "code_interpreter"


@frozen(eq=False, repr=False, kw_only=True)
class FileSearchRankingOptions(Value):
    """How file search ranks what it finds."""

    score_threshold: float
    """Results with a lower score are left out; 0 to 1."""
    ranker: Literal["auto", "default_2024_08_21"] | str | None = ABSENT
    """How results are ordered; the server chooses if it is left out."""


@frozen(eq=False, repr=False, kw_only=True)
class FileSearch(Value):
    """Settings of the file search tool."""

    max_num_results: int | None = ABSENT
    """The most results, 1 to 50."""
    ranking_options: FileSearchRankingOptions | None = ABSENT
    """How results are chosen."""


@frozen(eq=False, repr=False, kw_only=True)
class FileSearchTool(Value):
    """Lets the model search in files."""

    file_search: FileSearch | None = ABSENT
    """Settings; left out if the tool is only named, as in attachments."""
    type: Literal["file_search"] = "file_search"


@frozen(eq=False, repr=False, kw_only=True)
class FunctionDefinition(Value):
    """A function that the model may call."""

    name: str
    """Letters, digits, underscores and dashes, at most 64."""
    description: str | None = ABSENT
    """What the model reads to decide when and how to call it."""
    parameters: dict[str, Any] | None = ABSENT
    """The arguments, as a JSON schema; left out for a function without any."""
    strict: bool | None = ABSENT
    """Whether the model must follow the schema exactly."""


@frozen(eq=False, repr=False, kw_only=True)
class FunctionTool(Value):
    """Lets the model ask the caller to run a function."""

    function: FunctionDefinition
    type: Literal["function"] = "function"


@define(eq=False, repr=False)
class UnknownTool(Unknown):
    """A tool of a kind that this library does not know. `raw` is sent as it is.

    The error `runs_core.UnknownTool` is something else: a function that is missing.
    """


AssistantTool: TypeAlias = Annotated[
    CodeInterpreterTool | FileSearchTool | FunctionTool | UnknownTool, Tagged("type")
]
"""A tool of an assistant, a run, or an attachment."""


@frozen(eq=False, repr=False, kw_only=True)
class ToolResourcesCodeInterpreter(Value):
    """What the code interpreter may read."""

    file_ids: list[str] | None = ABSENT
    """The files' ids, at most 20."""


@frozen(eq=False, repr=False, kw_only=True)
class ToolResourcesFileSearch(Value):
    """Where file search looks."""

    vector_store_ids: list[str] | None = ABSENT
    """The vector stores' ids, at most one."""
    vector_stores: list[Any] | None = ABSENT
    """In requests only: vector stores to create, as dicts."""


@frozen(eq=False, repr=False, kw_only=True)
class ToolResources(Value):
    """What the tools of an assistant or a thread use, by kind of tool."""

    code_interpreter: ToolResourcesCodeInterpreter | None = ABSENT
    """For the code interpreter."""
    file_search: ToolResourcesFileSearch | None = ABSENT
    """For file search."""


@frozen(eq=False, repr=False)
class AssistantToolChoiceFunction(Value):
    """The function that must be called."""

    name: str


@frozen(eq=False, repr=False, kw_only=True)
class AssistantToolChoice(Value):
    """The tool that must be called."""

    type: Literal["function", "code_interpreter", "file_search"] | str
    """The kind of tool."""
    function: AssistantToolChoiceFunction | None = ABSENT
    """Which function, if the tool is one."""


AssistantToolChoiceOption: TypeAlias = (
    Literal["none", "auto", "required"] | str | AssistantToolChoice
)
"""Whether the model may or must call tools, or which one it must call."""


@frozen(eq=False, repr=False)
class ToolOutput(Value):
    """The answer to one tool call of a run that requires action."""

    tool_call_id: str
    """The id of the call, from the run's required action."""
    output: str
    """Any text; JSON by convention."""


@frozen(eq=False, repr=False, kw_only=True)
class ToolApproval(Value):
    """The answer to one tool call that waits for approval (Foundry only)."""

    tool_call_id: str
    """The id of the call, from the run's required action."""
    approve: bool
    """Whether the call may be made."""
    headers: dict[str, str] | None = ABSENT
    """Headers for the tool's own server."""
