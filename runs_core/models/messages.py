"""Messages."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import Factory, define

from runs_core import lifecycle
from runs_core.models.base import PROMISED, Resource
from runs_core.models.content import Attachment, MessageContent
from runs_core.wire.codec import WireObject

__all__ = [
    "Message",
    "MessageDeleted",
    "MessageIncompleteDetails",
    "MessageStatus",
    "Role",
]

Role: TypeAlias = Literal["user", "assistant"] | str
"""Who wrote a message."""

MessageStatus: TypeAlias = lifecycle.MessageStatus | str
"""A message's status."""


@define(eq=False, repr=False)
class MessageIncompleteDetails(WireObject):
    """Why a message is incomplete. openai-python's name is `IncompleteDetails`."""

    reason: (
        Literal[
            "content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"
        ]
        | str
    ) = PROMISED
    """What cut it short."""


@define(eq=False, repr=False)
class Message(Resource):
    """A message of a thread."""

    id: str
    """The message's id."""
    thread_id: str = PROMISED
    """The thread it is in."""
    role: Role = PROMISED
    """Who wrote it."""
    content: list[MessageContent] = Factory(list)
    """Its blocks."""
    created_at: int = PROMISED
    """When it was created (Unix time)."""
    status: MessageStatus | None = None
    """Its status; servers often leave it out in lists of messages."""
    assistant_id: str | None = None
    """The assistant that wrote it, if one did."""
    run_id: str | None = None
    """The run that wrote it, if one did."""
    attachments: list[Attachment] | None = None
    """Files that came with it."""
    completed_at: int | None = None
    """When it was completed (Unix time)."""
    incomplete_at: int | None = None
    """When it was left incomplete (Unix time)."""
    incomplete_details: MessageIncompleteDetails | None = None
    """Why it is incomplete."""
    metadata: dict[str, str] | None = None
    """The user's own notes."""
    object: str = "thread.message"


@define(eq=False, repr=False)
class MessageDeleted(Resource):
    """Says that a message was deleted."""

    id: str
    """The message's id."""
    deleted: bool = PROMISED
    """Whether it was deleted."""
    object: str = "thread.message.deleted"
