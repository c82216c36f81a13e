"""The events of a run's stream, one class for each name on the wire.

The names are openai-python's. The list of events is the API reference's "Assistant
stream events"; it ends with: "We may add additional events over time, so we recommend
handling unknown events gracefully".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    TypeAlias,
    TypeVar,
    get_args,
)

from attrs import define

from runs_core.models import (
    ErrorObject,
    Message,
    MessageDeltaEvent,
    Run,
    RunStep,
    RunStepDeltaEvent,
    TextDelta,
    TextDeltaBlock,
    Thread,
)

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

DataT = TypeVar("DataT")


class _Event:
    # Not a field: it is set on few events, and an empty slot costs the others nothing.
    __slots__ = ("_synthetic",)

    _synthetic: bool

    @property
    def synthetic(self) -> bool:
        """Whether the client made the event of what it asked the server for.

        False for all that came in the stream. Not part of equality.
        """
        try:
            return self._synthetic
        except AttributeError:
            return False

    @synthetic.setter
    def synthetic(self, value: bool) -> None:
        self._synthetic = value


# Not frozen, which would triple what it costs to make one, and defined once: every
# further call of `define` takes longer than making a class.
@define(eq=False, repr=False, getstate_setstate=False)
class KnownEvent(_Event, Generic[DataT]):
    """An event with a name that this library knows. Not to be changed.

    `event` is the name on the wire, `data` what came with it. Equality compares both.
    """

    # `event` is declared by the classes below: the type of each is its own name.
    data: DataT

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KnownEvent) and type(self) is type(other):
            return bool(self.data == other.data)
        return NotImplemented

    # `data` is not hashable.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data!r})"


class _DeltaEvent(KnownEvent[DataT]):
    """An event of which there are thousands, nearly all alike.

    One that a template has made holds the text that it adds, and what makes `data` of
    that, until `data` is looked at. Nobody has to: a snapshot takes the text alone.
    """

    __slots__ = ("_build", "_data", "_text")

    _build: Callable[[str], DataT] | None
    _data: DataT
    _text: str

    def __init__(self, data: DataT) -> None:
        self._data = data
        self._build = None

    if not TYPE_CHECKING:

        @property
        def data(self) -> DataT:
            build = self._build
            if build is not None:
                self._data = build(self._text)
                self._build = None
            return self._data

        @data.setter
        def data(self, data: DataT) -> None:
            self._data = data
            self._build = None

    def __getstate__(self) -> object:
        return None, {"data": self.data, "_synthetic": self.synthetic}


class ThreadCreated(KnownEvent[Thread]):
    """A thread was made, by the call that also made the run."""

    __slots__ = ()
    event: ClassVar[Literal["thread.created"]] = "thread.created"


class ThreadRunCreated(KnownEvent[Run]):
    """The run was made."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.created"]] = "thread.run.created"


class ThreadRunQueued(KnownEvent[Run]):
    """The run waits for its turn."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.queued"]] = "thread.run.queued"


class ThreadRunInProgress(KnownEvent[Run]):
    """The run goes on."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.in_progress"]] = "thread.run.in_progress"


class ThreadRunRequiresAction(KnownEvent[Run]):
    """The run waits for the caller. Its stream ends here."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.requires_action"]] = (
        "thread.run.requires_action"
    )


class ThreadRunCompleted(KnownEvent[Run]):
    """The run has ended well."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.completed"]] = "thread.run.completed"


class ThreadRunIncomplete(KnownEvent[Run]):
    """The run has ended early, at a limit."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.incomplete"]] = "thread.run.incomplete"


class ThreadRunFailed(KnownEvent[Run]):
    """The run has failed."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.failed"]] = "thread.run.failed"


class ThreadRunCancelling(KnownEvent[Run]):
    """The run is being cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.cancelling"]] = "thread.run.cancelling"


class ThreadRunCancelled(KnownEvent[Run]):
    """The run was cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.cancelled"]] = "thread.run.cancelled"


class ThreadRunExpired(KnownEvent[Run]):
    """The run took, or waited, too long."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.expired"]] = "thread.run.expired"


class ThreadRunStepCreated(KnownEvent[RunStep]):
    """A step of the run was made."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.created"]] = "thread.run.step.created"


class ThreadRunStepInProgress(KnownEvent[RunStep]):
    """A step goes on."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.in_progress"]] = (
        "thread.run.step.in_progress"
    )


class ThreadRunStepDelta(_DeltaEvent[RunStepDeltaEvent]):
    """A part of a step's tool calls."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.delta"]] = "thread.run.step.delta"


class ThreadRunStepCompleted(KnownEvent[RunStep]):
    """A step has ended well."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.completed"]] = "thread.run.step.completed"


class ThreadRunStepFailed(KnownEvent[RunStep]):
    """A step has failed."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.failed"]] = "thread.run.step.failed"


class ThreadRunStepCancelled(KnownEvent[RunStep]):
    """A step was cancelled."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.cancelled"]] = "thread.run.step.cancelled"


class ThreadRunStepExpired(KnownEvent[RunStep]):
    """A step took, or waited, too long."""

    __slots__ = ()
    event: ClassVar[Literal["thread.run.step.expired"]] = "thread.run.step.expired"


class ThreadMessageCreated(KnownEvent[Message]):
    """A message was made."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.created"]] = "thread.message.created"


class ThreadMessageInProgress(KnownEvent[Message]):
    """A message is being written."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.in_progress"]] = (
        "thread.message.in_progress"
    )


class ThreadMessageDelta(_DeltaEvent[MessageDeltaEvent]):
    """A part of a message."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.delta"]] = "thread.message.delta"


class ThreadMessageCompleted(KnownEvent[Message]):
    """A message is complete: `data` is all of it."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.completed"]] = "thread.message.completed"


class ThreadMessageIncomplete(KnownEvent[Message]):
    """A message was cut short: `data` is all of it."""

    __slots__ = ()
    event: ClassVar[Literal["thread.message.incomplete"]] = "thread.message.incomplete"


class ErrorEvent(KnownEvent[ErrorObject]):
    """The server could not go on.

    Where it did not send an error object, `data` says in `message` what it sent.
    """

    __slots__ = ()
    event: ClassVar[Literal["error"]] = "error"


@define(getstate_setstate=False)
class UnknownEvent(_Event):
    """An event with any other name. Not to be changed.

    `data` is its JSON, or its text where that is not JSON.
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
    """Give the text that an event adds to a message; "" where it adds none."""
    if type(event) is not ThreadMessageDelta:
        return ""
    texts = []
    for block in event.data.delta.content or ():
        if type(block) is TextDeltaBlock and type(block.text) is TextDelta:
            value = block.text.value
            if type(value) is str:
                texts.append(value)
    return texts[0] if len(texts) == 1 else "".join(texts)
