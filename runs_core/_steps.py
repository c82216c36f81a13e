"""One flow, step by step: what it is sent or thrown, what it asks, what it ended in."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from runs_core.errors import TransportError, UsageError
from runs_core.flows.effects import Ask, Flow
from runs_core.flows.once import check_unconsumed

__all__ = ["Steps"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class Steps(Generic[ItemT, T]):
    """A flow that somebody drives, and how far it has come."""

    def __init__(self, flow: Flow[T]) -> None:
        check_unconsumed(flow)
        self._flow = flow
        # What the flow is to be sent or thrown next. A list that the answer is taken
        # out of: in a name, a token would be there for every traceback to show.
        self._answers: list[Any] = [None]
        self._error: BaseException | None = None
        self._ended = False
        self._busy = False
        self._result: tuple[T] | None = None
        # By name: the error itself would keep alive what its traceback goes through.
        self._failure: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the flow has ended, by a result, an error, or `close()`."""
        return self._ended

    @property
    def finished(self) -> bool:
        """Whether the flow has ended by a result."""
        return self._result is not None

    @property
    def result(self) -> T:
        """What the flow ended in; raises `UsageError` where it has no result."""
        if self._result is None:
            raise UsageError(f"there is no result{self._why_none()}")
        return self._result[0]

    def _why_none(self) -> str:
        if self._failure is not None:
            return f": it failed before its end, with {self._failure}"
        if self._ended:
            return ": it was closed before its end"
        return " yet: iterate to the end first"

    def _begin(self) -> None:
        """Say that the flow is being driven, or raise why it cannot be."""
        if self._busy:
            raise UsageError(
                "this is being read already, by another task, thread or a function that"
                " it waits for: read a stream in one place"
            )
        if self._failure is not None:
            # To end quietly, as what was closed does, would look like the whole.
            raise UsageError(f"there is nothing more{self._why_none()}")
        self._busy = True

    def fail(self, error: BaseException) -> None:
        """End the flow as failed, unless it has ended in a result or failed before."""
        self._ended = True
        if self._result is None:
            self._failure = self._failure or type(error).__name__

    def _next_ask(self) -> Ask | None:
        """Give the next effect; None at the flow's end, also by `close()`."""
        error, self._error = self._error, None
        try:
            if self._ended:
                # Closed by somebody else while it waited. That breaks the connection;
                # anything else, such as being cancelled, is for whoever waited.
                if error is None or isinstance(error, TransportError):
                    return None
                raise error
            if error is not None:
                ask = self._flow.throw(error)
            else:
                ask = self._flow.send(self._answers.pop())
            # Closed while it computed: then nothing more is sent.
            return None if self._ended else ask
        except StopIteration as end:
            self._ended = True
            self._result = (end.value,)
            return None
        finally:
            del error  # Which would otherwise hold its own traceback.
