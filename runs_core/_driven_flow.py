"""One flow, step by step: what it is sent or thrown, what it asks for, how it ends."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from runs_core.errors import TransportError, UsageError
from runs_core.flows.effects import Ask, Flow
from runs_core.flows.once import check_unconsumed

__all__ = ["DrivenFlow"]

T = TypeVar("T")


class DrivenFlow(Generic[T]):
    """A flow that is being driven, and how far it has come."""

    def __init__(self, flow: Flow[T]) -> None:
        check_unconsumed(flow)
        self._flow = flow
        # What the flow is to be sent or thrown next. The answer is popped from a list:
        # in a variable, every traceback could show a token.
        self._answers: list[Any] = [None]
        self._error: BaseException | None = None
        # What the flow is thrown once it has dealt with its next answer.
        self._next_error: BaseException | None = None
        self._ended = False
        self._busy = False
        self._result: tuple[T] | None = None
        # Only the name: the error itself would keep its traceback's frames alive.
        self._failure: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the flow has ended: with a result, by an error or by `close()`."""
        return self._ended

    @property
    def finished(self) -> bool:
        """Whether the flow has ended with a result."""
        return self._result is not None

    @property
    def result(self) -> T:
        """The flow's result; raises `UsageError` if there is none."""
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
        """Mark the flow as being driven, or raise `UsageError` if it cannot be."""
        if self._busy:
            raise UsageError(
                "this is already being read, by another task or thread, or by a"
                " function that it waits for: read a stream in one place"
            )
        if self._failure is not None:
            # If it ended quietly, like a closed one, it would look complete.
            raise UsageError(f"there is nothing more{self._why_none()}")
        self._busy = True

    def fail(self, error: BaseException) -> None:
        """End the flow as failed; a result or an earlier failure is kept."""
        self._ended = True
        if self._result is None:
            self._failure = self._failure or type(error).__name__

    def _put_off(self, error: BaseException) -> bool:
        """Throw an interruption into the flow when that has dealt with its next answer.

        Return False for any other error. A whole response that has come is not lost by
        it: the flow learns what the server has done, and there may be a run to cancel.
        """
        if isinstance(error, Exception):
            return False
        self._next_error = error
        return True

    def _next_ask(self) -> Ask | None:
        """Return the next effect; None at the flow's end, also after `close()`."""
        error, self._error = self._error, None
        later, self._next_error = self._next_error, None
        thrown: BaseException | None = None
        try:
            if self._ended:
                # Closed from elsewhere while it waited. That breaks the connection; any
                # other error, such as a cancellation, is for the code that waited.
                error = later or error
                if error is None or isinstance(error, TransportError):
                    return None
                raise error
            if error is not None:
                ask = self._flow.throw(error)
            else:
                ask = self._flow.send(self._answers.pop())
            if later is not None:
                thrown, later = later, None
                ask = self._flow.throw(thrown)
            # If it was closed while it computed, nothing more is sent.
            return None if self._ended else ask
        except StopIteration as end:
            self._ended = True
            self._result = (end.value,)
            if later is not None:
                raise later from None
            return None
        except BaseException:
            if later is not None:
                raise later  # noqa: B904 - what the answer led to is its context
            raise
        finally:
            del error, later, thrown  # Else they would hold their own tracebacks.
