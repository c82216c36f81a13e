"""What streaming a run gives: its events, and the snapshot that follows them."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import cached_property
from typing import Generic, Self, TypeVar

from runs_core._words import one_line
from runs_core.drive import AsyncDriver, Driver
from runs_core.feed_stream import AsyncFeedStream, BaseFeedStream, FeedStream
from runs_core.flows.progress import Progress
from runs_core.models import Message, Run, RunStep
from runs_core.stream import RunSnapshot, RunStreamEvent, text_of
from runs_core.stream.change_decoder import ChangeDecoder
from runs_core.stream.changes import Change
from runs_core.wire.http import Head

__all__ = ["AsyncEventStream", "AsyncPieces", "EventStream", "texts_of"]

ItemT = TypeVar("ItemT")


class _BaseEventStream(BaseFeedStream[RunStreamEvent, Run]):
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
        on_exit: Callable[[BaseException | None], None] | None = None,
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
        on_exit: Callable[[BaseException | None], Awaitable[None]] | None = None,
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
