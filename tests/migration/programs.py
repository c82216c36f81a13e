"""Programs for openai-python, as text, without the imports and the client.

Each has a `main(client)` that returns plain values. What openai 3.57 returned is in
`expected.json`, recorded against the local service.
"""

from __future__ import annotations

PROGRAMS: dict[str, str] = {}

PROGRAMS["assistants"] = """
def main(client):
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        name="Math Tutor",
        instructions="You are a personal math tutor.",
        tools=[{"type": "code_interpreter"}],
        metadata={"team": "a"},
        temperature=0.5,
    )
    found = client.beta.assistants.retrieve(assistant.id)
    changed = client.beta.assistants.update(assistant.id, name="Tutor", metadata={})
    listed = [a.id for a in client.beta.assistants.list(limit=1)]
    gone = client.beta.assistants.delete(assistant.id)
    return [
        found.name,
        found.tools[0].type,
        found.temperature,
        changed.name,
        changed.metadata,
        listed,
        gone.deleted,
        gone.object,
    ]
"""

PROGRAMS["threads_and_messages"] = """
def main(client):
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "one"}], metadata={"k": "v"}
    )
    two = client.beta.threads.messages.create(
        thread_id=thread.id,
        role="user",
        content=[
            {"type": "text", "text": "two"},
            {"type": "image_url", "image_url": {"url": "https://example.test/i.png"}},
        ],
    )
    client.beta.threads.messages.update(
        two.id, thread_id=thread.id, metadata={"seen": "yes"}
    )
    found = client.beta.threads.messages.retrieve(
        message_id=two.id, thread_id=thread.id
    )
    changed = client.beta.threads.update(thread.id, metadata={"k": "w"})
    same = client.beta.threads.retrieve(thread_id=thread.id)
    deleted = client.beta.threads.messages.delete(two.id, thread_id=thread.id)
    left = client.beta.threads.messages.list(thread.id).data
    return [
        found.content[0].text.value,
        found.content[1].image_url.url,
        found.metadata,
        found.role,
        changed.metadata,
        same.metadata,
        deleted.deleted,
        [m.content[0].text.value for m in left],
        client.beta.threads.delete(thread.id).deleted,
    ]
"""

PROGRAMS["pages"] = """
def main(client):
    thread = client.beta.threads.create()
    for text in ["one", "two", "three", "four", "five"]:
        client.beta.threads.messages.create(thread.id, role="user", content=text)

    def texts(messages):
        return [m.content[0].text.value for m in messages]

    page = client.beta.threads.messages.list(thread.id, limit=2, order="asc")
    result = [texts(page.data), page.has_more, page.has_next_page()]
    result.append(texts(page))
    following = page.get_next_page()
    result.append(texts(following.data))
    result.append([texts(p.data) for p in page.iter_pages()])
    later = client.beta.threads.messages.list(
        thread.id, limit=10, order="asc", after=page.data[-1].id
    )
    result += [texts(later.data), later.has_next_page()]
    return result
"""

PROGRAMS["create_and_poll"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(
        thread_id=thread.id, role="user", content="What is 3x + 11 = 14?"
    )
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        instructions="Address the user as Jane Doe.",
        poll_interval_ms=1,
    )
    messages = client.beta.threads.messages.list(thread_id=thread.id, run_id=run.id)
    steps = client.beta.threads.runs.steps.list(run_id=run.id, thread_id=thread.id)
    step = client.beta.threads.runs.steps.retrieve(
        step_id=steps.data[0].id, thread_id=thread.id, run_id=run.id
    )
    changed = client.beta.threads.runs.update(
        run_id=run.id, thread_id=thread.id, metadata={"done": "yes"}
    )
    return [
        run.status,
        run.instructions,
        run.usage.total_tokens > 0,
        [m.content[0].text.value for m in messages],
        step.type,
        step.step_details.message_creation.message_id == messages.data[0].id,
        changed.metadata,
        [r.id == run.id for r in client.beta.threads.runs.list(thread.id)],
    ]
"""

PROGRAMS["polling_by_hand"] = """
import time

def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    run = client.beta.threads.runs.create(
        thread_id=thread.id, assistant_id=assistant.id
    )
    seen = [run.status]
    while run.status in ("queued", "in_progress", "cancelling"):
        time.sleep(0.001)
        run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
        seen.append(run.status)
    second = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    cancelled = client.beta.threads.runs.cancel(second.id, thread_id=thread.id)
    ended = client.beta.threads.runs.poll(second.id, thread.id, poll_interval_ms=1)
    return [seen, cancelled.status, ended.status]
"""

PROGRAMS["tool_outputs"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Rain?"}])
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1
    )
    calls = run.required_action.submit_tool_outputs.tool_calls
    asked = [(c.type, c.function.name, c.function.arguments) for c in calls]
    outputs = [{"tool_call_id": c.id, "output": "57 degrees"} for c in calls]
    done = client.beta.threads.runs.submit_tool_outputs_and_poll(
        thread_id=thread.id,
        run_id=run.id,
        tool_outputs=outputs,
        poll_interval_ms=1,
    )
    messages = client.beta.threads.messages.list(thread_id=thread.id)
    (call,) = [
        call
        for step in client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
        if step.type == "tool_calls"
        for call in step.step_details.tool_calls
    ]
    return [
        run.status,
        asked,
        done.status,
        messages.data[0].content[0].text.value,
        call.function.output,
    ]
"""

PROGRAMS["create_with_stream"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    stream = client.beta.threads.runs.create(
        thread_id=thread.id, assistant_id=assistant.id, stream=True
    )
    names, text = [], ""
    for event in stream:
        names.append(event.event)
        if event.event == "thread.message.delta":
            for block in event.data.delta.content:
                text += block.text.value
        elif event.event == "thread.run.completed":
            names.append(event.data.status)
    return [names, text]
"""

PROGRAMS["submit_with_stream"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Rain?"}])
    outputs, run = [], None
    for event in client.beta.threads.runs.create(
        thread.id, assistant_id=assistant.id, stream=True
    ):
        if event.event == "thread.run.requires_action":
            run = event.data
            for call in run.required_action.submit_tool_outputs.tool_calls:
                outputs.append({"tool_call_id": call.id, "output": "sun"})
    stream = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=thread.id, tool_outputs=outputs, stream=True
    )
    return [type(e.event).__name__ + " " + e.event for e in stream]
"""

PROGRAMS["stream_helper"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id
    ) as stream:
        pieces = [text for text in stream.text_deltas]
        run = stream.get_final_run()
        messages = stream.get_final_messages()
        steps = stream.get_final_run_steps()
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id
    ) as stream:
        names = [event.event for event in stream]
        current = stream.current_run
    with client.beta.threads.runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id
    ) as stream:
        stream.until_done()
        last = stream.current_message_snapshot
    return [
        pieces,
        run.status,
        [m.content[0].text.value for m in messages],
        [s.type for s in steps],
        names,
        current.status,
        last.content[0].text.value,
    ]
"""

# The structure is that of openai-python's own guide: a handler that answers the calls
# in a stream of its own, within the callback.
PROGRAMS["handler_with_tools"] = """
def main(client):
    log = []

    class EventHandler(AssistantEventHandler):
        def on_event(self, event):
            if event.event == "thread.run.requires_action":
                self.handle_requires_action(event.data, event.data.id)

        def handle_requires_action(self, data, run_id):
            tool_outputs = []
            for tool in data.required_action.submit_tool_outputs.tool_calls:
                log.append(["asked", tool.function.name])
                tool_outputs.append({"tool_call_id": tool.id, "output": "57"})
            self.submit_tool_outputs(tool_outputs, run_id)

        def submit_tool_outputs(self, tool_outputs, run_id):
            with client.beta.threads.runs.submit_tool_outputs_stream(
                thread_id=self.current_run.thread_id,
                run_id=self.current_run.id,
                tool_outputs=tool_outputs,
                event_handler=EventHandler(),
            ) as stream:
                for text in stream.text_deltas:
                    log.append(["text", text])

        def on_text_done(self, text):
            log.append(["text done", text.value])

        def on_end(self):
            log.append(["end"])

    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Rain?"}])
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=EventHandler()
    ) as stream:
        stream.until_done()
    return log
"""

PROGRAMS["handler_callbacks"] = """
def main(client):
    log = []

    class Handler(AssistantEventHandler):
        def on_event(self, event):
            log.append(["event", event.event, self.current_event is event])

        def on_run_step_created(self, run_step):
            log.append(["step created", run_step.type])

        def on_run_step_done(self, run_step):
            log.append(["step done", run_step.status])

        def on_message_created(self, message):
            log.append(["message created", message.role])

        def on_message_delta(self, delta, snapshot):
            log.append(["message delta", len(snapshot.content)])

        def on_message_done(self, message):
            log.append(["message done", message.content[0].text.value])

        def on_text_created(self, text):
            log.append(["text created"])

        def on_text_delta(self, delta, snapshot):
            log.append(["text delta", delta.value, snapshot.value])

        def on_text_done(self, text):
            log.append(["text done", text.value])

        def on_exception(self, exception):
            log.append(["exception"])

        def on_timeout(self):
            log.append(["timeout"])

        def on_end(self):
            log.append(["end"])

    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    handler = Handler()
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
    ) as stream:
        log.append(["same", stream is handler])
        for event in stream:
            pass
    return log
"""

PROGRAMS["handler_that_fails"] = """
def main(client):
    log = []

    class Handler(AssistantEventHandler):
        def on_text_delta(self, delta, snapshot):
            raise KeyError("mine")

        def on_exception(self, exception):
            log.append(["exception", type(exception).__name__])

        def on_end(self):
            log.append(["end"])

    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    try:
        with client.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
        ) as stream:
            stream.until_done()
    except KeyError as error:
        log.append(["raised", error.args[0]])
    return log
"""

PROGRAMS["thread_and_run"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread)
    run = client.beta.threads.runs.poll(
        thread_id=run.thread_id, run_id=run.id, poll_interval_ms=1
    )
    polled = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread=thread, poll_interval_ms=1
    )
    names = [
        event.event
        for event in client.beta.threads.create_and_run(
            assistant_id=assistant.id, thread=thread, stream=True
        )
    ]
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread=thread
    ) as stream:
        text = "".join(stream.text_deltas)
    return [run.status, polled.status, names[:3], text]
"""

PROGRAMS["errors"] = """
def main(client):
    log = []

    def attempt(function, *args, **kwargs):
        try:
            function(*args, **kwargs)
        except NotFoundError as error:
            log.append(["not found", error.status_code, error.code, error.type])
            log.append([error.request_id[:4], error.body["message"]])
            log.append([isinstance(error, APIStatusError), error.param])
        except BadRequestError as error:
            log.append(["bad request", error.status_code, error.type, error.param])
        except APIError as error:
            log.append(["other", type(error).__name__])
        except ValueError:
            log.append(["value"])
        except TypeError:
            log.append(["type"])
        else:
            log.append(["fine"])

    runs = client.beta.threads.runs
    attempt(client.beta.threads.retrieve, "thread_none")
    attempt(runs.retrieve, "run_none", thread_id="thread_none")
    attempt(client.beta.threads.retrieve, "")
    attempt(runs.retrieve, "..", thread_id="thread_1")
    attempt(runs.create, "thread_1")
    attempt(runs.list, "thread_1", limits=3)
    attempt(client.beta.assistants.create, model="gpt-4o", temperature=9)
    with_run = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    attempt(runs.create, thread.id, assistant_id=with_run.id)
    attempt(runs.create, thread.id, assistant_id=with_run.id)
    try:
        client.with_options(max_retries=0, timeout=0.5).beta.threads.retrieve("x" * 9)
    except OpenAIError as error:
        log.append([type(error).__name__])
    return log
"""

PROGRAMS["no_server"] = """
def main(client):
    try:
        client.with_options(max_retries=0).beta.threads.retrieve("thread_1")
    except APITimeoutError:
        return "timeout"
    except APIConnectionError as error:
        return ["connection", isinstance(error, APIError), bool(error.message)]
"""

PROGRAMS["raw_answers"] = """
def main(client):
    assistants = client.beta.assistants.with_raw_response
    raw = assistants.create(model="gpt-4o", name="Ada")
    assistant = raw.parse()
    listed = assistants.list(limit=1)
    return [
        raw.status_code,
        raw.headers["Content-Type"],
        raw.headers.get("x-request-id")[:4],
        raw.request_id[:4],
        raw.retries_taken,
        json.loads(raw.text)["name"],
        json.loads(raw.content)["id"] == assistant.id,
        assistant.name,
        assistant._request_id == raw.request_id,
        [a.name for a in listed.parse()],
    ]
"""

PROGRAMS["options_and_omissions"] = """
def main(client):
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        name=NOT_GIVEN,
        description=omit,
        instructions=None,
        extra_body={"metadata": {"from": "body"}},
        extra_headers={"X-Mine": "yes"},
        timeout=30,
    )
    quick = client.with_options(timeout=5, max_retries=1)
    found = quick.beta.assistants.retrieve(assistant.id, timeout=NOT_GIVEN)
    listed = quick.beta.assistants.list(limit=omit, extra_query={"limit": 1})
    return [
        found.name,
        found.description,
        found.instructions,
        found.metadata,
        len(listed.data),
    ]
"""

PROGRAMS["plain_values"] = """
def main(client):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Rain?"}]},
        truncation_strategy={"type": "last_messages", "last_messages": 3},
        tool_choice="auto",
        response_format="auto",
        poll_interval_ms=1,
    )
    received = run.to_dict()
    dumped = run.model_dump()
    text = run.to_json()
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    return [
        {name: value for name, value in received.items() if name[-3:] != "_at"},
        json.loads(text) == received,
        sorted(received),
        dumped["required_action"]["submit_tool_outputs"],
        dumped["last_error"],
        {n: v for n, v in message.to_dict().items() if n[-3:] != "_at"},
    ]
"""

PROGRAMS["passing_it_on"] = """
def main(client):
    log = []

    class Handler(AssistantEventHandler):
        def __init__(self):
            super().__init__()
            self.result = ""

        def on_text_done(self, text):
            text.value = text.value.upper()
            self.result += text.value

        def on_message_done(self, message):
            log.append(message.content[0].text.value)

    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi", "metadata": NOT_GIVEN}],
    )
    handler = Handler()
    log.append([handler.current_run, handler.close()])
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
    ) as stream:
        for event in stream:
            if event.event == "thread.message.delta":
                log.append([event.to_dict(), event.model_dump()])
                log.append(json.loads(event.model_dump_json()) == event.model_dump())
    log.append(handler.result)
    raw = client.beta.threads.with_raw_response.retrieve(thread.id)
    log.append([v for name, v in raw.headers.items() if name == "content-type"])
    return log
"""

PROGRAMS["async_everything"] = """
async def main(client):
    assistant = await client.beta.assistants.create(model="gpt-4o")
    thread = await client.beta.threads.create(
        messages=[
            {"role": "user", "content": "one"},
            {"role": "user", "content": "two"},
        ]
    )
    run = await client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1
    )
    page = await client.beta.threads.messages.list(thread.id, limit=2, order="asc")
    walked = [
        m.content[0].text.value
        async for m in client.beta.threads.messages.list(
            thread.id, limit=2, order="asc"
        )
    ]
    again = [m.content[0].text.value async for m in page]
    following = await page.get_next_page()
    raw = await client.beta.threads.runs.with_raw_response.retrieve(
        run.id, thread_id=thread.id
    )
    names = []
    stream = await client.beta.threads.runs.create(
        thread.id, assistant_id=assistant.id, stream=True
    )
    async for event in stream:
        names.append(event.event)
    async with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id
    ) as stream:
        pieces = [text async for text in stream.text_deltas]
        final = await stream.get_final_run()
        messages = await stream.get_final_messages()
    task = asyncio.create_task(client.beta.threads.retrieve(thread.id))
    both = [await task]
    both += await asyncio.gather(client.beta.assistants.retrieve(assistant.id))
    return [
        run.status,
        len(page.data),
        walked,
        again,
        len(following.data),
        raw.parse().status,
        names,
        pieces,
        final.status,
        len(messages),
        [each.object for each in both],
    ]
"""

PROGRAMS["async_handler_with_tools"] = """
async def main(client):
    log = []

    class EventHandler(AsyncAssistantEventHandler):
        async def on_event(self, event):
            if event.event == "thread.run.requires_action":
                action = event.data.required_action
                outputs = [
                    {"tool_call_id": tool.id, "output": "57"}
                    for tool in action.submit_tool_outputs.tool_calls
                ]
                async with client.beta.threads.runs.submit_tool_outputs_stream(
                    thread_id=self.current_run.thread_id,
                    run_id=self.current_run.id,
                    tool_outputs=outputs,
                    event_handler=EventHandler(),
                ) as stream:
                    await stream.until_done()

        async def on_tool_call_created(self, tool_call):
            log.append(["call", tool_call.type, tool_call.function.name])

        async def on_text_delta(self, delta, snapshot):
            log.append(["text", delta.value, snapshot.value])

        async def on_end(self):
            log.append(["end"])

    assistant = await client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = await client.beta.threads.create(
        messages=[{"role": "user", "content": "Rain?"}]
    )
    async with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=EventHandler()
    ) as stream:
        await stream.until_done()
    return log
"""
