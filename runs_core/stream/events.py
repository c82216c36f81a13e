"""The events of a run's stream, one class for each name on the wire.

The names are openai-python's. The list of events is the API reference's "Assistant
stream events"; it ends with: "We may add additional events over time, so we recommend
handling unknown events gracefully".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args

from attrs import define

from runs_core.models import (
    ErrorObject,
    Message,
    MessageDelta,
    MessageDeltaEvent,
    Run,
    RunStep,
    RunStepDeltaEvent,
    TextDelta,
    TextDeltaBlock,
    Thread,
)
from runs_core.stream._event import DeltaEvent, Event, KnownEvent, WholeEvent

__all__ = [
    "EVENT_CLASSES",
    "ErrorEvent",
    "KnownEvent",
    "MessageStreamEvent",
    "RunLifecycleEvent",
    "RunStepStreamEvent",
    "RunStreamEvent",
    "ThreadCreated",
    "ThreadMessageCompleted",
    "ThreadMessageCreated",
    "ThreadMessageDelta",
    "ThreadMessageInProgress",
    "ThreadMessageIncomplete",
    "ThreadRunCancelled",
    "ThreadRunCancelling",
    "ThreadRunCompleted",
    "ThreadRunCreated",
    "ThreadRunExpired",
    "ThreadRunFailed",
    "ThreadRunInProgress",
    "ThreadRunIncomplete",
    "ThreadRunQueued",
    "ThreadRunRequiresAction",
    "ThreadRunStepCancelled",
    "ThreadRunStepCompleted",
    "ThreadRunStepCreated",
    "ThreadRunStepDelta",
    "ThreadRunStepExpired",
    "ThreadRunStepFailed",
    "ThreadRunStepInProgress",
    "UnknownEvent",
    "text_of",
]


class ThreadCreated(WholeEvent[Thread]):
    """A thread was created, by the call that also created the run."""

    __slots__ = ()
    event: ClassVar[Literal["thread.created"]] = "thread.created"


class ThreadRunCreated(WholeEvent[Run]):
    """The run was created."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.created"]] = "thread.run.created"


class ThreadRunQueued(WholeEvent[Run]):
    """The run waits for its turn."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.queued"]] = "thread.run.queued"


class ThreadRunInProgress(WholeEvent[Run]):
    """The run is under way."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.in_progress"]] = "thread.run.in_progress"


class ThreadRunRequiresAction(WholeEvent[Run]):
    """The run waits for the caller. Its stream ends here."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.requires_action"]] = (
        "thread.run.requires_action"
    )


class ThreadRunCompleted(WholeEvent[Run]):
    """The run has ended successfully."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.completed"]] = "thread.run.completed"


class ThreadRunIncomplete(WholeEvent[Run]):
    """The run has ended early, at a limit."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.incomplete"]] = "thread.run.incomplete"


class ThreadRunFailed(WholeEvent[Run]):
    """The run has failed."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.failed"]] = "thread.run.failed"


class ThreadRunCancelling(WholeEvent[Run]):
    """The run is being cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.cancelling"]] = "thread.run.cancelling"


class ThreadRunCancelled(WholeEvent[Run]):
    """The run was cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.cancelled"]] = "thread.run.cancelled"


class ThreadRunExpired(WholeEvent[Run]):
    """The run took, or waited, too long."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.expired"]] = "thread.run.expired"


class ThreadRunStepCreated(WholeEvent[RunStep]):
    """A step of the run was created."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.created"]] = "thread.run.step.created"


class ThreadRunStepInProgress(WholeEvent[RunStep]):
    """A step is under way."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.in_progress"]] = (
        "thread.run.step.in_progress"
    )


class ThreadRunStepDelta(DeltaEvent[RunStepDeltaEvent]):
    """A part of a step's tool calls."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.delta"]] = "thread.run.step.delta"


class ThreadRunStepCompleted(WholeEvent[RunStep]):
    """A step has ended successfully."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.completed"]] = "thread.run.step.completed"


class ThreadRunStepFailed(WholeEvent[RunStep]):
    """A step has failed."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.failed"]] = "thread.run.step.failed"


class ThreadRunStepCancelled(WholeEvent[RunStep]):
    """A step was cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.cancelled"]] = "thread.run.step.cancelled"


class ThreadRunStepExpired(WholeEvent[RunStep]):
    """A step took, or waited, too long."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.expired"]] = "thread.run.step.expired"


class ThreadMessageCreated(WholeEvent[Message]):
    """A message was created."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.created"]] = "thread.message.created"


class ThreadMessageInProgress(WholeEvent[Message]):
    """A message is being written."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.in_progress"]] = (
        "thread.message.in_progress"
    )


class ThreadMessageDelta(DeltaEvent[MessageDeltaEvent]):
    """A part of a message."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.delta"]] = "thread.message.delta"


class ThreadMessageCompleted(WholeEvent[Message]):
    """A message is complete: `data` is all of it."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.completed"]] = "thread.message.completed"


class ThreadMessageIncomplete(WholeEvent[Message]):
    """A message was cut short: `data` is all of it."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.incomplete"]] = "thread.message.incomplete"


class ErrorEvent(KnownEvent[ErrorObject]):
    """The server could not go on.

    If it did not send an error object, `data.message` is what it sent.
    """

    __slots__ = ()
    event: ClassVar[Literal["error"]] = "error"


@define(getstate_setstate=False)
class UnknownEvent(Event):
    """An event with any other name. Do not change it.

    `data` is its decoded JSON, or its text if that is not JSON.
    """

    event: str
    data: Any


RunLifecycleEvent: TypeAlias = (
    ThreadRunCreated
    | ThreadRunQueued
    | ThreadRunInProgress
    | ThreadRunRequiresAction
    | ThreadRunCompleted
    | ThreadRunIncomplete
    | ThreadRunFailed
    | ThreadRunCancelling
    | ThreadRunCancelled
    | ThreadRunExpired
)
"""The run itself has changed."""

RunStepStreamEvent: TypeAlias = (
    ThreadRunStepCreated
    | ThreadRunStepInProgress
    | ThreadRunStepDelta
    | ThreadRunStepCompleted
    | ThreadRunStepFailed
    | ThreadRunStepCancelled
    | ThreadRunStepExpired
)
"""A step has changed."""

MessageStreamEvent: TypeAlias = (
    ThreadMessageCreated
    | ThreadMessageInProgress
    | ThreadMessageDelta
    | ThreadMessageCompleted
    | ThreadMessageIncomplete
)
"""A message has changed."""

RunStreamEvent: TypeAlias = (
    ThreadCreated
    | RunLifecycleEvent
    | RunStepStreamEvent
    | MessageStreamEvent
    | ErrorEvent
    | UnknownEvent
)
"""Any event of a run's stream."""

EVENT_CLASSES: Final[Mapping[str, type[KnownEvent[Any]]]] = MappingProxyType(
    {cls.event: cls for cls in get_args(RunStreamEvent) if cls is not UnknownEvent}
)
"""The class of each event name that this library knows."""


def text_of(event: RunStreamEvent) -> str:
    """Return the text that an event adds to a message; "" if it adds none."""
    if type(event) is not ThreadMessageDelta:
        return ""
    texts = []
    delta = event.data.delta
    if type(delta) is not MessageDelta:
        return ""
    for block in delta.content or ():
        if type(block) is TextDeltaBlock and type(block.text) is TextDelta:
            value = block.text.value
            if type(value) is str:
                texts.append(value)
    return texts[0] if len(texts) == 1 else "".join(texts)
