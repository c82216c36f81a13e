"""Plays one turn of the assistant: a generator that stops after every event."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, assert_never

from runs_core.testing.exchange import Pause
from runs_core.testing.ids import Ids
from runs_core.testing.objects import JSON
from runs_core.testing.progress import (
    close_step,
    emit,
    emit_delta,
    move_run,
    open_message,
    open_tool_calls,
    stop_run,
)
from runs_core.testing.script import (
    Call,
    CodeInterpreter,
    Cut,
    Fail,
    FileSearch,
    Hang,
    Incomplete,
    Interruption,
    Raw,
    Say,
    SendError,
    Turn,
)
from runs_core.testing.store import RunRecord

__all__ = ["play"]

_STEP = "thread.run.step"
_MESSAGE = "thread.message"


def play(record: RunRecord, turn: Turn, ids: Ids) -> Iterator[None]:
    """Play the turn until the run has ended or waits for tool outputs.

    Yields after each event, so that a stream can send it and a cancellation can come
    in between.
    """
    for action in turn.actions:
        match action:
            case Say():
                close_step(record)
                yield from _say(record, action, ids)
            case Call():
                if record.message is not None or record.step is None:
                    close_step(record)
                    open_tool_calls(record, ids.next("step"))
                    yield
                yield from _call(record, action, ids)
            case CodeInterpreter() | FileSearch():
                close_step(record)
                open_tool_calls(record, ids.next("step"))
                yield
                if isinstance(action, CodeInterpreter):
                    yield from _run_code(record, action, ids)
                else:
                    yield from _search(record, action, ids)
                close_step(record)
                yield
            case Fail():
                error = {"code": action.code, "message": action.message}
                stop_run(record, "fail", last_error=error)
                return
            case Incomplete():
                details = {"reason": action.reason}
                reason = _message_reason(action.reason)
                stop_run(
                    record, "stop_short", reason=reason, incomplete_details=details
                )
                return
            case _:
                yield from _interrupt(record, action)
    if turn.calls:
        move_run(record, "require_action", required_action=_required(record))
    else:
        close_step(record)
        yield
        move_run(record, "complete")


def _message_reason(reason: str) -> str:
    # The run names the limit, the message only its kind.
    return "max_tokens" if reason.startswith("max_") else reason


def _required(record: RunRecord) -> JSON:
    assert record.step is not None
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {
                "name": call["function"]["name"],
                "arguments": call["function"]["arguments"],
            },
        }
        for call in record.step["step_details"]["tool_calls"]
    ]
    return {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {"tool_calls": calls},
    }


def _interrupt(record: RunRecord, action: Interruption) -> Iterator[None]:
    listener = record.listener
    match action:
        case Pause(seconds):
            record.wake_at = record.clock + seconds
        case Hang():
            record.wake_at = math.inf
        case Raw(data):
            if listener is not None:
                listener.queue.append(data)
        case Cut():
            if listener is not None:
                listener.queue.append(action)
        case SendError():
            if listener is not None:
                emit(record, "error", _error(action))
                listener.queue.append(Cut())
        case _:
            assert_never(action)
    yield


def _error(action: SendError) -> JSON:
    error = {
        "message": action.message,
        "type": action.type,
        "param": action.param,
        "code": action.code,
    }
    return {"error": error} if action.nested else error


def _say(record: RunRecord, action: Say, ids: Ids) -> Iterator[None]:
    message = open_message(record, ids.next("msg"), ids.next("step"))
    yield
    content: list[JSON] = message["content"]

    def delta(block: JSON) -> None:
        emit_delta(record, _MESSAGE, message["id"], {"content": [block]})

    for file_id in action.image_file_ids:
        image: JSON = {"type": "image_file", "image_file": {"file_id": file_id}}
        delta({"index": len(content), **image})
        content.append(image)
        yield
    index = len(content)
    parts = action.parts()
    left = sum(isinstance(part, str) for part in parts)
    if action.annotations and not left:
        parts, left = (*parts, ""), 1
    first = True
    for part in parts:
        if not isinstance(part, str):
            yield from _interrupt(record, part)
            continue
        block = _write(content, index, part, refusal=action.refusal, first=first)
        first = False
        left -= 1
        if action.annotations and not left:
            # With the last piece of text, because a text delta always has text.
            content[index]["text"]["annotations"] = list(action.annotations)
            numbered = [{"index": n, **a} for n, a in enumerate(action.annotations)]
            block["text"]["annotations"] = numbered
        delta(block)
        yield


def _write(
    content: list[JSON], index: int, part: str, *, refusal: bool, first: bool
) -> JSON:
    """Add a part to the block, and return the delta that says so."""
    if refusal:
        if first:
            content.append({"type": "refusal", "refusal": ""})
        content[index]["refusal"] += part
        return {"index": index, "type": "refusal", "refusal": part}
    if first:
        content.append({"type": "text", "text": {"value": "", "annotations": []}})
    content[index]["text"]["value"] += part
    text: dict[str, Any] = {"value": part}
    if first:
        text["annotations"] = []
    return {"index": index, "type": "text", "text": text}


def _begin_call(record: RunRecord, call: JSON) -> int:
    """Add a tool call to the open step, and return its index; nothing is sent yet."""
    assert record.step is not None
    calls: list[JSON] = record.step["step_details"]["tool_calls"]
    calls.append(call)
    return len(calls) - 1


def _call_delta(record: RunRecord, call: JSON) -> None:
    assert record.step is not None
    details = {"type": "tool_calls", "tool_calls": [call]}
    emit_delta(record, _STEP, record.step["id"], {"step_details": details})


def _call(record: RunRecord, action: Call, ids: Ids) -> Iterator[None]:
    function: JSON = {"name": action.name, "arguments": "", "output": None}
    call: JSON = {"id": ids.next("call"), "type": "function", "function": function}
    index = _begin_call(record, call)
    _call_delta(record, {"index": index, **call})
    yield
    for part in action.parts():
        if not isinstance(part, str):
            yield from _interrupt(record, part)
            continue
        function["arguments"] += part
        fragment = {"type": "function", "function": {"arguments": part}}
        _call_delta(record, {"index": index, **fragment})
        yield


def _run_code(record: RunRecord, action: CodeInterpreter, ids: Ids) -> Iterator[None]:
    code: JSON = {"input": "", "outputs": []}
    kind = "code_interpreter"
    call: JSON = {"id": ids.next("call"), "type": kind, kind: code}
    index = _begin_call(record, call)
    _call_delta(record, {"index": index, **call})
    yield
    for part in action.parts():
        code["input"] += part
        _call_delta(record, {"index": index, "type": kind, kind: {"input": part}})
        yield
    for output in _outputs(action):
        numbered = [{"index": len(code["outputs"]), **output}]
        _call_delta(record, {"index": index, "type": kind, kind: {"outputs": numbered}})
        code["outputs"].append(output)
        yield


def _outputs(action: CodeInterpreter) -> list[JSON]:
    outputs: list[JSON] = []
    if action.logs is not None:
        outputs.append({"type": "logs", "logs": action.logs})
    if action.image_file_id is not None:
        outputs.append({"type": "image", "image": {"file_id": action.image_file_id}})
    return outputs


def _search(record: RunRecord, action: FileSearch, ids: Ids) -> Iterator[None]:
    kind = "file_search"
    call: JSON = {"id": ids.next("call"), "type": kind, kind: {}}
    index = _begin_call(record, call)
    _call_delta(record, {"index": index, **call})
    yield
    call[kind] = {
        "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
        "results": [dict(result) for result in action.results],
    }
