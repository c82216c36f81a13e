"""What both kinds of event handler have in common: a stream, and its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, assert_never

from runs_core.errors import UsageError
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.models import Message, Run, RunStep
from runs_core.stream import RunSnapshot, RunStreamEvent
from runs_core.stream.change_decoder import ChangeDecoder
from runs_core.stream.changes import (
    Change,
    ImageFileDone,
    MessageChanged,
    MessageCreated,
    MessageDone,
    StepChanged,
    StepCreated,
    StepDone,
    TextChanged,
    TextCreated,
    TextDone,
    ToolCallChanged,
    ToolCallCreated,
    ToolCallDone,
)

__all__ = ["Handler"]

T = TypeVar("T")
StreamT = TypeVar("StreamT", bound=EventStream | AsyncEventStream)


class _Live(Generic[T]):
    """Stands for an object that is looked up anew at each access.

    Once an attribute is set, it stands for the object that was changed.
    """

    __slots__ = ("_look",)

    _look: Callable[[], T]

    def __init__(self, look: Callable[[], T]) -> None:
        object.__setattr__(self, "_look", look)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._look(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        found = self._look()
        setattr(found, name, value)
        object.__setattr__(self, "_look", lambda: found)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        # For isinstance and match, with which users tell tool calls apart.
        return type(self._look())

    def __eq__(self, other: object) -> bool:
        return self._look() == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._look())

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is of the object as it is now.
        return _same, (self._look(),)


def _same(value: T) -> T:
    return value


def _callbacks(change: Change) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the callback for a change, if there is one, with its arguments."""
    match change:
        case TextChanged():
            yield "on_text_delta", (change.delta, _Live(lambda: change.text))
        case MessageChanged():
            yield "on_message_delta", (change.delta, _Live(lambda: change.message))
        case ToolCallChanged():
            # As in openai-python, only `on_tool_call_created` reports the piece that a
            # call begins with: its argument has it.
            if not change.first:
                live = _Live(lambda: change.tool_call)
                yield "on_tool_call_delta", (change.delta, live)
        case StepChanged():
            yield "on_run_step_delta", (change.delta, _Live(lambda: change.step))
        case TextCreated():
            yield "on_text_created", (_Live(lambda: change.text),)
        case TextDone():
            yield "on_text_done", (_Live(lambda: change.text),)
        case MessageCreated():
            yield "on_message_created", (_Live(lambda: change.message),)
        case MessageDone():
            yield "on_message_done", (change.message,)
        case ImageFileDone():
            yield "on_image_file_done", (_Live(lambda: change.image_file),)
        case StepCreated():
            yield "on_run_step_created", (_Live(lambda: change.step),)
        case StepDone():
            yield "on_run_step_done", (change.step,)
        case ToolCallCreated():
            yield "on_tool_call_created", (_Live(lambda: change.tool_call),)
        case ToolCallDone():
            yield "on_tool_call_done", (_Live(lambda: change.tool_call),)
        case _:
            assert_never(change)


class Serving(Generic[StreamT]):
    """A stream, and how far its handler has been told of it."""

    def __init__(self, stream: StreamT) -> None:
        self.stream = stream
        self.ended = False
        self._decoder = ChangeDecoder(lambda: stream.snapshot)

    def callbacks(self, event: RunStreamEvent) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield the callbacks for an event, with their arguments, in order.

        No more once the handler has ended: `on_end` is the last.
        """
        yield "on_event", (event,)
        for change in self._decoder.feed(event):
            for callback in _callbacks(change):
                if self.ended:
                    return
                yield callback


class Handler(Generic[StreamT]):
    """The part of both kinds of handler that does not wait."""

    def __init__(self) -> None:
        self.__serving: Serving[StreamT] | None = None

    def _serve(self, stream: StreamT) -> None:
        """Take the stream whose callbacks these are."""
        if self.__found() is not None:
            raise UsageError(
                "this event handler has already served a stream: make a new one for"
                " each stream"
            )
        self.__serving = Serving(stream)

    def __found(self) -> Serving[StreamT] | None:
        try:
            return self.__serving
        except AttributeError:
            raise UsageError(
                f"{type(self).__name__}.__init__() must call super().__init__()"
            ) from None

    @property
    def _serving(self) -> Serving[StreamT]:
        serving = self.__found()
        if serving is None:
            raise UsageError(
                "this event handler has no stream: pass it as event_handler= to the"
                " method that streams"
            )
        return serving

    def _stream_if_any(self) -> StreamT | None:
        serving = self.__found()
        return None if serving is None else serving.stream

    @property
    def current_event(self) -> RunStreamEvent | None:
        """The latest event."""
        stream = self._stream_if_any()
        return None if stream is None else stream.current_event

    @property
    def current_run(self) -> Run | None:
        """The run, as of the events so far."""
        stream = self._stream_if_any()
        return None if stream is None else stream.current_run

    @property
    def current_message_snapshot(self) -> Message | None:
        """The latest message, as of the events so far."""
        stream = self._stream_if_any()
        return None if stream is None else stream.current_message_snapshot

    @property
    def current_run_step_snapshot(self) -> RunStep | None:
        """The latest step, as of the events so far."""
        stream = self._stream_if_any()
        return None if stream is None else stream.current_run_step_snapshot

    # A handler that was written for openai-python may use these two names for
    # something of its own, so they can be set.

    @property
    def snapshot(self) -> RunSnapshot:
        """The run, its messages and steps after the events so far."""
        if "snapshot" in vars(self):
            own: RunSnapshot = vars(self)["snapshot"]
            return own
        return self._serving.stream.snapshot

    @snapshot.setter
    def snapshot(self, value: Any) -> None:
        vars(self)["snapshot"] = value

    @property
    def result(self) -> Run:
        """The run, once it has ended or asks for action; raises `UsageError` before."""
        if "result" in vars(self):
            own: Run = vars(self)["result"]
            return own
        return self._serving.stream.result

    @result.setter
    def result(self, value: Any) -> None:
        vars(self)["result"] = value
