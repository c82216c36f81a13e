"""A stream that broke, finished by polling its run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from attrs import evolve

from runs_core import Client, Endpoint, runs, threads
from runs_core.errors import (
    DeadlineExceeded,
    NotFoundError,
    NotSent,
    OutcomeUnknown,
    RateLimitError,
    StreamTruncated,
    TransportError,
)
from runs_core.event_stream import EventStream
from runs_core.flows.polling import POLL_DEADLINE
from runs_core.flows.resume import ids_of
from runs_core.models import Message, TextContentBlock
from runs_core.testing import (
    Call,
    CodeInterpreter,
    InMemoryTransport,
    LocalService,
    Pause,
    Say,
    Script,
    ServiceReply,
    ServiceRequest,
    Turn,
)
from tests.fakes import Exchange, FakeTransport
from tests.stream.build import applied, run

ANSWER = Turn((CodeInterpreter("1+1", logs="2"), Say("first"), Say("and another")))


class CutService(LocalService):
    """Ends each event stream after `cut` bytes, quietly or by an error."""

    cut: int | None = None
    error: Exception | None = None
    sent = 0

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        if not any("event-stream" in value for _, value in reply.headers):
            return reply
        return ServiceReply(
            status=reply.status,
            headers=reply.headers,
            chunks=self._until_cut(reply.chunks),
        )

    def _until_cut(self, chunks: Iterable[bytes | Pause]) -> Iterator[bytes | Pause]:
        self.sent = 0
        for chunk in chunks:
            if isinstance(chunk, bytes):
                if self.cut is not None and self.sent + len(chunk) > self.cut:
                    yield chunk[: self.cut - self.sent]
                    break
                self.sent += len(chunk)
            yield chunk
        if self.error is not None and self.cut is not None:
            raise self.error


class Bench:
    def __init__(self, *turns: Turn, cut: int | None = None) -> None:
        self.service = CutService(Script(turns or (ANSWER,)))
        self.service.cut = cut
        self.transport = InMemoryTransport(self.service)
        self.client = Client(self.transport, Endpoint("http://l.test/v1", "k"))
        self.assistant = self.client.beta.assistants.create(
            model="m", tools=[{"type": "function", "function": {"name": "f"}}]
        ).id
        question = {"role": "user", "content": "go"}
        self.thread = self.client.beta.threads.create(messages=[question]).id

    def stream(self, resume: str | None = "poll") -> EventStream:
        options = {} if resume is None else {"resume": resume}
        return self.client.stream(
            runs.stream(self.thread, assistant_id=self.assistant, **options)  # type: ignore[arg-type]
        )


def names(stream: EventStream) -> list[tuple[str, bool]]:
    return [(event.event, event.synthetic) for event in stream]


@pytest.fixture(scope="module")
def whole() -> tuple[list[str], int]:
    """The names of the uncut stream's events, and its length in bytes."""
    bench = Bench()
    return [name for name, _ in names(bench.stream())], bench.service.sent


def text(message: Message) -> str:
    (block,) = message.content
    assert isinstance(block, TextContentBlock)
    return block.text.value


ENDS = (".completed", ".incomplete", ".failed", ".cancelled", ".expired")


def test_promise_3_cut_anywhere_the_caller_sees_one_sequence(
    whole: tuple[list[str], int],
) -> None:
    expected, size = whole
    for cut in range(1000, size, 97):
        bench = Bench(cut=cut)
        stream = bench.stream()
        seen = names(stream)

        real = [name for name, synthetic in seen if not synthetic]
        made = [name for name, synthetic in seen if synthetic]
        assert real == expected[: len(real)]
        # Each end is told once, by the stream or by the client, the run's last.
        ends = [name for name in expected if name.endswith(ENDS)]
        assert sorted([n for n in real if n.endswith(ENDS)] + made) == sorted(ends)
        assert seen[-1][0] == "thread.run.completed"
        assert stream.result.status == "completed"
        assert [
            m.content[0].to_dict()["text"]["value"] for m in stream.snapshot.messages
        ] == [
            "first",
            "and another",
        ]
        assert all(step.status == "completed" for step in stream.snapshot.steps)
        assert bench.service.executions["runs"] == 1


def test_a_connection_that_breaks_is_finished_too() -> None:
    bench = Bench(cut=3000)
    bench.service.error = ConnectionResetError()

    assert names(bench.stream())[-1] == ("thread.run.completed", True)


def test_a_stream_that_falls_silent_is_finished_too() -> None:
    bench = Bench(Turn((Say("a"), Pause(400.0), Say("b"))))

    assert names(bench.stream())[-1] == ("thread.run.completed", True)


def test_a_run_that_waits_for_tools_ends_in_its_requires_action() -> None:
    bench = Bench(Turn((Call("f", {}),)), cut=3500)

    assert names(bench.stream())[-1] == ("thread.run.requires_action", True)


def test_a_stream_that_began_with_its_thread_is_finished_too() -> None:
    bench = Bench(cut=4000)
    feed = threads.create_and_run_stream(assistant_id=bench.assistant, resume="poll")

    assert names(bench.client.stream(feed))[-1] == ("thread.run.completed", True)


def test_a_streams_ids_are_those_of_its_request_or_of_its_events() -> None:
    begun = threads.create_and_run(assistant_id="a").request
    asked = runs.retrieve("run_1", "thread_1").request
    queued = applied(("run.queued", run("queued", thread_id="thread_2")))
    made = applied(("created", {"id": "thread_3", "object": "thread"}))

    assert ids_of(begun, applied()) == (None, None)
    assert ids_of(begun, queued) == ("run_1", "thread_2")
    assert ids_of(begun, made) == (None, "thread_3")
    assert ids_of(asked, applied()) == ("run_1", "thread_1")
    assert ids_of(asked, queued) == ("run_1", "thread_1")


def test_without_a_run_id_a_truncated_stream_raises() -> None:
    with pytest.raises(StreamTruncated) as caught:
        names(Bench(cut=40).stream())

    assert caught.value.run_id is None


def test_unasked_a_truncated_stream_raises() -> None:
    with pytest.raises(StreamTruncated):
        names(Bench(cut=3000).stream(resume=None))


def test_promise_6_the_streams_deadline_bounds_its_polling_too() -> None:
    bench = Bench(Turn((Say("a"), Pause(500.0), Say("b"))), cut=4300)
    feed = runs.stream(
        bench.thread, assistant_id=bench.assistant, resume="poll", deadline=20.0
    )
    start = bench.transport.time
    with pytest.raises(DeadlineExceeded) as caught:
        bench.client.stream(feed).until_done()

    assert bench.transport.time - start <= 20.0
    assert isinstance(caught.value.__cause__, StreamTruncated)
    assert caught.value.run is not None


@pytest.mark.parametrize("how", [ConnectionResetError(), NotSent("nobody listens")])
def test_an_error_while_finishing_names_the_broken_stream(how: Exception) -> None:
    bench = Bench(cut=3000)
    stream = bench.stream()
    for _ in range(3):
        next(stream)

    def lost(*args: object) -> ServiceReply:
        raise how

    bench.service.handle = lost  # type: ignore[method-assign]
    with pytest.raises(TransportError) as caught:
        stream.until_done()

    assert not isinstance(caught.value, NotSent | OutcomeUnknown)
    causes: list[type] = []
    error: BaseException | None = caught.value
    while error is not None:
        causes.append(type(error))
        error = error.__cause__ or error.__context__
    assert StreamTruncated in causes


class Submitting(CutService):
    """Breaks the stream that continues a run before its first event, then fails."""

    how: Exception

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        if self.executions["submissions"]:
            raise self.how
        reply = super().handle(request, now)
        self.cut = 0
        return reply


@pytest.mark.parametrize("how", [NotSent("nobody listens"), ConnectionResetError()])
def test_promise_5_polling_that_fails_hides_no_unknown_outcome(how: Exception) -> None:
    bench = Bench(Turn((Call("f", {}),)))
    run = bench.client.run(
        runs.create_and_poll(bench.thread, assistant_id=bench.assistant)
    )
    assert run.required_action
    assert run.required_action.submit_tool_outputs
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    bench.service.__class__ = Submitting
    bench.service.how = how  # type: ignore[attr-defined]
    feed = runs.submit_tool_outputs_stream(
        run.id,
        run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "x"}],
        resume="poll",
    )
    with pytest.raises(OutcomeUnknown) as caught:
        bench.client.stream(feed).until_done()

    assert bench.service.executions["submissions"] == 1
    assert isinstance(caught.value, TransportError)
    assert not isinstance(caught.value, NotSent)
    assert caught.value.operation == "runs.submit_tool_outputs"
    assert caught.value.run_id == run.id


class Listing(CutService):
    """Lists messages and steps in its own way, after `wait` seconds for each page."""

    wait = 0.0
    circle = False
    endless = False
    pages = 0
    unnamed = False
    unfiltered = False
    timeless = False
    message_status: str | None = None
    later = 0
    status = 200
    steps_status: int | None = None

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        path = request.target.partition("?")[0]
        if request.method != "GET" or not path.endswith(("/messages", "/steps")):
            return super().handle(request, now)
        again = self.circle or self.endless
        all_of_thread = again or self.unnamed or self.unfiltered
        asked = (
            evolve(request, target=f"{path}?order=asc") if all_of_thread else request
        )
        reply = super().handle(asked, now)
        sent = b"".join(c for c in reply.chunks if isinstance(c, bytes))
        page = json.loads(sent)
        page["has_more"] = page["has_more"] or again
        if self.endless:
            # Always a page that was never seen.
            self.pages += 1
            page["data"] = [{**page["data"][0], "id": f"new_{self.pages}"}]
        if self.unnamed and path.endswith("/messages"):
            page["data"] = [{**m, "run_id": None} for m in page["data"]]
        if self.timeless:
            page["data"] = [{**m, "created_at": None} for m in page["data"]]
        if self.later and path.endswith("/messages"):
            data = page["data"]
            page["data"] = [
                {**m, "created_at": m["created_at"] + self.later} for m in data
            ]
        if self.message_status and path.endswith("/messages"):
            page["data"] = [{**m, "status": self.message_status} for m in page["data"]]
        status = (path.endswith("/steps") and self.steps_status) or self.status
        return ServiceReply(
            status=status,
            headers=[("content-type", "application/json")],
            chunks=[Pause(self.wait), json.dumps(page).encode()],
        )


def listing(cut: int, **ways: Any) -> Bench:
    bench = Bench(cut=cut)
    bench.service.__class__ = Listing
    for name, value in ways.items():
        setattr(bench.service, name, value)
    return bench


def test_promise_6_pages_in_a_circle_end_and_tell_each_event_once() -> None:
    bench = listing(3000, circle=True)
    made = [name for name, synthetic in names(bench.stream()) if synthetic]

    assert made.count("thread.message.completed") == 2
    assert made.count("thread.run.step.completed") == 3
    assert made[-1] == "thread.run.completed"


def test_promise_6_the_streams_deadline_bounds_its_listing_too() -> None:
    bench = listing(3000, wait=400.0)
    feed = runs.stream(
        bench.thread, assistant_id=bench.assistant, resume="poll", deadline=60.0
    )
    start = bench.transport.time
    with pytest.raises(DeadlineExceeded):
        bench.client.stream(feed).until_done()

    assert bench.transport.time - start <= 60.0


def test_promise_6_without_a_deadline_polling_and_listing_have_its_default() -> None:
    bench = listing(3000, endless=True, wait=1.0)
    start = bench.transport.time
    with pytest.raises(DeadlineExceeded):
        bench.stream().until_done()

    assert POLL_DEADLINE - 2 <= bench.transport.time - start <= POLL_DEADLINE


def test_where_nothing_can_be_listed_the_error_has_the_run_as_it_ended() -> None:
    with pytest.raises(NotFoundError) as caught:
        listing(3000, status=404).stream().until_done()

    assert isinstance(caught.value.__cause__, StreamTruncated)
    assert caught.value.run is not None
    assert caught.value.run.status == "completed"


def test_messages_that_the_stream_began_end_though_they_name_no_run() -> None:
    whole = Bench()
    names(whole.stream())
    size = whole.service.sent
    bench = listing(size - 2000, unnamed=True, timeless=True)
    seen = names(bench.stream())

    assert [n for n, _ in seen].count("thread.message.completed") == 2
    assert ("thread.message.completed", True) in seen


def told(stream: EventStream) -> list[str]:
    """Return the texts of the messages that polling said were completed."""
    return [
        text(event.data)
        for event in stream
        if event.event == "thread.message.completed" and event.synthetic
    ]


def second_run(**ways: Any) -> EventStream:
    """Return the stream of a thread's second run, cut before its first message."""
    bench = listing(2000, **ways)
    bench.service.cut = None
    names(bench.stream())
    bench.transport.time += 60.0
    bench.service.cut = 2000
    return bench.stream()


def test_messages_that_name_no_run_are_the_runs_if_they_came_since_it_began() -> None:
    assert told(second_run()) == ["first", "and another"]
    assert told(second_run(unnamed=True)) == ["first", "and another"]
    assert told(second_run(unnamed=True, timeless=True)) == []


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_server_that_lists_no_steps_has_none(status: int) -> None:
    seen = names(listing(2000, steps_status=status).stream())
    made = [name for name, synthetic in seen if synthetic]

    assert made == ["thread.message.completed"] * 2 + ["thread.run.completed"]


def test_a_server_that_refuses_to_list_steps_is_believed() -> None:
    with pytest.raises(RateLimitError):
        listing(2000, steps_status=429).stream().until_done()


def test_messages_that_name_another_run_are_not_this_ones() -> None:
    # Within one second, so that only the names tell them apart.
    bench = listing(2000, unfiltered=True)
    bench.service.cut = None
    names(bench.stream())
    bench.service.cut = 2000

    assert told(bench.stream()) == ["first", "and another"]


class Dated(Listing):
    """Gives the run's time in its own way."""

    time: Any = None

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        if request.method != "GET" or not request.target.count("/runs/run_"):
            return reply
        sent = b"".join(c for c in reply.chunks if isinstance(c, bytes))
        run = {**json.loads(sent), "created_at": self.time}
        return evolve(reply, chunks=[json.dumps(run).encode()])


@pytest.mark.parametrize(
    ("time", "expected"), [(None, []), ("now", []), (0.5, ["first", "and another"])]
)
def test_a_time_that_is_no_number_makes_no_message_the_runs(
    time: Any, expected: list[str]
) -> None:
    bench = listing(2000, unnamed=True, steps_status=404)
    bench.service.__class__ = Dated
    bench.service.time = time  # type: ignore[attr-defined]

    assert told(bench.stream()) == expected


def test_messages_that_came_after_a_run_are_not_its_own() -> None:
    bench = listing(2000, unnamed=True, later=3600)

    assert told(bench.stream()) == []


@pytest.mark.parametrize(("status", "count"), [("incomplete", 2), ("in_progress", 0)])
def test_a_message_ends_as_it_is_listed(status: str, count: int) -> None:
    seen = names(listing(2000, message_status=status).stream())
    made = [name for name, synthetic in seen if synthetic and "message" in name]

    assert made == count * [f"thread.message.{status}"]


def test_a_stream_whose_thread_is_unknown_cannot_be_finished() -> None:
    begun = {"id": "r", "object": "thread.run", "status": "queued"}
    sent = f"event: thread.run.created\ndata: {json.dumps(begun)}\n\n".encode()
    sse = Exchange(200, [("content-type", "text/event-stream")], [sent])
    client = Client(FakeTransport(sse), Endpoint("http://l.test/v1", "k"))
    feed = threads.create_and_run_stream(assistant_id="a", resume="poll")
    with pytest.raises(StreamTruncated) as caught:
        client.stream(feed).until_done()

    assert caught.value.run_id == "r"
