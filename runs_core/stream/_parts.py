"""One message, or one step, of a snapshot: the last whole object and deltas since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterToolCallDelta,
    FunctionDelta,
    FunctionToolCallDelta,
    Message,
    MessageDelta,
    RunStep,
    RunStepDelta,
    TextContentBlock,
    TextDelta,
    TextDeltaBlock,
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
from runs_core.wire.codec import structure, unstructure

__all__ = ["MessageParts", "StepParts", "Write"]

Write = Callable[[str], object]


class MessageParts:
    """A message as far as it has come."""

    __slots__ = (
        "_content",
        "_id",
        "_model",
        "_role",
        "_text",
        "_whole",
        "_writers",
        "ended",
    )

    def __init__(self, id: str) -> None:
        self._id = id
        self._whole: Message | None = None
        self.ended = False
        self._content: Entries | None = None  # what deltas have made, if any came
        self._role: str | None = None
        # Text blocks that have begun: appending to one is nearly all that happens.
        self._writers: dict[int, Write] = {}
        self._model: Message | None = None
        self._text: str | None = None

    def __getstate__(self) -> object:
        # What writes to texts writes to the original's: `add` makes it anew.
        return state_of(self, _writers={})

    def replace(self, message: Message, *, last: bool) -> None:
        """Take a whole message, which becomes the part's own."""
        if self.ended and not last:
            return
        self.ended = last
        self._whole = message
        # One that has no content yet, and comes late, takes none away.
        if last or message.content:
            self._content = None
            self._writers = {}
        self._model = self._text = None

    def extend(self, delta: MessageDelta) -> Write | None:
        """Add a delta, if all it has is more of a text that has begun.

        Give what adds to that text, good until anything else is done to the message.
        """
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
        # Not `True`, which finds what is under 1.
        if text.__class__ is not TextDelta or index.__class__ is not int:
            return None
        write = self._writers.get(index)
        if write is None or text.annotations:
            return None
        value = text.value
        if value.__class__ is not str:
            return None
        write(value)
        self._model = self._text = None
        return write

    def add(self, delta: MessageDelta) -> None:
        """Add a delta, or raise `InvalidDelta` and stay as it was."""
        if self.ended:
            return
        where = "$.delta.content"
        new = entries(delta.content or [], where)
        old: Any = self._content
        if old is None and self._whole is not None:
            old = [unstructure(block) for block in self._whole.content]
        self._content = content = add(old, new, where)
        for index in new.by_index:
            self._writers.pop(index, None)
            write = text_writer(content.by_index[index], "text", "value")
            if write is not None:
                self._writers[index] = write
        if self._role is None:
            self._role = delta.role
        self._model = self._text = None

    def changed(self) -> None:
        """Say that a text was added to, as `extend` has shown how."""
        self._model = self._text = None

    def model(self) -> Message:
        """Give the message; the same object until it changes."""
        if self._model is None:
            self._model = self._make()
        return self._model

    def _make(self) -> Message:
        if self._content is None:
            assert self._whole is not None
            return self._whole
        raw: dict[str, Any] = {"id": self._id, "object": "thread.message"}
        raw["content"] = plain(self._content)
        if self._whole is None:
            return structure(
                raw | ({"role": self._role} if self._role else {}), Message
            )
        made = copied(self._whole)
        made.content = structure(raw, Message).content
        if made.role is None and self._role:
            made.role = self._role
        return made

    def text(self) -> str:
        """Give the text of its text blocks, joined."""
        if self._text is None:
            self._text = "".join(
                block.text.value
                for block in self.model().content
                if isinstance(block, TextContentBlock)
                and isinstance(block.text.value, str)
            )
        return self._text


def _has_details(step: RunStep) -> bool:
    details = step.step_details
    if isinstance(details, ToolCallsStepDetails):
        return bool(details.tool_calls)
    return details is not None and bool(details.type)


class StepParts:
    """A run step as far as it has come."""

    __slots__ = (
        "_arguments",
        "_details",
        "_id",
        "_inputs",
        "_model",
        "_whole",
        "ended",
    )

    def __init__(self, id: str) -> None:
        self._id = id
        self._whole: RunStep | None = None
        self.ended = False
        self._details: dict[str, Any] | None = None
        # Calls that have begun: more arguments or code is nearly all that comes.
        self._arguments: dict[int, tuple[Write, object]] = {}
        self._inputs: dict[int, tuple[Write, object]] = {}
        self._model: RunStep | None = None

    def __getstate__(self) -> object:
        # As for messages.
        return state_of(self, _arguments={}, _inputs={})

    def replace(self, step: RunStep, *, last: bool) -> None:
        """Take a whole step, which becomes the part's own."""
        if self.ended and not last:
            return
        self.ended = last
        self._whole = step
        # One that says nothing of its calls yet, and comes late, takes none away.
        if last or _has_details(step):
            self._details = None
            self._arguments = {}
            self._inputs = {}
        self._model = None

    def extend(self, delta: RunStepDelta) -> Write | None:
        """Add a delta, if all it has is more arguments or code of a call that began.

        Give what adds to that, good until anything else is done to the step.
        """
        details: Any = delta.step_details
        if details.__class__ is not ToolCallDeltaObject:
            return None
        calls = details.tool_calls
        if calls.__class__ is not list or len(calls) != 1:
            return None
        call = calls[0]
        index = call.index
        # Not `True`, which finds what is under 1.
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
        self._model = None
        return write

    def add(self, delta: RunStepDelta) -> None:
        """Add a delta, or raise `InvalidDelta` and stay as it was."""
        if self.ended or delta.step_details is None:
            return
        where = "$.delta.step_details"
        new = object_fragment(delta.step_details, where)
        old: Any = self._details
        if old is None and self._whole is not None:
            old = unstructure(self._whole).get("step_details")
        self._details = details = add(old, new, where)
        added, calls = new.get("tool_calls"), details.get("tool_calls")
        if isinstance(added, Entries) and isinstance(calls, Entries):
            for index in added.by_index:
                self._watch(index, calls.by_index[index])
        self._model = None

    def _watch(self, index: int, call: dict[str, Any]) -> None:
        """Keep what appends to the call, until it is added to in another way."""
        self._arguments.pop(index, None)
        self._inputs.pop(index, None)
        if (write := text_writer(call, "function", "arguments")) is not None:
            self._arguments[index] = write, call.get("id")
        if (write := text_writer(call, "code_interpreter", "input")) is not None:
            self._inputs[index] = write, call.get("id")

    def changed(self) -> None:
        """Say that a text was added to, as `extend` has shown how."""
        self._model = None

    def model(self) -> RunStep:
        """Give the step; the same object until it changes."""
        if self._model is None:
            self._model = self._make()
        return self._model

    def _make(self) -> RunStep:
        if self._details is None and self._whole is not None:
            return self._whole
        raw: dict[str, Any] = {"id": self._id, "object": "thread.run.step"}
        if self._details is not None:
            details = plain(self._details)
            raw["step_details"] = details
            if "type" in details:
                raw["type"] = details["type"]
        made = structure(raw, RunStep)
        if self._whole is not None:
            step_details = made.step_details
            made = copied(self._whole)
            made.step_details = step_details
        return made
