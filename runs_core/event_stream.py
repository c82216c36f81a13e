"""What streaming gives: an iterator over a feed, and the snapshot that follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from runs_core.drive import AsyncDriver, Driver
from runs_core.flows.streaming import Progress
from runs_core.models import Message, Run, RunStep
from runs_core.stream import RunSnapshot, RunStreamEvent, text_of

__all__ = ["AsyncEventStream", "AsyncFeedStream", "EventStream", "FeedStream"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class _Handed(Generic[ItemT]):
    """The batch being handed out, and how far."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._batch: Sequence[ItemT] = ()
        self._index = 0

    def _take(self) -> ItemT:
        item = self._batch[self._index]
        self._index += 1
        if self._progress is not None:
            self._progress.handed = self._index
        return item


class FeedStream(_Handed[ItemT], Generic[ItemT, T]):
    """A feed being driven: iterate it, with or without `with`.

    Leaving the `with`, or `close()`, closes the connection at once; without either it
    stays open until the end.
    """

    def __init__(
        self, driver: Driver[ItemT, T], progress: Progress | None = None
    ) -> None:
        super().__init__(progress)
        self._driver = driver

    def __enter__(self) -> Self:
        return self

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
        while self._index >= len(self._batch):
            if not self._advance():
                raise StopIteration
        return self._take()

    def start(self) -> Self:
        """Send the request, and return when the answer has begun."""
        if not self._batch:
            self._advance()
        return self

    def until_done(self) -> None:
        """Read to the end."""
        for _ in self:
            pass

    @property
    def result(self) -> T:
        """What the feed ended in; `UsageError` before its end."""
        return self._driver.result

    def close(self) -> None:
        """Close the connection; the stream has no more items."""
        self._driver.close()

    def _advance(self) -> bool:
        batch = self._driver.advance()
        self._batch, self._index = batch or (), 0
        return batch is not None


class AsyncFeedStream(_Handed[ItemT], Generic[ItemT, T]):
    """A feed being driven: iterate it, with or without `async with`.

    Leaving the `async with`, or `close()`, closes the connection at once; without
    either it stays open until the end.
    """

    def __init__(
        self, driver: AsyncDriver[ItemT, T], progress: Progress | None = None
    ) -> None:
        super().__init__(progress)
        self._driver = driver

    async def __aenter__(self) -> Self:
        return self

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
        while self._index >= len(self._batch):
            if not await self._advance():
                raise StopAsyncIteration
        return self._take()

    async def start(self) -> Self:
        """Send the request, and return when the answer has begun."""
        if not self._batch:
            await self._advance()
        return self

    async def until_done(self) -> None:
        """Read to the end."""
        async for _ in self:
            pass

    @property
    def result(self) -> T:
        """What the feed ended in; `UsageError` before its end."""
        return self._driver.result

    async def close(self) -> None:
        """Close the connection; the stream has no more items."""
        await self._driver.close()

    async def _advance(self) -> bool:
        batch = await self._driver.advance()
        self._batch, self._index = batch or (), 0
        return batch is not None


class _RunView(_Handed[RunStreamEvent]):
    """What can be read of a run's stream without waiting."""

    _progress: Progress

    @property
    def snapshot(self) -> RunSnapshot:
        """The run, its messages and steps after exactly the events handed out."""
        return self._progress.snapshot

    def _final_messages(self) -> list[Message]:
        return list(self.snapshot.messages)

    def _final_steps(self) -> list[RunStep]:
        return list(self.snapshot.steps)


class EventStream(FeedStream[RunStreamEvent, Run], _RunView):
    """A run's events as they happen, and `snapshot`, the state they have led to."""

    def __init__(self, driver: Driver[RunStreamEvent, Run], progress: Progress) -> None:
        super().__init__(driver, progress)

    @property
    def text_deltas(self) -> Iterator[str]:
        """The pieces of text as they arrive."""
        return (text for event in self if (text := text_of(event)))

    def get_final_run(self) -> Run:
        """Read to the end and give the run."""
        self.until_done()
        return self.result

    def get_final_messages(self) -> list[Message]:
        """Read to the end and give the messages."""
        self.until_done()
        return self._final_messages()

    def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and give the run steps."""
        self.until_done()
        return self._final_steps()


class AsyncEventStream(AsyncFeedStream[RunStreamEvent, Run], _RunView):
    """A run's events as they happen, and `snapshot`, the state they have led to."""

    def __init__(
        self, driver: AsyncDriver[RunStreamEvent, Run], progress: Progress
    ) -> None:
        super().__init__(driver, progress)

    @property
    def text_deltas(self) -> AsyncIterator[str]:
        """The pieces of text as they arrive."""
        return _AsyncTexts(self)

    async def get_final_run(self) -> Run:
        """Read to the end and give the run."""
        await self.until_done()
        return self.result

    async def get_final_messages(self) -> list[Message]:
        """Read to the end and give the messages."""
        await self.until_done()
        return self._final_messages()

    async def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end and give the run steps."""
        await self.until_done()
        return self._final_steps()


class _AsyncTexts:
    """Not an async generator: one that is left early waits for a collector."""

    def __init__(self, stream: AsyncEventStream) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            event = await self._stream.__anext__()
            if text := text_of(event):
                return text
