"""Type checkers see every event of a run's stream, and what each one holds.

Not run: it is right if mypy and pyright have nothing to say about it.
"""

from typing import Any, Literal, assert_never, assert_type

from runs_core import models as m
from runs_core import stream as s


def every_event(event: s.RunStreamEvent) -> object:
    match event:
        case s.ThreadCreated():
            return assert_type(event.data, m.Thread)
        case s.ThreadRunCreated() | s.ThreadRunQueued() | s.ThreadRunInProgress():
            return assert_type(event.data, m.Run)
        case s.ThreadRunRequiresAction() | s.ThreadRunCancelling():
            return assert_type(event.data.status, m.RunStatus)
        case s.ThreadRunCompleted() | s.ThreadRunIncomplete() | s.ThreadRunFailed():
            return assert_type(event.data, m.Run)
        case s.ThreadRunCancelled() | s.ThreadRunExpired():
            return assert_type(event.synthetic, bool)
        case s.ThreadRunStepCreated() | s.ThreadRunStepInProgress():
            return assert_type(event.data, m.RunStep)
        case s.ThreadRunStepDelta(data):
            return assert_type(data, m.RunStepDeltaEvent)
        case s.ThreadRunStepCompleted() | s.ThreadRunStepFailed():
            return assert_type(event.data, m.RunStep)
        case s.ThreadRunStepCancelled() | s.ThreadRunStepExpired():
            return assert_type(event.data, m.RunStep)
        case s.ThreadMessageCreated() | s.ThreadMessageInProgress():
            return assert_type(event.data, m.Message)
        case s.ThreadMessageDelta():
            return assert_type(event.event, Literal["thread.message.delta"])
        case s.ThreadMessageCompleted() | s.ThreadMessageIncomplete():
            return assert_type(event.data, m.Message)
        case s.ErrorEvent():
            return assert_type(event.data, m.ErrorObject)
        case s.UnknownEvent():
            return assert_type(event.data, Any)
        case _:
            assert_never(event)


def every_group(event: s.RunStreamEvent) -> object:
    if isinstance(event, s.RunLifecycleEvent):
        return assert_type(event.data, m.Run)
    if isinstance(event, s.ThreadRunStepDelta | s.ThreadMessageDelta):
        return assert_type(event.data.id, str)
    if isinstance(event, s.RunStepStreamEvent):
        return assert_type(event.data, m.RunStep)
    if isinstance(event, s.MessageStreamEvent):
        return assert_type(event.data, m.Message)
    if isinstance(event, s.ErrorEvent | s.ThreadCreated | s.UnknownEvent):
        return event.data
    assert_never(event)


def by_name(event: s.RunStreamEvent) -> object:
    # mypy does not narrow on `event.event == …`, because an UnknownEvent has any name.
    match event.event:
        case "thread.message.delta":
            assert_type(event, s.ThreadMessageDelta | s.UnknownEvent)
            return assert_type(event.data, m.MessageDeltaEvent | Any)
        case "thread.run.completed" | "thread.run.failed":
            return event.data.status
    return None


def of_a_stream(chunks: list[bytes]) -> s.RunSnapshot:
    decoder = s.RunEventDecoder()
    snapshot = s.RunSnapshot()
    for chunk in chunks:
        for event in decoder.feed(chunk):
            snapshot.apply(assert_type(event, s.RunStreamEvent))
    assert_type(snapshot.messages, tuple[m.Message, ...])
    assert_type(snapshot.run, m.Run | None)
    assert_type(s.text_of(s.UnknownEvent("x", 1)), str)
    return snapshot
