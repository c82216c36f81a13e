"""The event handler of blocking clients."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import iscoroutine, iscoroutinefunction
from types import TracebackType
from typing import Any, Self

from runs_core.errors import APITimeoutError, UsageError
from runs_core.event_stream import EventStream
from runs_core.handlers.serving import Handler
from runs_core.models import (
    ImageFile,
    Message,
    MessageDelta,
    Run,
    RunStep,
    RunStepDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from runs_core.stream import RunStreamEvent, text_of

__all__ = ["AssistantEventHandler"]


class AssistantEventHandler(Handler[EventStream]):
    """Subclass it, write the callbacks you want, and pass it as `event_handler=`.

    Everything is created and done at most once. Texts, tool calls and snapshots that a
    callback gets show their state at the time of access, even later. A callback that
    raises ends the stream. One handler serves one stream.
    """

    def _serve(self, stream: EventStream) -> None:
        # Before the request is sent: a callback is first called when the run has begun.
        for name in dir(AssistantEventHandler):
            if name.startswith("on_") and iscoroutinefunction(getattr(self, name)):
                raise self.__is_async(name)
        super()._serve(stream)

    def __enter__(self) -> Self:
        try:
            self._serving.stream.start()
        except BaseException as error:
            self.__fail(error)
            raise
        return self

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__leave(value)

    def __iter__(self) -> Iterator[RunStreamEvent]:
        return self

    def __next__(self) -> RunStreamEvent:
        serving = self._serving
        try:
            event = next(serving.stream, None)
            if event is not None:
                for name, args in serving.callbacks(event):
                    self.__call(name, args)
        except BaseException as error:
            self.__fail(error)
            raise
        if event is None:
            self.__end()
            raise StopIteration
        return event

    def __call(self, name: str, args: tuple[Any, ...] = ()) -> None:
        try:
            result = getattr(self, name)(*args)
        except StopIteration as error:
            # Let through, it would look like the stream's own end.
            raise RuntimeError(f"{name} raised StopIteration") from error
        if iscoroutine(result):
            result.close()
            raise self.__is_async(name)

    def __is_async(self, name: str) -> UsageError:
        return UsageError(
            f"{type(self).__name__}.{name} is async: use AsyncAssistantEventHandler"
            " and an AsyncClient, or a plain function"
        )

    def __fail(self, error: BaseException) -> None:
        self._serving.stream._fail(error)
        if self._serving.ended:
            return
        try:
            if isinstance(error, APITimeoutError | TimeoutError):
                self.__call("on_timeout")
            if isinstance(error, Exception):
                self.__call("on_exception", (error,))
        finally:
            self.close()

    def __end(self) -> None:
        if not self._serving.ended:
            self._serving.ended = True
            self.__call("on_end")

    def close(self) -> None:
        """Close the connection; the stream has no more events."""
        self.__leave(None)

    def __leave(self, why: BaseException | None) -> None:
        stream = self._stream_if_any()
        if stream is None:
            return
        try:
            stream._leave(why)
        finally:
            self.__end()

    def until_done(self) -> None:
        """Read to the end; raise `UsageError` if it failed or was closed before."""
        for _ in self:
            pass
        _ = self._serving.stream.result

    @property
    def text_deltas(self) -> Iterator[str]:
        """The pieces of text as they arrive, after their callbacks."""
        return (text for event in self if (text := text_of(event)))

    def get_final_run(self) -> Run:
        """Read to the end and return the run."""
        self.until_done()
        return self._serving.stream.result

    def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and return the run steps."""
        self.until_done()
        return list(self._serving.stream.snapshot.steps)

    def get_final_messages(self) -> list[Message]:
        """Read to the end and return the messages."""
        self.until_done()
        return list(self._serving.stream.snapshot.messages)

    def on_event(self, event: RunStreamEvent) -> None:
        """An event has arrived; called before all other callbacks for it."""

    def on_run_step_created(self, run_step: RunStep) -> None:
        """A step has begun."""

    def on_run_step_delta(self, delta: RunStepDelta, snapshot: RunStep) -> None:
        """A step has more details."""

    def on_run_step_done(self, run_step: RunStep) -> None:
        """A step has ended, successfully or not."""

    def on_tool_call_created(self, tool_call: ToolCall) -> None:
        """A tool call has begun; `tool_call` has what it began with."""

    def on_tool_call_delta(self, delta: ToolCallDelta, snapshot: ToolCall) -> None:
        """A tool call has more input or output."""

    def on_tool_call_done(self, tool_call: ToolCall) -> None:
        """A tool call is complete: it was carried out, or waits for its output."""

    def on_message_created(self, message: Message) -> None:
        """A message has begun."""

    def on_message_delta(self, delta: MessageDelta, snapshot: Message) -> None:
        """A message has more content; called after the callbacks for its texts."""

    def on_message_done(self, message: Message) -> None:
        """A message is complete, or was left incomplete."""

    def on_text_created(self, text: Text) -> None:
        """A text has begun; its first piece follows as a delta."""

    def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
        """A text has become longer, or has a new annotation."""

    def on_text_done(self, text: Text) -> None:
        """A text is complete."""

    def on_image_file_done(self, image_file: ImageFile) -> None:
        """An image file of a message is complete."""

    def on_exception(self, exception: Exception) -> None:
        """The stream or a callback has raised; the exception then propagates."""

    def on_timeout(self) -> None:
        """The stream took too long; `on_exception` follows."""

    def on_end(self) -> None:
        """The stream has ended, successfully or not; called after everything else."""
