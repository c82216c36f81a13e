"""What driving a feed gives: an iterator over its items that closes the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from runs_core._driven_flow import DrivenFlow
from runs_core.drive import AsyncDriver, Driver
from runs_core.flows.progress import Progress

__all__ = ["AsyncFeedStream", "BaseFeedStream", "FeedStream"]

ItemT = TypeVar("ItemT")
T = TypeVar("T")


class BaseFeedStream(Generic[ItemT, T]):
    """The part of both feed streams that does not wait: the batch being handed out."""

    def __init__(self, flow: DrivenFlow[T], progress: Progress | None) -> None:
        self._flow = flow
        self._progress = progress
        if progress is not None:
            progress.one_by_one = True
        self._batch: Sequence[ItemT] = ()
        self._index = 0
        self._newest: ItemT | None = None
        self._started = False

    @property
    def result(self) -> T:
        """The feed's result; raises `UsageError` if there is none, or none yet."""
        return self._flow.result

    def _fail(self, error: BaseException) -> None:
        """Mark the stream as failed: an item that it handed out was not dealt with."""
        self._flow.fail(error)

    def _pass(self, batch: Sequence[ItemT], index: int) -> ItemT:
        """Go on behind an item, and return it."""
        if batch is self._batch:  # Not if it was closed at this very moment.
            self._index = index + 1
        return batch[index]

    def _next_batch(self, batch: Sequence[ItemT] | None) -> bool:
        """Begin to hand out the next batch; return False if it is None, the end."""
        self._batch, self._index = batch or (), 0
        return batch is not None


class FeedStream(BaseFeedStream[ItemT, T]):
    """A feed that is being driven: iterate it, with or without `with`.

    The request is sent when the `with` is entered, or when the first item is requested.
    Leaving the `with`, or `close()`, closes the connection at once; without either, it
    stays open until the end.
    """

    def __init__(
        self,
        driver: Driver[ItemT, T],
        progress: Progress | None = None,
        on_exit: Callable[[BaseException | None], None] | None = None,
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
        self._leave(value)

    def __iter__(self) -> Iterator[ItemT]:
        return self

    def __next__(self) -> ItemT:
        progress = self._progress
        while True:
            # In local names, because another thread or a signal handler may close it.
            batch, index = self._batch, self._index
            if index < len(batch):
                fits = progress is None or progress.hand_out(index + 1)
                item = self._pass(batch, index)
                if fits:
                    self._newest = item
                    return item
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
        self._leave(None)

    def _leave(self, why: BaseException | None) -> None:
        """Close the connection, because of an error or not."""
        self._next_batch(None)
        on_exit, self._on_exit = self._on_exit, None
        try:
            self._driver.close()
        finally:
            if on_exit is not None and not self._driver.finished:
                on_exit(why)

    def _advance(self) -> bool:
        self._started = True
        return self._next_batch(self._driver.advance())


class AsyncFeedStream(BaseFeedStream[ItemT, T]):
    """A feed that is being driven: iterate it, with or without `async with`.

    The request is sent when the `async with` is entered, or when the first item is
    requested. Leaving the `async with`, or `close()`, closes the connection at once;
    without either, it stays open until the end.
    """

    def __init__(
        self,
        driver: AsyncDriver[ItemT, T],
        progress: Progress | None = None,
        on_exit: Callable[[BaseException | None], Awaitable[None]] | None = None,
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
        await self._leave(value)

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return self

    async def __anext__(self) -> ItemT:
        progress = self._progress
        while True:
            batch, index = self._batch, self._index
            if index < len(batch):
                fits = progress is None or progress.hand_out(index + 1)
                item = self._pass(batch, index)
                if fits:
                    self._newest = item
                    return item
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
        await self._leave(None)

    async def _leave(self, why: BaseException | None) -> None:
        """Close the connection, because of an error or not."""
        self._next_batch(None)
        on_exit, self._on_exit = self._on_exit, None
        try:
            await self._driver.close()
        finally:
            if on_exit is not None and not self._driver.finished:
                await on_exit(why)

    async def aclose(self) -> None:
        """The same as `close()`, under the name that `contextlib.aclosing` calls."""
        await self.close()

    async def _advance(self) -> bool:
        self._started = True
        return self._next_batch(await self._driver.advance())
