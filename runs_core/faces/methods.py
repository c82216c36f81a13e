"""Functions of `api` as methods: each is written once, for all faces that have it.

ParamSpec carries the function's parameters over, so that both type checkers check every
call; the signature that `help()` shows is the function's, too.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

from runs_core._omit import Omit
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.faces.face import AnyFace, AsyncFace, AsyncRawFace, Face, RawFace
from runs_core.faces.signatures import Looks, lookalike, result_type, return_type, typed
from runs_core.flows.call import Call, Paged
from runs_core.flows.effects import Flow
from runs_core.flows.streaming import RunFeed
from runs_core.pages import AsyncCursorPage, AsyncPaginator, SyncCursorPage
from runs_core.raw import RawResponse

__all__ = [
    "FlowMethod",
    "Joined",
    "JoinedMethod",
    "ListMethod",
    "Method",
]

P = ParamSpec("P")
Q = ParamSpec("Q")
T = TypeVar("T")
A_co = TypeVar("A_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)


def _driven(
    function: Callable[P, Any], drive: Callable[[Any], Any], like: Callable[..., Any]
) -> Callable[P, Any]:
    """Return a method that calls the function, then `drive` with its result.

    The arguments are checked at the call, also if the result is awaited. The method
    looks like `like`.
    """

    @functools.wraps(like)
    def method(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            conversation = function(*args, **kwargs)
        finally:
            # They can hold keys, and this frame is in the traceback of each failure.
            del args, kwargs
        return drive(conversation)

    return method


def _look_of_result(function: Callable[..., Any], kind: type) -> Callable[..., Any]:
    """Return how a method looks that returns the result of the call or flow."""
    result = result_type(function)
    return lookalike(function, return_type(kind, result, result))


class Method(Generic[P, T]):
    """A function that returns a call, as a method that returns its result."""

    def __init__(self, function: Callable[P, Call[T]]) -> None:
        self._function = function
        self._looks = Looks(partial(_look_of_result, function))

    @overload
    def __get__(self, face: None, owner: type) -> Callable[P, Call[T]]: ...
    @overload
    def __get__(self, face: Face, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, face: AsyncFace, owner: type
    ) -> Callable[P, Coroutine[object, None, T]]: ...
    @overload
    def __get__(self, face: RawFace, owner: type) -> Callable[P, RawResponse[T]]: ...
    @overload
    def __get__(
        self, face: AsyncRawFace, owner: type
    ) -> Callable[P, Coroutine[object, None, RawResponse[T]]]: ...
    def __get__(self, face: AnyFace | None, owner: type) -> Callable[P, Any]:
        if face is None:
            return self._function
        return _driven(self._function, face._answer, self._looks.on(face))


class ListMethod(Generic[P, T]):
    """A function that returns a paged call, as a method that returns a page."""

    def __init__(self, function: Callable[P, Paged[T]]) -> None:
        self._function = function
        self._looks = Looks(self._look)

    def _look(self, kind: type) -> Callable[..., Any]:
        item = result_type(self._function)
        if kind is AsyncFace:
            page = typed(AsyncPaginator, item)
        else:
            own, awaited = typed(SyncCursorPage, item), typed(AsyncCursorPage, item)
            page = return_type(kind, own, awaited)
        return lookalike(self._function, page)

    @overload
    def __get__(self, face: None, owner: type) -> Callable[P, Paged[T]]: ...
    @overload
    def __get__(self, face: Face, owner: type) -> Callable[P, SyncCursorPage[T]]: ...
    @overload
    def __get__(
        self, face: AsyncFace, owner: type
    ) -> Callable[P, AsyncPaginator[T]]: ...
    @overload
    def __get__(
        self, face: RawFace, owner: type
    ) -> Callable[P, RawResponse[SyncCursorPage[T]]]: ...
    @overload
    def __get__(
        self, face: AsyncRawFace, owner: type
    ) -> Callable[P, Coroutine[object, None, RawResponse[AsyncCursorPage[T]]]]: ...
    def __get__(self, face: AnyFace | None, owner: type) -> Callable[P, Any]:
        if face is None:
            return self._function
        return _driven(self._function, face._list, self._looks.on(face))


class FlowMethod(Generic[P, T]):
    """A function that returns a flow, as a method that returns its result."""

    def __init__(self, function: Callable[P, Flow[T]]) -> None:
        self._function = function
        self._looks = Looks(partial(_look_of_result, function))

    @overload
    def __get__(self, face: None, owner: type) -> Callable[P, Flow[T]]: ...
    @overload
    def __get__(self, face: Face, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, face: AsyncFace, owner: type
    ) -> Callable[P, Coroutine[object, None, T]]: ...
    def __get__(self, face: Face | AsyncFace | None, owner: type) -> Callable[P, Any]:
        if face is None:
            return self._function
        return _driven(self._function, face._answer, self._looks.on(face))


class Joined(Protocol[P, A_co, Q, B_co]):
    """One method for two functions: it returns A without `stream=True`, B with it."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> A_co: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> B_co: ...


class JoinedMethod(Generic[P, T, Q]):
    """Two functions that send the same request, joined by `stream=`.

    Overloads do not survive ParamSpec; two ParamSpecs make overloads.
    """

    def __init__(
        self, answer: Callable[P, Call[T]], events: Callable[Q, RunFeed]
    ) -> None:
        self._answer = answer
        self._events = events
        self._looks = Looks(self._look)

    @overload
    def __get__(self, face: None, owner: type) -> Joined[P, Call[T], Q, RunFeed]: ...
    @overload
    def __get__(self, face: Face, owner: type) -> Joined[P, T, Q, EventStream]: ...
    @overload
    def __get__(
        self, face: AsyncFace, owner: type
    ) -> Joined[
        P, Coroutine[object, None, T], Q, Coroutine[object, None, AsyncEventStream]
    ]: ...
    @overload
    def __get__(
        self, face: RawFace, owner: type
    ) -> Joined[P, RawResponse[T], Q, RawResponse[EventStream]]: ...
    @overload
    def __get__(
        self, face: AsyncRawFace, owner: type
    ) -> Joined[
        P,
        Coroutine[object, None, RawResponse[T]],
        Q,
        Coroutine[object, None, RawResponse[AsyncEventStream]],
    ]: ...
    def __get__(self, face: AnyFace | None, owner: type) -> Any:
        like: Any = self._answer if face is None else self._looks.on(face)

        @functools.wraps(like)
        def method(*args: Any, **kwargs: Any) -> Any:
            try:
                streamed = _is_streamed(kwargs.get("stream"))
                function: Any = self._events if streamed else self._answer
                conversation = function(*args, **kwargs)
            finally:
                del args, kwargs  # As in `_driven`.
            if face is None:
                return conversation
            return (face._begun if streamed else face._answer)(conversation)

        return method

    def _look(self, kind: type) -> Callable[..., Any]:
        answered = inspect.signature(self._answer).parameters
        streamed = inspect.signature(self._events).parameters
        only = [p for name, p in streamed.items() if name not in answered]
        result = result_type(self._answer)
        return lookalike(
            self._answer,
            return_type(kind, result | EventStream, result | AsyncEventStream),
            parameters=[answered["stream"].replace(annotation=bool | None), *only],
            says="With `stream=True`, it returns a stream of the run's events; the"
            " request is sent\nby the call.",
        )


def _is_streamed(stream: object) -> bool:
    if stream is None or isinstance(stream, bool | Omit):
        return bool(stream)
    raise TypeError(f"stream must be True or False, not {type(stream).__name__}")
