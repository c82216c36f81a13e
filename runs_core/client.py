"""A transport and an endpoint together: what most programs use.

`run` and `stream` drive whatever `runs_core.api` returns; `client.beta` has the same
operations under openai-python's names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from functools import cached_property, partial
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack, overload

from attrs import evolve

from runs_core import faces
from runs_core._omit import Omit
from runs_core._performing import check_blocking_functions
from runs_core.drive import AsyncDriver, Driver, Outside, log_decision
from runs_core.endpoint import Endpoint, check_endpoint
from runs_core.errors import RunsError, UsageError
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.feed_stream import AsyncFeedStream, FeedStream
from runs_core.flows.call import Call, Paged
from runs_core.flows.effects import Feed, Flow
from runs_core.flows.once import OnceFeed
from runs_core.flows.retry import Policy, bound_to_drive
from runs_core.flows.streaming import RunFeed
from runs_core.flows.verdict import MAX_RETRIES
from runs_core.transport import (
    AsyncTransport,
    Transport,
    check_transport,
    is_async,
)
from runs_core.wire.http import Timeouts

__all__ = ["AsyncClient", "Client", "ClientOptions"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


# In seconds. Cleaning up must not hang: the caller is on its way out.
_LEAVING_TIME = 5.0


class ClientOptions(TypedDict, total=False):
    """What `with_options` can change.

    `endpoint`, `max_retries`, `timeout` and `deadline` are as for a new client.
    """

    endpoint: Endpoint
    max_retries: int
    timeout: float | Timeouts | None
    deadline: float | None


class _BaseClient:
    """What both clients have in common: all that does not wait."""

    transport: Any

    def __init__(
        self,
        endpoint: Endpoint,
        max_retries: int,
        timeout: float | Timeouts | None,
        deadline: float | None,
        outside: Outside | None,
    ) -> None:
        check_endpoint(endpoint)
        self.endpoint = endpoint
        """Where the requests go, and as whom: an `Endpoint`."""
        self.policy = Policy(
            max_retries=max_retries,
            timeouts=None if timeout is None else Timeouts.of(timeout),
            deadline=deadline,
            notice=log_decision,
        )
        """How often and how long it tries: a `Policy`."""
        self._outside = outside

    def __repr__(self) -> str:
        over = type(self.transport).__name__
        return f"<{type(self).__name__}: {self.endpoint.base_url} over {over}>"

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a copy of the client, on the same transport, with other options.

        They are `endpoint`, `max_retries`, `timeout` and `deadline`, as for a new
        client; what is left out stays as it is.
        """
        if unknown := options.keys() - ClientOptions.__annotations__:
            raise TypeError(
                f"with_options() got an unexpected keyword argument {min(unknown)!r};"
                f" it takes {', '.join(ClientOptions.__annotations__)}"
            )
        policy = self.policy
        settings: dict[str, Any] = {
            "endpoint": self.endpoint,
            "max_retries": policy.max_retries,
            "timeout": policy.timeouts,
            "deadline": policy.deadline,
            "outside": self._outside,
        }
        settings |= {n: v for n, v in options.items() if not isinstance(v, Omit)}
        # A subclass may have another constructor, and hold more.
        other = copy(self)
        vars(other).pop("beta", None)  # It belongs to this client.
        _BaseClient.__init__(other, **settings)
        return other

    def _farewell(self, call: Call[T]) -> Flow[T]:
        """Return the flow of a call that is made when a conversation is left."""
        policy = evolve(self.policy, max_retries=0, deadline=_LEAVING_TIME)
        return bound_to_drive(call, self.endpoint, policy)

    def _bound(self, conversation: Call[T] | Flow[T]) -> Flow[T]:
        if isinstance(conversation, OnceFeed):
            conversation = conversation.taken()
        return bound_to_drive(conversation, self.endpoint, self.policy)


def _check_feed(feed: Any) -> None:
    if isinstance(feed, Call):
        raise TypeError(
            "stream() takes a feed, such as runs.stream(thread_id, assistant_id=…), not"
            f" a {type(feed).__name__}, which is one request: pass it to run()"
            + (", or stream its items() or pages()" if isinstance(feed, Paged) else "")
        )
    asks = isinstance(feed, OnceFeed) and feed.on_exit is not None
    if asks and not isinstance(feed, RunFeed):
        # It emits nothing, so entering its stream would drive it to its end: whoever
        # interrupts that has no stream to leave.
        raise UsageError("pass a flow with cancel_on_exit to run(), not to stream()")


def _check_functions(conversation: Any) -> None:
    # Before its run is created: they are first called when that has begun.
    if isinstance(conversation, OnceFeed):
        check_blocking_functions(conversation.functions)


class Client(_BaseClient):
    """Conversations with one endpoint over a blocking transport.

    `max_retries` counts repetitions after the first attempt; what is repeated depends
    on the operation. `timeout` is the longest wait for the connection and for each
    read, `deadline` the longest time for each whole conversation, in seconds; None
    leaves them to the request and the operation. `outside` replaces the clock and the
    random numbers.

    Raises `UsageError` for a transport that is async, and for anything that is not a
    transport or an endpoint; `InvalidOption` for a number out of range; TypeError for
    anything that is not a number.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        *,
        max_retries: int = MAX_RETRIES,
        timeout: float | Timeouts | None = None,
        deadline: float | None = None,
        outside: Outside | None = None,
    ) -> None:
        super().__init__(endpoint, max_retries, timeout, deadline, outside)
        check_transport(transport)
        if is_async(transport):
            raise UsageError(
                f"{type(transport).__name__} is async: pass it to an AsyncClient, or"
                " use a blocking transport"
            )
        self.transport: Transport = transport
        """What carries the requests."""

    @cached_property
    def beta(self) -> faces.Beta:
        """The operations under openai-python's names: `beta.threads.runs.create(…)`."""
        return faces.Beta(self)

    @property
    def with_raw_response(self) -> faces.RawNouns:
        """The operations below `beta`, each returning a `RawResponse`."""
        return faces.RawNouns(self.beta)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the transport, if it can be closed; also for other clients on it."""
        if (close := getattr(self.transport, "close", None)) is not None:
            close()

    def run(self, conversation: Call[T] | Flow[T]) -> T:
        """Drive a call or flow to its end and return its result.

        Raises `UsageError` before anything is sent if a function of the flow is async.
        """
        _check_functions(conversation)
        driver = Driver[Any, T](
            self._bound(conversation), self.transport, self._outside
        )
        try:
            return driver.run()
        except BaseException as error:
            self._leave(conversation, error)
            raise

    @overload
    def stream(self, feed: RunFeed) -> EventStream: ...
    @overload
    def stream(self, feed: Feed[ItemT, T]) -> FeedStream[ItemT, T]: ...
    def stream(self, feed: Feed[Any, Any]) -> FeedStream[Any, Any]:
        """Return an iterator and context manager for what the feed emits.

        Raises `UsageError` if a function of the feed is async.
        """
        _check_feed(feed)
        _check_functions(feed)
        driver = Driver[Any, Any](self._bound(feed), self.transport, self._outside)
        if isinstance(feed, RunFeed):
            return EventStream(driver, feed.progress, partial(self._leave, feed))
        return FeedStream(driver)

    def _leave(
        self, conversation: Call[Any] | Flow[Any], why: BaseException | None
    ) -> None:
        """Make the call that the conversation asks for when it is left, if any."""
        call = _on_exit(conversation)
        if call is not None:
            with _not_in_the_way(call, why):
                flow = self._farewell(call)
                Driver[Any, Any](flow, self.transport, self._outside).run()


class AsyncClient(_BaseClient):
    """An async `Client`: conversations with one endpoint over an async transport."""

    def __init__(
        self,
        transport: AsyncTransport,
        endpoint: Endpoint,
        *,
        max_retries: int = MAX_RETRIES,
        timeout: float | Timeouts | None = None,
        deadline: float | None = None,
        outside: Outside | None = None,
    ) -> None:
        super().__init__(endpoint, max_retries, timeout, deadline, outside)
        check_transport(transport)
        self.transport: AsyncTransport = transport
        """What carries the requests."""

    @cached_property
    def beta(self) -> faces.AsyncBeta:
        """The operations under openai-python's names: `beta.threads.runs.create(…)`."""
        return faces.AsyncBeta(self)

    @property
    def with_raw_response(self) -> faces.AsyncRawNouns:
        """The operations below `beta`, each returning a `RawResponse`."""
        return faces.AsyncRawNouns(self.beta)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the transport, if it can be closed; also for other clients on it."""
        if (close := getattr(self.transport, "close", None)) is not None:
            closing = close()
            # A blocking transport is refused when it is used, not when it is left.
            if isawaitable(closing):
                await closing

    async def run(self, conversation: Call[T] | Flow[T]) -> T:
        """Drive a call or flow to its end and return its result."""
        driver = AsyncDriver[Any, T](
            self._bound(conversation), self.transport, self._outside
        )
        try:
            return await driver.run()
        except BaseException as error:
            await self._leave(conversation, error)
            raise

    @overload
    def stream(self, feed: RunFeed) -> AsyncEventStream: ...
    @overload
    def stream(self, feed: Feed[ItemT, T]) -> AsyncFeedStream[ItemT, T]: ...
    def stream(self, feed: Feed[Any, Any]) -> AsyncFeedStream[Any, Any]:
        """Return an async iterator and context manager for what the feed emits."""
        _check_feed(feed)
        driver = AsyncDriver[Any, Any](self._bound(feed), self.transport, self._outside)
        if isinstance(feed, RunFeed):
            return AsyncEventStream(driver, feed.progress, partial(self._leave, feed))
        return AsyncFeedStream(driver)

    async def _leave(
        self, conversation: Call[Any] | Flow[Any], why: BaseException | None
    ) -> None:
        """Make the call that the conversation asks for when it is left, if any.

        Also when it is left by cancellation: in the transport's shield, if its
        framework needs one.
        """
        call = _on_exit(conversation)
        if call is not None:
            shield = getattr(self.transport, "shield", nullcontext)
            with shield(), _not_in_the_way(call, why):
                flow = self._farewell(call)
                await AsyncDriver[Any, Any](flow, self.transport, self._outside).run()


@contextmanager
def _not_in_the_way(call: Call[Any], why: BaseException | None) -> Iterator[None]:
    """Log an error of the call: it must not hide why the conversation is left.

    If that is an error of ours, it gets a note of what became of the run.
    """
    became = "was cancelled on exit"
    try:
        yield
    except Exception as error:
        became = f"could not be cancelled on exit ({type(error).__name__})"
        log_decision(f"{call.request.operation}: the run {became}")
    if isinstance(why, RunsError):
        why.add_note(f"the run {became}")


def _on_exit(conversation: Call[Any] | Flow[Any]) -> Call[Any] | None:
    if isinstance(conversation, OnceFeed) and conversation.on_exit is not None:
        return conversation.on_exit()
    return None
