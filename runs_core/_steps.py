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
            raise UsageError(
                "there is no result: it was left, or has failed, before its end"
                if self.ended
                else "there is no result yet: iterate to the end first"
            )
        return self._result[0]

    def _begin(self) -> None:
        """Say that the flow is being driven, or raise that it is already."""
        if self._busy:
            raise UsageError(
                "this is being read already, by another task, thread or a function that"
                " it waits for: read a stream in one place"
            )
        self._busy = True

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
                return self._flow.throw(error)
            return self._flow.send(self._answers.pop())
        except StopIteration as end:
            self._ended = True
            self._result = (end.value,)
            return None
        finally:
            del error  # Which would otherwise hold its own traceback.
