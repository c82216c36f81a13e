"""One message, or one step, of a snapshot: the last whole object and deltas since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import define, field

from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterToolCallDelta,
    FunctionDelta,
    FunctionToolCallDelta,
    Message,
    MessageContent,
    MessageDelta,
    RunStep,
    RunStepDelta,
    TextContentBlock,
    TextDelta,
    TextDeltaBlock,
    ToolCall,
    ToolCallDeltaObject,
    ToolCallsStepDetails,
)
from runs_core.stream._accumulate import (
    Entries,
    add,
    entries,
    object_fragment,
    plain,
    text_writer,
)
from runs_core.stream._copy import copied, state_of
from runs_core.stream._received import Received
from runs_core.wire.codec import structure

__all__ = ["MessageParts", "StepParts", "Write", "calls_of"]

Write = Callable[[str], object]
WholeT = TypeVar("WholeT")
PartT = TypeVar("PartT")


@define
class _Shown(Generic[WholeT, PartT]):
    """What was made from a message or step for callers, until it changes."""

    whole: WholeT | None = None
    text: str | None = None
    parts: dict[int, PartT] = field(factory=dict)
    """The blocks or calls that were looked at, by index; `whole` has the same ones."""

    def share(self, written: Entries, made: list[PartT]) -> None:
        """Take what was made from all entries; what was made before stays."""
        for at, index in enumerate(sorted(written.by_index)):
            made[at] = self.parts.setdefault(index, made[at])


class _Parts(Generic[WholeT, PartT]):
    """What messages and steps have in common: how they are shown."""

    __slots__ = ("_shown",)

    _shown: _Shown[WholeT, PartT] | None

    def changed(self) -> None:
        """Note that text was added by what `extend` returned."""
        self._shown = None

    def _so_far(self) -> _Shown[WholeT, PartT]:
        shown = self._shown
        if shown is None:
            shown = self._shown = _Shown()
        return shown

    def model(self) -> WholeT:
        """Return the message or step; the same object until it changes."""
        shown = self._so_far()
        if shown.whole is None:
            shown.whole = self._make(shown)
        return shown.whole

    def part(self, index: int, position: int) -> PartT | None:
        """Return one block or call, at the cost of that one.

        If no delta has written under its index, it is the one at this position of a
        whole object. None if it is no longer there.
        """
        written = self._written()
        if written is None or index not in written.by_index:
            parts = self._parts_of(self.model())
            return parts[position] if position < len(parts) else None
        shown = self._so_far().parts
        if index not in shown:
            made = self._of([plain(written.by_index[index])])
            (shown[index],) = self._parts_of(made)
        return shown[index]

    def _make(self, shown: _Shown[WholeT, PartT]) -> WholeT:
        raise NotImplementedError

    def _written(self) -> Entries | None:
        """Return the parts that deltas have written to."""
        raise NotImplementedError

    def _of(self, parts: list[Any]) -> WholeT:
        """Return a message or step with these parts, which are plain values."""
        raise NotImplementedError

    def _parts_of(self, whole: WholeT) -> list[PartT]:
        raise NotImplementedError


class MessageParts(_Parts[Message, MessageContent]):
    """A message as far as it has come."""

    __slots__ = (
        "_content",
        "_id",
        "_role",
        "_whole",
        "_writers",
        "ended",
    )

    def __init__(self, id: str) -> None:
        self._id = id
        self._whole: Received[Message] | None = None
        self.ended = False
        self._content: Entries | None = None  # what deltas have made, if any came
        self._role: str | None = None
        # Text blocks that have begun: nearly all deltas append to one.
        self._writers: dict[int, Write] = {}
        self._shown = None

    def __getstate__(self) -> object:
        # The writers write to the original's texts: `add` makes new ones. What was
        # shown belongs to the callers who have looked at it.
        return state_of(self, _writers={}, _shown=None)

    def replace(self, message: Received[Message], *, last: bool) -> None:
        """Take a whole message."""
        if self.ended and not last:
            return
        self.ended = last
        self._whole = message
        # One that comes late, and has no content yet, takes none away.
        if self._content is not None and (last or message.look().content):
            self._content = None
            self._writers = {}
        self._shown = None

    def extend(self, delta: MessageDelta) -> Write | None:
        """Add a delta, if all it has is more of a text that has begun.

        Return what appends to that text, valid until anything else is done to the
        message; None if the delta was not added.
        """
        if delta.__class__ is not MessageDelta:
            return None
        content: Any = delta.content
        if content.__class__ is not list or len(content) != 1:
            return None
        if delta.role is not None and self._role is None:
            return None
        block = content[0]
        if block.__class__ is not TextDeltaBlock:
            return None
        text = block.text
        index = block.index
        # Not `True`, which would find what is under 1.
        if text.__class__ is not TextDelta or index.__class__ is not int:
            return None
        write = self._writers.get(index)
        if write is None or text.annotations:
            return None
        value = text.value
        if value.__class__ is not str:
            return None
        write(value)
        self._shown = None
        return write

    def add(self, delta: MessageDelta) -> None:
        """Add a delta, or raise `InvalidDelta` and stay as it was."""
        if self.ended:
            return
        where = "$.delta.content"
        new = entries(delta.content or [], where)
        old: Any = self._content
        if old is None and self._whole is not None:
            old = self._whole.plain("content")
            # An object instead of a list is its only entry.
            old = old if old is None or isinstance(old, list) else [old]
        self._content = content = add(old, new, where)
        for index in new.by_index:
            self._writers.pop(index, None)
            write = text_writer(content.by_index[index], "text", "value")
            if write is not None:
                self._writers[index] = write
        if self._role is None:
            self._role = copied(delta.role)
        self._shown = None

    def _make(self, shown: _Shown[Message, MessageContent]) -> Message:
        if self._content is None:
            assert self._whole is not None
            return self._whole.look()
        made = self._of(plain(self._content))
        shown.share(self._content, made.content)
        if self._whole is None:
            return made
        whole = copied(self._whole.look())
        whole.content = made.content
        if whole.role is None and self._role:
            whole.role = self._role
        return whole

    def _written(self) -> Entries | None:
        return self._content

    def _of(self, parts: list[Any]) -> Message:
        raw = {"id": self._id, "object": "thread.message", "content": parts}
        return structure(raw | ({"role": self._role} if self._role else {}), Message)

    def _parts_of(self, whole: Message) -> list[MessageContent]:
        return whole.content

    def text(self) -> str:
        """Return the texts of the message's text blocks, joined."""
        shown = self._so_far()
        if shown.text is None:
            shown.text = "".join(
                block.text.value
                for block in self.model().content
                if isinstance(block, TextContentBlock)
                and isinstance(block.text.value, str)
            )
        return shown.text


def calls_of(step: RunStep) -> list[ToolCall]:
    """Return the tool calls of a step, none if it has no such details."""
    details = step.step_details
    return details.tool_calls if isinstance(details, ToolCallsStepDetails) else []


def _has_details(step: RunStep) -> bool:
    details = step.step_details
    if isinstance(details, ToolCallsStepDetails):
        return bool(details.tool_calls)
    return details is not None and bool(details.type)


class StepParts(_Parts[RunStep, ToolCall]):
    """A run step as far as it has come."""

    __slots__ = (
        "_arguments",
        "_details",
        "_id",
        "_inputs",
        "_whole",
        "ended",
    )

    def __init__(self, id: str) -> None:
        self._id = id
        self._whole: Received[RunStep] | None = None
        self.ended = False
        self._details: dict[str, Any] | None = None
        # Calls that have begun: nearly all deltas bring more arguments or code.
        self._arguments: dict[int, tuple[Write, object]] = {}
        self._inputs: dict[int, tuple[Write, object]] = {}
        self._shown = None

    def __getstate__(self) -> object:
        # As for messages.
        return state_of(self, _arguments={}, _inputs={}, _shown=None)

    def replace(self, step: Received[RunStep], *, last: bool) -> None:
        """Take a whole step."""
        if self.ended and not last:
            return
        self.ended = last
        self._whole = step
        # One that comes late, and says nothing of its calls yet, takes none away.
        if self._details is not None and (last or _has_details(step.look())):
            self._details = None
            self._arguments = {}
            self._inputs = {}
        self._shown = None

    def extend(self, delta: RunStepDelta) -> Write | None:
        """Add a delta, if all it has is more arguments or code of a call that began.

        Return what appends to that, valid until anything else is done to the step; None
        if the delta was not added.
        """
        if delta.__class__ is not RunStepDelta:
            return None
        details: Any = delta.step_details
        if details.__class__ is not ToolCallDeltaObject:
            return None
        calls = details.tool_calls
        if calls.__class__ is not list or len(calls) != 1:
            return None
        call = calls[0]
        index = call.index
        # Not `True`, which would find what is under 1.
        if index.__class__ is not int:
            return None
        if call.__class__ is FunctionToolCallDelta:
            function = call.function
            if function.__class__ is not FunctionDelta or function.name:
                return None
            if (
                function.output is not None
                or (found := self._arguments.get(index)) is None
            ):
                return None
            value = function.arguments
        elif call.__class__ is CodeInterpreterToolCallDelta:
            code = call.code_interpreter
            if code.__class__ is not CodeInterpreterDelta or code.outputs:
                return None
            found = self._inputs.get(index)
            if found is None:
                return None
            value = code.input
        else:
            return None
        write, id = found
        if value.__class__ is not str or (call.id and call.id != id):
            return None
        write(value)
        self._shown = None
        return write

    def add(self, delta: RunStepDelta) -> None:
        """Add a delta, or raise `InvalidDelta` and stay as it was."""
        if self.ended or delta.step_details is None:
            return
        where = "$.delta.step_details"
        new = object_fragment(delta.step_details, where)
        old: Any = self._details
        if old is None and self._whole is not None:
            old = self._whole.plain("step_details")
        self._details = details = add(old, new, where)
        added, calls = new.get("tool_calls"), details.get("tool_calls")
        if details.get("type") != "tool_calls":
            # `extend` would not say what kind of details they are.
            self._arguments = {}
            self._inputs = {}
        elif isinstance(added, Entries) and isinstance(calls, Entries):
            for index in added.by_index:
                self._watch(index, calls.by_index[index])
        self._shown = None

    def _watch(self, index: int, call: dict[str, Any]) -> None:
        """Keep what appends to the call, until it is added to in another way."""
        self._arguments.pop(index, None)
        self._inputs.pop(index, None)
        if (write := text_writer(call, "function", "arguments")) is not None:
            self._arguments[index] = write, call.get("id")
        if (write := text_writer(call, "code_interpreter", "input")) is not None:
            self._inputs[index] = write, call.get("id")

    def _make(self, shown: _Shown[RunStep, ToolCall]) -> RunStep:
        if self._details is None and self._whole is not None:
            return self._whole.look()
        made = self._with(plain(self._details))
        written = self._written()
        if written is not None:
            shown.share(written, calls_of(made))
        if self._whole is None:
            return made
        whole = copied(self._whole.look())
        whole.step_details = made.step_details
        return whole

    def _written(self) -> Entries | None:
        details = self._details
        if details is None or details.get("type") != "tool_calls":
            return None
        calls = details.get("tool_calls")
        return calls if isinstance(calls, Entries) else None

    def _of(self, parts: list[Any]) -> RunStep:
        return self._with({"type": "tool_calls", "tool_calls": parts})

    def _with(self, details: dict[str, Any] | None) -> RunStep:
        raw: dict[str, Any] = {"id": self._id, "object": "thread.run.step"}
        if details is not None:
            raw["step_details"] = details
            if "type" in details:
                raw["type"] = details["type"]
        return structure(raw, RunStep)

    def _parts_of(self, whole: RunStep) -> list[ToolCall]:
        return calls_of(whole)
