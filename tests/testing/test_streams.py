"""Runs that are streamed: which events come, what they hold, and how they end."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from runs_core.testing import (
    Call,
    CodeInterpreter,
    Cut,
    Fail,
    FileSearch,
    Hang,
    Incomplete,
    Pause,
    Raw,
    Say,
    Script,
    SendError,
)
from runs_core.testing.store import Listener
from tests.testing.local import (
    NOW,
    WEATHER,
    Answered,
    Local,
    names,
    path_of,
    read_event,
    read_events,
)
from tests.testing.test_runs import CONTENT, FOUND, RESULT

BEGIN = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = [*STEP, "message.created", "message.in_progress", "message.delta"]
MESSAGE_DONE = [*MESSAGE, "message.completed", "run.step.completed"]
CALLS = [*STEP, "run.step.delta"]
END = ["run.completed", "done"]


def events(reply: Any, name: str) -> list[Any]:
    """Return the data of the events of that name."""
    return [data for found, data in read_events(reply.chunks) if found == name]


# --- Which events come ------------------------------------------------------------


def test_an_answer_comes_in_the_order_of_the_service():
    local = Local(Script([Say("Hello you")]))

    assert names(local.stream().chunks) == [*BEGIN, *MESSAGE_DONE, *END]


def test_a_stream_that_waits_for_outputs_ends_without_its_step():
    local = Local(Script([Call("a"), Say("Hello")]))
    reply = local.stream()

    assert names(reply.chunks) == [*BEGIN, *CALLS, "run.requires_action", "done"]


def test_a_stream_of_outputs_begins_with_the_step_that_was_open():
    local = Local(Script([Call("a"), Say("Hello")]))
    run = events(local.stream(), "thread.run.requires_action")[0]
    reply = local.submit(run, "done", stream=True)

    first, *rest = read_events(reply.chunks)

    assert first[0] == "thread.run.step.completed"
    (call,) = first[1]["step_details"]["tool_calls"]
    assert call["function"]["output"] == "done"
    assert [name for name, _ in rest][:2] == [
        "thread.run.queued",
        "thread.run.in_progress",
    ]


def test_a_stream_of_outputs_goes_on_to_the_end():
    local = Local(Script([Call("a"), Say("Hello")]))
    run = local.finish(local.run())
    reply = local.submit(run, "done", stream=True)

    assert names(reply.chunks) == [
        "run.step.completed",
        "run.queued",
        "run.in_progress",
        *MESSAGE_DONE,
        *END,
    ]


def test_a_new_thread_is_the_first_event():
    local = Local(Script([Say("Hello")]))
    body = {"assistant_id": local.assistant()["id"], "stream": True}
    reply = local.send("POST", "/threads/runs", body)

    (created, thread), *rest = read_events(reply.chunks)

    assert created == "thread.created"
    assert local.get(f"/threads/{thread['id']}") == thread
    assert rest[0][1]["thread_id"] == thread["id"]


def test_messages_and_calls_have_steps_of_their_own():
    script = Script(
        [[Say("Look:"), CodeInterpreter("1"), FileSearch([]), Call("a"), Call("b")]]
    )
    reply = Local(script).stream()

    done = [*CALLS, "run.step.completed"]
    assert names(reply.chunks) == [
        *BEGIN,
        *MESSAGE_DONE,
        *done,
        *done,
        *CALLS,
        "run.requires_action",
        "done",
    ]


@pytest.mark.parametrize(
    ("action", "after"),
    [
        (Fail(), ["message.incomplete", "run.step.failed", "run.failed", "done"]),
        (
            Incomplete(),
            ["message.incomplete", "run.step.completed", "run.incomplete", "done"],
        ),
        (
            Hang(),
            ["message.incomplete", "run.step.expired", "run.expired", "done"],
        ),
        (Cut(), []),
        (SendError(), ["error"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_message_can_be_broken_off(action, after):
    reply = Local(Script([[Say("Hello"), action]])).stream()

    assert names(reply.chunks) == [*BEGIN, *MESSAGE, *after]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Fail(), "run_failed"),
        (Incomplete("max_completion_tokens"), "max_tokens"),
        (Incomplete("content_filter"), "content_filter"),
        (Hang(), "run_expired"),
    ],
)
def test_a_broken_message_says_why(action, reason):
    local = Local(Script([[Say("Hello"), action]]), expires_after=60)
    (message,) = events(local.stream(), "thread.message.incomplete")

    assert message["incomplete_details"] == {"reason": reason}
    assert message["incomplete_at"] == NOW + 60 * isinstance(action, Hang)
    assert message["completed_at"] is None


# --- What the events hold ---------------------------------------------------------


def test_events_are_one_chunk_each_and_compact():
    reply = Local(Script([Say("Hello")])).stream()

    chunks = list(reply.chunks)

    assert all(isinstance(c, bytes) and c.endswith(b"\n\n") for c in chunks)
    assert all(c.count(b"\n") == 3 for c in chunks)
    assert b'": ' not in chunks[0]
    assert chunks[-1] == b"event: done\ndata: [DONE]\n\n"


def test_text_deltas_have_the_shape_of_real_ones():
    reply = Local(Script([Say(pieces=["Hel", "lo"])])).stream()

    first, second = events(reply, "thread.message.delta")

    assert first == {
        "id": first["id"],
        "object": "thread.message.delta",
        "delta": {
            "content": [
                {
                    "index": 0,
                    "type": "text",
                    "text": {"value": "Hel", "annotations": []},
                }
            ]
        },
    }
    assert second["delta"]["content"] == [
        {"index": 0, "type": "text", "text": {"value": "lo"}}
    ]


def test_call_deltas_have_the_shape_of_real_ones():
    script = Script([[Call("f", pieces=['{"a"', ":1}"]), Call("g", "{}")]])

    deltas = events(Local(script).stream(), "thread.run.step.delta")
    calls = [d["delta"]["step_details"]["tool_calls"][0] for d in deltas]

    assert deltas[0]["object"] == "thread.run.step.delta"
    assert deltas[0]["delta"]["step_details"]["type"] == "tool_calls"
    assert calls == [
        {
            "index": 0,
            "id": calls[0]["id"],
            "type": "function",
            "function": {"name": "f", "arguments": "", "output": None},
        },
        {"index": 0, "type": "function", "function": {"arguments": '{"a"'}},
        {"index": 0, "type": "function", "function": {"arguments": ":1}"}},
        {
            "index": 1,
            "id": calls[3]["id"],
            "type": "function",
            "function": {"name": "g", "arguments": "", "output": None},
        },
        {"index": 1, "type": "function", "function": {"arguments": "{}"}},
    ]


def test_code_deltas_have_the_shape_of_real_ones():
    code = CodeInterpreter("import sympy", logs="1", image_file_id="file-1")

    deltas = events(Local(Script([code])).stream(), "thread.run.step.delta")
    calls = [d["delta"]["step_details"]["tool_calls"][0] for d in deltas]

    kind = "code_interpreter"
    assert calls == [
        {
            "index": 0,
            "id": calls[0]["id"],
            "type": kind,
            kind: {"input": "", "outputs": []},
        },
        {"index": 0, "type": kind, kind: {"input": "import"}},
        {"index": 0, "type": kind, kind: {"input": " sympy"}},
        {
            "index": 0,
            "type": kind,
            kind: {"outputs": [{"index": 0, "type": "logs", "logs": "1"}]},
        },
        {
            "index": 0,
            "type": kind,
            kind: {
                "outputs": [
                    {"index": 1, "type": "image", "image": {"file_id": "file-1"}}
                ]
            },
        },
    ]


def test_blocks_and_annotations_come_as_deltas_and_stay():
    citation = {
        "type": "file_citation",
        "text": "[0]",
        "start_index": 0,
        "end_index": 3,
        "file_citation": {"file_id": "file-2"},
    }
    say = Say("As [0]", image_file_ids=["file-1"], annotations=[citation])
    local = Local(Script([say]))
    run: Any = None
    blocks = []
    for name, data in read_events(local.stream().chunks):
        if name == "thread.message.delta":
            blocks += data["delta"]["content"]
        if name == "thread.run.completed":
            run = data

    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    assert blocks == [
        {"index": 0, **image},
        {"index": 1, "type": "text", "text": {"value": "As", "annotations": []}},
        {
            "index": 1,
            "type": "text",
            "text": {"value": " [0]", "annotations": [{"index": 0, **citation}]},
        },
    ]
    assert local.answers(run)[0]["content"] == [
        image,
        {"type": "text", "text": {"value": "As [0]", "annotations": [citation]}},
    ]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ({}, [""]),
        ({"pieces": [Pause(0)]}, [""]),
        ({"text": "a b"}, ["a", " b"]),
        ({"pieces": ["a", "", Pause(0)]}, ["a", ""]),
    ],
)
def test_annotations_come_with_the_last_text_also_if_that_is_empty(words, values):
    annotation = {"type": "file_path"}
    local = Local(Script([Say(**words, annotations=[annotation])]))
    found = list(read_events(local.stream().chunks))

    texts = [
        data["delta"]["content"][0]["text"]
        for name, data in found
        if name == "thread.message.delta"
    ]

    assert [text["value"] for text in texts] == values
    assert [text.get("annotations", []) for text in texts] == [
        *[[]] * (len(values) - 1),
        [{"index": 0, **annotation}],
    ]
    (message,) = [data for name, data in found if name == "thread.message.completed"]
    assert message["content"] == [
        {
            "type": "text",
            "text": {"value": "".join(values), "annotations": [annotation]},
        }
    ]


def test_a_refusal_is_a_block_of_its_own_kind():
    local = Local(Script([Say("I can't.", refusal=True)]))
    found = list(read_events(local.stream().chunks))

    deltas = [d["delta"]["content"] for n, d in found if n == "thread.message.delta"]

    assert deltas == [
        [{"index": 0, "type": "refusal", "refusal": "I"}],
        [{"index": 0, "type": "refusal", "refusal": " can't."}],
    ]
    (message,) = [d for n, d in found if n == "thread.message.completed"]
    assert message["content"] == [{"type": "refusal", "refusal": "I can't."}]


def test_what_a_search_found_is_streamed_if_it_is_included():
    for query, result in (("", RESULT), (f"?include%5B%5D={CONTENT}", FOUND)):
        local = Local(Script([FileSearch([FOUND])]))
        thread = local.thread("Hi")
        body = {"assistant_id": local.assistant()["id"], "stream": True}
        reply = local.send("POST", f"/threads/{thread['id']}/runs{query}", body)

        (step,) = events(reply, "thread.run.step.completed")

        (call,) = step["step_details"]["tool_calls"]
        assert call["file_search"]["results"] == [result]


def test_a_message_in_a_stream_has_its_status():
    local = Local(Script([Say("Hello")]))
    found = dict(read_events(local.stream().chunks))
    created = found["thread.message.created"]
    completed = found["thread.message.completed"]

    assert (created["status"], created["content"]) == ("in_progress", [])
    assert completed["status"] == "completed"
    assert completed["completed_at"] == NOW
    assert completed["content"][0]["text"] == {"value": "Hello", "annotations": []}


@pytest.mark.parametrize(
    ("nested", "get"), [(False, lambda data: data), (True, lambda data: data["error"])]
)
def test_an_error_event_has_the_error_object(nested, get):
    script = Script([SendError(message="Oh.", code=429, param="x", nested=nested)])
    (data,) = events(Local(script).stream(), "error")

    assert get(data) == {
        "message": "Oh.",
        "type": "server_error",
        "param": "x",
        "code": 429,
    }


def test_raw_bytes_come_as_they_are():
    script = Script([Say(pieces=["a", Raw(b": ping\r\n\xff"), "b"]), Raw(b"")])
    chunks = list(Local(script).stream().chunks)

    before, raw, after = chunks[7:10]

    assert read_event(before)[0] == read_event(after)[0] == "thread.message.delta"
    assert raw == b": ping\r\n\xff"


# --- Streaming and polling ---------------------------------------------------------


@pytest.mark.parametrize(
    "turn",
    [
        Say("Hello you"),
        [Say("One"), CodeInterpreter("2"), Say("Three")],
        Call("a", {"b": [1, 2]}),
        [Say("Well"), Fail()],
        [Say("Well"), Incomplete()],
    ],
)
def test_a_streamed_run_and_a_polled_one_end_the_same(turn):
    streamed, polled = Local(Script([turn])), Local(Script([turn]))
    *_, (name, run), done = read_events(streamed.stream().chunks)
    other = polled.finish(polled.run())

    assert done == ("done", "[DONE]")
    assert name == f"thread.run.{run['status']}"
    assert run == other == streamed.look(run)
    assert streamed.steps(run) == polled.steps(other)
    assert streamed.answers(run) == polled.answers(other)


def test_a_run_moves_only_as_its_chunks_are_taken():
    local = Local(Script([Say("Hello you")]))
    chunks = iter(local.stream().chunks)
    run = read_event(next(chunks))[1]

    for _ in range(9):
        local.look(run)
    assert local.look(run)["status"] == "queued"

    assert names(chunks) == [*BEGIN[1:], *MESSAGE_DONE, *END]
    assert local.look(run)["status"] == "completed"


@pytest.mark.parametrize("taken", range(14))
@pytest.mark.parametrize("how", ["abandon", "close", "forget"])
def test_an_abandoned_run_goes_on_at_the_next_looks(taken, how):
    script = Script([Say("one two three four")])
    local, undisturbed = Local(script), Local(script)
    expected = undisturbed.finish(undisturbed.run())
    reply = local.stream()
    chunks = iter(reply.chunks)
    for _ in range(taken):
        next(chunks)
    if how == "abandon":
        reply.abandon()
    elif how == "close":
        chunks.close()  # type: ignore[attr-defined]
    else:
        del reply, chunks

    run = local.finish(expected)

    assert run == expected
    assert local.answers(run)[0]["content"] == [
        {"type": "text", "text": {"value": "one two three four", "annotations": []}}
    ]
    assert local.service.executions["runs"] == 1


@pytest.mark.parametrize("taken", [0, 1, 9])
def test_an_abandoned_run_leaves_its_thread_in_time(taken):
    script = Script([[Say("One two"), Pause(5), Say("three")]])
    local, same = Local(script), Local(script)
    reply = local.stream()
    chunks = iter(reply.chunks)
    for _ in range(taken):
        next(chunks)
    reply.abandon()
    path = f"/threads/{same.run()['thread_id']}"
    message = {"role": "user", "content": "Again"}
    for later in (0, 1):  # At once, and before the pause is over.
        local.now += later
        with pytest.raises(Answered, match="while a run"):
            local.post(f"{path}/messages", message)

    local.now += 5
    local.post(f"{path}/messages", message)

    assert [run["status"] for run in local.get(f"{path}/runs")["data"]] == ["completed"]


def test_an_answer_that_is_no_stream_can_be_abandoned_too():
    Local().send("POST", "/threads").abandon()


@pytest.mark.parametrize("action", [Cut(), SendError()])
def test_a_run_goes_on_when_its_stream_was_cut(action):
    local = Local(Script([[Say(pieces=["One", action, " two"])]]))
    reply = local.stream()
    found = dict(read_events(reply.chunks))
    run = found["thread.run.in_progress"]

    ended = local.look(run)

    assert ended["status"] == "completed"
    assert local.answers(run)[0]["content"][0]["text"]["value"] == "One two"


def test_polling_sees_no_interruption_of_the_stream():
    script = Script([[Say(pieces=["a", Cut(), Raw(b"?"), "b"]), SendError()]])
    local = Local(script)
    run = local.finish(local.run())

    assert run["status"] == "completed"
    assert local.answers(run)[0]["content"][0]["text"]["value"] == "ab"


def test_the_next_stream_takes_over_from_one_that_was_not_finished():
    local = Local(Script([Call("a"), Say("Hello")]))
    first = iter(local.stream().chunks)
    name, run = read_event(next(first))
    while name != "thread.run.requires_action":
        name, run = read_event(next(first))

    second = local.submit(run, "done", stream=True).chunks
    begin = read_event(next(iter(second)))

    assert names(first) == ["done"]
    assert local.look(run)["status"] == "queued"
    assert begin[0] == "thread.run.step.completed"
    assert names(second)[-2:] == END


def test_outputs_submitted_by_polling_end_the_stream_too():
    local = Local(Script([Call("a"), Say("Hello")]))
    first = iter(local.stream().chunks)
    name, run = read_event(next(first))
    while name != "thread.run.requires_action":
        name, run = read_event(next(first))
    local.submit(run, "done")

    assert names(first) == ["done"]
    assert local.look(run)["status"] == "in_progress"
    assert local.look(run)["status"] == "completed"


@pytest.mark.parametrize("taken", [1, 5, 100])
def test_no_events_are_kept_once_nobody_takes_them(taken):
    local = Local(Script([Say("one two three")]))
    reply = local.stream()
    for _ in zip(range(taken), reply.chunks, strict=False):
        pass
    reply.abandon()
    del reply
    runs = local.service.requests[-1].path.removeprefix("/v1")
    local.finish(local.get(runs)["data"][0])
    gc.collect()

    assert not [o for o in gc.get_referrers(Listener) if isinstance(o, Listener)]


def test_calls_after_a_message_have_a_step_of_their_own():
    reply = Local(Script([[Say("Look:"), Call("a"), Call("b")]])).stream()

    assert names(reply.chunks) == [
        *BEGIN,
        *MESSAGE_DONE,
        *CALLS,
        "run.requires_action",
        "done",
    ]


# --- Cancelling and expiry under a stream -------------------------------------------


def test_a_run_can_be_cancelled_under_its_stream():
    local = Local(Script([[Say("One two"), Hang()]]))
    chunks = iter(local.stream().chunks)
    name, data = read_event(next(chunks))
    run = data
    while name != "thread.message.delta":
        name, data = read_event(next(chunks))

    local.post(f"{path_of(run)}/cancel")
    assert local.look(run)["status"] == "cancelling"

    assert names(chunks) == [
        "run.cancelling",
        "message.incomplete",
        "run.step.cancelled",
        "run.cancelled",
        "done",
    ]
    assert local.look(run)["status"] == "cancelled"


def test_a_cancelled_hanging_stream_ends_soon():
    local = Local(Script([Hang()]))
    chunks = iter(local.stream().chunks)
    run = read_event(next(chunks))[1]  # type: ignore[arg-type]
    chunk = next(chunks)
    while isinstance(chunk, bytes):
        chunk = next(chunks)
    local.post(f"{path_of(run)}/cancel")

    assert chunk.seconds <= 0.1
    assert names(chunks) == ["run.cancelling", "run.cancelled", "done"]


def test_a_run_expires_under_its_stream():
    local = Local(Script([[Say("Hello"), Hang()]]), expires_after=60)
    seconds, found = 0.0, []
    for chunk in local.stream().chunks:
        if isinstance(chunk, Pause):
            seconds += chunk.seconds
        else:
            found.append(read_event(chunk)[0])

    assert seconds == pytest.approx(60)
    assert found[-2:] == ["thread.run.expired", "done"]


def test_another_caller_sees_a_run_expired_under_its_stream():
    local = Local(Script([Say("Hello")]))
    chunks = iter(local.stream().chunks)
    run = read_event(next(chunks))[1]  # type: ignore[arg-type]
    local.now += 601

    assert local.look(run)["status"] == "expired"
    assert names(chunks) == ["run.queued", "run.expired", "done"]


# --- Time ---------------------------------------------------------------------------


def test_a_pause_is_a_chunk_and_its_time_passes():
    local = Local(Script([Say(pieces=["a", Pause(2.5), "b"])]))
    chunks = list(local.stream().chunks)

    (pause,) = [c for c in chunks if isinstance(c, Pause)]

    assert pause == Pause(2.5)
    assert isinstance(chunks[chunks.index(pause) - 1], bytes)
    completed = dict(read_events(chunks))["thread.message.completed"]
    assert completed["created_at"] == NOW
    assert completed["completed_at"] == NOW + 2


def test_a_pause_beyond_the_life_of_a_run_ends_with_it():
    local = Local(Script([[Pause(90), Say("Late")]]), expires_after=60)
    *_, (name, _), done = read_events(local.stream().chunks)

    assert (name, done[0]) == ("thread.run.expired", "done")


def test_the_pace_is_a_pause_after_every_event():
    local = Local(Script([Say("one two")]), pace=0.5)
    chunks = list(local.stream().chunks)[:-1]

    assert chunks[1::2] == [Pause(0.5)] * (len(chunks) // 2)
    assert all(isinstance(chunk, bytes) for chunk in chunks[::2])


def test_functions_are_called_with_tools_of_the_assistant():
    reply = Local().stream(functions=[WEATHER])

    (run,) = events(reply, "thread.run.requires_action")

    assert run["tools"] == [WEATHER]
