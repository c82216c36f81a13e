"""Whatever a server sends in place of a value, only our errors are raised."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runs_core import Client, Endpoint, runs
from runs_core.errors import (
    MalformedResponse,
    RunsError,
    ToolArgumentsInvalid,
    UnknownTool,
)
from runs_core.flows.effects import Flow
from runs_core.models import Run
from runs_core.testing import InMemoryTransport, ServiceReply, ServiceRequest

ODD = [None, True, 7, -1.5, "", "x", [], [1], [{}], {}, {"a": 1}]


def run(status: Any, **more: Any) -> dict[str, Any]:
    start = {"id": "run_1", "object": "thread.run", "thread_id": "t"}
    return {**start, "status": status, **more}


def call(id: str) -> dict[str, Any]:
    function = {"name": "f", "arguments": '{"a": 1}'}
    return {"id": id, "type": "function", "function": function}


QUEUED, COMPLETED = run("queued"), run("completed")
ASKED = {"tool_calls": [call("call_1"), call("call_2")]}
WAITS = run(
    "requires_action",
    required_action={"type": "submit_tool_outputs", "submit_tool_outputs": ASKED},
)
MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "run_id": "run_1",
    "status": "completed",
    "content": [{"type": "text", "text": {"value": "hi", "annotations": []}}],
}
STEP = {
    "id": "step_1",
    "object": "thread.run.step",
    "run_id": "run_1",
    "status": "completed",
    "step_details": {"type": "tool_calls", "tool_calls": []},
}


class Canned:
    """Gives the answers in order, the last one again and again."""

    prefix = "/v1"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        streamed = isinstance(answer, bytes)
        kind = "text/event-stream" if streamed else "application/json"
        body = answer if streamed else json.dumps(answer).encode()
        return ServiceReply(
            status=200, headers=(("content-type", kind),), chunks=[body]
        )


def events(*runs: dict[str, Any]) -> bytes:
    lines = [f"event: thread.run.{r['status']}\ndata: {json.dumps(r)}" for r in runs]
    return "\n\n".join([*lines, ""]).encode()


def page(item: Any) -> dict[str, Any]:
    return {"object": "list", "data": [item], "has_more": False}


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children: Any = value.items() if isinstance(value, dict) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for key, child in children:
        yield (*above, key)
        yield from places(child, (*above, key))


def altered(value: Any) -> Iterator[Any]:
    """Yield the value with each odd one in each of its places."""
    for *above, last in places(value):
        for odd in ODD:
            made = parent = copy.deepcopy(value)
            for key in above:
                parent = parent[key]
            parent[last] = odd
            yield made


def f(a: int) -> int:
    return a


def batch(calls: list[Any]) -> dict[Any, str]:
    return {call.id: "x" for call in calls}


def drive(flow: Flow[Run], *answers: Any) -> Run:
    transport = InMemoryTransport(Canned(*answers))
    return Client(transport, Endpoint("http://l.test/v1")).run(flow)


def polled(functions: Any = batch) -> Flow[Run]:
    return runs.run_tools("t", assistant_id="a", functions=functions, deadline=20.0)


def streamed(functions: Any = batch) -> Flow[Run]:
    return runs.stream_tools("t", assistant_id="a", functions=functions)


def resumed() -> Flow[Run]:
    return runs.stream("t", assistant_id="a", resume="poll", deadline=20.0)


CONVERSATIONS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "a polled tool loop": (
        WAITS,
        lambda odd: drive(polled(), QUEUED, odd, COMPLETED),
    ),
    "a polled tool loop of named functions": (
        WAITS,
        lambda odd: drive(polled([f]), QUEUED, odd, COMPLETED),
    ),
    "a streamed tool loop": (
        WAITS,
        lambda odd: drive(
            streamed(),
            events(WAITS).replace(
                json.dumps(WAITS).encode(), json.dumps(odd).encode(), 1
            ),
            events(COMPLETED),
        ),
    ),
    "a stream that is finished": (
        MESSAGE,
        lambda odd: drive(resumed(), events(QUEUED), COMPLETED, page(odd), page(STEP)),
    ),
    "a stream that is finished by its steps": (
        STEP,
        lambda odd: drive(
            resumed(), events(QUEUED), COMPLETED, page(MESSAGE), page(odd)
        ),
    ),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_promise_7_a_value_of_any_shape_raises_nothing_but_our_errors(
    conversation: str,
) -> None:
    regular, converse = CONVERSATIONS[conversation]
    assert converse(regular).status == "completed"

    for odd in altered(regular):
        with contextlib.suppress(RunsError):
            converse(odd)


@pytest.mark.parametrize("action", [True, "x", [1], {"submit_tool_outputs": [1]}])
@pytest.mark.parametrize("loop", [polled, streamed])
def test_calls_that_nobody_can_read_are_left_to_the_caller(
    loop: Callable[[], Flow[Run]], action: Any
) -> None:
    waits = run("requires_action", required_action=action)
    first = events(waits) if loop is streamed else QUEUED

    ended = drive(loop(), first, waits)

    assert ended.status == "requires_action"
    assert ended.to_dict() == waits


def given(arguments: Any) -> dict[str, Any]:
    calls = [{**call("call_1"), "function": {"name": "f", "arguments": arguments}}]
    action = {"submit_tool_outputs": {"tool_calls": calls}}
    return run("requires_action", required_action=action)


def test_arguments_may_be_an_object_instead_of_its_text() -> None:
    called = []

    def f(a: int) -> int:
        called.append(a)
        return a

    assert drive(polled([f]), QUEUED, given({"a": 1}), COMPLETED).status == "completed"
    assert called == [1]


@pytest.mark.parametrize("arguments", [True, 7, [1]])
def test_arguments_that_are_no_object_are_a_typed_error(arguments: Any) -> None:
    with pytest.raises(ToolArgumentsInvalid, match="'f' are not a JSON object"):
        drive(polled([f]), QUEUED, given(arguments), COMPLETED)


@pytest.mark.parametrize("name", [None, 7, [1], {"a": 1}])
def test_a_call_whose_name_is_none_is_of_no_function(name: Any) -> None:
    calls = [{**call("call_1"), "function": {"name": name, "arguments": "{}"}}]
    asked = {"submit_tool_outputs": {"tool_calls": calls}}
    waits = run("requires_action", required_action=asked)

    with pytest.raises(UnknownTool, match="which is not among the functions given: f"):
        drive(polled([f]), QUEUED, waits, COMPLETED)


def test_an_item_whose_id_is_none_says_where_it_is() -> None:
    odd = page({**MESSAGE, "id": ["msg_1"]})

    with pytest.raises(MalformedResponse, match="must be a string") as caught:
        drive(resumed(), events(QUEUED), COMPLETED, odd, page(STEP))

    assert caught.value.where == "$.data[0].id"


@pytest.mark.parametrize("status", [[], {"a": 1}, 7])
def test_leaving_a_run_of_an_odd_status_raises_what_made_one_leave(status: Any) -> None:
    def leave(run: Run) -> None:
        raise KeyboardInterrupt

    flow = runs.poll("run_1", "t", on_poll=leave, cancel_on_exit=True)
    with pytest.raises(KeyboardInterrupt):
        drive(flow, run(status))
