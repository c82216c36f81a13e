"""When handlers call what, and how they end."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from runs_core.client import AsyncClient, Client
from runs_core.errors import (
    DeadlineExceeded,
    NotFoundError,
    StreamIdle,
    StreamTruncated,
    TransportTimeout,
    UsageError,
)
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler
from runs_core.models import FunctionToolCall, Message, MessageDelta, Text, TextDelta
from runs_core.stream import _message_parts
from tests.fakes import (
    AsyncFakeTransport,
    Exchange,
    FakeError,
    FakeTransport,
    run_async,
)
from tests.handlers.players import (
    CALLBACKS,
    ENDPOINT,
    Play,
    exchange_of,
    play,
    play_async,
)
from tests.handlers.wire import (
    DONE,
    as_bytes,
    begin_call,
    call,
    completed,
    created,
    delta,
    image,
    message_events,
    more,
    more_call,
    more_image,
    run,
    step,
    step_delta,
    text,
)

both = pytest.mark.parametrize("play", [play, play_async])
END = [run("completed"), DONE]
STORY = [run("in_progress"), *message_events("msg_1", "a", "b"), *END]


def client_of(*events: Any) -> Client:
    return Client(FakeTransport(exchange_of(events)), ENDPOINT, max_retries=0)


def async_client_of(*events: Any) -> AsyncClient:
    transport = AsyncFakeTransport(exchange_of(events))
    return AsyncClient(transport, ENDPOINT, max_retries=0)


def stream(client: Client, handler: Any) -> Any:
    return client.beta.threads.runs.stream(
        "thread_1", assistant_id="a", event_handler=handler
    )


# --- What is called, and in which order --------------------------------------------


def test_there_are_openai_pythons_callbacks() -> None:
    openai = pytest.importorskip("openai")

    theirs = vars(openai.AssistantEventHandler)
    assert [name for name in sorted(theirs) if name[:3] == "on_"] == CALLBACKS
    assert len(CALLBACKS) == 17


@both
def test_a_run_with_a_call_and_a_message_is_told_in_order(play: Play) -> None:
    played = play(
        [
            run("created"),
            step("step_1"),
            step_delta("step_1", begin_call("call_1")),
            step_delta("step_1", more_call("{}")),
            step("step_1", call("call_1", "{}"), status="completed"),
            *message_events("msg_1", "a", "b"),
            *END,
        ]
    )

    assert [told[0] for told in played.told] == [
        "on_event",
        "on_event",
        "on_run_step_created",
        "on_event",
        "on_tool_call_created",
        "on_run_step_delta",
        "on_event",
        "on_tool_call_delta",
        "on_run_step_delta",
        "on_event",
        "on_tool_call_done",
        "on_run_step_done",
        "on_event",
        "on_message_created",
        "on_event",
        "on_text_created",
        "on_text_delta",
        "on_message_delta",
        "on_event",
        "on_text_delta",
        "on_message_delta",
        "on_event",
        "on_text_done",
        "on_message_done",
        "on_event",
        "on_end",
    ]


@both
def test_texts_and_images_of_a_message_follow_each_other(play: Play) -> None:
    played = play(
        [
            created("msg_1"),
            delta("msg_1", more("see:", 0)),
            delta("msg_1", more_image("file_1", 1)),
            delta("msg_1", more("done", 2)),
            completed("msg_1", text("see:"), image("file_1"), text("done.")),
            *END,
        ]
    )

    assert played.of("on_text_created", "on_text_done", "on_image_file_done") == [
        ("on_text_created", "see:"),
        ("on_text_done", "see:"),
        ("on_image_file_done", {"file_id": "file_1"}),
        ("on_text_created", "done"),
        ("on_text_done", "done."),
    ]


@both
def test_the_whole_message_has_the_last_word(play: Play) -> None:
    played = play(
        [created("m"), delta("m", more("helo")), completed("m", text("hello")), *END]
    )

    assert played.of("on_text_done") == [("on_text_done", "hello")]


# --- How it ends -------------------------------------------------------------------


@both
def test_the_end_is_told_once_at_the_end(play: Play) -> None:
    played = play(STORY)

    assert played.names.count("on_end") == 1
    assert played.told[-1] == ("on_end",)


@both
@pytest.mark.parametrize("whole", [True, False])
def test_what_does_not_fit_after_the_runs_end_is_not_told(
    play: Play, whole: bool
) -> None:
    late = delta("msg_9", more("x", -1)), step_delta("step_9", {"index": -1})
    events: list[Any] = [run("created"), run("completed"), *late, DONE]
    played = play([as_bytes(events)] if whole else events)

    assert played.error is None
    assert played.names == ["on_end"]
    assert played.handler.snapshot.outcome == "completed"
    assert len(played.of("on_event")) == 2


@both
def test_a_call_that_its_step_no_longer_has_is_not_done(play: Play) -> None:
    calls = call("call_1", "{}"), call("call_2", "{}")
    played = play(
        [
            run("created"),
            step("step_1", *calls),
            step("step_1", calls[0], status="in_progress"),
            run("requires_action"),
            DONE,
        ]
    )

    assert played.error is None
    assert [t[1]["id"] for t in played.of("on_tool_call_done")] == ["call_1"]


@both
def test_an_error_of_a_callback_ends_the_stream_and_is_raised(play: Play) -> None:
    mine = ValueError("mine")

    def fail(self: Any, *args: Any) -> None:
        raise mine

    played = play(STORY, {"on_text_delta": fail})

    assert played.error is mine
    assert played.names[-3:] == ["on_text_delta", "on_exception", "on_end"]
    assert played.of("on_exception") == [("on_exception", mine)]
    assert played.transport.exchanges[0].closed


@both
def test_promise_3_a_stream_that_a_callback_ended_never_looks_complete(
    play: Play,
) -> None:
    def fail(self: Any, *args: Any) -> None:
        raise ValueError

    played = play(STORY, {"on_text_delta": fail})

    def until_done() -> None:
        done = played.handler.until_done()
        if done is not None:
            run_async(done)

    for _ in range(2):
        with pytest.raises(UsageError, match="failed before its end, with ValueError"):
            until_done()
    assert played.names[-2:] == ["on_exception", "on_end"]


@both
def test_a_timeout_is_told_before_the_exception(play: Play) -> None:
    played = play([run("in_progress"), TransportTimeout("no byte came")])

    assert isinstance(played.error, StreamIdle)
    assert played.names == ["on_timeout", "on_exception", "on_end"]


@both
def test_a_deadline_is_a_timeout(play: Play) -> None:
    played = play([run("in_progress"), *STORY], deadline=0)

    assert isinstance(played.error, DeadlineExceeded)
    assert played.names == ["on_timeout", "on_exception", "on_end"]


@both
def test_a_broken_connection_is_no_timeout(play: Play) -> None:
    played = play([run("in_progress"), FakeError("reset")])

    assert isinstance(played.error, StreamTruncated)
    assert played.names == ["on_exception", "on_end"]


@both
def test_an_answer_that_is_an_error_is_told_as_well(play: Play) -> None:
    played = play([])

    assert played.names == ["on_exception", "on_end"]


def test_entering_raises_what_the_server_refuses() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_exception(self, exception: Exception) -> None:
            told.append(type(exception).__name__)

        def on_end(self) -> None:
            told.append("end")

    refused = Exchange(404, body=[b'{"error": {"message": "no such thread"}}'])
    client = Client(FakeTransport(refused), ENDPOINT)

    with pytest.raises(NotFoundError), stream(client, Mine()):
        raise AssertionError("it must not be entered")

    assert told == ["NotFoundError", "end"]


def test_leaving_early_ends_it_once_and_closes_the_connection() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_end(self) -> None:
            told.append("end")

    client = client_of(*STORY)
    with stream(client, Mine()) as served:
        next(served)
    served.close()

    assert told == ["end"]
    assert client.transport.exchanges[0].closed  # type: ignore[attr-defined]
    assert list(served) == []
    with pytest.raises(UsageError, match="no result"):
        _ = served.result


@pytest.mark.parametrize(
    "base",
    [AssistantEventHandler, AsyncAssistantEventHandler],
    ids=lambda b: b.__name__,
)
def test_nothing_is_told_after_the_end_if_a_callback_closes_the_stream(
    base: Any,
) -> None:
    told: list[str] = []

    class Mine(base):
        def on_text_created(self, text: Text) -> Any:
            told.append("created")
            return self.close()  # Awaited, if it is async.

        def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
            told.append("delta")

        def on_message_delta(self, delta: MessageDelta, snapshot: Message) -> None:
            told.append("delta")

        def on_end(self) -> None:
            told.append("end")

    async def main() -> None:
        async with stream(async_client_of(*STORY), Mine()) as served:
            assert len([event async for event in served]) == 3

    if base is AssistantEventHandler:
        with stream(client_of(*STORY), Mine()) as served:
            assert len(list(served)) == 3
    else:
        run_async(main())
    assert told == ["created", "end"]


def test_leaving_an_async_stream_early_ends_it_once() -> None:
    told: list[str] = []

    class Mine(AsyncAssistantEventHandler):
        async def on_end(self) -> None:
            told.append("end")

    client = async_client_of(*STORY)

    async def main() -> None:
        async with stream(client, Mine()) as served:
            await anext(served)
        await served.close()

    run_async(main())

    assert told == ["end"]
    assert client.transport.exchanges[0].closed  # type: ignore[attr-defined]


def test_an_error_of_the_users_own_code_is_not_the_streams() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_exception(self, exception: Exception) -> None:
            told.append("exception")

        def on_end(self) -> None:
            told.append("end")

    with pytest.raises(KeyError), stream(client_of(*STORY), Mine()):
        raise KeyError

    assert told == ["end"]


def test_what_is_no_exception_ends_the_stream_without_being_told() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            raise KeyboardInterrupt

        def on_exception(self, exception: Exception) -> None:
            told.append("exception")

        def on_end(self) -> None:
            told.append("end")

    with pytest.raises(KeyboardInterrupt):
        stream(client_of(*STORY), Mine()).until_done()

    assert told == ["end"]


def test_stop_iteration_in_a_callback_is_no_end_of_the_stream() -> None:
    class Mine(AssistantEventHandler):
        def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            next(iter(()))

    with pytest.raises(RuntimeError, match="on_text_delta raised StopIteration"):
        stream(client_of(*STORY), Mine()).until_done()


def test_stop_async_iteration_in_a_callback_is_no_end_of_the_stream() -> None:
    class Mine(AsyncAssistantEventHandler):
        async def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            raise StopAsyncIteration

    served = stream(async_client_of(*STORY), Mine())

    with pytest.raises(RuntimeError, match="on_text_delta raised StopAsyncIteration"):
        run_async(served.until_done())


# --- Handlers that are used wrongly ------------------------------------------------


@pytest.mark.parametrize("base", [AssistantEventHandler, AsyncAssistantEventHandler])
def test_forgetting_the_initializer_is_said_clearly(base: Any) -> None:
    class Mine(base):  # type: ignore[misc]
        def __init__(self) -> None:
            self.mine = 1

    client: Any = client_of() if base is AssistantEventHandler else async_client_of()

    with pytest.raises(UsageError, match=r"Mine.__init__\(\) must call super"):
        stream(client, Mine())


@pytest.mark.parametrize("base", [AssistantEventHandler, AsyncAssistantEventHandler])
def test_a_handler_serves_one_stream(base: Any) -> None:
    sync = base is AssistantEventHandler
    client: Any = client_of(*STORY) if sync else async_client_of(*STORY)
    handler = stream(client, base())

    with pytest.raises(UsageError, match="has already served a stream"):
        stream(client, handler)


def test_a_handler_without_a_stream_says_where_it_goes() -> None:
    with pytest.raises(UsageError, match="event_handler="):
        next(AssistantEventHandler())
    with pytest.raises(UsageError, match="event_handler="):
        run_async(AsyncAssistantEventHandler().until_done())


@pytest.mark.parametrize("base", [AssistantEventHandler, AsyncAssistantEventHandler])
def test_a_handler_without_a_stream_shows_nothing(base: Any) -> None:
    handler = base()

    assert handler.current_event is None
    assert handler.current_run is None
    assert handler.current_message_snapshot is None
    assert handler.current_run_step_snapshot is None


def test_closing_a_handler_without_a_stream_does_nothing() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_end(self) -> None:
            told.append("end")

    class MineAsync(AsyncAssistantEventHandler):
        async def on_end(self) -> None:
            told.append("end")

    Mine().close()
    run_async(MineAsync().close())

    assert told == []


def test_a_handler_of_the_other_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="subclass of AssistantEventHandler"):
        stream(client_of(), AsyncAssistantEventHandler())
    with pytest.raises(UsageError, match="subclass of AsyncAssistantEventHandler"):
        stream(async_client_of(), AssistantEventHandler())
    with pytest.raises(UsageError, match="not of type"):
        stream(client_of(), AssistantEventHandler)


def test_an_async_callback_of_a_blocking_handler_is_refused_by_name() -> None:
    class Mine(AssistantEventHandler):
        async def on_text_done(self, text: Text) -> None:  # type: ignore[override]
            pass

    transport = FakeTransport(exchange_of(STORY))
    with pytest.raises(UsageError, match=r"Mine\.on_text_done is async"):
        stream(Client(transport, ENDPOINT), Mine()).until_done()
    assert transport.requests == []


def test_a_callback_that_turns_out_to_be_async_is_refused_when_called() -> None:
    async def later(text: Text) -> None:
        pass

    class Mine(AssistantEventHandler):
        def on_text_done(self, text: Text) -> Any:
            return later(text)

    with pytest.raises(UsageError, match=r"Mine\.on_text_done is async"):
        stream(client_of(*STORY), Mine()).until_done()


def test_a_plain_callback_of_an_async_handler_is_called() -> None:
    told: list[str] = []

    class Mine(AsyncAssistantEventHandler):
        def on_text_done(self, text: Text) -> None:  # type: ignore[override]
            told.append(text.value)

    run_async(stream(async_client_of(*STORY), Mine()).until_done())

    assert told == ["ab"]


def test_entering_an_async_stream_raises_what_the_server_refuses() -> None:
    refused = Exchange(404, body=[b'{"error": {"message": "no such thread"}}'])
    client = AsyncClient(AsyncFakeTransport(refused), ENDPOINT)

    async def main() -> None:
        async with stream(client, AsyncAssistantEventHandler()):
            raise AssertionError("it must not be entered")

    with pytest.raises(NotFoundError):
        run_async(main())


def test_the_end_is_told_without_with_too() -> None:
    told = []

    class Mine(AssistantEventHandler):
        def on_end(self) -> None:
            told.append("blocking")

    class MineAsync(AsyncAssistantEventHandler):
        async def on_end(self) -> None:
            told.append("async")

    async def main() -> None:
        async for _ in stream(async_client_of(*STORY), MineAsync()):
            pass

    for _ in stream(client_of(*STORY), Mine()):
        pass
    run_async(main())

    assert told == ["blocking", "async"]


@both
def test_a_timeout_of_a_callback_is_told_as_one(play: Play) -> None:
    told: list[str] = []

    def late(*args: Any) -> None:
        raise TimeoutError

    def note(*args: Any) -> None:
        told.append("on_timeout")

    with pytest.raises(TimeoutError):
        play(STORY, {"on_text_created": late, "on_timeout": note})
    assert told == ["on_timeout"]


# --- What a handler shows ----------------------------------------------------------


def test_a_handler_shows_its_steps() -> None:
    handler = AssistantEventHandler()
    with stream(client_of(step("step_1"), *END), handler) as served:
        served.until_done()

    assert handler.current_run_step_snapshot is not None
    assert handler.current_run_step_snapshot.id == "step_1"
    assert [shown.id for shown in handler.get_final_run_steps()] == ["step_1"]


def test_a_handler_is_the_stream_it_serves() -> None:
    handler = AssistantEventHandler()
    with stream(client_of(*STORY), handler) as served:
        assert served is handler
        assert handler.current_run is None
        assert handler.current_event is None
        assert handler.current_message_snapshot is None
        assert handler.current_run_step_snapshot is None
        seen = [(event, handler.current_event) for event in served]

    assert all(event is current for event, current in seen)
    assert [event.event for event, _ in seen][-1] == "thread.run.completed"
    assert handler.get_final_run().status == "completed"
    assert [m.id for m in handler.get_final_messages()] == ["msg_1"]
    assert handler.get_final_run_steps() == []
    assert handler.current_message_snapshot is not None
    assert handler.result is handler.current_run


def test_an_async_handler_is_the_stream_it_serves() -> None:
    handler = AsyncAssistantEventHandler()

    async def main() -> None:
        async with stream(async_client_of(*STORY), handler) as served:
            assert served is handler
            events = [event async for event in served]
        assert events[-1] is handler.current_event
        assert (await handler.get_final_run()).status == "completed"
        assert [m.id for m in await handler.get_final_messages()] == ["msg_1"]
        assert await handler.get_final_run_steps() == []
        assert handler.result is handler.current_run

    run_async(main())


def test_a_handler_may_have_names_for_something_of_its_own() -> None:
    class Mine(AssistantEventHandler):
        def __init__(self) -> None:
            super().__init__()
            self.result: Any = ""
            self.snapshot: Any = None

        def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            self.result += delta.value
            self.snapshot = snapshot

    handler = stream(client_of(*STORY), Mine())

    assert handler.get_final_run().status == "completed"
    assert [m.id for m in handler.get_final_messages()] == ["msg_1"]
    assert handler.get_final_run_steps() == []
    assert handler.result == "ab"
    assert handler.snapshot.value == "ab"


def test_an_async_handler_may_have_names_for_something_of_its_own() -> None:
    class Mine(AsyncAssistantEventHandler):
        def __init__(self) -> None:
            super().__init__()
            self.result: Any = ""
            self.snapshot: Any = None

        async def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            self.result += delta.value
            self.snapshot = snapshot

    async def main() -> None:
        handler = stream(async_client_of(*STORY), Mine())
        assert (await handler.get_final_run()).status == "completed"
        assert [m.id for m in await handler.get_final_messages()] == ["msg_1"]
        assert await handler.get_final_run_steps() == []
        assert handler.result == "ab"
        assert handler.snapshot.value == "ab"

    run_async(main())


def test_text_deltas_go_with_their_callbacks() -> None:
    told: list[str] = []

    class Mine(AssistantEventHandler):
        def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            told.append(snapshot.value)

    served = stream(client_of(*STORY), Mine())

    assert list(served.text_deltas) == ["a", "b"]
    assert told == ["a", "ab"]


def test_async_text_deltas_go_with_their_callbacks() -> None:
    told: list[str] = []

    class Mine(AsyncAssistantEventHandler):
        async def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            told.append(snapshot.value)

    async def main() -> list[str]:
        served = stream(async_client_of(*STORY), Mine())
        return [text async for text in served.text_deltas]

    assert run_async(main()) == ["a", "b"]
    assert told == ["a", "ab"]


def test_in_a_callback_the_event_is_part_of_the_state() -> None:
    states: list[Any] = []

    class Mine(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            states.append((self.current_event is event, self.current_run))

    stream(client_of(*STORY), Mine()).until_done()

    assert all(same for same, _ in states)
    assert states[0][1].status == "in_progress"
    assert states[-1][1].status == "completed"


# --- Live views --------------------------------------------------------------------


def test_snapshots_are_made_only_when_they_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    structure = _message_parts.structure

    def counting(value: Any, cls: type[Any]) -> Any:
        made.append(cls)
        return structure(value, cls)

    monkeypatch.setattr(_message_parts, "structure", counting)
    pieces = ["x"] * 1000
    events = [run("in_progress"), *message_events("msg_1", *pieces), *END]

    stream(client_of(*events), AssistantEventHandler()).until_done()
    assert made == []

    class Looking(AssistantEventHandler):
        def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            if len(made) < 3:
                assert set(snapshot.value) == {"x"}

    stream(client_of(*events), Looking()).until_done()
    assert len(made) == 3


def test_a_view_shows_how_things_are_when_it_is_looked_at() -> None:
    kept: list[Text] = []

    class Mine(AssistantEventHandler):
        def on_text_created(self, text: Text) -> None:
            kept.append(text)

    served = stream(client_of(*STORY), Mine())
    values = [kept[0].value for _ in served if kept]

    assert values == ["a", "ab", "ab", "ab"]


def test_a_view_is_what_it_shows() -> None:
    kept: list[Any] = []

    class Mine(AssistantEventHandler):
        def on_tool_call_created(self, tool_call: Any) -> None:
            kept.append(tool_call)

        def on_message_created(self, message: Message) -> None:
            kept.append(message)

    events = [
        step("step_1"),
        step_delta("step_1", begin_call("call_1", "{}")),
        step("step_1", call("call_1", "{}", "ok"), status="completed"),
        *message_events("msg_1", "a"),
        *END,
    ]
    handler = Mine()
    stream(client_of(*events), handler).until_done()
    tool_call, message = kept
    (real,) = handler.snapshot.messages

    assert isinstance(tool_call, FunctionToolCall)
    assert tool_call.function.output == "ok"
    match tool_call:
        case FunctionToolCall(id=id):
            assert id == "call_1"
        case _:
            raise AssertionError("a view matches what it shows")
    assert message == real
    assert real == message
    assert repr(message) == repr(real)
    assert message.to_dict() == real.to_dict()
    for same in (copy.copy(message), copy.deepcopy(message)):
        assert type(same) is Message
        assert same == real
    assert pickle.loads(pickle.dumps(message)) == real
    with pytest.raises(AttributeError):
        _ = message.nothing
    with pytest.raises(TypeError, match="unhashable"):
        hash(message)


def test_a_view_that_is_changed_stays_as_it_was_changed() -> None:
    told: list[str] = []
    kept: list[Text] = []

    class Mine(AssistantEventHandler):
        def on_text_delta(self, delta: Any, snapshot: Text) -> None:
            snapshot.value = f"<{snapshot.value}>"
            told.append(snapshot.value)
            kept.append(snapshot)

        def on_text_done(self, text: Text) -> None:
            text.value = text.value.upper()
            told.append(text.value)

        def on_message_done(self, message: Any) -> None:
            told.append(message.content[0].text.value)

    stream(client_of(*STORY), Mine()).until_done()

    assert told == ["<a>", "<ab>", "AB", "AB"]
    assert [text.value for text in kept] == ["<a>", "<ab>"]
