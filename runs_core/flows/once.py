"""Flows that refuse to be driven a second time.

To `yield from`, a bare generator that has ended looks like one that has just returned
None, and one that is under way would go on with answers that are not its own. These
raise `FlowConsumed` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from inspect import GEN_CREATED, getgeneratorstate, isgenerator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from runs_core.errors import FlowConsumed, UsageError
from runs_core.flows.effects import Ask, Feed, Flow

if TYPE_CHECKING:
    from runs_core.flows.call import Call

__all__ = ["OnceFeed", "check_unconsumed", "flow_of", "once"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class OnceFeed(Feed[ItemT, T]):
    """A flow or feed around a generator. Iterating over it takes it.

    A client that leaves the flow before its end calls `on_exit`, if that is set, for
    the call to make then; None if nothing is left to do. A flow inside another one is
    not driven by a client: one with `on_exit` refuses to be iterated there. `functions`
    are those of the user that the flow may call, for a client to check them first.
    """

    __slots__ = ("_begun", "_ended", "_flow", "_taken", "functions", "on_exit")

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self.on_exit: Callable[[], Call[Any] | None] | None = None
        self.functions: tuple[Callable[..., Any], ...] = ()
        self._taken = self._begun = self._ended = False

    def __iter__(self) -> Generator[Ask, Any, T]:
        if self.on_exit is not None:
            raise UsageError(
                "a flow with cancel_on_exit is for a client to run or stream: inside a"
                " flow of your own, leave cancel_on_exit out, and cancel the run"
                " yourself when something stops the flow"
            )
        return self.taken()

    def taken(self) -> Self:
        """Take the flow, for a driver that respects its `on_exit`."""
        if self._taken or self.consumed:
            _refuse()
        self._taken = True
        return self

    def __repr__(self) -> str:
        flow = getattr(self._flow, "__qualname__", type(self._flow).__name__)
        state = "driven" if self._taken or self.consumed else "not driven"
        return f"<{type(self).__name__}: {flow}, {state}>"

    def __next__(self) -> Ask:
        return self.send(None)

    @property
    def consumed(self) -> bool:
        """Whether the flow was driven, even in part."""
        return self._begun or self._ended

    def send(self, value: Any) -> Ask:
        """Send the answer to the last effect, and return the next one."""
        self._begin()
        # Without a name of its own: it can be a token, or a response that echoes one.
        given = [value]
        del value
        try:
            return self._flow.send(given.pop())
        except BaseException:
            self._ended = True
            raise

    def throw(
        self,
        typ: Any,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
        /,
    ) -> Ask:
        """Send an exception as the answer to the last effect; return the next one."""
        self._begin()
        # Passing all three arguments to a generator is deprecated.
        error: Any = typ if val is None else val
        try:
            return self._flow.throw(error)
        except BaseException:
            self._ended = True
            raise

    if not TYPE_CHECKING:  # To type checkers, it would say that any name is there.

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"a flow has no {name!r}: client.run(flow) drives it and returns its"
                " result"
            )

    def close(self) -> None:
        """End the flow where it stands."""
        self._ended = True
        self._flow.close()

    def _begin(self) -> None:
        if self._ended:
            _refuse()
        self._begun = True


def once(flow: Flow[T]) -> Flow[T]:
    """Return the flow, wrapped so that a second use raises `FlowConsumed`."""
    return OnceFeed[Any, T](flow)


def flow_of(conversation: Call[T] | Flow[T]) -> Flow[T]:
    """Return the flow of a call, or a flow as it is; raise TypeError for others."""
    flow: Any = conversation
    if isinstance(flow, Iterable) and not isinstance(flow, Generator):
        flow = iter(flow)
    if not isinstance(flow, Generator):
        raise TypeError(
            "only calls and flows can be driven, such as runs.retrieve(run_id,"
            f" thread_id), not a {type(conversation).__name__}"
            + (": call the function" if callable(conversation) else "")
        )
    return flow


def check_unconsumed(flow: Flow[Any]) -> None:
    """Raise `FlowConsumed` for a flow that was already driven, even in part.

    Raises TypeError for anything that is not a flow.
    """
    if not isinstance(flow, Generator):
        kind = type(flow).__name__
        raise TypeError(
            f"only a flow, which is a generator, can be driven, not a {kind}"
            + (": pass iter() of it" if isinstance(flow, Iterable) else "")
        )
    if isinstance(flow, OnceFeed):
        consumed = flow.consumed
    else:
        consumed = isgenerator(flow) and getgeneratorstate(flow) != GEN_CREATED
    if consumed:
        _refuse()


def _refuse() -> NoReturn:
    raise FlowConsumed("this flow has already been driven: call the function again")
