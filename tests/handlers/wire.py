"""Streams as servers send them, short to write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Event = tuple[str, Any]
DONE: Event = ("done", "[DONE]")


def as_bytes(events: Iterable[Event]) -> bytes:
    lines = (
        f"event: {name}\ndata: {data if data == '[DONE]' else json.dumps(data)}\n\n"
        for name, data in events
    )
    return "".join(lines).encode()


# --- Objects -----------------------------------------------------------------------


def a_run(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "run_1",
        "object": "thread.run",
        "thread_id": "thread_1",
        "status": status,
        **fields,
    }


def a_message(id: str, *content: Any, status: str = "completed") -> dict[str, Any]:
    return {
        "id": id,
        "object": "thread.message",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "role": "assistant",
        "status": status,
        "content": list(content),
    }


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def image(file_id: str) -> dict[str, Any]:
    return {"type": "image_file", "image_file": {"file_id": file_id}}


def a_step(id: str, *calls: Any, status: str = "completed") -> dict[str, Any]:
    return {
        "id": id,
        "object": "thread.run.step",
        "run_id": "run_1",
        "thread_id": "thread_1",
        "type": "tool_calls",
        "status": status,
        "step_details": {"type": "tool_calls", "tool_calls": list(calls)},
    }


def call(id: str, arguments: str, output: str | None = None) -> dict[str, Any]:
    function = {"name": "f", "arguments": arguments, "output": output}
    return {"id": id, "type": "function", "function": function}


# --- Events ------------------------------------------------------------------------


def run(status: str, **fields: Any) -> Event:
    name = "in_progress" if status == "unknown" else status
    return f"thread.run.{name}", a_run(status, **fields)


def created(id: str) -> Event:
    return "thread.message.created", a_message(id, status="in_progress")


def delta(id: str, *blocks: Any) -> Event:
    data = {"id": id, "object": "thread.message.delta", "delta": {"content": blocks}}
    return "thread.message.delta", data


def more(value: str, index: int = 0) -> dict[str, Any]:
    return {"index": index, "type": "text", "text": {"value": value}}


def more_image(file_id: str, index: int) -> dict[str, Any]:
    return {"index": index, **image(file_id)}


def completed(id: str, *content: Any) -> Event:
    return "thread.message.completed", a_message(id, *content)


def incomplete(id: str, *content: Any) -> Event:
    message = a_message(id, *content, status="incomplete")
    return "thread.message.incomplete", message


def step(id: str, *calls: Any, status: str = "created") -> Event:
    shown = "in_progress" if status == "created" else status
    return f"thread.run.step.{status}", a_step(id, *calls, status=shown)


def step_delta(id: str, *calls: Any) -> Event:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    data = {
        "id": id,
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }
    return "thread.run.step.delta", data


def begin_call(id: str, arguments: str = "", index: int = 0) -> dict[str, Any]:
    return {"index": index, **call(id, arguments)}


def more_call(arguments: str, index: int = 0) -> dict[str, Any]:
    function = {"arguments": arguments}
    return {"index": index, "type": "function", "function": function}


def message_events(id: str, *pieces: str) -> list[Event]:
    """A message of one text, from its beginning to its end."""
    return [
        created(id),
        *(delta(id, more(piece)) for piece in pieces),
        completed(id, text("".join(pieces))),
    ]


def call_events(step_id: str, call_id: str, *pieces: str) -> list[Event]:
    """A step with one function call, until it waits for its output."""
    return [
        step(step_id),
        step_delta(step_id, begin_call(call_id)),
        *(step_delta(step_id, more_call(piece)) for piece in pieces),
    ]
