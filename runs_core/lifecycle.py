"""The statuses of runs, run steps and messages, and what changes them, as data.

The tables are the single source: the local service makes every change of status
through them, and the diagrams in the documentation are drawn from them. They say what
the published service does; a client must not refuse what a server says because of
them.

The source is the run lifecycle of the API guide ("Run and Run Step statuses") and the
status enumerations of the published OpenAPI description.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeGuard, TypeVar, get_args

from attrs import field, frozen

from runs_core.errors import UsageError

__all__ = [
    "MESSAGE",
    "MESSAGE_TERMINAL",
    "RUN",
    "RUN_ENDS",
    "RUN_TERMINAL",
    "STEP",
    "STEP_TERMINAL",
    "IllegalTransition",
    "Lifecycle",
    "MessageStatus",
    "MessageTrigger",
    "RunStatus",
    "RunTrigger",
    "StepStatus",
    "StepTrigger",
    "is_one_of",
]

RunStatus = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
"""What a run's status can be."""

RunTrigger = Literal[
    "start",
    "require_action",
    "submit_tool_outputs",
    "complete",
    "fail",
    "stop_short",
    "cancel",
    "confirm_cancel",
    "expire",
]
"""What changes a run's status."""

StepStatus = Literal["in_progress", "cancelled", "failed", "completed", "expired"]
"""What a run step's status can be."""

StepTrigger = Literal["complete", "fail", "cancel", "expire"]
"""What changes a run step's status."""

MessageStatus = Literal["in_progress", "incomplete", "completed"]
"""What a message's status can be."""

MessageTrigger = Literal["complete", "stop_short"]
"""What changes a message's status."""

StatusT = TypeVar("StatusT", bound=str)
TriggerT = TypeVar("TriggerT", bound=str)


class IllegalTransition(UsageError, ValueError):
    """The trigger is not possible in this status; nothing has changed."""


def _read_only(table: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(table))


@frozen(kw_only=True)
class Lifecycle(Generic[StatusT, TriggerT]):
    """The statuses that one kind of object passes through."""

    name: str
    statuses: tuple[StatusT, ...]
    triggers: tuple[TriggerT, ...]
    initial: StatusT
    transitions: Mapping[tuple[StatusT, TriggerT], StatusT] = field(
        converter=_read_only
    )

    @property
    def terminal(self) -> frozenset[StatusT]:
        """The statuses that no trigger leads out of."""
        left = {status for status, _ in self.transitions}
        return frozenset(status for status in self.statuses if status not in left)

    def after(self, status: StatusT, trigger: TriggerT) -> StatusT:
        """Return the status that `trigger` leads to, or raise `IllegalTransition`."""
        try:
            return self.transitions[status, trigger]
        except KeyError:
            raise IllegalTransition(
                f"{trigger!r} is not possible for a {self.name} that is {status!r}"
            ) from None


RUN: Final[Lifecycle[RunStatus, RunTrigger]] = Lifecycle(
    name="run",
    statuses=get_args(RunStatus),
    triggers=get_args(RunTrigger),
    initial="queued",
    transitions={
        ("queued", "start"): "in_progress",
        ("queued", "cancel"): "cancelling",
        ("queued", "fail"): "failed",
        ("queued", "expire"): "expired",
        ("in_progress", "require_action"): "requires_action",
        ("in_progress", "complete"): "completed",
        ("in_progress", "fail"): "failed",
        ("in_progress", "stop_short"): "incomplete",
        ("in_progress", "cancel"): "cancelling",
        ("in_progress", "expire"): "expired",
        ("requires_action", "submit_tool_outputs"): "queued",
        ("requires_action", "cancel"): "cancelling",
        ("requires_action", "expire"): "expired",
        ("cancelling", "confirm_cancel"): "cancelled",
    },
)
"""A run's statuses."""

STEP: Final[Lifecycle[StepStatus, StepTrigger]] = Lifecycle(
    name="run step",
    statuses=get_args(StepStatus),
    triggers=get_args(StepTrigger),
    initial="in_progress",
    transitions={
        ("in_progress", "complete"): "completed",
        ("in_progress", "fail"): "failed",
        ("in_progress", "cancel"): "cancelled",
        ("in_progress", "expire"): "expired",
    },
)
"""A run step's statuses."""

MESSAGE: Final[Lifecycle[MessageStatus, MessageTrigger]] = Lifecycle(
    name="message",
    statuses=get_args(MessageStatus),
    triggers=get_args(MessageTrigger),
    initial="in_progress",
    transitions={
        ("in_progress", "complete"): "completed",
        ("in_progress", "stop_short"): "incomplete",
    },
)
"""A message's statuses."""

RUN_TERMINAL: Final = RUN.terminal
"""The statuses in which a run has ended."""
STEP_TERMINAL: Final = STEP.terminal
"""The statuses in which a run step has ended."""
MESSAGE_TERMINAL: Final = MESSAGE.terminal
"""The statuses in which a message has ended."""

RUN_ENDS: Final[frozenset[str]] = RUN_TERMINAL | {"requires_action"}
"""The statuses that end waiting: in `requires_action`, the caller has to act."""


def is_one_of(status: object, statuses: frozenset[str]) -> TypeGuard[str]:
    """Return whether a status is one of these; one that is not a str is unknown."""
    return isinstance(status, str) and status in statuses
