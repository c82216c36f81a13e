"""Calls that both type checkers must refuse: an ignore that is not needed is an error.

Not run.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from runs_core.client import AsyncClient, Client
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler


def blocking(client: Client) -> None:
    runs = client.beta.threads.runs
    runs.create("thread_1")  # type: ignore[call-overload]
    runs.create("thread_1", assistant_id=1)  # type: ignore[call-overload]
    runs.create("thread_1", assistant_id="a", modle="m")  # type: ignore[call-overload]
    # What only a stream has.
    runs.create("t", assistant_id="a", idle_timeout=1)  # type: ignore[call-overload]
    runs.create_and_poll(assistant_id="a")  # type: ignore[call-arg]
    runs.create_and_poll("t", assistant_id="a", stream=True)  # type: ignore[call-arg]
    runs.retrieve("run_1")  # type: ignore[call-arg]
    runs.list("thread_1", order="up")  # type: ignore[arg-type]
    runs.steps.list("run_1", "thread_1", limit="5")  # type: ignore[arg-type]
    runs.submit_tool_outputs("run_1", "thread_1")  # type: ignore[call-overload]
    runs.poll("run_1", "thread_1", poll_interval=1)  # type: ignore[call-arg]
    theirs = AsyncAssistantEventHandler()
    runs.stream("t", assistant_id="a", event_handler=theirs)  # type: ignore[call-overload]
    client.beta.threads.messages.create("thread_1", role="user")  # type: ignore[call-arg]
    client.beta.threads.create_and_run()  # type: ignore[call-overload]
    client.beta.assistants.create()  # type: ignore[call-arg]
    # Helpers of several requests have no one answer.
    runs.with_raw_response.poll("run_1", "thread_1")  # type: ignore[attr-defined]


async def awaited(client: AsyncClient) -> None:
    runs = client.beta.threads.runs
    await runs.create("thread_1")  # type: ignore[call-overload]
    await runs.retrieve("run_1")  # type: ignore[call-arg]
    theirs = AssistantEventHandler()
    runs.stream("t", assistant_id="a", event_handler=theirs)  # type: ignore[call-overload]
    for _ in runs.list("thread_1"):  # type: ignore[attr-defined]
        pass
    print(runs.create("thread_1", assistant_id="a").status)  # type: ignore[attr-defined]
