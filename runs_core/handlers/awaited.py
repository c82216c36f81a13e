"""The event handler of async clients."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from runs_core.errors import APITimeoutError
from runs_core.event_stream import AsyncEventStream, AsyncPieces, texts_of
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
from runs_core.stream import RunStreamEvent

__all__ = ["AsyncAssistantEventHandler"]


class AsyncAssistantEventHandler(Handler[AsyncEventStream]):
    """The `AssistantEventHandler` for an `AsyncClient`: its callbacks are awaited.

    A callback may also be a plain function.
    """

    async def __aenter__(self) -> Self:
        try:
            await self._serving.stream.start()
        except BaseException as error:
            await self.__fail(error)
            raise
        return self

    async def __aexit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.__leave(value)

    def __aiter__(self) -> AsyncIterator[RunStreamEvent]:
        return self

    async def __anext__(self) -> RunStreamEvent:
        serving = self._serving
        try:
            event = await anext(serving.stream, None)
            if event is not None:
                for name, args in serving.callbacks(event):
                    await self.__call(name, args)
        except BaseException as error:
            await self.__fail(error)
            raise
        if event is None:
            await self.__end()
            raise StopAsyncIteration
        return event

    async def __call(self, name: str, args: tuple[Any, ...] = ()) -> None:
        try:
            result = getattr(self, name)(*args)
            if inspect.isawaitable(result):
                await result
        except StopAsyncIteration as error:
            # Let through, it would look like the stream's own end.
            raise RuntimeError(f"{name} raised StopAsyncIteration") from error

    async def __fail(self, error: BaseException) -> None:
        self._serving.stream._fail(error)
        if self._serving.ended:
            return
        try:
            if isinstance(error, APITimeoutError | TimeoutError):
                await self.__call("on_timeout")
            if isinstance(error, Exception):
                await self.__call("on_exception", (error,))
        finally:
            await self.close()

    async def __end(self) -> None:
        if not self._serving.ended:
            self._serving.ended = True
            await self.__call("on_end")

    async def close(self) -> None:
        """Close the connection; the stream has no more events."""
        await self.__leave(None)

    async def __leave(self, why: BaseException | None) -> None:
        stream = self._stream_if_any()
        if stream is None:
            return
        try:
            await stream._leave(why)
        finally:
            await self.__end()

    async def until_done(self) -> None:
        """Read to the end; raise `UsageError` if it failed or was closed before."""
        async for _ in self:
            pass
        _ = self._serving.stream.result

    @property
    def text_deltas(self) -> AsyncIterator[str]:
        """The pieces of text as they arrive, after their callbacks."""
        return AsyncPieces(self, texts_of)

    async def get_final_run(self) -> Run:
        """Read to the end and return the run."""
        await self.until_done()
        return self._serving.stream.result

    async def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and return the run steps."""
        await self.until_done()
        return list(self._serving.stream.snapshot.steps)

    async def get_final_messages(self) -> list[Message]:
        """Read to the end and return the messages."""
        await self.until_done()
        return list(self._serving.stream.snapshot.messages)

    async def on_event(self, event: RunStreamEvent) -> None:
        """An event has arrived; called before all other callbacks for it."""

    async def on_run_step_created(self, run_step: RunStep) -> None:
        """A step has begun."""

    async def on_run_step_delta(self, delta: RunStepDelta, snapshot: RunStep) -> None:
        """A step has more details."""

    async def on_run_step_done(self, run_step: RunStep) -> None:
        """A step has ended, successfully or not."""

    async def on_tool_call_created(self, tool_call: ToolCall) -> None:
        """A tool call has begun; `tool_call` has what it began with."""

    async def on_tool_call_delta(
        self, delta: ToolCallDelta, snapshot: ToolCall
    ) -> None:
        """A tool call has more input or output."""

    async def on_tool_call_done(self, tool_call: ToolCall) -> None:
        """A tool call is complete: it was carried out, or waits for its output."""

    async def on_message_created(self, message: Message) -> None:
        """A message has begun."""

    async def on_message_delta(self, delta: MessageDelta, snapshot: Message) -> None:
        """A message has more content; called after the callbacks for its texts."""

    async def on_message_done(self, message: Message) -> None:
        """A message is complete, or was left incomplete."""

    async def on_text_created(self, text: Text) -> None:
        """A text has begun; its first piece follows as a delta."""

    async def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
        """A text has become longer, or has a new annotation."""

    async def on_text_done(self, text: Text) -> None:
        """A text is complete."""

    async def on_image_file_done(self, image_file: ImageFile) -> None:
        """An image file of a message is complete."""

    async def on_exception(self, exception: Exception) -> None:
        """The stream or a callback has raised; the exception then propagates."""

    async def on_timeout(self) -> None:
        """The stream took too long; `on_exception` follows."""

    async def on_end(self) -> None:
        """The stream has ended, successfully or not; called after everything else."""
