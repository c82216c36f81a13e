"""What the local service remembers."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator

from attrs import Factory, define, field

from runs_core.lifecycle import RUN_TERMINAL
from runs_core.testing.ids import Ids
from runs_core.testing.objects import JSON
from runs_core.testing.refusal import not_found
from runs_core.testing.script import Cut, ToolOutput

__all__ = ["Listener", "RunRecord", "Store", "ThreadRecord"]


@define(eq=False)
class Listener:
    """The one stream that a run's events go to, with what it has not sent yet.

    `reading` is true from the first chunk taken until the chunks are closed.
    """

    queue: deque[bytes | Cut] = Factory(deque)
    reading: bool = False


@define(eq=False, kw_only=True)
class RunRecord:
    """A run and everything that drives it.

    `deadline` is when it expires, `clock` the time of what is happening, both in Unix
    seconds; nothing is played before `wake_at`. `player` is the turn being played.
    `step` and `message` are those being written.
    """

    run: JSON
    assistant: JSON
    thread: ThreadRecord
    number: int
    deadline: float
    clock: float
    with_content: bool = False
    steps: dict[str, JSON] = Factory(dict)
    tool_outputs: list[ToolOutput] = Factory(list)
    turns_begun: int = 0
    player: Iterator[None] | None = None
    wake_at: float = -math.inf
    step: JSON | None = None
    message: JSON | None = None
    prompt_tokens: int = 0
    listener: Listener | None = None
    streamed: bool = False

    @property
    def status(self) -> str:
        """The run's status."""
        status: str = self.run["status"]
        return status

    @property
    def is_active(self) -> bool:
        """Whether the run blocks other runs on its thread."""
        return self.status not in RUN_TERMINAL

    @property
    def is_read(self) -> bool:
        """Whether a stream is carrying the run."""
        return self.listener is not None and self.listener.reading

    @property
    def was_left(self) -> bool:
        """Whether a stream should carry the run, but does not."""
        return self.streamed and not self.is_read


@define(eq=False)
class ThreadRecord:
    """A thread with its messages and runs, each in order of creation."""

    thread: JSON
    messages: dict[str, JSON] = Factory(dict)
    runs: dict[str, RunRecord] = Factory(dict)


@define(eq=False)
class Store:
    """All objects, by id; looking up one that does not exist raises `Refusal`.

    `executions` counts what callers have really created or changed. Callers may clear
    it, so `runs_begun` counts separately.
    """

    ids: Ids = field(factory=Ids)
    assistants: dict[str, JSON] = Factory(dict)
    threads: dict[str, ThreadRecord] = Factory(dict)
    executions: Counter[str] = Factory(Counter)
    runs_begun: int = 0

    def assistant(self, id: str) -> JSON:
        if id not in self.assistants:
            raise not_found("assistant", id)
        return self.assistants[id]

    def thread(self, id: str) -> ThreadRecord:
        if id not in self.threads:
            raise not_found("thread", id)
        return self.threads[id]

    def message(self, thread_id: str, id: str) -> JSON:
        thread = self.thread(thread_id)
        if id not in thread.messages:
            raise not_found("message", id)
        return thread.messages[id]

    def run(self, thread_id: str, id: str) -> RunRecord:
        thread = self.thread(thread_id)
        if id not in thread.runs:
            raise not_found("run", id)
        return thread.runs[id]

    def step(self, thread_id: str, run_id: str, id: str) -> JSON:
        record = self.run(thread_id, run_id)
        if id not in record.steps:
            raise not_found("run step", id)
        return record.steps[id]
