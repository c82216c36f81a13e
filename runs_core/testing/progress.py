"""Changes of a run, its steps and its messages, made by the lifecycle and announced.

Every status in the local service changes here, according to the tables of
`runs_core.lifecycle`, and every event of a stream is emitted here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runs_core.lifecycle import (
    MESSAGE,
    RUN,
    RUN_TERMINAL,
    STEP,
    MessageTrigger,
    RunTrigger,
    StepTrigger,
)
from runs_core.testing.objects import (
    JSON,
    count_tokens,
    message_object,
    step_answer,
    step_object,
    usage_object,
)
from runs_core.testing.store import RunRecord
from runs_core.wire.sse import ServerSentEvent

__all__ = [
    "close_step",
    "emit",
    "emit_delta",
    "encode_event",
    "encode_json",
    "move_run",
    "open_message",
    "open_tool_calls",
    "stop_run",
]

# The field with the time of each status. `expired` has none on the wire.
_TIMES = {
    "in_progress": "started_at",
    "completed": "completed_at",
    "incomplete": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
}
# How a step and a message end if their run ends before them.
_STEP_ENDS: Mapping[RunTrigger, StepTrigger] = {
    "fail": "fail",
    "confirm_cancel": "cancel",
    "expire": "expire",
}
_REASONS: Mapping[RunTrigger, str] = {
    "fail": "run_failed",
    "confirm_cancel": "run_cancelled",
    "expire": "run_expired",
}


def encode_event(name: str, data: object) -> bytes:
    """Return one event of a stream, as the real service writes it."""
    return ServerSentEvent(name, encode_json(data).encode()).encode()


def encode_json(value: object, indent: int | None = None) -> str:
    """Return JSON text that can be encoded: lone surrogates stay escaped."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, separators=separators)
    return text


def emit(record: RunRecord, name: str, data: object) -> None:
    """Put an event into the run's stream, if it has one."""
    if record.listener is not None:
        record.listener.queue.append(encode_event(name, data))


def emit_delta(record: RunRecord, kind: str, id: str, delta: JSON) -> None:
    """Put a delta event into the run's stream; `kind` is as in `thread.message`."""
    data = {"id": id, "object": f"{kind}.delta", "delta": delta}
    emit(record, f"{kind}.delta", data)


def move_run(record: RunRecord, trigger: RunTrigger, **changes: Any) -> None:
    """Move the run to the status that the trigger leads to, and emit the event."""
    run = record.run
    status = run["status"] = RUN.after(run["status"], trigger)
    run["required_action"] = None
    run.update(changes)
    if name := _TIMES.get(status):
        run[name] = int(record.clock)
    if status in RUN_TERMINAL:
        run["usage"] = _total_usage(record)
        record.player = None
        if status != "expired":
            run["expires_at"] = None
    emit(record, f"thread.run.{status}", run)


def _total_usage(record: RunRecord) -> JSON:
    usages = [step["usage"] for step in record.steps.values() if step["usage"]]
    return usage_object(
        sum(usage["prompt_tokens"] for usage in usages),
        sum(usage["completion_tokens"] for usage in usages),
    )


def stop_run(
    record: RunRecord, trigger: RunTrigger, *, reason: str | None = None, **changes: Any
) -> None:
    """End the run before the end of its turn, along with what was being written."""
    close_step(
        record,
        _STEP_ENDS.get(trigger, "complete"),
        reason=reason or _REASONS[trigger],
        last_error=changes.get("last_error"),
    )
    move_run(record, trigger, **changes)


def open_message(record: RunRecord, message_id: str, step_id: str) -> JSON:
    """Begin a message, in a step of its own, and return the message."""
    run, now = record.run, int(record.clock)
    details = {
        "type": "message_creation",
        "message_creation": {"message_id": message_id},
    }
    _open_step(record, step_id, details)
    params = {"role": "assistant", "content": []}
    message = message_object(message_id, now, run["thread_id"], params, run=run)
    record.message = record.thread.messages[message_id] = message
    emit(record, "thread.message.created", message)
    emit(record, "thread.message.in_progress", message)
    return message


def open_tool_calls(record: RunRecord, step_id: str) -> JSON:
    """Begin a step for tool calls, and return it."""
    return _open_step(record, step_id, {"type": "tool_calls", "tool_calls": []})


def _open_step(record: RunRecord, step_id: str, details: JSON) -> JSON:
    record.prompt_tokens = _prompt_tokens(record)
    step = step_object(step_id, int(record.clock), record.run, details)
    record.step = record.steps[step_id] = step
    emit(record, "thread.run.step.created", step)
    emit(record, "thread.run.step.in_progress", step)
    return step


def close_step(
    record: RunRecord,
    trigger: StepTrigger = "complete",
    *,
    reason: str | None = None,
    last_error: JSON | None = None,
) -> None:
    """End what was being written; with a `reason`, the message is incomplete."""
    step, message = record.step, record.message
    if step is None:
        return
    if message is not None:
        _end_message(record, message, "complete" if reason is None else "stop_short")
        if reason is not None:
            message["incomplete_details"] = {"reason": reason}
        emit(record, f"thread.message.{message['status']}", message)
    status = step["status"] = STEP.after(step["status"], trigger)
    if name := _TIMES.get(status):
        step[name] = int(record.clock)
    step["last_error"] = last_error
    step["usage"] = usage_object(
        record.prompt_tokens, _completion_tokens(step, message)
    )
    record.step = record.message = None
    answer = step_answer(step, with_content=record.with_content)
    emit(record, f"thread.run.step.{status}", answer)


def _end_message(record: RunRecord, message: JSON, trigger: MessageTrigger) -> None:
    status = message["status"] = MESSAGE.after(message["status"], trigger)
    name = "completed_at" if status == "completed" else "incomplete_at"
    message[name] = int(record.clock)


def _prompt_tokens(record: RunRecord) -> int:
    """Count what the model reads: instructions, messages and tool outputs."""
    texts = [record.run["instructions"] or ""]
    texts += [_text(message) for message in record.thread.messages.values()]
    texts += [output.output for output in record.tool_outputs]
    return sum(map(count_tokens, texts))


def _completion_tokens(step: JSON, message: JSON | None) -> int:
    if message is not None:
        return count_tokens(_text(message))
    calls = step["step_details"].get("tool_calls", ())
    return sum(count_tokens(_written(call)) for call in calls)


def _text(message: JSON) -> str:
    blocks = message["content"]
    return "".join(b["text"]["value"] for b in blocks if b["type"] == "text")


def _written(call: JSON) -> str:
    match call["type"]:
        case "function":
            return f"{call['function']['name']}{call['function']['arguments']}"
        case "code_interpreter":
            return str(call["code_interpreter"]["input"])
        case _:
            return ""
