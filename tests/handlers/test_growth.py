"""The cost of a handler that reads what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runs_core.client import Client
from runs_core.handlers import AssistantEventHandler
from tests.fakes import FakeTransport
from tests.handlers.players import ENDPOINT, exchange_of
from tests.handlers.wire import (
    DONE,
    Event,
    begin_call,
    delta,
    more,
    more_call,
    run,
    step_delta,
)
from tests.stream.build import calls_made


class Looking(AssistantEventHandler):
    """Looks at texts and calls."""

    def on_text_created(self, text: Any) -> None:
        self.seen(text.value)

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.seen(snapshot.value)

    def on_text_done(self, text: Any) -> None:
        self.seen(text.value)

    def on_tool_call_created(self, tool_call: Any) -> None:
        self.seen(tool_call.type)

    def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None:
        self.seen(snapshot.function.arguments)

    def on_tool_call_done(self, tool_call: Any) -> None:
        self.seen(tool_call.type)

    def seen(self, value: str) -> None:
        assert value


class LookingAtTheLatest(Looking):
    """Looks at messages and steps, too, which cost as much as there is of them."""

    def on_event(self, event: Any) -> None:
        self.seen(repr(self.current_message_snapshot))
        self.seen(repr(self.current_run_step_snapshot))

    def on_message_created(self, message: Any) -> None:
        self.seen(message.id)

    def on_message_delta(self, delta: Any, snapshot: Any) -> None:
        self.seen(snapshot.id)

    def on_run_step_created(self, run_step: Any) -> None:
        self.seen(run_step.id)

    def on_run_step_delta(self, delta: Any, snapshot: Any) -> None:
        self.seen(snapshot.id)


GROWING: dict[str, tuple[type[Looking], Callable[[int], Event]]] = {
    "blocks": (Looking, lambda n: delta("m", more("a", n))),
    "blocks with gaps": (Looking, lambda n: delta("m", more("a", 2 * n))),
    "calls": (Looking, lambda n: step_delta("s", begin_call(f"c{n}", "{}", n))),
    "messages": (LookingAtTheLatest, lambda n: delta(f"m{n}", more("a"))),
    "steps": (LookingAtTheLatest, lambda n: step_delta(f"s{n}", begin_call("c", "{"))),
    "messages in turn": (LookingAtTheLatest, lambda n: delta(f"m{n % 50}", more("a"))),
    "calls in turn": (Looking, lambda n: step_delta("s", more_call("a", n % 50))),
}


@pytest.mark.parametrize("kind", GROWING)
def test_promise_2_looking_costs_what_is_looked_at(kind: str) -> None:
    handler, event = GROWING[kind]

    def work(count: int) -> int:
        events = [run("in_progress"), *map(event, range(count)), run("completed"), DONE]

        def serve() -> None:
            client = Client(FakeTransport(exchange_of(events)), ENDPOINT)
            client.beta.threads.runs.stream(
                "thread_1", assistant_id="a", event_handler=handler()
            ).until_done()

        return calls_made(serve)

    # Quadratic would be 16.
    assert work(200) < 4.4 * work(50)
