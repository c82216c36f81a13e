"""The objects of the local service have the keys that the real service's had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runs_core.testing import Call, CodeInterpreter, Say, Script
from tests.models.samples import CAPTURES, needs_recordings
from tests.testing.local import WEATHER, Local, read_event, read_events

pytestmark = needs_recordings


def whole(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of an answer, with what they are called."""
    if value.get("object") == "list":
        for item in value["data"]:
            yield from whole(item)
    if "object" in value:
        yield value["object"], value


def answers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of the newest recordings of the real service's JSON."""
    for path in sorted((CAPTURES / "openllmetry").glob("*.json")):
        yield from whole(json.loads(path.read_text("utf-8")))
    # The only recorded list of steps; the newer recordings stream them.
    path = CAPTURES / "ruby-openai" / "run_steps_list__01.json"
    yield from whole(json.loads(path.read_text("utf-8")))


def events() -> Iterator[tuple[str, Any]]:
    for path in sorted((CAPTURES / "openllmetry").glob("*.sse")):
        for block in path.read_bytes().split(b"\n\n"):
            if block.strip():
                yield read_event(block + b"\n\n")


def shape(value: Any) -> Any:
    """Return keys in order, with the types of their values; of a list, its first."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def conversation() -> Local:
    """Return a service that has answered all kinds of requests."""
    script = Script(
        [
            [CodeInterpreter("import sympy"), Call("get_weather", {"city": "Paris"})],
            Say("It rains."),
        ]
    )
    local = Local(script)
    run = local.finish(local.run(functions=[WEATHER]))
    local.submit(run, "rain")
    local.finish(run)
    return local


def test_answers_have_the_keys_of_real_ones_in_their_order():
    local = conversation()
    recorded: dict[str, list[list[str]]] = {}
    for name, value in answers():
        keys = list(value)
        if keys not in recorded.setdefault(name, []):
            recorded[name].append(keys)
    (runs,) = [r.path for r in local.service.requests if r.path.endswith("/runs")]
    thread = runs.removeprefix("/v1").removesuffix("/runs")
    run = local.get(f"{thread}/runs")["data"][0]
    ours = {
        "thread": local.get(thread),
        "thread.run": run,
        "thread.message": local.answers(run)[0],
        "thread.run.step": local.steps(run)[0],
    }

    assert set(ours) <= set(recorded)
    for name, value in ours.items():
        assert [list(value)] == recorded[name], name


def test_a_completed_run_has_the_shape_of_a_real_one():
    local = Local()
    ours = local.finish(local.run(functions=[WEATHER], tool_choice="none"))
    real = next(
        value
        for name, value in answers()
        if name == "thread.run" and value["status"] == "completed"
    )

    ours, real = shape(ours), shape(real)
    for name in ("tools", "tool_resources", "metadata", "instructions"):
        assert type(ours.pop(name)) is type(real.pop(name))
    assert ours == real


def test_events_have_the_keys_of_real_ones():
    real = list(events())
    script = Script([[CodeInterpreter("import sympy"), Say("It is one.")]])
    ours = list(read_events(Local(script).stream().chunks))

    for name in {name for name, _ in real} - {"done"}:
        shapes = [list(data) for found, data in real if found == name]
        for found, data in ours:
            if found == name:
                assert list(data) in shapes, name
    assert {name for name, _ in ours} == {name for name, _ in real}


def test_deltas_have_the_shape_of_real_ones():
    script = Script([[CodeInterpreter("import sympy"), Say("It is one.")]])
    ours = list(read_events(Local(script).stream().chunks))
    for name in ("thread.message.delta", "thread.run.step.delta"):
        recorded = [shape(data) for found, data in events() if found == name]
        made = [shape(data) for found, data in ours if found == name]

        assert made[0] == recorded[0]
        assert made[1] == recorded[1]
        assert all(delta in recorded for delta in made)


def test_the_events_come_in_the_order_of_real_ones():
    path = CAPTURES / "openllmetry" / "test_streaming_existing_assistant__03.sse"
    blocks = path.read_bytes().split(b"\n\n")
    recorded = [read_event(b + b"\n\n")[0] for b in blocks if b.strip()]
    script = Script([[CodeInterpreter("import sympy"), Say("It is one.")]])
    ours = [name for name, _ in read_events(Local(script).stream().chunks)]

    def without_repeats(names: list[str]) -> list[str]:
        return [n for i, n in enumerate(names) if names[i - 1 : i] != [n]]

    assert without_repeats(ours) == without_repeats(recorded)


def test_refusals_are_worded_like_recorded_ones():
    local = Local()
    run = local.look(local.run())
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    wordings = {
        json.dumps(json.loads(file.read_text("utf-8")))
        for file in sorted((CAPTURES / "ruby-openai").glob("*.json"))
        if b'"error"' in file.read_bytes()
    }
    for method, tail, body in [
        ("GET", "/steps/step_123", None),
        ("POST", "", {"metadata": {"modified": "x"}}),
        ("POST", "", {"metadata": {"modified": True}}),
        ("POST", "/submit_tool_outputs", {"tool_outputs": []}),
    ]:
        reply = local.send(method, path + tail, body)
        (chunk,) = reply.chunks
        assert isinstance(chunk, bytes)

        assert json.dumps(json.loads(chunk)) in wordings
