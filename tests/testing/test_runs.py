"""Runs that are polled: their life, their end, and what is refused on the way."""

from __future__ import annotations

import re

import pytest

from runs_core.testing import (
    Call,
    CodeInterpreter,
    Fail,
    FileSearch,
    Hang,
    Incomplete,
    Pause,
    Say,
    Script,
)
from tests.testing.local import (
    NOW,
    WEATHER,
    Answered,
    Local,
    path_of,
    read_events,
    read_json,
)

CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def usage(prompt: int, completion: int) -> dict[str, object]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


# --- The life of a run ------------------------------------------------------------


def test_a_new_run_is_queued_and_inherits_from_its_assistant():
    local = Local()
    local.now = NOW + 0.25
    assistant = local.assistant(
        instructions="Be brief.", temperature=0.5, tools=[WEATHER]
    )
    thread = local.thread("Hi")

    run = local.post(
        f"/threads/{thread['id']}/runs",
        {"assistant_id": assistant["id"], "additional_instructions": "And kind."},
    )

    assert run == {
        "id": run["id"],
        "object": "thread.run",
        "created_at": NOW,
        "assistant_id": assistant["id"],
        "thread_id": thread["id"],
        "status": "queued",
        "started_at": None,
        "expires_at": NOW + 601,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": "gpt-4o",
        "instructions": "Be brief.\nAnd kind.",
        "tools": [WEATHER],
        "tool_resources": {},
        "metadata": {},
        "temperature": 0.5,
        "top_p": 1.0,
        "reasoning_effort": None,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def test_each_look_takes_a_run_one_step_further():
    local = Local(Script([Say("Hello you")]))
    run = local.run()
    local.now += 2
    started = local.look(run)
    local.now += 3
    ended = local.look(run)

    assert (run["status"], started["status"]) == ("queued", "in_progress")
    assert started == {**run, "status": "in_progress", "started_at": NOW + 2}
    assert ended == {
        **started,
        "status": "completed",
        "completed_at": NOW + 5,
        "expires_at": None,
        "usage": usage(1, 3),
    }
    assert local.look(run) == ended


def test_only_a_look_at_the_run_itself_moves_it():
    local = Local()
    run = local.run()
    for _ in range(3):
        local.get(f"/threads/{run['thread_id']}/runs")
        local.steps(run)
        local.answers(run)

    assert local.look(run)["status"] == "in_progress"


def test_a_completed_run_has_left_a_message_and_a_step():
    local = Local(Script([Say("Hello you")]))
    run = local.finish(local.run())

    (message,), (step,) = local.answers(run), local.steps(run)

    assert message["role"] == "assistant"
    assert message["content"] == [
        {"type": "text", "text": {"value": "Hello you", "annotations": []}}
    ]
    assert step == {
        "id": step["id"],
        "object": "thread.run.step",
        "created_at": NOW,
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": "message_creation",
        "status": "completed",
        "cancelled_at": None,
        "completed_at": NOW,
        "expires_at": NOW + 600,
        "failed_at": None,
        "last_error": None,
        "step_details": {
            "type": "message_creation",
            "message_creation": {"message_id": message["id"]},
        },
        "usage": usage(1, 3),
    }
    assert local.get(f"{path_of(run)}/steps/{step['id']}") == step


def test_a_thread_and_its_run_can_be_created_at_once():
    local = Local()
    assistant = local.assistant()
    body = {
        "assistant_id": assistant["id"],
        "thread": {"messages": [{"role": "user", "content": "Hi"}]},
    }

    run = local.post("/threads/runs", body)

    assert local.finish(run)["status"] == "completed"
    assert local.answers(run)[0]["content"][0]["text"]["value"] == 'You said: "Hi".'
    assert local.service.executions["threads"] == 1
    assert local.post("/threads/runs", {"assistant_id": assistant["id"]})["thread_id"]


def test_additional_messages_come_before_the_answer():
    local = Local()
    run = local.run(additional_messages=[{"role": "user", "content": "And?"}])
    local.finish(run)

    assert local.answers(run)[0]["content"][0]["text"]["value"] == 'You said: "And?".'


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        (
            Fail("rate_limit_exceeded", "Slow down."),
            {
                "status": "failed",
                "failed_at": NOW,
                "last_error": {"code": "rate_limit_exceeded", "message": "Slow down."},
            },
        ),
        (
            Incomplete("max_prompt_tokens"),
            {
                "status": "incomplete",
                "completed_at": NOW,
                "incomplete_details": {"reason": "max_prompt_tokens"},
            },
        ),
    ],
    ids=["failed", "incomplete"],
)
def test_a_run_can_end_badly(action, changes):
    local = Local(Script([[Say("Well"), action]]))
    run = local.finish(started := local.look(local.run()))

    assert run == {**started, "expires_at": None, "usage": usage(1, 1), **changes}


def test_a_failed_run_fails_the_step_that_was_open():
    local = Local(Script([[Say("Well"), Fail("server_error", "Oh.")]]))
    run = local.finish(local.run())

    (step,) = local.steps(run)

    assert step["status"] == "failed"
    assert step["failed_at"] == NOW
    assert step["last_error"] == {"code": "server_error", "message": "Oh."}


def test_a_run_stays_in_progress_while_a_pause_lasts():
    local = Local(Script([[Say("One"), Pause(5), Say("Two")]]))
    run = local.run()
    local.look(run, times=2)
    local.now += 4.5
    assert local.look(run)["status"] == "in_progress"
    assert len(local.answers(run)) == 1

    local.now += 0.5

    assert local.look(run)["status"] == "completed"
    assert len(local.answers(run)) == 2


def test_several_pauses_can_be_over_at_one_look():
    local = Local(Script([Say(pieces=["a", Pause(2), "b", Pause(2), "c"])]))
    run = local.look(local.run(), times=2)

    local.now += 3
    between = local.look(run)
    local.now += 3
    run = local.look(run)

    assert between["status"] == "in_progress"
    assert run["status"] == "completed"
    assert run["completed_at"] == NOW + 4


def test_a_pause_that_the_host_skipped_does_not_delay_the_next_turn():
    local = Local(Script([[Call("a"), Pause(60)], Say("b")]))
    run = dict(read_events(local.stream().chunks))["thread.run.requires_action"]

    local.submit(run, "c")

    assert local.look(run, times=2)["status"] == "completed"


# --- Tools ------------------------------------------------------------------------


def test_a_run_with_calls_waits_for_their_outputs():
    script = Script(
        [[Call("get_weather", {"city": "Paris"}), Call("get_time")], Say("Rain at 5.")]
    )
    local = Local(script)
    run = local.finish(local.run(functions=[WEATHER]))
    action = run["required_action"]
    calls = action["submit_tool_outputs"]["tool_calls"]

    assert run["status"] == "requires_action"
    assert action["type"] == "submit_tool_outputs"
    assert [call["function"] for call in calls] == [
        {"name": "get_weather", "arguments": '{"city": "Paris"}'},
        {"name": "get_time", "arguments": "{}"},
    ]
    assert len({call["id"] for call in calls}) == 2
    (step,) = local.steps(run)
    assert step["status"] == "in_progress"
    assert [c["function"]["output"] for c in step["step_details"]["tool_calls"]] == [
        None,
        None,
    ]

    local.now += 9
    queued = read_json(local.submit(run, "rain", "5"))

    assert queued == {**run, "status": "queued", "required_action": None}
    step = local.steps(run)[0]
    assert (step["status"], step["completed_at"]) == ("completed", NOW + 9)
    assert [c["function"]["output"] for c in step["step_details"]["tool_calls"]] == [
        "rain",
        "5",
    ]
    ended = local.finish(run)
    assert ended["status"] == "completed"
    assert ended["started_at"] == NOW + 9
    assert [step["type"] for step in local.steps(run)] == [
        "tool_calls",
        "message_creation",
    ]
    assert ended["usage"]["prompt_tokens"] == sum(
        step["usage"]["prompt_tokens"] for step in local.steps(run)
    )
    assert local.service.executions["submissions"] == 1


def test_outputs_may_come_in_any_order_and_without_text():
    local = Local(Script([[Call("a"), Call("b")]]))
    run = local.finish(local.run())
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    a, b = (call["id"] for call in calls)
    body = {"tool_outputs": [{"tool_call_id": b, "output": "B"}, {"tool_call_id": a}]}

    local.post(f"{path_of(run)}/submit_tool_outputs", body)

    (step,) = local.steps(run)
    outputs = [c["function"]["output"] for c in step["step_details"]["tool_calls"]]
    assert outputs == ["", "B"]


def test_a_run_without_a_turn_left_completes():
    local = Local(Script([Call("a")]))
    run = local.finish(local.run())
    local.submit(run, "done")

    assert local.finish(run)["status"] == "completed"
    assert local.answers(run) == []


@pytest.mark.parametrize(
    "given",
    [[], ["A", "A"], ["A"], ["A", "call_other"], ["A", "B", "B"], ["A", "B", "C"]],
    ids=lambda ids: "+".join(ids) or "none",
)
def test_outputs_must_be_those_that_were_asked_for(given):
    local = Local(Script([[Call("a"), Call("b")]]))
    run = local.finish(local.run())
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    known = dict(zip("AB", (call["id"] for call in calls), strict=True))
    ids = [known.get(id, id) for id in given]
    body = {"tool_outputs": [{"tool_call_id": id, "output": ""} for id in ids]}

    with pytest.raises(Answered) as caught:
        local.post(f"{path_of(run)}/submit_tool_outputs", body)

    assert caught.value.status == 400
    assert caught.value.message == (
        f"Expected tool outputs for call_ids {list(known.values())}, got {ids}"
    )
    assert local.look(run)["status"] == "requires_action"
    assert local.service.executions["submissions"] == 0


def test_an_output_without_an_id_answers_nothing():
    local = Local(Script([Call("a")]))
    run = local.finish(local.run())

    with pytest.raises(Answered, match=r"Expected tool outputs .*, got \[\]"):
        local.post(
            f"{path_of(run)}/submit_tool_outputs", {"tool_outputs": [{"output": "x"}]}
        )


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_outputs_are_refused_where_none_are_wanted(looks):
    local = Local()
    run = local.run()
    if looks:
        run = local.look(run, times=looks)

    with pytest.raises(Answered) as caught:
        local.post(f"{path_of(run)}/submit_tool_outputs", {"tool_outputs": []})

    assert caught.value.message == (
        f'Runs in status "{run["status"]}" do not accept tool outputs.'
    )


def test_outputs_are_taken_once():
    local = Local(Script([Call("a")]))
    run = local.finish(local.run())
    local.submit(run, "done")

    assert local.submit(run, "done").status == 400
    assert local.service.executions["submissions"] == 1


def test_code_leaves_its_input_and_outputs_in_a_step():
    code = CodeInterpreter("print(1)\nplot()", logs="1\n", image_file_id="file-1")
    local = Local(Script([[code, Say("Done.")]]))
    run = local.finish(local.run())

    step = local.steps(run)[0]

    assert step["status"] == "completed"
    (call,) = step["step_details"]["tool_calls"]
    assert call == {
        "id": call["id"],
        "type": "code_interpreter",
        "code_interpreter": {
            "input": "print(1)\nplot()",
            "outputs": [
                {"type": "logs", "logs": "1\n"},
                {"type": "image", "image": {"file_id": "file-1"}},
            ],
        },
    }
    assert step["usage"]["completion_tokens"] == 4


RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5}
FOUND = {**RESULT, "content": [{"type": "text", "text": "found"}]}


@pytest.mark.parametrize(
    ("query", "result"),
    [("", RESULT), (f"?include[]={CONTENT}", FOUND), (f"?include={CONTENT}", FOUND)],
)
def test_what_a_search_found_is_told_if_it_is_included(query, result):
    local = Local(Script([FileSearch([FOUND])]))
    run = local.finish(local.run())

    path = f"{path_of(run)}/steps"
    (step,) = local.get(path + query)["data"]

    assert local.get(f"{path}/{step['id']}{query}") == step
    (call,) = step["step_details"]["tool_calls"]
    assert call["file_search"]["results"] == [result]


# --- Cancelling -------------------------------------------------------------------


def test_a_cancelled_run_is_cancelling_until_the_next_look():
    local = Local(Script([[Say("One"), Hang()]]))
    run = local.look(local.run(), times=2)
    local.now += 1
    cancelling = local.post(f"{path_of(run)}/cancel")
    local.now += 1
    cancelled = local.look(run)

    assert cancelling == {**run, "status": "cancelling"}
    assert cancelled == {
        **run,
        "status": "cancelled",
        "cancelled_at": NOW + 2,
        "expires_at": None,
        "usage": usage(1, 1),
    }
    (step,) = local.steps(run)
    assert (step["status"], step["cancelled_at"]) == ("cancelled", NOW + 2)
    assert local.look(run) == cancelled


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_run_can_be_cancelled_wherever_it_is(looks):
    local = Local(Script([Call("a")]))
    run = local.run()
    if looks:
        local.look(run, times=looks)
    cancelling = local.post(f"{path_of(run)}/cancel")

    assert cancelling["status"] == "cancelling"
    assert cancelling["required_action"] is None
    assert local.look(run)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ([Say("x")], "completed"),
        ([Fail()], "failed"),
        ([Incomplete()], "incomplete"),
    ],
)
def test_a_run_that_has_ended_cannot_be_cancelled(script, status):
    local = Local(Script(script))
    run = local.finish(local.run())

    with pytest.raises(Answered) as caught:
        local.post(f"{path_of(run)}/cancel")

    assert caught.value.status == 400
    assert caught.value.message == f"Cannot cancel run with status '{status}'."


def test_a_run_is_cancelled_once():
    local = Local()
    run = local.run()
    local.post(f"{path_of(run)}/cancel")

    with pytest.raises(Answered, match="Cannot cancel run with status 'cancelling'"):
        local.post(f"{path_of(run)}/cancel")
    local.look(run)
    with pytest.raises(Answered, match="Cannot cancel run with status 'cancelled'"):
        local.post(f"{path_of(run)}/cancel")
    assert local.service.executions["cancellations"] == 1


def test_a_cancelled_run_that_nobody_looks_at_leaves_its_thread_in_time():
    local = Local(Script([[Say("One"), Hang()]]))
    run = local.look(local.run(), times=2)
    local.post(f"{path_of(run)}/cancel")
    path = f"/threads/{run['thread_id']}"
    message = {"role": "user", "content": "Again"}
    with pytest.raises(Answered, match="while a run"):
        local.post(f"{path}/messages", message)

    local.now += 1
    local.post(f"{path}/messages", message)
    local.post(f"{path}/runs", {"assistant_id": run["assistant_id"]})

    runs = local.get(f"{path}/runs")["data"]
    assert [run["status"] for run in runs] == ["queued", "cancelled"]
    assert runs[1]["cancelled_at"] == NOW + 1
    assert local.steps(run)[0]["status"] == "cancelled"


# --- Expiry -----------------------------------------------------------------------


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_run_is_expired_at_the_look_after_its_time(looks):
    local = Local(Script([Call("a")]), expires_after=60)
    run = local.run()
    if looks:
        run = local.look(run, times=looks)
    local.now = NOW + 59.9
    before = local.get(f"/threads/{run['thread_id']}/runs")["data"][0]
    local.now = run["expires_at"]
    expired = local.look(run)

    assert before["status"] == run["status"]
    assert expired["status"] == "expired"
    assert expired["expires_at"] == NOW + 60
    assert expired["required_action"] is None
    assert [step["status"] for step in local.steps(run)] == ["expired"] * (looks == 2)


def test_a_step_has_expired_with_its_run():
    local = Local(Script([Call("a")]), expires_after=60)
    run = local.finish(local.run())
    (step,) = local.steps(run)
    local.now = NOW + 60

    alone = local.get(f"{path_of(run)}/steps/{step['id']}")

    assert alone["status"] == "expired"
    assert [alone] == local.steps(run)


def test_a_run_that_ended_in_time_does_not_expire():
    local = Local()
    run = local.finish(local.run())
    local.now += 1000

    assert local.look(run) == run


@pytest.mark.parametrize("what", ["cancel", "submit_tool_outputs"])
def test_nothing_can_be_done_with_an_expired_run(what):
    local = Local(Script([Call("a")]))
    run = local.finish(local.run())
    local.now += 601

    with pytest.raises(Answered, match="expired"):
        local.post(f"{path_of(run)}/{what}", {"tool_outputs": []})


def test_an_expired_run_keeps_nobody_from_the_thread():
    local = Local()
    run = local.run()
    local.now += 601
    path = f"/threads/{run['thread_id']}"

    local.post(f"{path}/messages", {"role": "user", "content": "Again"})
    local.post(f"{path}/runs", {"assistant_id": run["assistant_id"]})

    statuses = [r["status"] for r in local.get(f"{path}/runs")["data"]]
    assert statuses == ["queued", "expired"]


def test_a_cancelling_run_is_cancelled_also_after_its_time():
    local = Local()
    run = local.run()
    local.post(f"{path_of(run)}/cancel")
    local.now += 601

    assert local.look(run)["status"] == "cancelled"


def test_a_hanging_run_expires():
    local = Local(Script([Hang()]))
    run = local.look(local.run(), times=9)
    local.now = NOW + 600

    assert run["status"] == "in_progress"
    assert local.look(run)["status"] == "expired"


# --- One active run ---------------------------------------------------------------


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_thread_takes_no_second_active_run(looks):
    local = Local(Script([Call("a")]))
    run = local.run()
    if looks:
        local.look(run, times=looks)
    path = f"/threads/{run['thread_id']}/runs"
    more = [{"role": "user", "content": "More"}]
    body = {"assistant_id": run["assistant_id"], "additional_messages": more}

    with pytest.raises(Answered) as caught:
        local.post(path, body)

    assert caught.value.status == 400
    assert caught.value.message == (
        f"Thread {run['thread_id']} already has an active run {run['id']}."
    )
    assert local.service.executions["runs"] == 1
    assert local.service.executions["messages"] == 1
    local.post(f"{path_of(run)}/cancel")
    local.look(run)
    assert local.post(path, body)["status"] == "queued"


def test_runs_on_other_threads_are_free():
    local = Local()

    assert local.run()["id"] != local.run()["id"]


# --- What is not there ------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("POST", "/threads/thread_x/runs", "thread found with id 'thread_x'"),
        ("GET", "/threads/thread_x/runs", "thread found with id 'thread_x'"),
        ("GET", "/threads/thread_x/runs/run_x", "thread found with id 'thread_x'"),
        ("POST", "/threads/{t}/runs", "assistant found with id 'asst_x'"),
        ("POST", "/threads/runs", "assistant found with id 'asst_x'"),
        ("GET", "/threads/{t}/runs/run_x", "run found with id 'run_x'"),
        ("POST", "/threads/{t}/runs/run_x", "run found with id 'run_x'"),
        ("POST", "/threads/{t}/runs/run_x/cancel", "run found with id 'run_x'"),
        (
            "POST",
            "/threads/{t}/runs/run_x/submit_tool_outputs",
            "run found with id 'run_x'",
        ),
        ("GET", "/threads/{t}/runs/run_x/steps", "run found with id 'run_x'"),
        ("GET", "/threads/{t}/runs/{r}/steps/step_x", "run step found with id"),
    ],
)
def test_what_is_not_there_is_404(method, path, what):
    local = Local()
    run = local.run()
    path = path.format(t=run["thread_id"], r=run["id"])
    body = None
    if path.endswith("/runs"):
        body = {"assistant_id": "asst_x"}
    elif method == "POST":
        body = {"tool_outputs": []} if path.endswith("outputs") else {}

    with pytest.raises(Answered, match=f"No {re.escape(what)}") as caught:
        local.ask(method, path, body)

    assert caught.value.status == 404
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param is None
    assert caught.value.code is None


def test_a_run_of_another_thread_is_not_found():
    local = Local()
    run, other = local.run(), local.thread()

    with pytest.raises(Answered, match="No run found"):
        local.get(f"/threads/{other['id']}/runs/{run['id']}")


# --- Changing metadata ------------------------------------------------------------


@pytest.mark.parametrize("looks", [0, 2])
def test_the_metadata_of_a_run_can_be_changed(looks):
    local = Local()
    run = local.run(metadata={"a": "1"})
    if looks:
        run = local.look(run, times=looks)

    assert local.post(path_of(run)) == run
    changed = local.post(path_of(run), {"metadata": {"b": "2"}})
    assert changed == {**run, "metadata": {"b": "2"}}


def test_a_run_in_progress_cannot_be_changed():
    local = Local()
    run = local.look(local.run())

    with pytest.raises(Answered) as caught:
        local.post(path_of(run), {"metadata": {}})

    assert caught.value.message == "Cannot update run with status 'in_progress'."
