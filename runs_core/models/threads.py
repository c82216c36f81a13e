"""Threads and assistants."""

from __future__ import annotations

from attrs import Factory, define

from runs_core.models.base import PROMISED, Resource
from runs_core.models.formats import AssistantResponseFormatOption
from runs_core.models.tools import AssistantTool, ToolResources

__all__ = ["Assistant", "AssistantDeleted", "Thread", "ThreadDeleted"]


@define(eq=False, repr=False)
class Thread(Resource):
    """A conversation."""

    id: str
    """The thread's id."""
    created_at: int = PROMISED
    """When it was created (Unix time)."""
    metadata: dict[str, str] | None = None
    """The user's own notes."""
    tool_resources: ToolResources | None = None
    """What tools use in it."""
    object: str = "thread"


@define(eq=False, repr=False)
class ThreadDeleted(Resource):
    """Says that a thread was deleted."""

    id: str
    """The thread's id."""
    deleted: bool = PROMISED
    """Whether it was deleted."""
    object: str = "thread.deleted"


@define(eq=False, repr=False)
class Assistant(Resource):
    """A model with instructions and tools."""

    id: str
    """The assistant's id."""
    created_at: int = PROMISED
    """When it was created (Unix time)."""
    model: str = PROMISED
    """The model it uses."""
    name: str | None = None
    """What users call it."""
    description: str | None = None
    """What it is for."""
    instructions: str | None = None
    """The instructions it follows."""
    tools: list[AssistantTool] = Factory(list)
    """The tools it may use."""
    tool_resources: ToolResources | None = None
    """What its tools use."""
    metadata: dict[str, str] | None = None
    """The user's own notes."""
    temperature: float | None = None
    """How random the answers are, 0 to 2."""
    top_p: float | None = None
    """The share of likely tokens the model chooses from, 0 to 1."""
    response_format: AssistantResponseFormatOption | None = None
    """How answers are formatted."""
    reasoning_effort: str | None = None
    """How long the model thinks."""
    object: str = "assistant"


@define(eq=False, repr=False)
class AssistantDeleted(Resource):
    """Says that an assistant was deleted."""

    id: str
    """The assistant's id."""
    deleted: bool = PROMISED
    """Whether it was deleted."""
    object: str = "assistant.deleted"
