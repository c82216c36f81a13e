"""The API's objects, with the keys and their order from recorded traffic.

They are written out here, not taken from the library, so that changes of the library do
not change what is measured.
"""

from __future__ import annotations

from random import Random
from typing import Any, TypeAlias

__all__ = [
    "ASSISTANT",
    "JSON",
    "RUN",
    "THREAD",
    "identifier",
    "message",
    "run",
    "step",
    "text_delta",
    "tool_delta",
]

JSON: TypeAlias = dict[str, Any]

ASSISTANT = "asst_D2BqLQ9rNgOjd5A3NpS9m9s4"
THREAD = "thread_awwJQNiSolLl9sG4Kw9wImOo"
RUN = "run_qI4jt699qmkHzp0Rbs30AseB"
_CREATED = 1774965933
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def identifier(prefix: str, number: int) -> str:
    """Return an id of the usual length, different for each number."""
    digits = Random(f"{prefix} {number}").choices(_ALPHABET, k=24)
    return f"{prefix}_{''.join(digits)}"


def run(status: str, **changed: Any) -> JSON:
    return {
        "id": RUN,
        "object": "thread.run",
        "created_at": _CREATED,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "status": status,
        "started_at": None if status == "queued" else _CREATED,
        "expires_at": None if status == "completed" else _CREATED + 600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": _CREATED + 9 if status == "completed" else None,
        "required_action": None,
        "last_error": None,
        "model": "gpt-4o-mini",
        "instructions": "Please address the user as Jane Doe. Be brief.",
        "tools": [{"type": "code_interpreter"}],
        "tool_resources": {"code_interpreter": {"file_ids": []}},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "reasoning_effort": None,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": _usage() if status == "completed" else None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    } | changed


def _usage() -> JSON:
    return {"prompt_tokens": 381, "completion_tokens": 89, "total_tokens": 470}


def step(id: str, status: str, details: JSON) -> JSON:
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": _CREATED + 2,
        "run_id": RUN,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "type": details["type"],
        "status": status,
        "cancelled_at": None,
        "completed_at": _CREATED + 9 if status == "completed" else None,
        "expires_at": _CREATED + 600,
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": _usage() if status == "completed" else None,
    }


def message(id: str, status: str, text: str | None = None) -> JSON:
    block = {"type": "text", "text": {"value": text, "annotations": []}}
    return {
        "id": id,
        "object": "thread.message",
        "created_at": _CREATED + 3,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "run_id": RUN,
        "status": status,
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": _CREATED + 9 if status == "completed" else None,
        "role": "assistant",
        "content": [] if text is None else [block],
        "attachments": [],
        "metadata": {},
    }


def text_delta(id: str, value: str, **text: Any) -> JSON:
    block = {"index": 0, "type": "text", "text": {"value": value, **text}}
    return {
        "id": id,
        "object": "thread.message.delta",
        "delta": {"content": [block]},
    }


def tool_delta(id: str, call: JSON) -> JSON:
    details = {"type": "tool_calls", "tool_calls": [call]}
    return {
        "id": id,
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }
