"""The objects of the API as the real service writes them, from checked parameters.

The keys and their order are those of recorded responses: run steps have `expires_at`
and lack `expired_at` and `metadata`; messages have a status only in streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = [
    "JSON",
    "assistant_object",
    "count_tokens",
    "message_answer",
    "message_object",
    "run_object",
    "step_answer",
    "step_object",
    "thread_object",
    "usage_object",
]

JSON: TypeAlias = dict[str, Any]

_STREAM_ONLY = ("status", "incomplete_details", "incomplete_at", "completed_at")
_TRUNCATION = {"type": "auto", "last_messages": None}


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def assistant_object(id: str, now: int, params: Mapping[str, Any]) -> JSON:
    return {
        "id": id,
        "object": "assistant",
        "created_at": now,
        "name": params.get("name"),
        "description": params.get("description"),
        "model": params["model"],
        "instructions": params.get("instructions"),
        "tools": params.get("tools", []),
        "top_p": _or(params.get("top_p"), 1.0),
        "temperature": _or(params.get("temperature"), 1.0),
        "reasoning_effort": params.get("reasoning_effort"),
        "tool_resources": _or(params.get("tool_resources"), {}),
        "metadata": _or(params.get("metadata"), {}),
        "response_format": _or(params.get("response_format"), "auto"),
    }


def thread_object(id: str, now: int, params: Mapping[str, Any]) -> JSON:
    return {
        "id": id,
        "object": "thread",
        "created_at": now,
        "metadata": _or(params.get("metadata"), {}),
        "tool_resources": _or(params.get("tool_resources"), {}),
    }


def message_object(
    id: str,
    now: int,
    thread_id: str,
    params: Mapping[str, Any],
    *,
    run: Mapping[str, Any] | None = None,
) -> JSON:
    """Return a message: a complete one, or one that `run` is beginning to write."""
    writing = run is not None
    return {
        "id": id,
        "object": "thread.message",
        "created_at": now,
        "assistant_id": run["assistant_id"] if run is not None else None,
        "thread_id": thread_id,
        "run_id": run["id"] if run is not None else None,
        "status": "in_progress" if writing else "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": None if writing else now,
        "role": params["role"],
        "content": _content(params["content"]),
        "attachments": _or(params.get("attachments"), []),
        "metadata": _or(params.get("metadata"), {}),
    }


def _content(content: str | list[JSON]) -> list[JSON]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return [_block(block) for block in content]


def _block(block: JSON) -> JSON:
    kind = block["type"]
    if kind == "text":
        return {"type": "text", "text": {"value": block["text"], "annotations": []}}
    return {"type": kind, kind: {"detail": "auto", **block[kind]}}


def message_answer(message: Mapping[str, Any]) -> JSON:
    """Return the message as it appears in a response that is not a stream."""
    return {key: value for key, value in message.items() if key not in _STREAM_ONLY}


def run_object(
    id: str,
    now: int,
    expires_at: int,
    thread: Mapping[str, Any],
    assistant: Mapping[str, Any],
    params: Mapping[str, Any],
) -> JSON:
    def chosen(name: str, default: Any = None) -> Any:
        return _or(params.get(name), _or(assistant.get(name), default))

    instructions = chosen("instructions")
    if additional := params.get("additional_instructions"):
        instructions = f"{instructions}\n{additional}" if instructions else additional
    resources = {**assistant["tool_resources"], **thread["tool_resources"]}
    return {
        "id": id,
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant["id"],
        "thread_id": thread["id"],
        "status": "queued",
        "started_at": None,
        "expires_at": expires_at,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": chosen("model"),
        "instructions": instructions,
        "tools": chosen("tools"),
        "tool_resources": _or(params.get("tool_resources"), resources),
        "metadata": _or(params.get("metadata"), {}),
        "temperature": chosen("temperature"),
        "top_p": chosen("top_p"),
        "reasoning_effort": chosen("reasoning_effort"),
        "max_completion_tokens": params.get("max_completion_tokens"),
        "max_prompt_tokens": params.get("max_prompt_tokens"),
        "truncation_strategy": {
            **_TRUNCATION,
            **_or(params.get("truncation_strategy"), {}),
        },
        "incomplete_details": None,
        "usage": None,
        "response_format": chosen("response_format"),
        "tool_choice": _or(params.get("tool_choice"), "auto"),
        "parallel_tool_calls": params.get("parallel_tool_calls", True),
    }


def step_object(id: str, now: int, run: Mapping[str, Any], details: JSON) -> JSON:
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": now,
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def step_answer(step: Mapping[str, Any], *, with_content: bool) -> JSON:
    """Return the step as sent; what a file search found only if `with_content`.

    Source: the `include` parameter of the run step operations.
    """
    if with_content or step["type"] != "tool_calls":
        return dict(step)
    details = step["step_details"]
    calls = [_without_content(call) for call in details["tool_calls"]]
    return {**step, "step_details": {**details, "tool_calls": calls}}


def _without_content(call: JSON) -> JSON:
    if call["type"] != "file_search" or "results" not in call["file_search"]:
        return call
    results = [
        {key: value for key, value in result.items() if key != "content"}
        for result in call["file_search"]["results"]
    ]
    return {**call, "file_search": {**call["file_search"], "results": results}}


def usage_object(prompt: int, completion: int) -> JSON:
    # The real service spells `prompt_token_details` without the s.
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def count_tokens(text: str) -> int:
    """Return roughly how many tokens a model would see: one for four characters."""
    return -(-len(text) // 4)
