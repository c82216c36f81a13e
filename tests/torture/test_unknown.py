"""What nobody has seen yet: streams with things in them that no version knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runs_core import RunEventDecoder, RunSnapshot
from runs_core.stream import UnknownEvent
from runs_core.wire.codec import WireObject
from tests.torture.cuts import Stream, ended_in, recorded_streams, scripted_streams

STREAMS = [
    stream
    for stream in (*scripted_streams(), *recorded_streams())
    if stream.expected(len(stream.data)) == "complete"
]
# Without these an object is not what it is.
ESSENTIAL = {"id", "object", "delta"}
Change = Callable[[Any], Any]


def fields_added(value: Any) -> Any:
    """Every object says something new, also under names that Python knows."""
    if isinstance(value, dict):
        changed = {name: fields_added(child) for name, child in value.items()}
        return {
            **changed,
            "__class__": [1],
            "self": None,
            "new": {"deep": [{"a": 1.5}]},
        }
    return [fields_added(v) for v in value] if isinstance(value, list) else value


def variants_renamed(value: Any) -> Any:
    """Every kind of content, tool, call and error is one that nobody knows."""
    if isinstance(value, dict):
        return {
            name: f"{child}_v3"
            if name in ("type", "code", "reason", "role") and isinstance(child, str)
            else variants_renamed(child)
            for name, child in value.items()
        }
    return [variants_renamed(v) for v in value] if isinstance(value, list) else value


def nulls_everywhere(value: dict[str, Any]) -> dict[str, Any]:
    """Nothing is said but what must be."""
    return {n: v if n in ESSENTIAL else None for n, v in value.items()}


def keys_dropped(value: dict[str, Any]) -> dict[str, Any]:
    """Nothing is there but what must be."""
    return {n: v for n, v in value.items() if n in ESSENTIAL}


def statuses_renamed(value: dict[str, Any]) -> dict[str, Any]:
    """Every status is a new one."""
    return {**value, "status": "pondering"} if "status" in value else value


CHANGES: list[Change] = [
    fields_added,
    variants_renamed,
    nulls_everywhere,
    keys_dropped,
    statuses_renamed,
]


def changed(stream: Stream, change: Change) -> Iterator[tuple[str, Any]]:
    """Yield name and data of each event, changed."""
    start = 0
    for end in stream.ends:
        name, data = "", b""
        for line in stream.data[start:end].splitlines():
            field, _, value = line.partition(b": ")
            if field == b"event":
                name = value.decode()
            elif field == b"data":
                data = value
        start = end
        yield name, "[DONE]" if data == b"[DONE]" else change(json.loads(data))


def written(events: list[tuple[str, Any]]) -> bytes:
    return b"".join(
        b"event: %s\ndata: %s\n\n"
        % (
            name.encode(),
            data.encode() if data == "[DONE]" else json.dumps(data).encode(),
        )
        for name, data in events
    )


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("stream", STREAMS, ids=str)
def test_promise_7_a_stream_of_the_unknown_is_read_and_written_back_equal(
    stream: Stream, change: Change
) -> None:
    sent = list(changed(stream, change))
    decoder = RunEventDecoder()
    events = decoder.feed(written(sent))
    decoder.close()
    snapshot = RunSnapshot()
    for event in events:
        snapshot.apply(event)

    given = [
        data.to_dict() if isinstance(data, WireObject) else data
        for data in (event.data for event in events)
    ]
    assert given == [data for _, data in sent if data != "[DONE]"]
    assert isinstance(snapshot.messages, tuple)
    assert snapshot.outcome is not None
    assert json.loads(json.dumps([m.to_dict() for m in snapshot.messages])) is not None


@pytest.mark.parametrize("stream", STREAMS, ids=str)
def test_promise_7_events_of_unknown_names_do_not_disturb(stream: Stream) -> None:
    sent = list(changed(stream, lambda data: data))
    new = [("thread.run.pondering", {"id": 1}), ("telemetry", "text"), ("thread.x", [])]
    mixed = [pair for event in sent for pair in (*new, event)]

    assert ended_in([written(mixed)]) == ended_in([written(sent)]) == "complete"
    decoder = RunEventDecoder()
    unknown = [e for e in decoder.feed(written(mixed)) if isinstance(e, UnknownEvent)]
    assert {e.event for e in unknown} >= {name for name, _ in new}
