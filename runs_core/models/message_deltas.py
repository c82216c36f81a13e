"""Deltas of messages: what is added while they are being written."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from attrs import define

from runs_core.models.base import PROMISED, UnknownDelta
from runs_core.models.content import ImageDetail
from runs_core.models.messages import Role
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
    "MessageContentDelta",
    "MessageDelta",
    "MessageDeltaEvent",
    "RefusalDeltaBlock",
    "TextDelta",
    "TextDeltaBlock",
    "UnknownAnnotationDelta",
    "UnknownContentDelta",
]


@define(eq=False, repr=False)
class FileCitationDelta(WireObject):
    """The file that is cited."""

    file_id: str | None = None
    """The file's id."""
    quote: str | None = None
    """The words that are cited; only deltas have it."""


@define(eq=False, repr=False)
class FileCitationDeltaAnnotation(WireObject):
    """A part of the file citation at `index`."""

    index: int = PROMISED
    """Where in the text's annotations it belongs."""
    type: Literal["file_citation"] = "file_citation"
    file_citation: FileCitationDelta | None = None
    """The file."""
    text: str | None = None
    """The placeholder in the text where the citation belongs."""
    start_index: int | None = None
    """Where `text` begins in the whole text, in characters."""
    end_index: int | None = None
    """Where `text` ends."""


@define(eq=False, repr=False)
class FilePathDelta(WireObject):
    """The file that was created."""

    file_id: str | None = None
    """The file's id."""


@define(eq=False, repr=False)
class FilePathDeltaAnnotation(WireObject):
    """A part of the file path annotation at `index`."""

    index: int = PROMISED
    """Where in the text's annotations it belongs."""
    type: Literal["file_path"] = "file_path"
    file_path: FilePathDelta | None = None
    """The file."""
    text: str | None = None
    """The path, as it is in the text."""
    start_index: int | None = None
    """Where `text` begins in the whole text, in characters."""
    end_index: int | None = None
    """Where `text` ends."""


@define(eq=False, repr=False)
class UnknownAnnotationDelta(UnknownDelta):
    """A part of an annotation of another kind, such as Foundry's `url_citation`."""


AnnotationDelta: TypeAlias = Annotated[
    FileCitationDeltaAnnotation | FilePathDeltaAnnotation | UnknownAnnotationDelta,
    Tagged("type"),
]
"""A part of an annotation of a text."""


@define(eq=False, repr=False)
class TextDelta(WireObject):
    """More of a text."""

    value: str | None = None
    """What is appended."""
    annotations: list[AnnotationDelta] | None = None
    """Annotations, or parts of them."""


@define(eq=False, repr=False)
class TextDeltaBlock(WireObject):
    """More of the text block at `index`."""

    index: int = PROMISED
    """Where in the message's content it belongs; one server leaves it out."""
    type: Literal["text"] = "text"
    text: TextDelta | None = None
    """What is added."""


@define(eq=False, repr=False)
class ImageFileDelta(WireObject):
    """An image among the server's files."""

    file_id: str | None = None
    """The file's id."""
    detail: ImageDetail | None = None
    """How closely the model looks at it."""


@define(eq=False, repr=False)
class ImageFileDeltaBlock(WireObject):
    """The image file block at `index`."""

    index: int = PROMISED
    """Where in the message's content it belongs."""
    type: Literal["image_file"] = "image_file"
    image_file: ImageFileDelta | None = None
    """The image."""


@define(eq=False, repr=False)
class ImageURLDelta(WireObject):
    """An image at a URL."""

    url: str | None = None
    """The image's URL."""
    detail: ImageDetail | None = None
    """How closely the model looks at it."""


@define(eq=False, repr=False)
class ImageURLDeltaBlock(WireObject):
    """The image URL block at `index`."""

    index: int = PROMISED
    """Where in the message's content it belongs."""
    type: Literal["image_url"] = "image_url"
    image_url: ImageURLDelta | None = None
    """The image."""


@define(eq=False, repr=False)
class RefusalDeltaBlock(WireObject):
    """More of the refusal block at `index`."""

    index: int = PROMISED
    """Where in the message's content it belongs."""
    type: Literal["refusal"] = "refusal"
    refusal: str | None = None
    """What is appended."""


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
    """Who writes it."""
    content: list[MessageContentDelta] | None = None
    """Parts of its blocks. A block without a list, as one server sends it, becomes a
    list of one."""


@define(eq=False, repr=False)
class MessageDeltaEvent(WireObject):
    """A part of the message `id`, while it is being written."""

    _required: ClassVar[tuple[str, ...]] = ("object",)
    _objects: ClassVar[tuple[str, ...]] = ("delta",)

    id: str
    """The message's id."""
    delta: MessageDelta = PROMISED
    """What is added."""
    object: str = "thread.message.delta"
