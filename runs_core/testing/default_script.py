"""What the assistant does without a script: it calls its functions, then echoes."""

from __future__ import annotations

import json

from runs_core.testing.schema_example import schema_example
from runs_core.testing.script import Call, RunContext, Say, Turn

__all__ = ["default_script"]

_SHOWN = 200


def default_script(context: RunContext) -> Turn:
    """Return the turn: call each function that was not called yet, then answer.

    The arguments fit the functions' schemas. If `parallel_tool_calls` is false, there
    is one call per turn; if `tool_choice` is "none", no call; if it names a function,
    only that one is called.
    """
    called = {output.name for output in context.tool_outputs}
    calls = tuple(
        Call(function["name"], _arguments(function.get("parameters")))
        for function in context.functions
        if function["name"] not in called
        and _allows(context.run["tool_choice"], function["name"])
    )
    if calls and not context.run["parallel_tool_calls"]:
        calls = calls[:1]
    return Turn(calls or (Say(_answer(context)),))


def _arguments(parameters: object) -> str:
    example = schema_example(parameters)
    # A function's arguments are an object, even if its schema does not say so.
    return json.dumps(example if isinstance(example, dict) else {}, ensure_ascii=False)


def _allows(tool_choice: object, name: str) -> bool:
    if isinstance(tool_choice, dict):
        named = tool_choice.get("function", {}).get("name")
        return tool_choice["type"] == "function" and named in (None, name)
    return tool_choice != "none"


def _answer(context: RunContext) -> str:
    text = context.last_user_text.strip()
    said = f'You said: "{_shortened(text)}".' if text else "You have said nothing yet."
    outputs = " ".join(
        f"{output.name} gave: {_shortened(output.output)}."
        for output in context.tool_outputs
    )
    return f"{said} {outputs}".rstrip()


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
