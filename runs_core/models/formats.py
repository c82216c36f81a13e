"""How the model formats its answer, and how a thread is cut to fit its context."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from attrs import define, frozen

from runs_core.models.base import Value
from runs_core.wire.codec import ABSENT, Tagged, Unknown

__all__ = [
    "AssistantResponseFormatOption",
    "JSONSchema",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema",
    "ResponseFormatText",
    "TruncationStrategy",
    "UnknownResponseFormat",
]


@frozen(eq=False, repr=False)
class ResponseFormatText(Value):
    """Text."""

    type: Literal["text"] = "text"


@frozen(eq=False, repr=False)
class ResponseFormatJSONObject(Value):
    """Any JSON object; the instructions must ask for JSON, too."""

    type: Literal["json_object"] = "json_object"


@frozen(eq=False, repr=False, kw_only=True)
class JSONSchema(Value):
    """A JSON schema and its name."""

    name: str
    """Letters, digits, underscores and dashes, at most 64."""
    description: str | None = ABSENT
    """What the model reads to know what the format is for."""
    schema: dict[str, Any] | None = ABSENT
    """The schema itself."""
    strict: bool | None = ABSENT
    """Whether the answer must follow the schema exactly."""


@frozen(eq=False, repr=False, kw_only=True)
class ResponseFormatJSONSchema(Value):
    """JSON that follows a schema."""

    json_schema: JSONSchema
    """The schema."""
    type: Literal["json_schema"] = "json_schema"


@define(eq=False, repr=False)
class UnknownResponseFormat(Unknown):
    """A format of a kind that this library does not know. `raw` is sent as it is."""


AssistantResponseFormatOption: TypeAlias = Annotated[
    Literal["auto"]
    | str
    | ResponseFormatText
    | ResponseFormatJSONObject
    | ResponseFormatJSONSchema
    | UnknownResponseFormat,
    Tagged("type"),
]
"""How the model formats its answer; a word, or an object."""


@frozen(eq=False, repr=False, kw_only=True)
class TruncationStrategy(Value):
    """How a thread is cut before the run, to fit the model's context."""

    type: Literal["auto", "last_messages"] | str
    """`auto` drops messages from the middle; `last_messages` keeps the last ones."""
    last_messages: int | None = ABSENT
    """How many of the last messages stay; at least 1."""
