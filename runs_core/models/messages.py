"""Messages and their deltas."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import Factory, define

from runs_core.models.base import PROMISED, Resource, UnknownDelta
from runs_core.models.content import Attachment, ImageDetail, MessageContent
from runs_core.wire.codec import Tagged, WireObject

__all__ = [
    "AnnotationDelta",
    "FileCitationDelta",
    "FileCitationDeltaAnnotation",
    "FilePathDelta",
    "FilePathDeltaAnnotation",
    "ImageFileDelta",
    "ImageFileDeltaBlock",
    "ImageURLDelta",
    "ImageURLDeltaBlock",
    "Message",
    "MessageContentDelta",
    "MessageDeleted",
    "MessageDelta",
    "MessageDeltaEvent",
    "MessageIncompleteDetails",
    "MessageStatus",
    "RefusalDeltaBlock",
    "Role",
    "TextDelta",
    "TextDeltaBlock",
    "UnknownAnnotationDelta",
    "UnknownContentDelta",
]

Role: TypeAlias = Literal["user", "assistant"] | str
"""Who wrote a message."""

MessageStatus: TypeAlias = Literal["in_progress", "incomplete", "completed"] | str
"""How far a message is."""


@define(eq=False, repr=False)
class MessageIncompleteDetails(WireObject):
    """Why a message is incomplete."""

    reason: (
        Literal[
            "content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"
        ]
        | str
    ) = PROMISED


@define(eq=False, repr=False)
class Message(Resource):
    """A message of a thread.

    `status` is often missing where messages are listed or retrieved.
    """

    id: str
    thread_id: str = PROMISED
    role: Role = PROMISED
    content: list[MessageContent] = Factory(list)
    created_at: int = PROMISED
    status: MessageStatus | None = None
    assistant_id: str | None = None
    """The assistant that wrote it, if one did."""
    run_id: str | None = None
    """The run that it was written in."""
    attachments: list[Attachment] | None = None
    completed_at: int | None = None
    incomplete_at: int | None = None
    incomplete_details: MessageIncompleteDetails | None = None
    metadata: dict[str, str] | None = None
    object: str = "thread.message"


@define(eq=False, repr=False)
class MessageDeleted(Resource):
    """Says that a message was deleted."""

    id: str
    deleted: bool = PROMISED
    object: str = "thread.message.deleted"


# --- Deltas ------------------------------------------------------------------------


@define(eq=False, repr=False)
class FileCitationDelta(WireObject):
    """The file that is cited."""

    file_id: str | None = None
    quote: str | None = None
    """The words that are cited; only deltas have it."""


@define(eq=False, repr=False)
class FileCitationDeltaAnnotation(WireObject):
    """A part of a file citation."""

    index: int = PROMISED
    type: Literal["file_citation"] = "file_citation"
    file_citation: FileCitationDelta | None = None
    text: str | None = None
    start_index: int | None = None
    end_index: int | None = None


@define(eq=False, repr=False)
class FilePathDelta(WireObject):
    """The file that was made."""

    file_id: str | None = None


@define(eq=False, repr=False)
class FilePathDeltaAnnotation(WireObject):
    """A part of a file path annotation."""

    index: int = PROMISED
    type: Literal["file_path"] = "file_path"
    file_path: FilePathDelta | None = None
    text: str | None = None
    start_index: int | None = None
    end_index: int | None = None


@define(eq=False, repr=False)
class UnknownAnnotationDelta(UnknownDelta):
    """A part of an annotation of another kind, such as Foundry's `url_citation`."""


AnnotationDelta: TypeAlias = Annotated[
    FileCitationDeltaAnnotation | FilePathDeltaAnnotation | UnknownAnnotationDelta,
    Tagged("type"),
]
"""A part of a remark on a text."""


@define(eq=False, repr=False)
class TextDelta(WireObject):
    """More of a text: `value` is appended."""

    value: str | None = None
    annotations: list[AnnotationDelta] | None = None


@define(eq=False, repr=False)
class TextDeltaBlock(WireObject):
    """More of the text block at `index`."""

    index: int = PROMISED
    type: Literal["text"] = "text"
    text: TextDelta | None = None


@define(eq=False, repr=False)
class ImageFileDelta(WireObject):
    """An image among the server's files."""

    file_id: str | None = None
    detail: ImageDetail | None = None


@define(eq=False, repr=False)
class ImageFileDeltaBlock(WireObject):
    """The image file block at `index`."""

    index: int = PROMISED
    type: Literal["image_file"] = "image_file"
    image_file: ImageFileDelta | None = None


@define(eq=False, repr=False)
class ImageURLDelta(WireObject):
    """An image somewhere else."""

    url: str | None = None
    detail: ImageDetail | None = None


@define(eq=False, repr=False)
class ImageURLDeltaBlock(WireObject):
    """The image URL block at `index`."""

    index: int = PROMISED
    type: Literal["image_url"] = "image_url"
    image_url: ImageURLDelta | None = None


@define(eq=False, repr=False)
class RefusalDeltaBlock(WireObject):
    """More of the refusal block at `index`: `refusal` is appended."""

    index: int = PROMISED
    type: Literal["refusal"] = "refusal"
    refusal: str | None = None


@define(eq=False, repr=False)
class UnknownContentDelta(UnknownDelta):
    """A part of a content block of a kind that this library does not know."""


MessageContentDelta: TypeAlias = Annotated[
    TextDeltaBlock
    | ImageFileDeltaBlock
    | ImageURLDeltaBlock
    | RefusalDeltaBlock
    | UnknownContentDelta,
    Tagged("type"),
]
"""A part of one block of a message's content."""


@define(eq=False, repr=False)
class MessageDelta(WireObject):
    """What a delta adds to a message."""

    role: Role | None = None
    content: list[MessageContentDelta] | None = None
    """A single block without a list, as one server sends it, is a list of one."""


@define(eq=False, repr=False)
class MessageDeltaEvent(Resource):
    """A part of the message `id`, while it is being written."""

    id: str
    delta: MessageDelta
    object: str = "thread.message.delta"
