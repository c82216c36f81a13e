"""What type checkers see of calls, flows and feeds, and of what drives them.

Not run.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, assert_type

from runs_core import (
    AsyncClient,
    Call,
    Client,
    Endpoint,
    Head,
    HeaderKeys,
    Headers,
    Paged,
    Request,
    Response,
    Timeouts,
    bound,
    messages,
    omit,
    runs,
    steps,
    threads,
)
from runs_core.auth import Auth, Secret
from runs_core.drive import AsyncDriver, Driver
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.feed_stream import AsyncFeedStream, FeedStream
from runs_core.flows.effects import (
    Emit,
    Feed,
    Flow,
    Invoke,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.flows.once import OnceFeed, once
from runs_core.flows.streaming import RunFeed
from runs_core.flows.toolbox import Functions, ToolCalls
from runs_core.models import Message, Page, Run, RunStep, Thread, ThreadDeleted
from runs_core.pages import AsyncCursorPage
from runs_core.raw import RawResponse
from runs_core.stream import RunStreamEvent
from runs_core.transport import AsyncTransport, Transport


def operations() -> None:
    assert_type(runs.create("t", assistant_id="a"), Call[Run])
    assert_type(runs.create(thread_id="t", assistant_id="a"), Call[Run])
    assert_type(threads.delete("t"), Call[ThreadDeleted])
    assert_type(runs.list("t"), Paged[Run])
    assert_type(runs.list("t").items(), Feed[Run, int])
    assert_type(runs.list("t").pages(), Feed[Page[Run], int])
    assert_type(steps.list("r", "t").parse(Response(200)), Page[RunStep])
    assert_type(runs.stream("t", assistant_id="a"), RunFeed)

    runs.create("t")  # type: ignore[call-arg]
    runs.create("t", assistant_id=1)  # type: ignore[arg-type]
    runs.create("t", assistant_id="a", modle="m")  # type: ignore[call-arg]
    runs.retrieve("r")  # type: ignore[call-arg]
    runs.poll("r", "t", deadline="soon")  # type: ignore[arg-type]
    runs.submit_tool_outputs("r", "t")  # type: ignore[call-arg]
    runs.submit_tool_outputs("r", "t", tool_outputs=omit, tool_approvals=[])


def functions(client: Client) -> None:
    """Each way to give functions, of whatever signatures."""

    def add(a: int, b: int) -> int:
        return a + b

    async def weather(city: str) -> dict[str, Any]:
        return {"city": city}

    def batch(calls: ToolCalls) -> dict[str, str]:
        return {call.id: "noon" for call in calls}

    kept: Functions = {"add": add, "weather": weather}
    assert_type(runs.run_tools("t", assistant_id="a", functions=kept), Flow[Run])
    runs.run_tools("t", assistant_id="a", functions={"x": add, "y": weather})
    runs.run_tools("t", assistant_id="a", functions={"x": lambda: 1, "y": add})
    runs.stream_tools("t", assistant_id="a", functions={"x": partial(add, 1), "y": add})
    runs.stream_tools("t", assistant_id="a", functions=[add, weather])
    runs.stream_tools("t", assistant_id="a", functions=batch)
    of = client.beta.threads.runs
    of.run_tools("t", assistant_id="a", functions={"x": add, "y": weather})
    of.stream_tools("t", assistant_id="a", functions={"x": add, "y": weather})

    runs.run_tools("t", assistant_id="a", functions={"x": 1})  # type: ignore[dict-item]
    runs.run_tools("t", assistant_id="a", functions=[1])  # type: ignore[list-item]


def own_flow(thread_id: str) -> Flow[str]:
    run = yield from runs.create(thread_id, assistant_id="a")
    assert_type(run, Run)
    page = yield from messages.list(thread_id)
    assert_type(page, Page[Message])
    ended = yield from runs.poll(run.id, thread_id)
    assert_type(ended, Run)
    seen = yield from runs.stream(thread_id, assistant_id="a")
    assert_type(seen, Run)
    count = yield from runs.list(thread_id).items()
    assert_type(count, int)
    return run.id


def effects(request: Request) -> Flow[None]:
    assert_type((yield from Send(request)), Response)
    assert_type((yield from Open(request, timeout=1.0)), Head)
    assert_type((yield from Read()), bytes)
    assert_type((yield from Now()), float)
    assert_type((yield from Invoke(print)), Any)
    yield from Sleep(1.0)
    yield from Emit((1, 2))


def driven(client: Client, transport: Transport, endpoint: Endpoint) -> None:
    assert_type(client.run(runs.create("t", assistant_id="a")), Run)
    assert_type(client.run(runs.list("t")), Page[Run])
    assert_type(client.run(own_flow("t")), str)
    assert_type(client.run(once(own_flow("t"))), str)
    assert_type(client.run(runs.poll("r", "t")), Run)
    assert_type(client.run(runs.stream("t", assistant_id="a")), Run)
    assert_type(client.stream(runs.stream("t", assistant_id="a")), EventStream)
    assert_type(client.stream(runs.list("t").items()), FeedStream[Run, int])
    for event in client.stream(runs.stream("t", assistant_id="a")):
        assert_type(event, RunStreamEvent)
    assert_type(client.with_options(max_retries=1), Client)
    client.with_options(max_retry=1)  # type: ignore[call-arg]

    driver = Driver[int, str](bound(own_flow("t"), endpoint), transport)
    assert_type(driver.run(), str)
    assert_type(driver.advance(), Sequence[int] | None)


async def awaited(
    client: AsyncClient, transport: AsyncTransport, endpoint: Endpoint
) -> None:
    assert_type(await client.run(runs.create("t", assistant_id="a")), Run)
    assert_type(await client.run(own_flow("t")), str)
    assert_type(client.stream(runs.stream("t", assistant_id="a")), AsyncEventStream)
    assert_type(client.stream(runs.list("t").items()), AsyncFeedStream[Run, int])
    async for event in client.stream(runs.stream("t", assistant_id="a")):
        assert_type(event, RunStreamEvent)
    assert_type(client.with_options(timeout=1), AsyncClient)

    driver = AsyncDriver[int, str](bound(own_flow("t"), endpoint), transport)
    assert_type(await driver.run(), str)


async def gathered(client: AsyncClient) -> None:
    threads = client.beta.threads
    both = await asyncio.gather(threads.runs.retrieve("r", "t"), threads.retrieve("t"))
    assert_type(both, tuple[Run, Thread])
    page, raw = await asyncio.gather(
        threads.runs.list("t"), threads.with_raw_response.retrieve("t")
    )
    assert_type(page, AsyncCursorPage[Run])
    assert_type(raw, RawResponse[Thread])


def own_feed() -> OnceFeed[int, str]:
    def flow() -> Flow[str]:
        yield from Emit((1, 2))
        return "end"

    return OnceFeed(flow())


def own_http(endpoint: Endpoint, call: Call[Run]) -> None:
    assert_type(endpoint.prepare(call.request), Request)
    assert_type(endpoint.prepare(call.request, Headers({"a": "b"})).timeouts, Timeouts)
    assert_type(call.parse(Response(200, {"a": "b"}, b"{}")), Run)


async def token() -> str:
    return "k"


def endpoints() -> None:
    """Sealing keeps signatures: errors lose frames, and checkers nothing."""
    endpoint = Endpoint(
        "https://a.test",
        "k",
        headers={"a": None},
        query={"a": "b"},
        paths={"runs.list": "/{thread_id}/runs"},
    )
    assert_type(endpoint, Endpoint)
    assert_type(endpoint.auth, Auth)
    assert_type(endpoint.headers, Headers)
    assert_type(Endpoint("https://a.test", auth=token), Endpoint)
    assert_type(Endpoint("https://a.test", Secret("k")), Endpoint)
    assert_type(Endpoint("https://a.test", HeaderKeys({"api-key": "k"})), Endpoint)
    assert_type(Endpoint.openai_compatible("https://a.test"), Endpoint)
    assert_type(Endpoint.azure_openai("https://a.test", api_key="k"), Endpoint)
    assert_type(Endpoint.foundry_classic("https://a.test", lambda: "k"), Endpoint)
    assert_type(Endpoint.from_environ({"A": "b"}), Endpoint)

    Endpoint("https://a.test", 3)  # type: ignore[arg-type]
    Endpoint("https://a.test", nonsense=1)  # type: ignore[call-arg]
    Endpoint.azure_openai("https://a.test", "k")  # type: ignore[call-arg]
