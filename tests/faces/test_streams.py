"""Streams of the clients: when they send, what they show, how they close."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from runs_core.api import runs as api
from runs_core.client import AsyncClient, Client
from runs_core.errors import InvalidDelta, NotFoundError, StreamTruncated, UsageError
from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.feed_stream import FeedStream
from runs_core.flows.effects import Emit, Flow
from runs_core.flows.once import OnceFeed
from runs_core.stream.changes import TextChanged, TextDone
from tests.faces.clients import ENDPOINT, a_client, requests_of
from tests.fakes import AsyncFakeTransport, Exchange, FakeTransport, run_async
from tests.handlers.players import exchange_of
from tests.handlers.wire import (
    DONE,
    as_bytes,
    created,
    delta,
    message_events,
    more,
    run,
    step,
)

STORY = [
    run("in_progress"),
    step("step_1"),
    step("step_1", status="completed"),
    *message_events("msg_1", "a", "b"),
    run("completed"),
    DONE,
]
COUNT = len(STORY) - 1


def client_of(*events: Any) -> Client:
    return Client(FakeTransport(exchange_of(events)), ENDPOINT, max_retries=0)


def async_client_of(*events: Any) -> AsyncClient:
    transport = AsyncFakeTransport(exchange_of(events))
    return AsyncClient(transport, ENDPOINT, max_retries=0)


def closed(client: Any) -> bool:
    return bool(client.transport.exchanges[0].closed)


def stream(client: Any) -> Any:
    return client.beta.threads.runs.stream("thread_1", assistant_id="a")


def test_a_stream_shows_which_run_it_is_of_and_how_far_that_is() -> None:
    client = client_of(*STORY)
    with stream(client) as events:
        assert repr(events) == "<EventStream: no run yet>"
        next(events)
        assert repr(events) == "<EventStream: run run_1, in_progress>"
        events.until_done()
        assert repr(events) == "<EventStream: run run_1, completed>"
    assert repr(stream(async_client_of())) == "<AsyncEventStream: no run yet>"


def test_the_repr_of_a_stream_is_harmless_to_a_terminal() -> None:
    odd = {"id": "\x1b[2J" + "r" * 9000, "object": "thread.run", "status": "\x1b[31m"}
    with stream(client_of(("thread.run.created", odd))) as events:
        next(events)

    assert repr(events).isprintable()
    assert len(repr(events)) < 1200


NOT_FITTING = [
    run("in_progress"),
    delta("msg_1", more("a")),
    delta("msg_1", more("b", -1)),
    delta("msg_1", more("c")),
    run("completed"),
    DONE,
]


@pytest.mark.parametrize(
    ("look", "count"),
    [
        (lambda events: events, 2),
        (lambda events: events.text_deltas, 1),
        (lambda events: events.changes, 4),
    ],
)
def test_promise_8_no_event_from_one_on_that_does_not_fit_is_seen(
    look: Any, count: int
) -> None:
    async_seen: list[Any] = []
    seen: list[Any] = []
    async_events = stream(async_client_of(*NOT_FITTING))
    events = stream(client_of(*NOT_FITTING))

    async def read() -> None:
        async for item in look(async_events):
            async_seen.append(item)

    with pytest.raises(InvalidDelta):
        run_async(read())
    with pytest.raises(InvalidDelta):
        seen.extend(look(events))

    assert len(seen) == len(async_seen) == count
    for stopped in (events, async_events):
        assert stopped.snapshot.text == "a"
        assert stopped.snapshot.outcome is None
        assert stopped.current_event.event == "thread.message.delta"


# --- When the request is sent ------------------------------------------------------


def test_create_with_stream_sends_at_the_call_and_closes_at_the_end() -> None:
    client = client_of(*STORY)

    events = client.beta.threads.runs.create("t", assistant_id="a", stream=True)

    assert isinstance(events, EventStream)
    assert requests_of(client) == ["POST /threads/t/runs"]
    assert not closed(client)
    assert len(list(events)) == COUNT
    assert closed(client)


def test_create_with_stream_raises_at_the_call() -> None:
    client = Client(FakeTransport(Exchange(404)), ENDPOINT)

    with pytest.raises(NotFoundError):
        client.beta.threads.runs.create("t", assistant_id="a", stream=True)


@pytest.mark.parametrize("stream", ["yes", 1, 0, "", []])
def test_stream_is_true_or_false(stream: Any) -> None:
    create: Any = client_of().beta.threads.runs.create

    with pytest.raises(TypeError, match="stream must be True or False"):
        create("t", assistant_id="a", stream=stream)


def test_async_create_with_stream_sends_when_awaited() -> None:
    client = async_client_of(*STORY)

    async def main() -> None:
        begun = client.beta.threads.runs.create("t", assistant_id="a", stream=True)
        assert requests_of(client) == []
        events = await begun
        assert isinstance(events, AsyncEventStream)
        assert requests_of(client) == ["POST /threads/t/runs"]
        assert len([event async for event in events]) == COUNT
        assert closed(client)

    run_async(main())


@pytest.mark.parametrize("plain", [None, False])
def test_without_stream_create_gives_the_run(plain: bool | None) -> None:
    client = a_client()
    threads = client.beta.threads
    assistant = client.beta.assistants.create(model="gpt-4o")

    made = threads.create_and_run(assistant_id=assistant.id, stream=plain)  # type: ignore[call-overload]

    assert made.object == "thread.run"


def test_a_helper_sends_when_it_is_entered() -> None:
    client = client_of(*STORY)
    events = stream(client)
    assert requests_of(client) == []

    with events as entered:
        assert entered is events
        assert requests_of(client) == ["POST /threads/thread_1/runs"]
        entered.start()
        assert len(list(entered)) == COUNT

    assert len(requests_of(client)) == 1


def test_a_helper_sends_when_it_is_iterated() -> None:
    client = client_of(*STORY)
    events = stream(client)
    assert requests_of(client) == []

    assert next(events).event == "thread.run.in_progress"
    assert len(requests_of(client)) == 1
    assert len(list(events)) == COUNT - 1
    assert closed(client)


def test_entering_a_helper_raises_what_the_server_refuses() -> None:
    with pytest.raises(NotFoundError), stream(client_404()):
        raise AssertionError("it must not be entered")


def client_404() -> Client:
    return Client(FakeTransport(Exchange(404)), ENDPOINT)


def test_an_async_helper_is_entered_or_iterated() -> None:
    async def entered() -> int:
        client = async_client_of(*STORY)
        async with stream(client) as events:
            assert len(requests_of(client)) == 1
            return len([event async for event in events])

    async def iterated() -> int:
        return len([event async for event in stream(async_client_of(*STORY))])

    assert run_async(entered()) == run_async(iterated()) == COUNT


def test_a_stream_that_has_begun_loses_nothing_when_it_is_entered() -> None:
    begun = stream(client_of(as_bytes(STORY)))
    next(begun)
    with begun:
        assert len(list(begun)) == COUNT - 1

    async def main() -> None:
        begun = stream(async_client_of(as_bytes(STORY)))
        await anext(begun)
        async with begun:
            assert len([event async for event in begun]) == COUNT - 1

    run_async(main())


# --- What it shows -----------------------------------------------------------------


def test_the_snapshot_is_of_exactly_the_events_handed_out() -> None:
    events = stream(client_of(as_bytes(STORY)))
    texts = []
    for event in events:
        assert events.current_event is event
        texts.append(events.snapshot.text)

    assert texts == ["", "", "", "", "a", "ab", "ab", "ab"]


def test_current_objects_are_of_the_events_handed_out() -> None:
    events = stream(client_of(*STORY))
    assert events.head is None
    assert events.current_event is None
    assert events.current_run is None
    assert events.current_message_snapshot is None
    assert events.current_run_step_snapshot is None

    next(events)
    assert events.head.request_id == "req_1"
    assert events.current_run.status == "in_progress"
    next(events)
    assert events.current_run_step_snapshot.status == "in_progress"
    events.until_done()

    assert events.current_run.status == "completed"
    assert events.current_run_step_snapshot.status == "completed"
    assert events.current_message_snapshot.id == "msg_1"
    assert events.current_event.event == "thread.run.completed"


def test_text_deltas_are_the_pieces_of_text() -> None:
    events = stream(client_of(*STORY))

    assert list(events.text_deltas) == ["a", "b"]
    assert events.result.status == "completed"


def test_changes_are_of_what_the_events_change() -> None:
    events = stream(client_of(*STORY))

    found = [c for c in events.changes if isinstance(c, TextChanged | TextDone)]

    assert [c.text.value for c in found] == ["ab", "ab", "ab"]
    assert [c.delta.value for c in found if isinstance(c, TextChanged)] == ["a", "b"]


def test_changes_go_on_where_they_were_left() -> None:
    whole = [type(change) for change in stream(client_of(*STORY)).changes]

    events = stream(client_of(*STORY))
    assert [type(next(events.changes)) for _ in whole] == whole
    assert list(events.changes) == []

    async def main() -> None:
        events = stream(async_client_of(*STORY))
        assert [type(await anext(events.changes)) for _ in whole] == whole
        assert [change async for change in events.changes] == []

    run_async(main())


def test_final_things_are_read_to_the_end() -> None:
    assert stream(client_of(*STORY)).get_final_run().status == "completed"
    (message,) = stream(client_of(*STORY)).get_final_messages()
    assert message.status == "completed"
    (step_,) = stream(client_of(*STORY)).get_final_run_steps()
    assert step_.status == "completed"


def test_an_async_stream_shows_the_same() -> None:
    async def main() -> None:
        events = stream(async_client_of(*STORY))
        assert [text async for text in events.text_deltas] == ["a", "b"]
        events = stream(async_client_of(*STORY))
        found = [c async for c in events.changes if isinstance(c, TextChanged)]
        assert [c.delta.value for c in found] == ["a", "b"]
        assert events.current_event.event == "thread.run.completed"
        events = stream(async_client_of(*STORY))
        assert (await events.get_final_run()).status == "completed"
        assert len(await events.get_final_messages()) == 1
        assert len(await events.get_final_run_steps()) == 1
        assert events.result is events.snapshot.run

    run_async(main())


# --- How it closes -----------------------------------------------------------------


def test_there_is_no_result_before_the_end() -> None:
    events = stream(client_of(*STORY))
    next(events)

    with pytest.raises(UsageError, match="no result yet"):
        _ = events.result


def test_there_is_no_result_where_the_stream_failed() -> None:
    events = stream(client_of(run("in_progress"), created("m"), delta("m", more("a"))))

    with pytest.raises(StreamTruncated):
        events.until_done()

    with pytest.raises(UsageError, match="no result"):
        _ = events.result
    assert events.snapshot.text == "a"


def test_closing_ends_it_at_once_and_keeps_what_was_seen() -> None:
    # All events in one piece: the rest of them is at hand, and not given.
    client = client_of(as_bytes(STORY))
    with stream(client) as events:
        first = next(events)

    assert closed(client)
    assert list(events) == []
    assert events.current_event is first
    assert events.snapshot.run.status == "in_progress"
    assert events.snapshot.messages == ()
    with pytest.raises(UsageError, match="no result"):
        _ = events.result


class ClosedWhenCounted(list[Any]):
    """A batch of items in whose midst another thread closes the stream."""

    def __len__(self) -> int:
        self.stream.close()
        return super().__len__()

    stream: FeedStream[str, None]


def test_promise_9_closing_at_any_moment_breaks_nothing() -> None:
    batch = ClosedWhenCounted(["a", "b"])

    def feed() -> Flow[None]:
        yield from Emit(batch)

    events = client_of().stream(OnceFeed[str, None](feed()))
    batch.stream = events

    assert list(events) == ["a"]
    with pytest.raises(UsageError, match="closed before its end"):
        events.until_done()


def test_closing_an_async_stream_ends_it_at_once() -> None:
    client = async_client_of(as_bytes(STORY))

    async def main() -> None:
        async with stream(client) as events:
            await anext(events)
        assert closed(client)
        assert [event async for event in events] == []
        assert events.snapshot.messages == ()

    run_async(main())


def test_an_async_stream_can_be_closed_by_contextlib() -> None:
    client = async_client_of(*STORY)

    async def main() -> None:
        begun = await client.beta.threads.runs.create(
            "thread_1", assistant_id="a", stream=True
        )
        async with aclosing(begun) as events:
            await anext(events)
        assert closed(client)

    run_async(main())


def test_a_stream_that_is_closed_before_it_began_sends_nothing() -> None:
    client = client_of(*STORY)
    events = stream(client)

    events.close()

    assert list(events) == []
    assert requests_of(client) == []


# --- Feeds of other things ---------------------------------------------------------


def test_any_feed_can_be_streamed() -> None:
    client = a_client()
    assistant = client.beta.assistants.create(model="gpt-4o")
    run_ = client.beta.threads.create_and_run_poll(assistant_id=assistant.id)

    with client.stream(api.list(run_.thread_id).items()) as items:
        assert [item.id for item in items] == [run_.id]
        assert items.result == 1
