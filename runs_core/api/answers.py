"""The answers to a run's tool calls: outputs, and Foundry's approvals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runs_core.errors import ToolOutputsInvalid

__all__ = ["answers_to_calls"]


def answers_to_calls(name: str, given: Any) -> Any:
    """Return the answers as a list, or raise `ToolOutputsInvalid`.

    A run takes all of them in one request, and only once. Which calls it made is not
    known here, but a call that is answered twice is refused. None is left to the server
    to refuse. An error in one answer has its JSONPath.
    """
    if given is None:
        return None
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ToolOutputsInvalid(
            f"{name} must be a list of objects, not of type {type(given).__name__}"
        )
    answers = [*given]
    seen: set[str] = set()
    for at, answer in enumerate(answers):
        where = f"$.{name}[{at}]"
        if isinstance(answer, Mapping):
            id = answer.get("tool_call_id")
        elif hasattr(answer, "tool_call_id"):
            id = answer.tool_call_id
        else:
            raise ToolOutputsInvalid(
                f"{name} must be objects with a tool_call_id, not of type"
                f" {type(answer).__name__} @ {where}"
            )
        if isinstance(id, str):
            if id in seen:
                raise ToolOutputsInvalid(
                    f"{name} answers a call twice: pass each tool_call_id once"
                    f" @ {where}.tool_call_id"
                )
            seen.add(id)
    return answers
