"""What a run's events mean for its messages, texts, steps and tool calls, as values.

Events bring deltas and whole objects. Changes say that something was created, has
changed, or is done: once each, whatever a server sends and leaves out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from attrs import define, field

from runs_core.models import (
    ImageFile,
    Message,
    MessageDelta,
    RunStep,
    RunStepDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)

__all__ = [
    "Change",
    "ImageFileDone",
    "MessageChanged",
    "MessageCreated",
    "MessageDone",
    "StepChanged",
    "StepCreated",
    "StepDone",
    "TextChanged",
    "TextCreated",
    "TextDone",
    "ToolCallChanged",
    "ToolCallCreated",
    "ToolCallDone",
]

T = TypeVar("T")


@define(eq=False, kw_only=True)
class _Change(Generic[T]):
    # Makes what changed, as it is now, when it is looked at: otherwise a stream of
    # small deltas would take time quadratic in its length.
    _look: Callable[[], T] = field(alias="look", repr=False)


@define(eq=False, kw_only=True)
class _OfMessage(_Change[Message]):
    message_id: str

    @property
    def message(self) -> Message:
        """The message as it is now."""
        return self._look()


@define(eq=False, kw_only=True)
class MessageCreated(_OfMessage):
    """A message has begun."""


@define(eq=False, kw_only=True)
class MessageChanged(_OfMessage):
    """A message has got more content: `delta`."""

    delta: MessageDelta


@define(eq=False, kw_only=True)
class MessageDone(_OfMessage):
    """A message is complete, or was left incomplete; `message` is all of it."""


@define(eq=False, kw_only=True)
class _OfText(_Change[Text]):
    message_id: str
    index: int
    """Where in the message's content the text is."""

    @property
    def text(self) -> Text:
        """The text as it is now."""
        return self._look()


@define(eq=False, kw_only=True)
class TextCreated(_OfText):
    """A text has begun; its first piece follows as a change."""


@define(eq=False, kw_only=True)
class TextChanged(_OfText):
    """A text has grown, or has got an annotation: `delta`."""

    delta: TextDelta


@define(eq=False, kw_only=True)
class TextDone(_OfText):
    """A text is complete."""


@define(eq=False, kw_only=True)
class ImageFileDone(_Change[ImageFile]):
    """An image file of a message is complete."""

    message_id: str
    index: int
    """Where in the message's content the image is."""

    @property
    def image_file(self) -> ImageFile:
        """The image file."""
        return self._look()


@define(eq=False, kw_only=True)
class _OfStep(_Change[RunStep]):
    step_id: str

    @property
    def step(self) -> RunStep:
        """The step as it is now."""
        return self._look()


@define(eq=False, kw_only=True)
class StepCreated(_OfStep):
    """A step has begun."""


@define(eq=False, kw_only=True)
class StepChanged(_OfStep):
    """A step has got more details: `delta`."""

    delta: RunStepDelta


@define(eq=False, kw_only=True)
class StepDone(_OfStep):
    """A step has ended, successfully or not; `step` is all of it."""


@define(eq=False, kw_only=True)
class _OfToolCall(_Change[ToolCall]):
    step_id: str
    index: int
    """Which of the step's calls it is."""

    @property
    def tool_call(self) -> ToolCall:
        """The call as it is now."""
        return self._look()


@define(eq=False, kw_only=True)
class ToolCallCreated(_OfToolCall):
    """A tool call has begun; its first piece follows as a change."""


@define(eq=False, kw_only=True)
class ToolCallChanged(_OfToolCall):
    """A tool call has got more input or output: `delta`."""

    delta: ToolCallDelta
    first: bool
    """Whether this is the piece that the call began with."""


@define(eq=False, kw_only=True)
class ToolCallDone(_OfToolCall):
    """A tool call is complete: its step has ended, or the caller is to answer it."""


Change: TypeAlias = (
    MessageCreated
    | MessageChanged
    | MessageDone
    | TextCreated
    | TextChanged
    | TextDone
    | ImageFileDone
    | StepCreated
    | StepChanged
    | StepDone
    | ToolCallCreated
    | ToolCallChanged
    | ToolCallDone
)
"""Anything that happens to a run's messages and steps."""
