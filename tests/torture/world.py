"""Every operation of the API, on a service where each of them can succeed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from attrs import frozen

from runs_core import assistants, messages, runs, steps, threads
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.models import Run
from runs_core.testing import Call as Calls
from runs_core.testing import InMemoryTransport, Say, Turn
from runs_core.wire.codec import structure
from tests.testing.local import Local

__all__ = ["BASE_URL", "OPERATIONS", "Operation", "World"]

BASE_URL = "http://local.test/v1"
FUNCTION = {"type": "function", "function": {"name": "look_up"}}
CALLS = Turn((Calls("look_up", {"word": "tide"}),))
SAYS = Turn((Say("The tide is in."),))


class World:
    """A local service, and one object of each kind on it, made when it is asked for.

    They are made without a client: some thousands of worlds are, and each is to be
    cheap.
    """

    def __init__(self) -> None:
        self._local = Local(_script)
        self.service = self._local.service
        self.transport = InMemoryTransport(self.service)

    @cached_property
    def assistant(self) -> str:
        """Has a function, which it calls once a run."""
        return self._now.assistant(model="m", tools=[FUNCTION])["id"]

    @cached_property
    def mute(self) -> str:
        """An assistant without functions."""
        return self._now.assistant(model="m")["id"]

    @cached_property
    def thread(self) -> str:
        """Has no run."""
        return self._thread()

    @cached_property
    def message(self) -> str:
        """On `thread`."""
        page = self._now.get(f"/threads/{self.thread}/messages")
        return page["data"][0]["id"]

    @cached_property
    def old_run(self) -> Run:
        """Has ended."""
        return self._run(self.mute, "completed")

    @cached_property
    def step(self) -> str:
        """Of `old_run`."""
        return self._now.steps(self.old_run.to_dict())[0]["id"]

    @cached_property
    def waiting_run(self) -> Run:
        """Waits for tool outputs."""
        return self._run(self.assistant, "requires_action")

    @property
    def outputs(self) -> list[dict[str, str]]:
        """Those that `waiting_run` waits for."""
        action = self.waiting_run.required_action
        assert action
        assert action.submit_tool_outputs
        calls = action.submit_tool_outputs.tool_calls
        return [{"tool_call_id": call.id, "output": "in"} for call in calls]

    def _thread(self) -> str:
        return self._now.thread("Is the tide in?")["id"]

    def _run(self, assistant: str, status: str) -> Run:
        path = f"/threads/{self._thread()}/runs"
        run = self._now.finish(self._now.post(path, {"assistant_id": assistant}))
        assert run["status"] == status
        return structure(run, Run)

    @property
    def _now(self) -> Local:
        """The service, asked at the time that it is for the transport."""
        self._local.now = self.transport.time
        return self._local

    @property
    def executions(self) -> dict[str, int]:
        """What was carried out since the last flow was made."""
        return dict(self.service.executions)


def _script(context: Any) -> Turn:
    return CALLS if context.functions and not context.turn else SAYS


def look_up(word: str) -> str:
    return f"{word}: in"


@frozen
class Operation:
    """One operation; `make` gives a fresh flow of it. `creates` says what exists twice
    if it is carried out twice, as the service counts it."""

    name: str
    make: Callable[[World], Any]
    creates: tuple[str, ...] = ()

    def begin(self, world: World) -> Call[Any] | Flow[Any]:
        """Return the operation, about to be carried out in the world."""
        conversation: Call[Any] | Flow[Any] = self.make(world)
        world.service.executions.clear()
        world.service.requests.clear()
        world.transport.requests.clear()
        return conversation

    def flow(self, world: World) -> Flow[Any]:
        """Return the same as a flow that has no endpoint yet."""
        return iter(self.begin(world))

    def __str__(self) -> str:
        return self.name


def _submitted(submit: Callable[..., Any], world: World) -> Any:
    run = world.waiting_run
    return submit(run.id, run.thread_id, tool_outputs=world.outputs)


def _operations() -> Iterator[Operation]:
    yield Operation(
        "runs.create",
        lambda w: runs.create(w.thread, assistant_id=w.mute),
        ("runs",),
    )
    yield Operation(
        "runs.create_and_poll",
        lambda w: runs.create_and_poll(w.thread, assistant_id=w.mute),
        ("runs",),
    )
    yield Operation(
        "runs.stream",
        lambda w: runs.stream(w.thread, assistant_id=w.mute),
        ("runs",),
    )
    yield Operation(
        "runs.stream, resumed",
        lambda w: runs.stream(w.thread, assistant_id=w.mute, resume="poll"),
        ("runs",),
    )
    yield Operation(
        "runs.run_tools",
        lambda w: runs.run_tools(
            w.thread, assistant_id=w.assistant, functions=[look_up]
        ),
        ("runs", "submissions"),
    )
    yield Operation(
        "runs.stream_tools",
        lambda w: runs.stream_tools(
            w.thread, assistant_id=w.assistant, functions=[look_up]
        ),
        ("runs", "submissions"),
    )
    for submit in (
        runs.submit_tool_outputs,
        runs.submit_tool_outputs_and_poll,
        runs.submit_tool_outputs_stream,
    ):
        yield Operation(
            f"runs.{submit.__name__}",
            partial(_submitted, submit),
            ("submissions",),
        )
    yield Operation(
        "threads.create_and_run",
        lambda w: threads.create_and_run(assistant_id=w.mute),
        ("threads", "runs"),
    )
    yield Operation(
        "threads.create_and_run_poll",
        lambda w: threads.create_and_run_poll(assistant_id=w.mute),
        ("threads", "runs"),
    )
    yield Operation(
        "threads.create_and_run_stream",
        lambda w: threads.create_and_run_stream(assistant_id=w.mute),
        ("threads", "runs"),
    )
    yield Operation("threads.create", lambda w: threads.create(), ("threads",))
    yield Operation(
        "messages.create",
        lambda w: messages.create(w.thread, role="user", content="And now?"),
        ("messages",),
    )
    yield Operation(
        "assistants.create", lambda w: assistants.create(model="m"), ("assistants",)
    )
    yield Operation(
        "runs.cancel", lambda w: runs.cancel(w.waiting_run.id, w.waiting_run.thread_id)
    )
    yield Operation("runs.poll", lambda w: runs.poll(w.old_run.id, w.old_run.thread_id))
    yield Operation(
        "runs.retrieve", lambda w: runs.retrieve(w.old_run.id, w.old_run.thread_id)
    )
    yield Operation(
        "runs.update",
        lambda w: runs.update(w.old_run.id, w.old_run.thread_id, metadata={"a": "b"}),
    )
    yield Operation("runs.list", lambda w: runs.list(w.old_run.thread_id))
    yield Operation("runs.list, all", lambda w: runs.list(w.old_run.thread_id).items())
    yield Operation(
        "steps.list", lambda w: steps.list(w.old_run.id, w.old_run.thread_id)
    )
    yield Operation(
        "steps.retrieve",
        lambda w: steps.retrieve(w.step, w.old_run.thread_id, w.old_run.id),
    )
    yield Operation("threads.retrieve", lambda w: threads.retrieve(w.thread))
    yield Operation(
        "threads.update", lambda w: threads.update(w.thread, metadata={"a": "b"})
    )
    yield Operation("threads.delete", lambda w: threads.delete(w.thread))
    yield Operation("messages.list", lambda w: messages.list(w.thread))
    yield Operation(
        "messages.retrieve", lambda w: messages.retrieve(w.message, w.thread)
    )
    yield Operation(
        "messages.update",
        lambda w: messages.update(w.message, w.thread, metadata={"a": "b"}),
    )
    yield Operation("messages.delete", lambda w: messages.delete(w.message, w.thread))
    yield Operation("assistants.list", lambda w: assistants.list())
    yield Operation("assistants.retrieve", lambda w: assistants.retrieve(w.assistant))
    yield Operation(
        "assistants.update", lambda w: assistants.update(w.assistant, name="n")
    )
    yield Operation("assistants.delete", lambda w: assistants.delete(w.assistant))


OPERATIONS = tuple(_operations())
