"""What type checkers see of a blocking client: every operation and its result.

Also run, against the local service: what is written here is true of the objects, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from runs_core.client import Client
from runs_core.event_stream import EventStream
from runs_core.handlers import AssistantEventHandler
from runs_core.models import (
    Assistant,
    AssistantDeleted,
    Message,
    MessageDeleted,
    Run,
    RunStep,
    Thread,
    ThreadDeleted,
)
from runs_core.pages import SyncCursorPage
from runs_core.raw import RawResponse
from runs_core.stream import RunSnapshot, RunStreamEvent
from runs_core.stream.changes import Change

TOOLS = [{"type": "function", "function": {"name": "get_time"}}]


class Handler(AssistantEventHandler):
    mine = 1


def every_operation(client: Client) -> None:
    assistants_(client)
    messages_(client)
    threads_(client)
    runs_(client)
    tools_(client)
    streams_(client)
    raw_(client)


def assistants_(client: Client) -> None:
    assistants = client.beta.assistants
    assistant = assistants.create(model="gpt-4o", name="Ada", tools=[])
    assert_type(assistant, Assistant)
    assert_type(assistants.retrieve(assistant.id), Assistant)
    assert_type(assistants.update(assistant_id=assistant.id, name=None), Assistant)
    assert_type(assistants.list(limit=1), SyncCursorPage[Assistant])
    assert_type(assistants.delete(assistant.id), AssistantDeleted)


def messages_(client: Client) -> None:
    messages = client.beta.threads.messages
    thread = client.beta.threads.create()
    message = messages.create(thread.id, role="user", content="Hi")
    assert_type(message, Message)
    assert_type(messages.retrieve(message.id, thread_id=thread.id), Message)
    assert_type(messages.update(message.id, thread_id=thread.id, metadata={}), Message)
    page = messages.list(thread.id, order="asc", run_id="run_none")
    assert_type(page, SyncCursorPage[Message])
    assert_type(messages.delete(message.id, thread_id=thread.id), MessageDeleted)


def threads_(client: Client) -> None:
    threads = client.beta.threads
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = threads.create(messages=[{"role": "user", "content": "Hi"}])
    assert_type(thread, Thread)
    assert_type(threads.retrieve(thread.id), Thread)
    assert_type(threads.update(thread_id=thread.id, metadata={"a": "b"}), Thread)
    assert_type(threads.delete(thread.id), ThreadDeleted)

    assert_type(threads.create_and_run(assistant_id=assistant.id), Run)
    assert_type(threads.create_and_run(assistant_id=assistant.id, stream=False), Run)
    begun = threads.create_and_run(
        assistant_id=assistant.id, stream=True, idle_timeout=5
    )
    assert_type(begun, EventStream)
    begun.until_done()
    polled = threads.create_and_run_poll(assistant_id=assistant.id, poll_interval_ms=1)
    assert_type(polled, Run)
    stream = threads.create_and_run_stream(assistant_id=assistant.id)
    assert_type(stream, EventStream)
    stream.close()
    handler = Handler()
    served = threads.create_and_run_stream(
        assistant_id=assistant.id, event_handler=handler
    )
    assert_type(served, Handler)
    with served as entered:
        assert_type(entered, Handler)
        entered.until_done()


def runs_(client: Client) -> None:
    runs = client.beta.threads.runs
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(run, Run)
    assert_type(runs.retrieve(run.id, thread_id=thread.id), Run)
    assert_type(runs.update(run.id, thread_id=thread.id, metadata={"a": "b"}), Run)
    assert_type(runs.poll(run.id, thread.id, poll_interval_ms=1), Run)

    page = runs.list(thread.id, limit=5)
    assert_type(page, SyncCursorPage[Run])
    assert_type(page.data, list[Run])
    assert_type(page.next_page(), SyncCursorPage[Run] | None)
    assert_type(iter(page), Iterator[Run])
    assert_type(page.iter_pages(), Iterator[SyncCursorPage[Run]])
    for run in page:
        assert_type(run, Run)

    steps = runs.steps.list(run.id, thread_id=thread.id)
    assert_type(steps, SyncCursorPage[RunStep])
    for step in steps:
        one = runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id)
        assert_type(one, RunStep)

    created = runs.create(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(created, Run)
    assert_type(runs.cancel(created.id, thread_id=thread.id), Run)
    assert_type(runs.poll(created.id, thread_id=thread.id), Run)


def tools_(client: Client) -> None:
    runs = client.beta.threads.runs
    assistant = client.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])

    def asking() -> tuple[Run, list[Any]]:
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        assert run.required_action is not None
        assert run.required_action.submit_tool_outputs is not None
        calls = run.required_action.submit_tool_outputs.tool_calls
        return run, [{"tool_call_id": call.id, "output": "noon"} for call in calls]

    run, outputs = asking()
    answered = runs.submit_tool_outputs(
        run.id, thread_id=thread.id, tool_outputs=outputs
    )
    assert_type(answered, Run)
    runs.poll(run.id, thread_id=thread.id)
    run, outputs = asking()
    begun = runs.submit_tool_outputs(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs, stream=True
    )
    assert_type(begun, EventStream)
    begun.until_done()
    run, outputs = asking()
    polled = runs.submit_tool_outputs_and_poll(
        tool_outputs=outputs, run_id=run.id, thread_id=thread.id
    )
    assert_type(polled, Run)
    run, outputs = asking()
    stream = runs.submit_tool_outputs_stream(
        tool_outputs=outputs, run_id=run.id, thread_id=thread.id
    )
    assert_type(stream, EventStream)
    stream.until_done()
    run, outputs = asking()
    served = runs.submit_tool_outputs_stream(
        tool_outputs=outputs,
        run_id=run.id,
        thread_id=thread.id,
        event_handler=Handler(),
    )
    assert_type(served, Handler)
    served.until_done()

    def get_time() -> str:
        return "noon"

    looped = runs.run_tools(thread.id, assistant_id=assistant.id, functions=[get_time])
    assert_type(looped, Run)
    events = runs.stream_tools(
        thread.id, assistant_id=assistant.id, functions={"get_time": get_time}
    )
    assert_type(events, EventStream)
    events.until_done()
    told = runs.stream_tools(
        thread_id=thread.id,
        assistant_id=assistant.id,
        functions=[get_time],
        event_handler=Handler(),
    )
    assert_type(told, Handler)
    told.until_done()


def streams_(client: Client) -> None:
    runs = client.beta.threads.runs
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])

    begun = runs.create(thread.id, assistant_id=assistant.id, stream=True)
    assert_type(begun, EventStream)
    for event in begun:
        assert_type(event, RunStreamEvent)
    stream = runs.stream(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(stream, EventStream)
    with stream as entered:
        assert_type(entered, EventStream)
        assert_type(entered.text_deltas, Iterator[str])
        assert_type(entered.changes, Iterator[Change])
        assert_type(entered.get_final_run(), Run)
        assert_type(entered.get_final_messages(), list[Message])
        assert_type(entered.get_final_run_steps(), list[RunStep])
        assert_type(entered.snapshot, RunSnapshot)
        assert_type(entered.result, Run)
        assert_type(entered.current_event, RunStreamEvent | None)
        assert_type(entered.current_run, Run | None)
        assert_type(entered.current_message_snapshot, Message | None)
        assert_type(entered.current_run_step_snapshot, RunStep | None)
    older = runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=None
    )
    assert_type(older, EventStream)
    older.until_done()
    handler = runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    )
    assert_type(handler, Handler)
    with handler as served:
        assert_type(served.mine, int)
        for event in served:
            assert_type(event, RunStreamEvent)
        assert_type(served.text_deltas, Iterator[str])
        assert_type(served.get_final_run(), Run)
    again = runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    )
    assert_type(again, Handler)
    again.until_done()


def raw_(client: Client) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    runs = client.beta.threads.runs.with_raw_response
    created = runs.create(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(created, RawResponse[Run])
    run = created.parse()
    assert_type(run, Run)
    client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    listed = runs.list(thread.id)
    assert_type(listed, RawResponse[SyncCursorPage[Run]])
    for each in listed.parse():
        assert_type(each, Run)
    assert_type(runs.steps.list(run.id, thread.id).parsed, SyncCursorPage[RunStep])
    begun = runs.create(thread.id, assistant_id=assistant.id, stream=True)
    assert_type(begun, RawResponse[EventStream])
    begun.parse().until_done()

    beta = client.beta.with_raw_response
    assert_type(beta.assistants.retrieve(assistant.id), RawResponse[Assistant])
    assert_type(beta.threads.retrieve(thread.id), RawResponse[Thread])
    messages = client.with_raw_response.beta.threads.messages
    assert_type(messages.list(thread.id), RawResponse[SyncCursorPage[Message]])
    steps = client.beta.threads.runs.steps.with_raw_response
    assert_type(
        steps.list(run.id, thread_id=thread.id), RawResponse[SyncCursorPage[RunStep]]
    )
    created_too = client.beta.threads.with_raw_response.create_and_run(
        assistant_id=assistant.id
    )
    assert_type(created_too, RawResponse[Run])
    assert_type(
        client.beta.assistants.with_raw_response.delete(assistant.id),
        RawResponse[AssistantDeleted],
    )
