"""The demonstration's conversation: a flow, written once, driven by any transport."""

from __future__ import annotations

import contextlib
from typing import Any

from attrs import frozen

from runs_core.api import assistants, messages, runs, threads
from runs_core.errors import BadRequestError, RunsError
from runs_core.flows.call import Call
from runs_core.flows.effects import Emit, Feed, Flow
from runs_core.flows.once import OnceFeed
from runs_core.models import Run, TextContentBlock
from runs_transports.cli.demo_script import (
    INSTRUCTIONS,
    QUESTION,
    THANKS,
    TOO_LONG,
    WEATHER_TOOL,
    get_weather,
)

__all__ = ["Begun", "Conversation", "Ended", "Said"]

# For each of the three runs, in seconds: a real model may take a while.
_DEADLINE = 120.0


@frozen
class Said:
    """A line of the conversation that is not an event of a stream."""

    label: str
    text: str


@frozen
class Begun:
    """A run is about to be streamed."""


@frozen(kw_only=True)
class Ended:
    """A run has ended; `good` says whether as expected."""

    how: str
    run: Run
    path: str
    good: bool


@frozen(kw_only=True)
class Conversation:
    """Three runs on one thread: streamed, polled, cancelled.

    `made` collects the calls that delete what the conversation created.
    """

    assistant_id: str | None
    model: str
    made: list[Call[Any]]

    def feed(self) -> Feed[Any, None]:
        """Return a feed of the stream's events and of `Said`, `Begun` and `Ended`."""
        return OnceFeed(self._talk())

    def clean_up(self) -> Feed[Any, None]:
        """Return a feed that deletes what was created, as far as the server lets it."""

        def flow() -> Flow[None]:
            for call in reversed(self.made):
                with contextlib.suppress(RunsError):
                    yield from call

        return OnceFeed(flow())

    def _talk(self) -> Flow[None]:
        assistant_id = self.assistant_id or (yield from self._new_assistant())
        thread = yield from threads.create()
        self.made.append(threads.delete(thread.id))
        yield Emit((Said("setup", f"{assistant_id} on {thread.id}"),))
        yield from _streamed(thread.id, assistant_id)
        yield from _polled(thread.id, assistant_id)
        yield from _cancelled(thread.id, assistant_id)

    def _new_assistant(self) -> Flow[str]:
        assistant = yield from assistants.create(
            model=self.model,
            name="runs-core demo",
            instructions=INSTRUCTIONS,
            tools=[WEATHER_TOOL],
        )
        self.made.append(assistants.delete(assistant.id))
        return assistant.id


def _ask(thread_id: str, text: str) -> Flow[None]:
    yield from messages.create(thread_id, role="user", content=text)
    yield Emit((Said("user", text),))


def _streamed(thread_id: str, assistant_id: str) -> Flow[None]:
    yield from _ask(thread_id, QUESTION)
    yield Emit((Begun(),))
    run = yield from runs.stream_tools(
        thread_id,
        assistant_id=assistant_id,
        instructions=INSTRUCTIONS,
        tools=[WEATHER_TOOL],
        functions=[get_weather],
        deadline=_DEADLINE,
    )
    good = run.status == "completed"
    yield Emit((Ended(how="streamed", run=run, path=run.status, good=good),))


def _polled(thread_id: str, assistant_id: str) -> Flow[None]:
    yield from _ask(thread_id, THANKS)
    seen: list[str] = []
    run = yield from runs.create_and_poll(
        thread_id,
        assistant_id=assistant_id,
        tool_choice="none",
        on_poll=lambda run: seen.append(run.status),
        deadline=_DEADLINE,
    )
    page = yield from messages.list(thread_id, run_id=run.id, limit=1)
    for block in page.data[0].content if page.data else ():
        if isinstance(block, TextContentBlock):
            yield Emit((Said("assistant", block.text.value),))
    path = " → ".join(dict.fromkeys(seen))
    good = run.status == "completed"
    yield Emit((Ended(how="polled", run=run, path=path, good=good),))


def _cancelled(thread_id: str, assistant_id: str) -> Flow[None]:
    yield from _ask(thread_id, TOO_LONG)
    run = yield from runs.create(
        thread_id, assistant_id=assistant_id, tool_choice="none"
    )
    good = "cancelled"
    try:
        run = yield from runs.cancel(run.id, thread_id)
        path = run.status
    except BadRequestError:
        # On a real server, the run may have ended before it could be cancelled.
        good = path = "completed"
    run = yield from runs.poll(run.id, thread_id, deadline=_DEADLINE)
    path = " → ".join(dict.fromkeys((path, run.status)))
    yield Emit((Ended(how="cancelled", run=run, path=path, good=run.status == good),))
