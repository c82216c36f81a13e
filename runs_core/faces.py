"""`client.beta`: the operations under openai-python's names, derived from `api`.

A method here is a function of `api` whose result is driven. Each noun's methods are
listed once; whether they block or are awaited depends on the client they hang on.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.flows.streaming import RunFeed

if TYPE_CHECKING:
    from runs_core.client import AsyncClient, Client

__all__ = ["AsyncBeta", "Beta"]

P = ParamSpec("P")
T = TypeVar("T")


class _Face:
    """A noun of a blocking client."""

    def __init__(self, client: Client) -> None:
        self._client = client


class _AsyncFace:
    """A noun of an async client."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client


class _Method(Generic[P, T]):
    """A function that gives a call or a flow, as a method that gives its result.

    The arguments are checked at the call, also where the result is awaited.
    """

    def __init__(self, function: Callable[P, Call[T] | Flow[T]]) -> None:
        self._function = function

    @overload
    def __get__(self, face: _Face, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, face: _AsyncFace, owner: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, face: _Face | _AsyncFace, owner: type) -> Callable[P, Any]:
        @functools.wraps(self._function)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return face._client.run(self._function(*args, **kwargs))

        return method


class _StreamMethod(Generic[P]):
    """A function that gives a run's feed, as a method that gives its stream.

    The request is sent when the stream is entered or iterated.
    """

    def __init__(self, function: Callable[P, RunFeed]) -> None:
        self._function = function

    @overload
    def __get__(self, face: _Face, owner: type) -> Callable[P, EventStream]: ...
    @overload
    def __get__(
        self, face: _AsyncFace, owner: type
    ) -> Callable[P, AsyncEventStream]: ...
    def __get__(self, face: _Face | _AsyncFace, owner: type) -> Callable[P, Any]:
        @functools.wraps(self._function)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return face._client.stream(self._function(*args, **kwargs))

        return method


class _Steps:
    retrieve = _Method(steps.retrieve)
    list = _Method(steps.list)


class _Runs:
    create = _Method(runs.create)
    retrieve = _Method(runs.retrieve)
    update = _Method(runs.update)
    list = _Method(runs.list)
    cancel = _Method(runs.cancel)
    submit_tool_outputs = _Method(runs.submit_tool_outputs)
    poll = _Method(runs.poll)
    create_and_poll = _Method(runs.create_and_poll)
    submit_tool_outputs_and_poll = _Method(runs.submit_tool_outputs_and_poll)
    stream = _StreamMethod(runs.stream)
    create_and_stream = _StreamMethod(runs.create_and_stream)
    submit_tool_outputs_stream = _StreamMethod(runs.submit_tool_outputs_stream)


class _Messages:
    create = _Method(messages.create)
    retrieve = _Method(messages.retrieve)
    update = _Method(messages.update)
    list = _Method(messages.list)
    delete = _Method(messages.delete)


class _Threads:
    create = _Method(threads.create)
    retrieve = _Method(threads.retrieve)
    update = _Method(threads.update)
    delete = _Method(threads.delete)
    create_and_run = _Method(threads.create_and_run)
    create_and_run_poll = _Method(threads.create_and_run_poll)
    create_and_run_stream = _StreamMethod(threads.create_and_run_stream)


class _Assistants:
    create = _Method(assistants.create)
    retrieve = _Method(assistants.retrieve)
    update = _Method(assistants.update)
    list = _Method(assistants.list)
    delete = _Method(assistants.delete)


# --- On a blocking client ----------------------------------------------------------


class Steps(_Steps, _Face):
    """`client.beta.threads.runs.steps`"""


class Runs(_Runs, _Face):
    """`client.beta.threads.runs`"""

    @functools.cached_property
    def steps(self) -> Steps:
        """The runs' steps."""
        return Steps(self._client)


class Messages(_Messages, _Face):
    """`client.beta.threads.messages`"""


class Threads(_Threads, _Face):
    """`client.beta.threads`"""

    @functools.cached_property
    def runs(self) -> Runs:
        """The threads' runs."""
        return Runs(self._client)

    @functools.cached_property
    def messages(self) -> Messages:
        """The threads' messages."""
        return Messages(self._client)


class Assistants(_Assistants, _Face):
    """`client.beta.assistants`"""


class Beta(_Face):
    """`client.beta`"""

    @functools.cached_property
    def threads(self) -> Threads:
        """Threads, and below them runs and messages."""
        return Threads(self._client)

    @functools.cached_property
    def assistants(self) -> Assistants:
        """Assistants."""
        return Assistants(self._client)


# --- On an async client ------------------------------------------------------------


class AsyncSteps(_Steps, _AsyncFace):
    """`client.beta.threads.runs.steps`"""


class AsyncRuns(_Runs, _AsyncFace):
    """`client.beta.threads.runs`"""

    @functools.cached_property
    def steps(self) -> AsyncSteps:
        """The runs' steps."""
        return AsyncSteps(self._client)


class AsyncMessages(_Messages, _AsyncFace):
    """`client.beta.threads.messages`"""


class AsyncThreads(_Threads, _AsyncFace):
    """`client.beta.threads`"""

    @functools.cached_property
    def runs(self) -> AsyncRuns:
        """The threads' runs."""
        return AsyncRuns(self._client)

    @functools.cached_property
    def messages(self) -> AsyncMessages:
        """The threads' messages."""
        return AsyncMessages(self._client)


class AsyncAssistants(_Assistants, _AsyncFace):
    """`client.beta.assistants`"""


class AsyncBeta(_AsyncFace):
    """`client.beta`"""

    @functools.cached_property
    def threads(self) -> AsyncThreads:
        """Threads, and below them runs and messages."""
        return AsyncThreads(self._client)

    @functools.cached_property
    def assistants(self) -> AsyncAssistants:
        """Assistants."""
        return AsyncAssistants(self._client)
