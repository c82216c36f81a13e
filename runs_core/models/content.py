"""What messages are made of: content blocks and annotations."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import Factory, define, frozen

from runs_core.models.base import PROMISED, Value
from runs_core.models.tools import AssistantTool
from runs_core.wire.codec import ABSENT, Tagged, Unknown, WireObject

__all__ = [
    "Annotation",
    "Attachment",
    "FileCitation",
    "FileCitationAnnotation",
    "FilePath",
    "FilePathAnnotation",
    "ImageDetail",
    "ImageFile",
    "ImageFileContentBlock",
    "ImageURL",
    "ImageURLContentBlock",
    "MessageContent",
    "MessageContentPartParam",
    "RefusalContentBlock",
    "Text",
    "TextContentBlock",
    "TextContentBlockParam",
    "UnknownAnnotation",
    "UnknownContentBlock",
]

ImageDetail: TypeAlias = Literal["auto", "low", "high"] | str
"""How closely the model looks at an image."""


@define(eq=False, repr=False)
class FileCitation(WireObject):
    """The file that is cited."""

    file_id: str = PROMISED
    """The file's id."""


@define(eq=False, repr=False)
class FileCitationAnnotation(WireObject):
    """Says which file a part of a text comes from."""

    file_citation: FileCitation
    """The file."""
    text: str = PROMISED
    """The placeholder in the text where the citation belongs."""
    start_index: int = PROMISED
    """Where `text` begins in the whole text, in characters."""
    end_index: int = PROMISED
    """Where `text` ends."""
    type: Literal["file_citation"] = "file_citation"


@define(eq=False, repr=False)
class FilePath(WireObject):
    """The file that was created."""

    file_id: str = PROMISED
    """The file's id."""


@define(eq=False, repr=False)
class FilePathAnnotation(WireObject):
    """Says which file of the code interpreter a path in a text stands for."""

    file_path: FilePath
    """The file."""
    text: str = PROMISED
    """The path, as it is in the text."""
    start_index: int = PROMISED
    """Where `text` begins in the whole text, in characters."""
    end_index: int = PROMISED
    """Where `text` ends."""
    type: Literal["file_path"] = "file_path"


@define(eq=False, repr=False)
class UnknownAnnotation(Unknown):
    """An annotation of another kind, such as Foundry's `url_citation`."""


Annotation: TypeAlias = Annotated[
    FileCitationAnnotation | FilePathAnnotation | UnknownAnnotation, Tagged("type")
]
"""Says what a part of a text comes from, or stands for."""


@define(eq=False, repr=False)
class Text(WireObject):
    """A text and its annotations."""

    value: str = PROMISED
    """The text."""
    annotations: list[Annotation] = Factory(list)
    """What parts of it come from, or stand for."""


@define(eq=False, repr=False)
class TextContentBlock(WireObject):
    """Text in a message."""

    text: Text
    """The text, as an object; see `TextContentBlockParam` for what is sent."""
    type: Literal["text"] = "text"


@frozen(eq=False, repr=False)
class ImageFile(Value):
    """An image among the server's files."""

    file_id: str
    """The file's id."""
    detail: ImageDetail | None = ABSENT
    """How closely the model looks at it."""


@frozen(eq=False, repr=False)
class ImageFileContentBlock(Value):
    """An image file in a message, sent or received."""

    image_file: ImageFile
    """The image."""
    type: Literal["image_file"] = "image_file"


@frozen(eq=False, repr=False)
class ImageURL(Value):
    """An image at a URL."""

    url: str
    """The image's URL."""
    detail: ImageDetail | None = ABSENT
    """How closely the model looks at it."""


@frozen(eq=False, repr=False)
class ImageURLContentBlock(Value):
    """An image at a URL in a message, sent or received."""

    image_url: ImageURL
    """The image."""
    type: Literal["image_url"] = "image_url"


@define(eq=False, repr=False)
class RefusalContentBlock(WireObject):
    """What the model says instead of an answer."""

    refusal: str = PROMISED
    """The model's words."""
    type: Literal["refusal"] = "refusal"


@define(eq=False, repr=False)
class UnknownContentBlock(Unknown):
    """A content block of a kind that this library does not know."""


MessageContent: TypeAlias = Annotated[
    TextContentBlock
    | ImageFileContentBlock
    | ImageURLContentBlock
    | RefusalContentBlock
    | UnknownContentBlock,
    Tagged("type"),
]
"""One block of a message's content."""


@frozen(eq=False, repr=False)
class TextContentBlockParam(Value):
    """Text in a message that is sent."""

    text: str
    """The text, as a plain string; it comes back as an object."""
    type: Literal["text"] = "text"


MessageContentPartParam: TypeAlias = (
    TextContentBlockParam | ImageFileContentBlock | ImageURLContentBlock
)
"""One block of the content of a message that is sent."""


@frozen(eq=False, repr=False)
class Attachment(Value):
    """A file that comes with a message, and the tools that may read it."""

    file_id: str | None = ABSENT
    """The file's id."""
    tools: list[AssistantTool] | None = ABSENT
    """Code interpreter, and file search by its type only."""
