"""One step of a snapshot: the last whole object and the deltas since."""

from __future__ import annotations

from io import StringIO
from typing import Any

from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterToolCallDelta,
    FunctionDelta,
    FunctionToolCallDelta,
    RunStep,
    RunStepDelta,
    ToolCall,
    ToolCallDeltaObject,
    ToolCallsStepDetails,
)
from runs_core.stream._accumulate import (
    Entries,
    add,
    object_fragment,
    plain,
    text_writer,
)
from runs_core.stream._copy import copied, state_of
from runs_core.stream._parts import Parts, Shown, Write
from runs_core.stream._received import Received
from runs_core.wire.codec import structure

__all__ = ["StepParts", "calls_of"]


def calls_of(step: RunStep) -> list[ToolCall]:
    """Return the tool calls of a step, none if it has no such details."""
    details = step.step_details
    return details.tool_calls if isinstance(details, ToolCallsStepDetails) else []


def _has_details(step: RunStep) -> bool:
    details = step.step_details
    if isinstance(details, ToolCallsStepDetails):
        return bool(details.tool_calls)
    return details is not None and bool(details.type)


def _leave_out_told(new: dict[str, Any], old: Any) -> None:
    """Leave out of a delta the calls that it only tells again, by id and name.

    open-assistant-api does so: the whole step, which comes first, has its calls.
    """
    added = new.get("tool_calls")
    before = old.get("tool_calls") if isinstance(old, dict) else None
    if not isinstance(added, Entries) or not isinstance(before, Entries | list):
        return
    told = (before if isinstance(before, Entries) else Entries(before)).by_index
    for index, call in [*added.by_index.items()]:
        function = call.get("function")
        named = isinstance(function, dict) and function.get("name")
        if named and call.get("id") and _is_told(call, told.get(index)):
            del added.by_index[index]


def _is_told(new: Any, old: Any) -> bool:
    if isinstance(new, dict):
        return isinstance(old, dict) and all(
            _is_told(item, old.get(name)) for name, item in new.items()
        )
    if new is None or new == "":
        return True
    if isinstance(old, StringIO):
        # Its length first: reading all of it for every delta takes quadratic time.
        return isinstance(new, str) and len(new) == old.tell() and new == old.getvalue()
    return bool(new == old)


class StepParts(Parts[RunStep, ToolCall]):
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
        # As in `MessageParts`.
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
            if function.__class__ is not FunctionDelta:
                return None
            if function.name or function.output is not None:
                return None
            found, value = self._arguments.get(index), function.arguments
        elif call.__class__ is CodeInterpreterToolCallDelta:
            code = call.code_interpreter
            if code.__class__ is not CodeInterpreterDelta or code.outputs:
                return None
            found, value = self._inputs.get(index), code.input
        else:
            return None
        if found is None:
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
        _leave_out_told(new, old)
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

    def _make(self, shown: Shown[RunStep, ToolCall]) -> RunStep:
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
