"""Shows runs for people to read.

Works on plain values as they came over the wire: a recording may contain anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from runs_core.stream import (
    RunSnapshot,
    RunStreamEvent,
    ThreadMessageDelta,
    ThreadRunStepDelta,
)
from runs_core.wire.codec import unstructure
from runs_transports.cli.lines import Lines

__all__ = ["Show"]

_LONGEST_VALUE = 160

_STYLES = {
    "completed": "green",
    "requires_action": "yellow",
    "incomplete": "yellow",
    "cancelled": "yellow",
    "failed": "red",
    "expired": "red",
    "error": "red",
}


class Show(Lines):
    """Shows events, snapshots and responses.

    Text and tool calls appear as they arrive. With `every_event`, each event that is
    not a delta has a line of its own.
    """

    def __init__(self, *, every_event: bool) -> None:
        super().__init__()
        self._every_event = every_event

    def event(self, event: RunStreamEvent) -> None:
        """Show an event."""
        raw = unstructure(event.data)
        if isinstance(event, ThreadMessageDelta | ThreadRunStepDelta):
            self._delta(raw)
            return
        if self._every_event:
            self.heading(event.event, _described(raw))
        for call in _calls(raw):
            if output := _text_at(call, "function", "output"):
                self.line("gets", _short(output))

    def _delta(self, raw: Any) -> None:
        for block in _list_at(raw, "delta", "content"):
            if text := _text_at(block, "text", "value") or _text_at(block, "refusal"):
                key = (_text_at(raw, "id"), "text", _at(block, "index"))
                self.grow(key, "assistant", text)
        for call in _list_at(raw, "delta", "step_details", "tool_calls"):
            key = (_text_at(raw, "id"), "call", _at(call, "index"))
            if name := _text_at(call, "function", "name"):
                self.grow(key, "calls", f"{name}(", closing=")")
            if arguments := _text_at(call, "function", "arguments"):
                self.grow(key, "calls", arguments, closing=")")
            if code := _text_at(call, "code_interpreter", "input"):
                self.grow((*key, "code"), "runs", code)
            for output in _list_at(call, "code_interpreter", "outputs"):
                if logs := _text_at(output, "logs"):
                    self.grow((*key, "logs"), "prints", logs)

    def ended(self, snapshot: RunSnapshot, outcome: str) -> None:
        """Show what a stream led to."""
        self.rest()
        self.console.out("")
        if snapshot.run is not None:
            self._run(unstructure(snapshot.run))
        self.line("messages", str(len(snapshot.messages)))
        kinds = [_text_at(unstructure(step), "type") or "?" for step in snapshot.steps]
        self.line("steps", _counted(len(kinds), kinds))
        self.line("outcome", outcome, _STYLES.get(outcome, "red"))

    def answer(self, answer: Any) -> None:
        """Show a response that is not a stream."""
        raw = unstructure(answer)
        match raw:
            case {"object": "list", "data": list(items)}:
                self.line("list", _counted(len(items), ()))
                for item in items:
                    self.answer(item)
            case {"object": "thread.run"}:
                self._run(raw)
            case {"object": "thread.message"}:
                self.line("message", _described(raw))
                self._content(raw)
            case {"error": dict(error)}:
                self.line("error", _short(_error(error)), "red")
            case {"object": str(kind)}:
                self.line(kind, _described(raw))
                for call in _calls(raw):
                    self.line("calls", _call(call))
                    if output := _text_at(call, "function", "output"):
                        self.line("gets", _short(output))
            case _:
                self.line("JSON", _short(json.dumps(raw, ensure_ascii=False)))

    def _run(self, raw: Any) -> None:
        status = _text_at(raw, "status") or "?"
        self.line("run", _described(raw), _STYLES.get(status, ""))
        for call in _list_at(
            raw, "required_action", "submit_tool_outputs", "tool_calls"
        ):
            self.line("waits for", _call(call))
        usage = [
            f"{count} {name.removesuffix('_tokens')}"
            for name in ("prompt_tokens", "completion_tokens", "total_tokens")
            if isinstance(count := _at(raw, "usage", name), int)
        ]
        if usage:
            self.line("tokens", ", ".join(usage))

    def _content(self, raw: Any) -> None:
        for block in _list_at(raw, "content"):
            text = _text_at(block, "text", "value") or _text_at(block, "refusal")
            self.line(_text_at(raw, "role") or "", text or f"({_at(block, 'type')})")


# --- Plain values ------------------------------------------------------------------


def _at(raw: Any, *path: str) -> Any:
    """Return what is at the path, or None if a step on the way is not an object."""
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _text_at(raw: Any, *path: str) -> str:
    value = _at(raw, *path)
    return value if isinstance(value, str) else ""


def _list_at(raw: Any, *path: str) -> list[Any]:
    value = _at(raw, *path)
    return value if isinstance(value, list) else []


def _calls(raw: Any) -> list[Any]:
    return _list_at(raw, "step_details", "tool_calls")


def _call(call: Any) -> str:
    if name := _text_at(call, "function", "name"):
        return f"{name}({_short(_text_at(call, 'function', 'arguments'))})"
    return _text_at(call, "type") or "an unknown call"


def _described(raw: Any) -> str:
    """Return the few words that identify an object of the API."""
    return "  ".join(map(_short, _words(raw)))


def _words(raw: Any) -> Iterator[str]:
    for key in ("id", "role", "type", "status"):
        if word := _text_at(raw, key):
            yield word
    if isinstance(error := _at(raw, "last_error"), dict):
        yield _error(error)
    if reason := _text_at(raw, "incomplete_details", "reason"):
        yield reason
    if _at(raw, "deleted") is True:
        yield "deleted"


def _error(error: dict[str, Any]) -> str:
    code, message = _at(error, "code"), _text_at(error, "message")
    words = ["" if code is None else str(code), message]
    return ": ".join(filter(None, words)) or "without a message"


def _counted(count: int, kinds: Iterable[str]) -> str:
    return f"{count}  {', '.join(kinds)}".rstrip()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
