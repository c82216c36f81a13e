"""Bytes to typed events, and to what they add up to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from attrs import Factory, define

from benchmarks.peers.candidate import Candidate, Chunks, hold_pulled
from benchmarks.peers.openai_python import handlers
from benchmarks.peers.typed import floor_events
from benchmarks.streams.styles import Frame
from runs_core.stream import RunEventDecoder, RunSnapshot

__all__ = ["SNAPSHOT", "State", "expected_state", "state_of"]

# A run, messages and steps.
Final: TypeAlias = tuple[Any, Iterable[Any], Iterable[Any]]


@define
class State:
    """A run's state: texts by message, arguments by tool call, and status."""

    texts: dict[str, str] = Factory(dict)
    arguments: dict[str, str] = Factory(dict)
    status: str | None = None


def expected_state(frames: Sequence[Frame]) -> State:
    """Add the deltas up; a whole message or step replaces its deltas."""
    state = State()
    calls: dict[tuple[str, int], str] = {}
    for frame in frames:
        if not frame.event.startswith("thread.") or frame.data == "[DONE]":
            continue
        data = json.loads(frame.data)
        match data.get("object"):
            case "thread.run":
                state.status = data["status"]
            case "thread.message":
                text = _text(data["content"])
                state.texts[data["id"]] = text or state.texts.get(data["id"], "")
            case "thread.message.delta":
                state.texts.setdefault(data["id"], "")
                state.texts[data["id"]] += _text(data["delta"].get("content") or [])
            case "thread.run.step":
                for call in data["step_details"].get("tool_calls") or []:
                    state.arguments[call["id"]] = _arguments(call)
            case "thread.run.step.delta":
                for call in data["delta"]["step_details"].get("tool_calls") or []:
                    key = data["id"], call["index"]
                    id = calls.setdefault(key, call.get("id", ""))
                    before = state.arguments.get(id, "")
                    state.arguments[id] = before + _arguments(call)
    return state


def _text(blocks: list[Any]) -> str:
    return "".join(b["text"].get("value") or "" for b in blocks if b["type"] == "text")


def _arguments(call: Any) -> str:
    if call["type"] == "function":
        return call["function"].get("arguments") or ""
    return (call.get(call["type"]) or {}).get("input") or ""


def state_of(run: Any, messages: Iterable[Any], steps: Iterable[Any]) -> State:
    """Read the state from models: ours and openai-python's have the same names."""
    state = State(status=run.status if run else None)
    for message in messages:
        blocks = [block for block in message.content if block.type == "text"]
        state.texts[message.id] = "".join(block.text.value for block in blocks)
    for step in steps:
        for call in getattr(step.step_details, "tool_calls", None) or ():
            if call.type == "function":
                state.arguments[call.id] = call.function.arguments
            elif call.type == "code_interpreter":
                state.arguments[call.id] = call.code_interpreter.input
            else:
                state.arguments[call.id] = ""
    return state


def ours() -> Candidate:
    def run(chunks: Chunks) -> Final:
        decoder, snapshot = RunEventDecoder(), RunSnapshot()
        feed, apply = decoder.feed, snapshot.apply
        for chunk in chunks:
            for event in feed(chunk):
                apply(event)
        for event in decoder.close():
            apply(event)
        return snapshot.run, snapshot.messages, snapshot.steps

    return _ours("runs-core", run)


def ours_read_often() -> Candidate:
    def run(chunks: Chunks) -> Final:
        decoder, snapshot = RunEventDecoder(), RunSnapshot()
        feed, apply = decoder.feed, snapshot.apply
        state: Final = None, (), ()
        for chunk in chunks:
            for event in feed(chunk):
                apply(event)
                state = snapshot.run, snapshot.messages, snapshot.steps
        for event in decoder.close():
            apply(event)
            state = snapshot.run, snapshot.messages, snapshot.steps
        return state

    return _ours("runs-core, read after every event", run)


def _ours(name: str, run: Callable[[Chunks], Final]) -> Candidate:
    def hold(chunks: Chunks, events: int) -> Any:
        decoder, snapshot = RunEventDecoder(), RunSnapshot()
        for chunk in chunks:
            for event in decoder.feed(chunk):
                snapshot.apply(event)
        return decoder, snapshot

    return Candidate(
        name=name,
        distribution="runs-core",
        run=run,
        hold=hold,
        outcome=lambda chunks: state_of(*run(chunks)),
        ours=True,
    )


def openai() -> Candidate:
    make = handlers()

    def run(chunks: Chunks) -> Final:
        handler = make(chunks)
        handler.until_done()
        # Not `get_final_…`, which raises if there are none.
        messages = handler._AssistantEventHandler__message_snapshots.values()
        steps = handler._AssistantEventHandler__run_step_snapshots.values()
        return handler.current_run, messages, steps

    return Candidate(
        name="openai-python",
        distribution="openai",
        run=run,
        hold=hold_pulled(make),
        outcome=lambda chunks: state_of(*run(chunks)),
    )


SNAPSHOT: dict[str, Callable[[], Candidate]] = {
    "runs-core": ours,
    "runs-core, read after every event": ours_read_often,
    "openai-python": openai,
    "floor: our framing, and msgspec": floor_events,
}
