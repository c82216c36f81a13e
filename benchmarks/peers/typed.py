"""Bytes to typed events: the text of each delta is read, the id of any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.peers.candidate import (
    Candidate,
    Chunks,
    fed,
    hold_fed,
    hold_pulled,
    pulled,
)
from benchmarks.peers.openai_python import streams
from benchmarks.peers.versions import load
from benchmarks.streams.styles import Frame
from runs_core.stream import RunEventDecoder
from runs_core.wire.codec import unstructure
from runs_core.wire.sse import EventStreamDecoder

__all__ = ["TYPED", "expected_events", "floor_events"]

Plain = tuple[str, Any]


def expected_events(frames: Sequence[Frame]) -> list[Plain]:
    """Return each event's name and JSON."""
    return [(f.event, _json(f.data)) for f in frames if f.data != "[DONE]"]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read(event: Any) -> Any:
    """Read what a program would: the text of a delta, and the id of a whole object.

    Objects that are created when accessed are created here; others already exist.
    """
    return _read_data(event.event, event.data)


def _read_data(name: str, data: Any) -> Any:
    if name == "thread.message.delta":
        return _text(data)
    if name == "thread.run.step.delta":
        return _arguments(data)
    # Errors have none, and the data of unknown events may have none.
    return getattr(data, "id", None)


def _read_texts(event: Any) -> Any:
    """Read the text of a delta, and nothing of whole objects."""
    name = event.event
    if name == "thread.message.delta":
        return _text(event.data)
    if name == "thread.run.step.delta":
        return _arguments(event.data)
    return name


def _text(delta: Any) -> Any:
    for block in delta.delta.content or ():
        if block.type == "text":
            return block.text.value
    return None


def _arguments(delta: Any) -> Any:
    for call in delta.delta.step_details.tool_calls or ():
        if call.type == "function":
            return call.function.arguments
    return None


def ours() -> Candidate:
    return _ours("runs-core", _read)


def ours_texts() -> Candidate:
    note = "whole objects are not looked at, and so not made"
    return _ours("runs-core, texts read alone", _read_texts, note)


def _ours(name: str, read: Callable[[Any], Any], note: str = "") -> Candidate:
    def outcome(chunks: Chunks) -> list[Plain]:
        decoder = RunEventDecoder()
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        events += decoder.close()
        return [(event.event, unstructure(event.data)) for event in events]

    return Candidate(
        name=name,
        distribution="runs-core",
        run=fed(RunEventDecoder, read),
        hold=hold_fed(RunEventDecoder),
        outcome=outcome,
        note=note,
        ours=True,
    )


def openai() -> Candidate:
    make = streams()

    def outcome(chunks: Chunks) -> list[Plain]:
        return [(event.event, event.data.to_dict()) for event in make(chunks)]

    return Candidate(
        name="openai-python",
        distribution="openai",
        run=pulled(make, _read),
        hold=hold_pulled(make),
        outcome=outcome,
    )


def azure() -> Candidate:
    handler = load("azure.ai.agents.models").AgentEventHandler

    def events(chunks: Chunks) -> Iterable[Any]:
        made = handler()
        made.initialize(chunks, lambda *_: [])
        return made  # type: ignore[no-any-return]

    def read(event: Any) -> Any:
        name, data, _ = event
        return _read_data(name, data)

    def outcome(chunks: Chunks) -> list[Plain]:
        return [
            (name, data.as_dict())
            for name, data, _ in events(iter(chunks))
            if data != "[DONE]"
        ]

    return Candidate(
        name="azure-ai-agents",
        distribution="azure-ai-agents",
        run=pulled(events, read),
        hold=hold_pulled(events),
        outcome=outcome,
        despite=lambda plain: [(name, _azure(data)) for name, data in plain],
        note="leaves out null fields, and renames a step's expires_at",
    )


def _azure(value: Any) -> Any:
    """Return the value without nulls, and with Azure's name for `expires_at`."""
    match value:
        case dict():
            step = value.get("object") == "thread.run.step"
            return {
                "expired_at" if step and key == "expires_at" else key: _azure(item)
                for key, item in value.items()
                if item is not None
            }
        case list():
            return [_azure(item) for item in value]
        case _:
            return value


def floor_events() -> Candidate:
    decode = load("msgspec").json.Decoder().decode

    def read(event: Any) -> Any:
        data = event.data
        return decode(data) if data != b"[DONE]" else None

    return Candidate(
        name="floor: our framing, and msgspec",
        distribution="msgspec",
        run=fed(EventStreamDecoder, read),
        outcome=lambda chunks: None,
        note="JSON as dicts: no types, no snapshot",
        floor=True,
    )


TYPED: dict[str, Callable[[], Candidate]] = {
    "runs-core": ours,
    "runs-core, texts read alone": ours_texts,
    "openai-python": openai,
    "azure-ai-agents": azure,
    "floor: our framing, and msgspec": floor_events,
}
