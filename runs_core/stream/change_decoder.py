"""Events to changes: each message, text, step and tool call, from created to done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from attrs import define, field

from runs_core.models import (
    FunctionToolCall,
    ImageFile,
    ImageFileContentBlock,
    Message,
    MessageContent,
    RunStep,
    Text,
    TextContentBlock,
    TextDeltaBlock,
    ToolCall,
    ToolCallDeltaObject,
    ToolCallsStepDetails,
)
from runs_core.stream.changes import (
    Change,
    ImageFileDone,
    MessageChanged,
    MessageCreated,
    MessageDone,
    StepChanged,
    StepCreated,
    StepDone,
    TextChanged,
    TextCreated,
    TextDone,
    ToolCallChanged,
    ToolCallCreated,
    ToolCallDone,
)
from runs_core.stream.events import (
    RunStreamEvent,
    ThreadMessageCompleted,
    ThreadMessageCreated,
    ThreadMessageDelta,
    ThreadMessageIncomplete,
    ThreadMessageInProgress,
    ThreadRunCancelled,
    ThreadRunCompleted,
    ThreadRunCreated,
    ThreadRunExpired,
    ThreadRunFailed,
    ThreadRunIncomplete,
    ThreadRunRequiresAction,
    ThreadRunStepCancelled,
    ThreadRunStepCompleted,
    ThreadRunStepCreated,
    ThreadRunStepDelta,
    ThreadRunStepExpired,
    ThreadRunStepFailed,
    ThreadRunStepInProgress,
)
from runs_core.stream.snapshot import RunSnapshot

__all__ = ["ChangeDecoder"]

T = TypeVar("T")


@define
class _Part:
    """A content block of a message, or a call of a step."""

    kind: str | None = None
    done: bool = False


@define
class _Whole:
    """A message or a step: the parts that were seen, by index."""

    id: str
    parts: dict[int, _Part] = field(factory=dict)
    current: int | None = None
    done: bool = False

    def position(self, index: int) -> int:
        """Where the part is in a list that has no gaps."""
        return sum(other < index for other in self.parts)

    def indices(self, count: int) -> list[int]:
        """Give the indices of the parts of a list of `count`, which has no gaps."""
        known = sorted(self.parts)[:count]
        free = known[-1] + 1 if known else 0
        return known + list(range(free, free + count - len(known)))


class ChangeDecoder:
    """Gives what each event changes.

    A message is created at the first that is heard of it, its texts and images
    likewise, and so are steps and their calls. All are done once, when they are whole:
    a part also when the next one begins, and calls when the caller is to answer them.
    What an object at its end does not hold any more is not done. Where the run did not
    begin in this stream, a step that is first seen at its end was created in the stream
    before (it waited for tool outputs), and so were its function calls.

    `look` gives a snapshot that follows the same events; without it the decoder keeps
    one of its own. What changes is shown as that snapshot has it.
    """

    def __init__(self, look: Callable[[], RunSnapshot] | None = None) -> None:
        self._own = RunSnapshot() if look is None else None
        self._look = look
        self._messages: dict[str, _Whole] = {}
        self._steps: dict[str, _Whole] = {}
        self._whole_run = False  # from its beginning on

    @property
    def snapshot(self) -> RunSnapshot:
        """What the events so far add up to."""
        if self._look is not None:
            return self._look()
        assert self._own is not None
        return self._own

    def feed(self, event: RunStreamEvent) -> list[Change]:
        """Give what the event changes, in order.

        Raises `InvalidDelta` as `RunSnapshot` does, if the snapshot is its own.
        """
        if self._own is not None:
            self._own.apply(event)
        decode = _DECODE.get(type(event))
        return [] if decode is None else list(decode(self, event))

    # --- Messages ------------------------------------------------------------------

    def _message(self, message_id: str) -> Iterator[Change]:
        if message_id not in self._messages:
            self._messages[message_id] = _Whole(message_id)
            look = partial(self._find_message, message_id)
            yield MessageCreated(message_id=message_id, look=look)

    def _message_begun(self, event: Any) -> Iterator[Change]:
        message: Message = event.data
        yield from self._message(message.id)
        whole = self._messages[message.id]
        if whole.done:
            return
        indices = whole.indices(len(message.content))
        for index, block in zip(indices, message.content, strict=True):
            yield from self._block(whole, index, block.type)

    def _message_delta(self, event: ThreadMessageDelta) -> Iterator[Change]:
        message_id, delta = event.data.id, event.data.delta
        yield from self._message(message_id)
        whole = self._messages[message_id]
        if whole.done:
            return
        for block in delta.content or ():
            index = _index_of(block)
            if index != whole.current:
                yield from self._leave_block(whole)
                whole.current = index
            yield from self._block(whole, index, block.type)
            if isinstance(block, TextDeltaBlock) and block.text is not None:
                yield TextChanged(
                    message_id=message_id,
                    index=index,
                    delta=block.text,
                    look=partial(self._find_text, whole, index),
                )
        yield MessageChanged(
            message_id=message_id,
            delta=delta,
            look=partial(self._find_message, message_id),
        )

    def _message_end(self, event: Any) -> Iterator[Change]:
        message: Message = event.data
        yield from self._message(message.id)
        whole = self._messages[message.id]
        if whole.done:
            return
        whole.done = True
        indices = whole.indices(len(message.content))
        for index, block in zip(indices, message.content, strict=True):
            yield from self._block(whole, index, block.type)
            yield from self._block_done(whole, index, _always(block))
        yield MessageDone(message_id=message.id, look=_always(message))

    def _block(self, whole: _Whole, index: int, kind: str) -> Iterator[Change]:
        known = whole.parts.get(index)
        # Another kind at a known place: a whole object has moved what was there.
        if known is not None and (kind != "text" or known.kind == "text"):
            return
        whole.parts[index] = _Part(kind)
        if kind == "text":
            look = partial(self._find_text, whole, index)
            yield TextCreated(message_id=whole.id, index=index, look=look)

    def _leave_block(self, whole: _Whole) -> Iterator[Change]:
        if whole.current is not None:
            find = partial(self._find_block, whole, whole.current)
            yield from self._block_done(whole, whole.current, find)

    def _block_done(
        self, whole: _Whole, index: int, find: Callable[[], MessageContent | None]
    ) -> Iterator[Change]:
        part = whole.parts[index]
        if part.done:
            return
        part.done = True
        if part.kind == "text":
            yield TextDone(
                message_id=whole.id, index=index, look=lambda: _text_of(find())
            )
        elif part.kind == "image_file":
            yield ImageFileDone(
                message_id=whole.id, index=index, look=lambda: _image_of(find())
            )

    def _find_message(self, message_id: str) -> Message:
        return next(m for m in self.snapshot.messages if m.id == message_id)

    def _find_block(self, whole: _Whole, index: int) -> MessageContent | None:
        content = self._find_message(whole.id).content
        position = whole.position(index)
        return content[position] if position < len(content) else None

    def _find_text(self, whole: _Whole, index: int) -> Text:
        return _text_of(self._find_block(whole, index))

    # --- Steps -----------------------------------------------------------------------

    def _step(self, step_id: str) -> Iterator[Change]:
        if step_id not in self._steps:
            self._steps[step_id] = _Whole(step_id)
            look = partial(self._find_step, step_id)
            yield StepCreated(step_id=step_id, look=look)

    def _step_begun(self, event: Any) -> Iterator[Change]:
        step: RunStep = event.data
        yield from self._step(step.id)
        whole = self._steps[step.id]
        if whole.done:
            return
        for index in whole.indices(len(_calls(step))):
            yield from self._call(whole, index)

    def _step_delta(self, event: ThreadRunStepDelta) -> Iterator[Change]:
        step_id, delta = event.data.id, event.data.delta
        yield from self._step(step_id)
        whole = self._steps[step_id]
        if whole.done:
            return
        details = delta.step_details
        calls = details.tool_calls if isinstance(details, ToolCallDeltaObject) else ()
        for call in calls or ():
            index = _index_of(call)
            if index != whole.current:
                yield from self._leave_call(whole)
                whole.current = index
            first = index not in whole.parts
            yield from self._call(whole, index)
            yield ToolCallChanged(
                step_id=step_id,
                index=index,
                delta=call,
                first=first,
                look=partial(self._find_call, whole, index),
            )
        yield StepChanged(
            step_id=step_id, delta=delta, look=partial(self._find_step, step_id)
        )

    def _step_end(self, event: Any) -> Iterator[Change]:
        step: RunStep = event.data
        if self._whole_run:
            yield from self._step(step.id)
        began_here = step.id in self._steps
        whole = self._steps.setdefault(step.id, _Whole(step.id))
        if whole.done:
            return
        whole.done = True
        calls = _calls(step)
        for index, call in zip(whole.indices(len(calls)), calls, strict=True):
            if not began_here and isinstance(call, FunctionToolCall):
                continue
            yield from self._call(whole, index)
            yield from self._call_done(whole, index, _always(call))
        yield StepDone(step_id=step.id, look=_always(step))

    def _run_begun(self, event: RunStreamEvent) -> Iterator[Change]:
        self._whole_run = True
        yield from ()

    def _run_end(self, event: RunStreamEvent) -> Iterator[Change]:
        for whole in self._steps.values():
            if not whole.done:
                for index in sorted(whole.parts):
                    find = partial(self._find_call, whole, index)
                    yield from self._call_done(whole, index, find)

    def _call(self, whole: _Whole, index: int) -> Iterator[Change]:
        if index not in whole.parts:
            whole.parts[index] = _Part()
            look = partial(self._find_call, whole, index)
            yield ToolCallCreated(step_id=whole.id, index=index, look=look)

    def _leave_call(self, whole: _Whole) -> Iterator[Change]:
        if whole.current is not None:
            find = partial(self._find_call, whole, whole.current)
            yield from self._call_done(whole, whole.current, find)

    def _call_done(
        self, whole: _Whole, index: int, find: Callable[[], ToolCall]
    ) -> Iterator[Change]:
        part = whole.parts[index]
        if not part.done:
            part.done = True
            yield ToolCallDone(step_id=whole.id, index=index, look=find)

    def _find_step(self, step_id: str) -> RunStep:
        return next(step for step in self.snapshot.steps if step.id == step_id)

    def _find_call(self, whole: _Whole, index: int) -> ToolCall:
        calls = _calls(self._find_step(whole.id))
        position = whole.position(index)
        if position < len(calls):
            return calls[position]
        raise LookupError("the step has no such tool call any more")


def _index_of(part: Any) -> int:
    """Give where a delta belongs; one server leaves the index of its only one out."""
    index = part.index
    return index if type(index) is int else 0


def _calls(step: RunStep) -> Sequence[ToolCall]:
    details = step.step_details
    return details.tool_calls if isinstance(details, ToolCallsStepDetails) else ()


def _text_of(block: MessageContent | None) -> Text:
    return block.text if isinstance(block, TextContentBlock) else Text(value="")


def _image_of(block: MessageContent | None) -> ImageFile:
    if isinstance(block, ImageFileContentBlock):
        return block.image_file
    raise LookupError("the message has no such image file any more")


def _always(value: T) -> Callable[[], T]:
    return lambda: value


_DECODE: Mapping[type, Callable[[ChangeDecoder, Any], Iterator[Change]]] = {
    ThreadRunCreated: ChangeDecoder._run_begun,
    ThreadRunRequiresAction: ChangeDecoder._run_end,
    ThreadRunCompleted: ChangeDecoder._run_end,
    ThreadRunIncomplete: ChangeDecoder._run_end,
    ThreadRunFailed: ChangeDecoder._run_end,
    ThreadRunCancelled: ChangeDecoder._run_end,
    ThreadRunExpired: ChangeDecoder._run_end,
    ThreadRunStepCreated: ChangeDecoder._step_begun,
    ThreadRunStepInProgress: ChangeDecoder._step_begun,
    ThreadRunStepDelta: ChangeDecoder._step_delta,
    ThreadRunStepCompleted: ChangeDecoder._step_end,
    ThreadRunStepFailed: ChangeDecoder._step_end,
    ThreadRunStepCancelled: ChangeDecoder._step_end,
    ThreadRunStepExpired: ChangeDecoder._step_end,
    ThreadMessageCreated: ChangeDecoder._message_begun,
    ThreadMessageInProgress: ChangeDecoder._message_begun,
    ThreadMessageDelta: ChangeDecoder._message_delta,
    ThreadMessageCompleted: ChangeDecoder._message_end,
    ThreadMessageIncomplete: ChangeDecoder._message_end,
}
