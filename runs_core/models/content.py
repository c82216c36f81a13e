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


@define(eq=False, repr=False)
class FileCitation(WireObject):
    """The file that is cited."""

    file_id: str = PROMISED


@define(eq=False, repr=False)
class FileCitationAnnotation(WireObject):
    """Says which file a part of a text comes from."""

    file_citation: FileCitation
    text: str = PROMISED
    """What stands in the text where the citation belongs."""
    start_index: int = PROMISED
    end_index: int = PROMISED
    type: Literal["file_citation"] = "file_citation"


@define(eq=False, repr=False)
class FilePath(WireObject):
    """The file that was made."""

    file_id: str = PROMISED


@define(eq=False, repr=False)
class FilePathAnnotation(WireObject):
    """Says which file, made by the code interpreter, a path in a text stands for."""

    file_path: FilePath
    text: str = PROMISED
    """The path as it stands in the text."""
    start_index: int = PROMISED
    end_index: int = PROMISED
    type: Literal["file_path"] = "file_path"


@define(eq=False, repr=False)
class UnknownAnnotation(Unknown):
    """An annotation of another kind, such as Foundry's `url_citation`."""


Annotation: TypeAlias = Annotated[
    FileCitationAnnotation | FilePathAnnotation | UnknownAnnotation, Tagged("type")
]
"""A remark on a part of a text."""


@define(eq=False, repr=False)
class Text(WireObject):
    """A text and the remarks on it."""

    value: str = PROMISED
    annotations: list[Annotation] = Factory(list)


@define(eq=False, repr=False)
class TextContentBlock(WireObject):
    """Text in a message."""

    text: Text
    type: Literal["text"] = "text"


@frozen(eq=False, repr=False)
class ImageFile(Value):
    """An image among the server's files."""

    file_id: str = ABSENT
    detail: ImageDetail | None = ABSENT
    """How closely the model is to look at it."""


@frozen(eq=False, repr=False)
class ImageFileContentBlock(Value):
    """An image file in a message, sent or received."""

    image_file: ImageFile
    type: Literal["image_file"] = "image_file"


@frozen(eq=False, repr=False)
class ImageURL(Value):
    """An image somewhere else."""

    url: str = ABSENT
    detail: ImageDetail | None = ABSENT
    """How closely the model is to look at it."""


@frozen(eq=False, repr=False)
class ImageURLContentBlock(Value):
    """An image of another server in a message, sent or received."""

    image_url: ImageURL
    type: Literal["image_url"] = "image_url"


@define(eq=False, repr=False)
class RefusalContentBlock(WireObject):
    """What the model says instead of an answer."""

    refusal: str = PROMISED
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
    """Text in a message that is sent: a plain string, unlike the received `Text`."""

    text: str
    type: Literal["text"] = "text"


MessageContentPartParam: TypeAlias = (
    TextContentBlockParam | ImageFileContentBlock | ImageURLContentBlock
)
"""One block of the content of a message that is sent."""


@frozen(eq=False, repr=False)
class Attachment(Value):
    """A file that comes with a message, and the tools that may read it."""

    file_id: str | None = ABSENT
    tools: list[AssistantTool] | None = ABSENT
    """Code interpreter and file search (by its type only)."""
