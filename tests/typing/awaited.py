"""What type checkers see of an async client: every operation, and what it awaits to.

Also run, against the local service: what is written here is true of the objects, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, assert_type

from runs_core.client import AsyncClient
from runs_core.event_stream import AsyncEventStream
from runs_core.handlers import AsyncAssistantEventHandler
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
from runs_core.pages import AsyncCursorPage, AsyncPaginator
from runs_core.raw import RawResponse
from runs_core.stream import RunSnapshot, RunStreamEvent
from runs_core.stream.changes import Change

TOOLS = [{"type": "function", "function": {"name": "get_time"}}]


class Handler(AsyncAssistantEventHandler):
    mine = 1


async def every_operation(client: AsyncClient) -> None:
    await assistants_(client)
    await messages_(client)
    await threads_(client)
    await runs_(client)
    await tools_(client)
    await streams_(client)
    await raw_(client)


async def assistants_(client: AsyncClient) -> None:
    assistants = client.beta.assistants
    assistant = await assistants.create(model="gpt-4o", name="Ada", tools=[])
    assert_type(assistant, Assistant)
    assert_type(await assistants.retrieve(assistant.id), Assistant)
    assert_type(
        await assistants.update(assistant_id=assistant.id, name=None), Assistant
    )
    assert_type(await assistants.list(limit=1), AsyncCursorPage[Assistant])
    assert_type(await assistants.delete(assistant.id), AssistantDeleted)


async def messages_(client: AsyncClient) -> None:
    messages = client.beta.threads.messages
    thread = await client.beta.threads.create()
    message = await messages.create(thread.id, role="user", content="Hi")
    assert_type(message, Message)
    assert_type(await messages.retrieve(message.id, thread_id=thread.id), Message)
    assert_type(
        await messages.update(message.id, thread_id=thread.id, metadata={}), Message
    )
    page = await messages.list(thread.id, order="asc", run_id="run_none")
    assert_type(page, AsyncCursorPage[Message])
    assert_type(await messages.delete(message.id, thread_id=thread.id), MessageDeleted)


async def threads_(client: AsyncClient) -> None:
    threads = client.beta.threads
    assistant = await client.beta.assistants.create(model="gpt-4o")
    thread = await threads.create(messages=[{"role": "user", "content": "Hi"}])
    assert_type(thread, Thread)
    assert_type(await threads.retrieve(thread.id), Thread)
    assert_type(await threads.update(thread_id=thread.id, metadata={"a": "b"}), Thread)
    assert_type(await threads.delete(thread.id), ThreadDeleted)

    assert_type(await threads.create_and_run(assistant_id=assistant.id), Run)
    assert_type(
        await threads.create_and_run(assistant_id=assistant.id, stream=False), Run
    )
    begun = await threads.create_and_run(
        assistant_id=assistant.id, stream=True, idle_timeout=5
    )
    assert_type(begun, AsyncEventStream)
    await begun.until_done()
    polled = await threads.create_and_run_poll(
        assistant_id=assistant.id, poll_interval_ms=1
    )
    assert_type(polled, Run)
    stream = threads.create_and_run_stream(assistant_id=assistant.id)
    assert_type(stream, AsyncEventStream)
    await stream.close()
    handler = Handler()
    served = threads.create_and_run_stream(
        assistant_id=assistant.id, event_handler=handler
    )
    assert_type(served, Handler)
    async with served as entered:
        assert_type(entered, Handler)
        await entered.until_done()


async def runs_(client: AsyncClient) -> None:
    runs = client.beta.threads.runs
    assistant = await client.beta.assistants.create(model="gpt-4o")
    thread = await client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi"}]
    )
    run = await runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(run, Run)
    assert_type(await runs.retrieve(run.id, thread_id=thread.id), Run)
    assert_type(
        await runs.update(run.id, thread_id=thread.id, metadata={"a": "b"}), Run
    )
    assert_type(await runs.poll(run.id, thread.id, poll_interval_ms=1), Run)

    page = await runs.list(thread.id, limit=5)
    assert_type(page, AsyncCursorPage[Run])
    assert_type(page.data, list[Run])
    assert_type(await page.next_page(), AsyncCursorPage[Run] | None)
    assert_type(aiter(page), AsyncIterator[Run])
    assert_type(page.iter_pages(), AsyncIterator[AsyncCursorPage[Run]])
    async for run in page:
        assert_type(run, Run)
    paginator = runs.list(thread.id)
    assert_type(paginator, AsyncPaginator[Run])
    async for run in paginator:
        assert_type(run, Run)

    steps = await runs.steps.list(run.id, thread_id=thread.id)
    assert_type(steps, AsyncCursorPage[RunStep])
    async for step in steps:
        one = await runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id)
        assert_type(one, RunStep)

    created = await runs.create(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(created, Run)
    assert_type(await runs.cancel(created.id, thread_id=thread.id), Run)
    assert_type(await runs.poll(created.id, thread_id=thread.id), Run)


async def tools_(client: AsyncClient) -> None:
    runs = client.beta.threads.runs
    assistant = await client.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    thread = await client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi"}]
    )

    async def asking() -> tuple[Run, list[Any]]:
        run = await runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        assert run.required_action is not None
        assert run.required_action.submit_tool_outputs is not None
        calls = run.required_action.submit_tool_outputs.tool_calls
        return run, [{"tool_call_id": call.id, "output": "noon"} for call in calls]

    run, outputs = await asking()
    answered = await runs.submit_tool_outputs(
        run.id, thread_id=thread.id, tool_outputs=outputs
    )
    assert_type(answered, Run)
    await runs.poll(run.id, thread_id=thread.id)
    run, outputs = await asking()
    begun = await runs.submit_tool_outputs(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs, stream=True
    )
    assert_type(begun, AsyncEventStream)
    await begun.until_done()
    run, outputs = await asking()
    polled = await runs.submit_tool_outputs_and_poll(
        tool_outputs=outputs, run_id=run.id, thread_id=thread.id
    )
    assert_type(polled, Run)
    run, outputs = await asking()
    stream = runs.submit_tool_outputs_stream(
        tool_outputs=outputs, run_id=run.id, thread_id=thread.id
    )
    assert_type(stream, AsyncEventStream)
    await stream.until_done()
    run, outputs = await asking()
    served = runs.submit_tool_outputs_stream(
        tool_outputs=outputs,
        run_id=run.id,
        thread_id=thread.id,
        event_handler=Handler(),
    )
    assert_type(served, Handler)
    await served.until_done()

    def get_time() -> str:
        return "noon"

    looped = await runs.run_tools(
        thread.id, assistant_id=assistant.id, functions=[get_time]
    )
    assert_type(looped, Run)
    events = runs.stream_tools(
        thread.id, assistant_id=assistant.id, functions={"get_time": get_time}
    )
    assert_type(events, AsyncEventStream)
    await events.until_done()
    told = runs.stream_tools(
        thread_id=thread.id,
        assistant_id=assistant.id,
        functions=[get_time],
        event_handler=Handler(),
    )
    assert_type(told, Handler)
    await told.until_done()


async def streams_(client: AsyncClient) -> None:
    runs = client.beta.threads.runs
    assistant = await client.beta.assistants.create(model="gpt-4o")
    thread = await client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi"}]
    )

    begun = await runs.create(thread.id, assistant_id=assistant.id, stream=True)
    assert_type(begun, AsyncEventStream)
    async for event in begun:
        assert_type(event, RunStreamEvent)
    stream = runs.stream(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(stream, AsyncEventStream)
    async with stream as entered:
        assert_type(entered, AsyncEventStream)
        assert_type(entered.text_deltas, AsyncIterator[str])
        assert_type(entered.changes, AsyncIterator[Change])
        assert_type(await entered.get_final_run(), Run)
        assert_type(await entered.get_final_messages(), list[Message])
        assert_type(await entered.get_final_run_steps(), list[RunStep])
        assert_type(entered.snapshot, RunSnapshot)
        assert_type(entered.result, Run)
        assert_type(entered.current_event, RunStreamEvent | None)
        assert_type(entered.current_run, Run | None)
        assert_type(entered.current_message_snapshot, Message | None)
        assert_type(entered.current_run_step_snapshot, RunStep | None)
    older = runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=None
    )
    assert_type(older, AsyncEventStream)
    await older.until_done()
    handler = runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    )
    assert_type(handler, Handler)
    async with handler as served:
        assert_type(served.mine, int)
        async for event in served:
            assert_type(event, RunStreamEvent)
        assert_type(served.text_deltas, AsyncIterator[str])
        assert_type(await served.get_final_run(), Run)
    again = runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    )
    assert_type(again, Handler)
    await again.until_done()


async def raw_(client: AsyncClient) -> None:
    assistant = await client.beta.assistants.create(model="gpt-4o")
    thread = await client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi"}]
    )
    runs = client.beta.threads.runs.with_raw_response
    created = await runs.create(thread_id=thread.id, assistant_id=assistant.id)
    assert_type(created, RawResponse[Run])
    run = created.parse()
    assert_type(run, Run)
    await client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    listed = await runs.list(thread.id)
    assert_type(listed, RawResponse[AsyncCursorPage[Run]])
    async for each in listed.parse():
        assert_type(each, Run)
    steps_raw = await runs.steps.list(run.id, thread.id)
    assert_type(steps_raw.parsed, AsyncCursorPage[RunStep])
    begun = await runs.create(thread.id, assistant_id=assistant.id, stream=True)
    assert_type(begun, RawResponse[AsyncEventStream])
    await begun.parse().until_done()

    beta = client.beta.with_raw_response
    assert_type(await beta.assistants.retrieve(assistant.id), RawResponse[Assistant])
    assert_type(await beta.threads.retrieve(thread.id), RawResponse[Thread])
    messages = client.with_raw_response.beta.threads.messages
    assert_type(await messages.list(thread.id), RawResponse[AsyncCursorPage[Message]])
    steps = client.beta.threads.runs.steps.with_raw_response
    assert_type(
        await steps.list(run.id, thread_id=thread.id),
        RawResponse[AsyncCursorPage[RunStep]],
    )
    created_too = await client.beta.threads.with_raw_response.create_and_run(
        assistant_id=assistant.id
    )
    assert_type(created_too, RawResponse[Run])
    assert_type(
        await client.beta.assistants.with_raw_response.delete(assistant.id),
        RawResponse[AssistantDeleted],
    )
