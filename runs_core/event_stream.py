"""What streaming returns: an iterator over a feed, and the snapshot that follows it."""

from __future__ import annotations

from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from functools import cached_property
from types import TracebackType
from typing import Generic, Self, TypeVar

from runs_core._driven_flow import DrivenFlow
from runs_core._words import one_line
from runs_core.drive import AsyncDriver, Driver
from runs_core.flows.progress import Progress
from runs_core.models import Message, Run, RunStep
from runs_core.stream import RunSnapshot, RunStreamEvent, text_of
from runs_core.stream.change_decoder import ChangeDecoder
from runs_core.stream.changes import Change
from runs_core.wire.http import Head

__all__ = [
    "AsyncEventStream",
    "AsyncFeedStream",
    "AsyncPieces",
    "EventStream",
    "FeedStream",
    "texts_of",
]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class _BaseFeedStream(Generic[ItemT, T]):
    """The part of both feed streams that does not wait: the batch being handed out."""

    def __init__(self, flow: DrivenFlow[T], progress: Progress | None) -> None:
        self._flow = flow
        self._progress = progress
        if progress is not None:
            progress.one_by_one = True
        self._batch: Sequence[ItemT] = ()
        self._index = 0
        self._last: ItemT | None = None
        self._started = False

    @property
    def result(self) -> T:
        """The feed's result; raises `UsageError` if there is none, or none yet."""
        return self._flow.result

    def _fail(self, error: BaseException) -> None:
        """Mark the stream as failed: an item that it handed out was not dealt with."""
        self._flow.fail(error)

    def _drop(self, batch: Sequence[ItemT], index: int) -> None:
        """Drop an item that does not fit, and the rest: the flow then raises why."""
        if batch is self._batch:  # Not if it was closed at this very moment.
            self._batch = batch[:index]

    def _take(self, batch: Sequence[ItemT], index: int) -> ItemT:
        if batch is self._batch:  # Not if it was closed at this very moment.
            self._index = index + 1
        return batch[index]

    def _next_batch(self, batch: Sequence[ItemT] | None) -> bool:
        """Begin to hand out the next batch; return False if it is None, the end."""
        self._last = self._newest
        self._batch, self._index = batch or (), 0
        return batch is not None

    @property
    def _newest(self) -> ItemT | None:
        return self._batch[self._index - 1] if self._index else self._last


class FeedStream(_BaseFeedStream[ItemT, T]):
    """A feed that is being driven: iterate it, with or without `with`.

    The request is sent when the `with` is entered, or when the first item is requested.
    Leaving the `with`, or `close()`, closes the connection at once; without either, it
    stays open until the end.
    """

    def __init__(
        self,
        driver: Driver[ItemT, T],
        progress: Progress | None = None,
        on_exit: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(driver, progress)
        self._driver = driver
        self._on_exit = on_exit

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[ItemT]:
        return self

    def __next__(self) -> ItemT:
        progress = self._progress
        while True:
            # In local names, because another thread or a signal handler may close it.
            batch, index = self._batch, self._index
            if index < len(batch):
                if progress is None or progress.hand_out(index + 1):
                    return self._take(batch, index)
                self._drop(batch, index)
            elif not self._advance():
                raise StopIteration

    def start(self) -> Self:
        """Send the request, if not sent yet, and return when the response begins."""
        if not self._started:
            self._advance()
        return self

    def until_done(self) -> None:
        """Read to the end; raise `UsageError` if it failed or was closed before."""
        for _ in self:
            pass
        _ = self.result

    def close(self) -> None:
        """Close the connection; the stream has no more items."""
        self._next_batch(None)
        on_exit, self._on_exit = self._on_exit, None
        try:
            self._driver.close()
        finally:
            if on_exit is not None and not self._driver.finished:
                on_exit()

    def _advance(self) -> bool:
        self._started = True
        return self._next_batch(self._driver.advance())


class AsyncFeedStream(_BaseFeedStream[ItemT, T]):
    """A feed that is being driven: iterate it, with or without `async with`.

    The request is sent when the `async with` is entered, or when the first item is
    requested. Leaving the `async with`, or `close()`, closes the connection at once;
    without either, it stays open until the end.
    """

    def __init__(
        self,
        driver: AsyncDriver[ItemT, T],
        progress: Progress | None = None,
        on_exit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(driver, progress)
        self._driver = driver
        self._on_exit = on_exit

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return self

    async def __anext__(self) -> ItemT:
        progress = self._progress
        while True:
            batch, index = self._batch, self._index
            if index < len(batch):
                if progress is None or progress.hand_out(index + 1):
                    return self._take(batch, index)
                self._drop(batch, index)
            elif not await self._advance():
                raise StopAsyncIteration

    async def start(self) -> Self:
        """Send the request, if not sent yet, and return when the response begins."""
        if not self._started:
            await self._advance()
        return self

    async def until_done(self) -> None:
        """Read to the end; raise `UsageError` if it failed or was closed before."""
        async for _ in self:
            pass
        _ = self.result

    async def close(self) -> None:
        """Close the connection; the stream has no more items."""
        self._next_batch(None)
        on_exit, self._on_exit = self._on_exit, None
        try:
            await self._driver.close()
        finally:
            if on_exit is not None and not self._driver.finished:
                await on_exit()

    async def aclose(self) -> None:
        """The same as `close()`, under the name that `contextlib.aclosing` calls."""
        await self.close()

    async def _advance(self) -> bool:
        self._started = True
        return self._next_batch(await self._driver.advance())


class _BaseEventStream(_BaseFeedStream[RunStreamEvent, Run]):
    """The part of both event streams that does not wait."""

    _progress: Progress

    def __repr__(self) -> str:
        run = self.snapshot.run
        known = "no run yet"
        if run is not None:
            known = f"run {one_line(str(run.id))}, {one_line(str(run.status))}"
        return f"<{type(self).__name__}: {known}>"

    @property
    def snapshot(self) -> RunSnapshot:
        """The run, its messages and steps after exactly the events handed out."""
        return self._progress.snapshot

    @property
    def head(self) -> Head | None:
        """The response's status and headers; None before it begins."""
        return self._progress.head

    @property
    def current_event(self) -> RunStreamEvent | None:
        """The event that was handed out last."""
        return self._newest

    @property
    def current_run(self) -> Run | None:
        """The run, as of the events handed out."""
        return self.snapshot.run

    @property
    def current_message_snapshot(self) -> Message | None:
        """The latest message, as of the events handed out."""
        return self.snapshot._last_message()

    @property
    def current_run_step_snapshot(self) -> RunStep | None:
        """The latest step, as of the events handed out."""
        return self.snapshot._last_step()

    # One for all iterators over the changes: each continues where the last one stopped.

    @cached_property
    def _change_decoder(self) -> ChangeDecoder:
        progress = self._progress  # Not self: a cycle would outlive its last use.
        return ChangeDecoder(lambda: progress.snapshot)

    @cached_property
    def _changes_left(self) -> deque[Change]:
        return deque()

    def _final_messages(self) -> list[Message]:
        return list(self.snapshot.messages)

    def _final_steps(self) -> list[RunStep]:
        return list(self.snapshot.steps)


class EventStream(FeedStream[RunStreamEvent, Run], _BaseEventStream):
    """A run's events as they happen, and `snapshot`, the state they have led to."""

    def __init__(
        self,
        driver: Driver[RunStreamEvent, Run],
        progress: Progress,
        on_exit: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(driver, progress, on_exit)

    @property
    def text_deltas(self) -> Iterator[str]:
        """The pieces of text as they arrive."""
        return (text for event in self if (text := text_of(event)))

    @property
    def changes(self) -> Iterator[Change]:
        """What the events change: texts, tool calls, steps and messages."""
        left = self._changes_left
        while True:
            while left:
                yield left.popleft()
            event = next(self, None)
            if event is None:
                return
            left.extend(self._change_decoder.feed(event))

    def get_final_run(self) -> Run:
        """Read to the end and return the run."""
        self.until_done()
        return self.result

    def get_final_messages(self) -> list[Message]:
        """Read to the end and return the messages."""
        self.until_done()
        return self._final_messages()

    def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and return the run steps."""
        self.until_done()
        return self._final_steps()


class AsyncEventStream(AsyncFeedStream[RunStreamEvent, Run], _BaseEventStream):
    """A run's events as they happen, and `snapshot`, the state they have led to."""

    def __init__(
        self,
        driver: AsyncDriver[RunStreamEvent, Run],
        progress: Progress,
        on_exit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(driver, progress, on_exit)

    @property
    def text_deltas(self) -> AsyncIterator[str]:
        """The pieces of text as they arrive."""
        return AsyncPieces(self, texts_of)

    @property
    def changes(self) -> AsyncIterator[Change]:
        """What the events change: texts, tool calls, steps and messages."""
        return AsyncPieces(self, self._change_decoder.feed, self._changes_left)

    async def get_final_run(self) -> Run:
        """Read to the end and return the run."""
        await self.until_done()
        return self.result

    async def get_final_messages(self) -> list[Message]:
        """Read to the end and return the messages."""
        await self.until_done()
        return self._final_messages()

    async def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and return the run steps."""
        await self.until_done()
        return self._final_steps()


def texts_of(event: RunStreamEvent) -> tuple[str, ...]:
    """Return the text that an event adds, if it adds any."""
    text = text_of(event)
    return (text,) if text else ()


class AsyncPieces(Generic[ItemT]):
    """An iterator over what a function makes of each event, after what is `left`.

    Not an async generator: one that is left early stays open until it is collected.
    """

    def __init__(
        self,
        events: AsyncIterator[RunStreamEvent],
        pieces_of: Callable[[RunStreamEvent], Iterable[ItemT]],
        left: deque[ItemT] | None = None,
    ) -> None:
        self._events = events
        self._pieces_of = pieces_of
        self._pieces: deque[ItemT] = deque() if left is None else left

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        while not self._pieces:
            self._pieces.extend(self._pieces_of(await anext(self._events)))
        return self._pieces.popleft()
