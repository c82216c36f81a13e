"""Complete runs as lists of (event name, object), before they are written as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from random import Random
from typing import Any, TypeAlias

from benchmarks.streams.objects import (
    JSON,
    identifier,
    message,
    run,
    step,
    text_delta,
    tool_delta,
)

__all__ = ["Conversation", "annotated", "texts", "tools", "words"]

Conversation: TypeAlias = list[tuple[str, JSON]]

_LATIN = (
    "the of and to in is that for it as was with be by on not this are from or have an"
    " they which one you were all her would there their will when who him been has"
    " more if no out do so can what up said about other into than its time only could"
    " new solution equation function value number therefore probability = + 1 2 3"
)
_OTHER = (
    "für über größe être déjà naïve señor привет мир данные 東京 日本語 データ 한국어"
    " 안녕 🙂 🚀 👩‍💻 π ≈ ∑ € “ ” — é"
)


def words(number: int, seed: int = 1, *, foreign: bool = False) -> list[str]:
    """Return as many tokens as a model would stream, most with a space before them."""
    vocabulary = [f" {word}" for word in _LATIN.split()] + ["\n", " \\("]
    if foreign:
        vocabulary += 5 * [f" {word}" for word in _OTHER.split()]
    return Random(seed).choices(vocabulary, k=number)


def texts(messages: Iterable[list[str]]) -> Conversation:
    """Return a run that writes messages, each in as many deltas as it has pieces."""
    return _run(chain.from_iterable(map(_message, count(), messages)))


def _message(number: int, pieces: list[str]) -> Iterator[tuple[str, JSON]]:
    id, step_id = identifier("msg", number), identifier("step", number)
    details = {"type": "message_creation", "message_creation": {"message_id": id}}
    yield from _opened("thread.run.step", step(step_id, "in_progress", details))
    yield from _opened("thread.message", message(id, "in_progress"))
    for at, piece in enumerate(pieces):
        # As on the real service, only the first delta of a text has the list.
        extra: dict[str, Any] = {} if at else {"annotations": []}
        yield "thread.message.delta", text_delta(id, piece, **extra)
    yield "thread.message.completed", message(id, "completed", "".join(pieces))
    yield "thread.run.step.completed", step(step_id, "completed", details)


def tools(calls: list[list[str]]) -> Conversation:
    """Return a run that calls functions with arguments that come in these pieces."""
    step_id = identifier("step", 0)
    empty = {"type": "tool_calls", "tool_calls": []}
    events = [*_opened("thread.run.step", step(step_id, "in_progress", empty))]
    whole = []
    for index, pieces in enumerate(calls):
        call_id, name = identifier("call", index), f"get_weather_{index}"
        function: JSON = {"name": name, "arguments": "", "output": None}
        first = {"index": index, "id": call_id, "type": "function"}
        events.append(_call_delta(step_id, first | {"function": function}))
        for piece in pieces:
            more = {"index": index, "type": "function"}
            more["function"] = {"arguments": piece}
            events.append(_call_delta(step_id, more))
        arguments = "".join(pieces)
        function = {"name": name, "arguments": arguments, "output": "18 °C"}
        whole.append({"id": call_id, "type": "function", "function": function})
    details = {"type": "tool_calls", "tool_calls": whole}
    done = step(step_id, "completed", details)
    return _run([*events, ("thread.run.step.completed", done)])


def _call_delta(step_id: str, call: JSON) -> tuple[str, JSON]:
    return "thread.run.step.delta", tool_delta(step_id, call)


def annotated(number: int) -> Conversation:
    """Return a run whose text gets one annotation in each delta."""
    id = identifier("msg", 0)
    events = [*_opened("thread.message", message(id, "in_progress"))]
    for index in range(number):
        mark = f"【{index}†source】"
        annotation = {
            "index": index,
            "type": "file_citation",
            "text": mark,
            "start_index": index * 10,
            "end_index": index * 10 + 9,
            "file_citation": {"file_id": identifier("file", index)},
        }
        delta = text_delta(id, mark, annotations=[annotation])
        events.append(("thread.message.delta", delta))
    return _run(events)


def _opened(name: str, value: JSON) -> Conversation:
    return [(f"{name}.created", value), (f"{name}.in_progress", value)]


def _run(events: Iterable[tuple[str, JSON]]) -> Conversation:
    return [
        ("thread.run.created", run("queued")),
        ("thread.run.queued", run("queued")),
        ("thread.run.in_progress", run("in_progress")),
        *events,
        ("thread.run.completed", run("completed")),
    ]
