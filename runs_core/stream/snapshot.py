"""The state that a run's events add up to."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from runs_core.errors import InvalidDelta
from runs_core.lifecycle import RUN_ENDS, RUN_TERMINAL, is_one_of
from runs_core.models import (
    Message,
    MessageDelta,
    Run,
    RunStep,
    RunStepDelta,
    Thread,
)
from runs_core.models.base import id_rule
from runs_core.stream._copy import state_of
from runs_core.stream._event import DeltaEvent, WholeEvent, model_of
from runs_core.stream._message_parts import MessageParts
from runs_core.stream._received import Received
from runs_core.stream._step_parts import StepParts
from runs_core.stream.events import (
    ErrorEvent,
    RunStreamEvent,
    ThreadCreated,
    ThreadMessageCompleted,
    ThreadMessageCreated,
    ThreadMessageDelta,
    ThreadMessageIncomplete,
    ThreadMessageInProgress,
    ThreadRunCancelled,
    ThreadRunCancelling,
    ThreadRunCompleted,
    ThreadRunCreated,
    ThreadRunExpired,
    ThreadRunFailed,
    ThreadRunIncomplete,
    ThreadRunInProgress,
    ThreadRunQueued,
    ThreadRunRequiresAction,
    ThreadRunStepCancelled,
    ThreadRunStepCompleted,
    ThreadRunStepCreated,
    ThreadRunStepDelta,
    ThreadRunStepExpired,
    ThreadRunStepFailed,
    ThreadRunStepInProgress,
    UnknownEvent,
)

__all__ = ["RunSnapshot"]

T = TypeVar("T")


class RunSnapshot:
    """The run, its messages and its steps after the events that were applied.

    It holds copies: it never changes the data of an event, shares nothing mutable with
    it, and keeps no event. Objects are made when they are looked at, and new ones after
    a change; those handed out before stay as they were.

    A whole object replaces what deltas had added up to; that of a `completed` event, or
    another that ends a run, message or step, is the last word on it. A run that waits
    in `requires_action` has not ended. A run event about another run does not fit;
    messages and steps are taken by their own ids.

    It can be copied and pickled at any moment. Like a decoder, it is for one thread at
    a time.

    Deltas may come without a `created` before them. They add up by these rules: texts
    append, numbers replace, list entries with an index are merged under it, unknown
    kinds like known ones. Keys unknown to a class of deltas are taken from whole
    objects only.
    """

    __slots__ = (
        "_build",
        "_message_tuple",
        "_messages",
        "_outcome",
        "_part",
        "_run",
        "_run_id",
        "_step_tuple",
        "_steps",
        "_thread",
        "_write",
    )

    def __init__(self) -> None:
        self._run: Received[Run] | None = None
        self._run_id: str | None = None
        self._thread: Received[Thread] | None = None
        self._outcome: str | None = None
        self._messages: dict[str, MessageParts] = {}
        self._message_tuple: tuple[Message, ...] | None = ()
        self._steps: dict[str, StepParts] = {}
        self._step_tuple: tuple[RunStep, ...] | None = ()
        # If all that the last delta did was to add to a text: what made it, its message
        # or step, and what appends to that text.
        self._build: object = None
        self._part: Any = None
        self._write: Callable[[str], object] = str

    def __getstate__(self) -> object:
        # Without the shortcut to the text that is being added to: it would append to
        # that of the original. The next delta but one finds it again.
        return state_of(self, _build=None, _part=None, _write=str)

    def __copy__(self) -> RunSnapshot:
        # A copy that shared its parts with the original would change it.
        return deepcopy(self)

    def __repr__(self) -> str:
        return (
            f"<RunSnapshot: outcome {self._outcome}, {len(self._messages)} messages,"
            f" {len(self._steps)} steps>"
        )

    @property
    def run(self) -> Run | None:
        """The run as the last event about it says; None before the first."""
        return None if self._run is None else self._run.look()

    @property
    def run_id(self) -> str | None:
        """The run's id; taken from a message or step of it, if no run has come."""
        return self._run_id

    @property
    def thread(self) -> Thread | None:
        """The thread, if the stream began by creating it."""
        return None if self._thread is None else self._thread.look()

    @property
    def outcome(self) -> str | None:
        """The run's status, if it has ended or waits for the caller; else None."""
        return self._outcome

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages, in the order in which they appeared."""
        if self._message_tuple is None:
            self._message_tuple = tuple(m.model() for m in self._messages.values())
        return self._message_tuple

    @property
    def steps(self) -> tuple[RunStep, ...]:
        """The steps, in the order in which they appeared."""
        if self._step_tuple is None:
            self._step_tuple = tuple(s.model() for s in self._steps.values())
        return self._step_tuple

    @property
    def text(self) -> str:
        """The text of the last message: its text blocks, joined."""
        if not self._messages:
            return ""
        return next(reversed(self._messages.values())).text()

    # For what shows a single message or step: it is made without making the others.

    def _message(self, id: str) -> MessageParts:
        return self._messages[id]

    def _step(self, id: str) -> StepParts:
        return self._steps[id]

    def _last_message(self) -> Message | None:
        return next((m.model() for m in reversed(self._messages.values())), None)

    def _last_step(self) -> RunStep | None:
        return next((s.model() for s in reversed(self._steps.values())), None)

    def has_ended(self, id: str) -> bool:
        """Return whether an event has said that this message or step is done."""
        part = self._messages.get(id) or self._steps.get(id)
        return part is not None and part.ended

    def apply(self, event: RunStreamEvent) -> None:
        """Apply an event.

        Raises `InvalidDelta`, having changed nothing, if it does not fit. Unknown
        events and errors change nothing.
        """
        cls = event.__class__
        try:
            if cls is ThreadMessageDelta or cls is ThreadRunStepDelta:
                delta: Any = event
                build = delta._build
                if build is not None and build is self._build:
                    # It adds to the same text as the one before.
                    self._write(delta._text)
                    self._part.changed()
                else:
                    self._build = None
                    data = delta._data if build is None else delta.data
                    id = data.id
                    parts: Any = (
                        self._messages if cls is ThreadMessageDelta else self._steps
                    )
                    part = parts.get(id) if id.__class__ is str else None
                    write = None if part is None else part.extend(data.delta)
                    if write is not None:
                        # The next one from the same template adds to the same text.
                        self._build, self._part, self._write = build, part, write
                    else:
                        self._add(parts, part, delta)
                self._message_tuple = self._step_tuple = None
            elif cls in _APPLY:
                self._build = None
                _APPLY[cls](self, event)
            else:
                raise TypeError(f"apply takes an event of a run, not {cls.__name__}")
        except InvalidDelta as error:
            error.event = event.event
            why = f"the {error.event} event does not fit what came before it: {error}"
            error.message = why
            raise

    def _add(self, parts: dict[str, Any], part: Any, event: DeltaEvent[Any]) -> None:
        """Add a delta to the message or step, or to a new one."""
        make, cls = _PART_AND_DELTA[event.__class__]
        data = event.data
        if part is None:
            _check_id(data.id, model_of(event.__class__))
            part = make(data.id)
        part.add(_delta_of(data, cls))
        parts[data.id] = part

    def _replace_message(self, event: WholeEvent[Message], *, last: bool) -> None:
        self._replace(event, Message, self._messages, MessageParts, last)
        self._message_tuple = None

    def _replace_step(self, event: WholeEvent[RunStep], *, last: bool) -> None:
        self._replace(event, RunStep, self._steps, StepParts, last)
        self._step_tuple = None

    def _replace(
        self,
        event: WholeEvent[Any],
        model: type,
        parts: dict[str, Any],
        make: Any,
        last: bool,
    ) -> None:
        id, run_id = _peek(event, "id", "run_id")
        _check_id(id, model)
        part = parts.get(id) or make(id)
        part.replace(Received(event), last=last)
        parts[id] = part
        self._learn_run_id(run_id)

    def _replace_run(self, event: WholeEvent[Run], ended: str | None) -> None:
        id, status = _peek(event, "id", "status")
        _check_id(id, Run)
        if self._run is not None and id != self._run_id:
            raise InvalidDelta("it is about another run @ $.id", where="$.id")
        if ended is not None and is_one_of(status, RUN_ENDS):
            ended = status
        # Only another end changes what has ended: anything else that comes late is old.
        if self._outcome in RUN_TERMINAL and ended not in RUN_TERMINAL:
            return
        self._run_id = id
        self._run = Received(event)
        self._outcome = ended

    def _replace_thread(self, event: WholeEvent[Thread]) -> None:
        raw = event._raw
        _check_id(event.data.id if raw is None else raw["id"], Thread)
        self._thread = Received(event)

    def _learn_run_id(self, run_id: object) -> None:
        if self._run is None and isinstance(run_id, str) and run_id:
            self._run_id = run_id


def _peek(event: WholeEvent[Any], one: str, other: str) -> tuple[Any, Any]:
    """Return two fields as they came, without looking at `data`."""
    raw = event._raw
    if raw is None:
        data = event.data
        return getattr(data, one), getattr(data, other)
    return raw.get(one), raw.get(other)


def _check_id(id: object, model: type) -> None:
    if not isinstance(id, str) or not id:
        raise InvalidDelta(id_rule(model), where="$.id")


def _delta_of(data: Any, cls: type[T]) -> T:
    """Return what is to be added; an empty delta if the server sent none."""
    delta = cls() if data.delta is None else data.delta
    if not isinstance(delta, cls):
        raise InvalidDelta("a delta must be an object @ $.delta", where="$.delta")
    return delta


_PART_AND_DELTA: dict[type, tuple[Callable[[str], Any], type]] = {
    ThreadMessageDelta: (MessageParts, MessageDelta),
    ThreadRunStepDelta: (StepParts, RunStepDelta),
}


def _nothing(snapshot: RunSnapshot, event: Any) -> None:
    pass


def _thread(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_thread(event)


def _run(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_run(event, None)


def _run_end(snapshot: RunSnapshot, event: Any) -> None:
    # The event's name says whether the run has ended; its status says how.
    snapshot._replace_run(event, event.event.rpartition(".")[2])


def _step(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_step(event, last=False)


def _step_end(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_step(event, last=True)


def _message(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_message(event, last=False)


def _message_end(snapshot: RunSnapshot, event: Any) -> None:
    snapshot._replace_message(event, last=True)


_APPLY: dict[type, Callable[[RunSnapshot, Any], None]] = {
    ThreadCreated: _thread,
    ThreadRunCreated: _run,
    ThreadRunQueued: _run,
    ThreadRunInProgress: _run,
    ThreadRunRequiresAction: _run_end,
    ThreadRunCompleted: _run_end,
    ThreadRunIncomplete: _run_end,
    ThreadRunFailed: _run_end,
    ThreadRunCancelling: _run,
    ThreadRunCancelled: _run_end,
    ThreadRunExpired: _run_end,
    ThreadRunStepCreated: _step,
    ThreadRunStepInProgress: _step,
    ThreadRunStepCompleted: _step_end,
    ThreadRunStepFailed: _step_end,
    ThreadRunStepCancelled: _step_end,
    ThreadRunStepExpired: _step_end,
    ThreadMessageCreated: _message,
    ThreadMessageInProgress: _message,
    ThreadMessageCompleted: _message_end,
    ThreadMessageIncomplete: _message_end,
    ErrorEvent: _nothing,
    UnknownEvent: _nothing,
}
