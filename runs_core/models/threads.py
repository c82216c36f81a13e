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
    created_at: int = PROMISED
    metadata: dict[str, str] | None = None
    tool_resources: ToolResources | None = None
    object: str = "thread"


@define(eq=False, repr=False)
class ThreadDeleted(Resource):
    """Says that a thread was deleted."""

    id: str
    deleted: bool = PROMISED
    object: str = "thread.deleted"


@define(eq=False, repr=False)
class Assistant(Resource):
    """A model with instructions and tools."""

    id: str
    created_at: int = PROMISED
    model: str = PROMISED
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: list[AssistantTool] = Factory(list)
    tool_resources: ToolResources | None = None
    metadata: dict[str, str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_format: AssistantResponseFormatOption | None = None
    reasoning_effort: str | None = None
    object: str = "assistant"


@define(eq=False, repr=False)
class AssistantDeleted(Resource):
    """Says that an assistant was deleted."""

    id: str
    deleted: bool = PROMISED
    object: str = "assistant.deleted"
