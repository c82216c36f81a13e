"""The methods that stream, with or without an event handler.

`event_handler=` is not a parameter of the functions, and what the method returns
depends on it, so these signatures are written out, for a blocking and for an async
client. The parameter lists in them are the functions' own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, Unpack, overload

from runs_core.api.params import (
    RunStreamParams,
    StreamToolsParams,
    SubmitStreamParams,
    ThreadCreateAndRunStreamParams,
)
from runs_core.errors import UsageError
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.faces.face import AsyncFace, Face
from runs_core.faces.signatures import Looks, lookalike
from runs_core.flows.streaming import RunFeed
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler

__all__ = [
    "AsyncStream",
    "AsyncStreamAfterOutputs",
    "AsyncStreamTools",
    "AsyncStreamWithThread",
    "Stream",
    "StreamAfterOutputs",
    "StreamMethod",
    "StreamTools",
    "StreamWithThread",
]

HandlerT = TypeVar("HandlerT", bound=AssistantEventHandler)
AsyncHandlerT = TypeVar("AsyncHandlerT", bound=AsyncAssistantEventHandler)
S_co = TypeVar("S_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)


class Stream(Protocol):
    """`runs.stream`"""

    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[RunStreamParams],
    ) -> EventStream: ...
    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: HandlerT,
        **params: Unpack[RunStreamParams],
    ) -> HandlerT: ...


class AsyncStream(Protocol):
    """`runs.stream`, async"""

    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[RunStreamParams],
    ) -> AsyncEventStream: ...
    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: AsyncHandlerT,
        **params: Unpack[RunStreamParams],
    ) -> AsyncHandlerT: ...


class StreamTools(Protocol):
    """`runs.stream_tools`"""

    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[StreamToolsParams],
    ) -> EventStream: ...
    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: HandlerT,
        **params: Unpack[StreamToolsParams],
    ) -> HandlerT: ...


class AsyncStreamTools(Protocol):
    """`runs.stream_tools`, async"""

    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[StreamToolsParams],
    ) -> AsyncEventStream: ...
    @overload
    def __call__(
        self,
        thread_id: str,
        *,
        event_handler: AsyncHandlerT,
        **params: Unpack[StreamToolsParams],
    ) -> AsyncHandlerT: ...


class StreamAfterOutputs(Protocol):
    """`runs.submit_tool_outputs_stream`"""

    @overload
    def __call__(
        self,
        run_id: str,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[SubmitStreamParams],
    ) -> EventStream: ...
    @overload
    def __call__(
        self,
        run_id: str,
        thread_id: str,
        *,
        event_handler: HandlerT,
        **params: Unpack[SubmitStreamParams],
    ) -> HandlerT: ...


class AsyncStreamAfterOutputs(Protocol):
    """`runs.submit_tool_outputs_stream`, async"""

    @overload
    def __call__(
        self,
        run_id: str,
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[SubmitStreamParams],
    ) -> AsyncEventStream: ...
    @overload
    def __call__(
        self,
        run_id: str,
        thread_id: str,
        *,
        event_handler: AsyncHandlerT,
        **params: Unpack[SubmitStreamParams],
    ) -> AsyncHandlerT: ...


class StreamWithThread(Protocol):
    """`threads.create_and_run_stream`"""

    @overload
    def __call__(
        self,
        *,
        event_handler: None = None,
        **params: Unpack[ThreadCreateAndRunStreamParams],
    ) -> EventStream: ...
    @overload
    def __call__(
        self,
        *,
        event_handler: HandlerT,
        **params: Unpack[ThreadCreateAndRunStreamParams],
    ) -> HandlerT: ...


class AsyncStreamWithThread(Protocol):
    """`threads.create_and_run_stream`, async"""

    @overload
    def __call__(
        self,
        *,
        event_handler: None = None,
        **params: Unpack[ThreadCreateAndRunStreamParams],
    ) -> AsyncEventStream: ...
    @overload
    def __call__(
        self,
        *,
        event_handler: AsyncHandlerT,
        **params: Unpack[ThreadCreateAndRunStreamParams],
    ) -> AsyncHandlerT: ...


class StreamMethod(Generic[S_co, A_co]):
    """A function that returns a run's feed, as a method that returns its stream.

    The request is sent when the stream is entered or iterated. With an event handler,
    the method returns the handler, which serves the stream.
    """

    def __init__(self, function: Callable[..., RunFeed]) -> None:
        self._function = function
        self._looks = Looks(self._look)

    @overload
    def __get__(self, face: None, owner: type) -> Callable[..., RunFeed]: ...
    @overload
    def __get__(self, face: Face, owner: type) -> S_co: ...
    @overload
    def __get__(self, face: AsyncFace, owner: type) -> A_co: ...
    def __get__(self, face: Face | AsyncFace | None, owner: type) -> Any:
        if face is None:
            return self._function

        @functools.wraps(self._looks.on(face))
        def method(*args: Any, event_handler: Any = None, **params: Any) -> Any:
            try:
                feed = self._function(*args, **params)
            finally:
                # They can hold keys, and this frame is in the tracebacks of failures.
                del args, params
            if event_handler is None:
                return face._client.stream(feed)
            _check_handler(event_handler, face)
            event_handler._serve(face._client.stream(feed))
            return event_handler

        return method

    def _look(self, kind: type) -> Callable[..., Any]:
        stream: Any = EventStream if kind is Face else AsyncEventStream
        handler = _HANDLERS[kind]
        event_handler = inspect.Parameter(
            "event_handler",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=handler | None,
        )
        return lookalike(
            self._function,
            stream | handler,
            parameters=[event_handler],
            says="The request is sent when the stream is entered or iterated. With an"
            " event handler,\nit returns the handler, which serves the stream.",
        )


_HANDLERS: dict[type, type] = {
    Face: AssistantEventHandler,
    AsyncFace: AsyncAssistantEventHandler,
}


def _check_handler(handler: object, face: Face | AsyncFace) -> None:
    wanted = _HANDLERS[Face if isinstance(face, Face) else AsyncFace]
    if not isinstance(handler, wanted):
        raise UsageError(
            f"event_handler must be an instance of a subclass of {wanted.__name__}, not"
            f" of {type(handler).__name__}"
        )
