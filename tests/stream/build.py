"""Short ways to write events, what they add up to, what is in it and what it costs."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runs_core.stream import RunSnapshot
from tests.stream.samples import STREAMS, decode, frame, summed

copied_in_every_way = pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
    ids=["copy", "deepcopy", "pickle"],
)


def run(status: str, id: str = "run_1", **fields: Any) -> dict[str, Any]:
    return {"id": id, "object": "thread.run", "status": status, **fields}


def message(id: str = "msg_1", *texts: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": t, "annotations": []}} for t in texts]
    return {"id": id, "object": "thread.message", "content": content, **fields}


def step(id: str = "step_1", *calls: Any, **fields: Any) -> dict[str, Any]:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return {"id": id, "object": "thread.run.step", "step_details": details, **fields}


def delta(*content: Any, id: Any = "msg_1", **fields: Any) -> dict[str, Any]:
    added = {"content": list(content), **fields}
    return {"id": id, "object": "thread.message.delta", "delta": added}


def text(value: Any, index: Any = 0) -> dict[str, Any]:
    return {"index": index, "type": "text", "text": {"value": value}}


def calls(*calls: Any, id: Any = "step_1") -> dict[str, Any]:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return {
        "id": id,
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }


def function(arguments: Any, index: Any = 0, **fields: Any) -> dict[str, Any]:
    function = {"arguments": arguments}
    return {"index": index, "type": "function", "function": function, **fields}


def applied(*events: tuple[str, Any]) -> RunSnapshot:
    """Return what these events add up to."""
    return summed(made(*events))


def made(*events: tuple[str, Any]) -> list[Any]:
    return decode([frame(f"thread.{name}", raw) for name, raw in events])


CREATED, DELTA, DONE = "message.created", "message.delta", "message.completed"
STEP_DELTA, STEP_DONE = "run.step.delta", "run.step.completed"


def applied_stream(*names: str) -> RunSnapshot:
    return summed(event for name in names for event in decode([STREAMS[name]]))


def raw_calls(snapshot: RunSnapshot) -> list[Any]:
    details = snapshot.steps[0].to_dict()["step_details"]
    found: list[Any] = details["tool_calls"]
    return found


def mutables(value: Any) -> Iterator[Any]:
    """Yield all objects, lists and dicts in a value."""
    if isinstance(value, list | dict):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from mutables(item)
    elif hasattr(value, "__attrs_attrs__"):
        yield value
        for item in object.__getstate__(value)[1].values():  # type: ignore[index]
            yield from mutables(item)


def replaced(raw: Any, *others: Any) -> Iterator[Any]:
    """Yield the JSON with each of the others in each place."""
    yield from others
    if isinstance(raw, dict):
        for key, value in raw.items():
            for other in replaced(value, *others):
                yield {**raw, key: other}
    elif isinstance(raw, list):
        for at, value in enumerate(raw):
            for other in replaced(value, *others):
                yield [*raw[:at], other, *raw[at + 1 :]]


def calls_made(function: Callable[[], Any]) -> int:
    """Count the functions that are called, built-in ones included."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += 1

    function()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
