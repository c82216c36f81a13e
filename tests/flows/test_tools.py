"""The tool loop, polling and streaming, against the local service in memory."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from runs_core import Client, Endpoint, runs
from runs_core.errors import (
    DeadlineExceeded,
    InternalServerError,
    NotSent,
    OutcomeUnknown,
    StreamTruncated,
    ToolArgumentsInvalid,
    ToolError,
    ToolOutputsInvalid,
    ToolRoundsExceeded,
    TransportError,
    UnknownTool,
    UsageError,
)
from runs_core.flows.effects import Send
from runs_core.models import Run, ToolOutput
from runs_core.testing import (
    Call,
    Cut,
    InMemoryTransport,
    LocalService,
    Pause,
    Say,
    Script,
    ServiceReply,
    ServiceRequest,
    Turn,
)

ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
ONE_CALL = Turn((Call("add", {"a": 1, "b": 2}),))
TWO_CALLS = Turn((Call("add", {"a": 1, "b": 2}), Call("add", {"a": 3, "b": 4})))
ANSWER = Turn((Say("done"),))


class Bench:
    """A client on a local service that plays the given turns, and a thread to run."""

    def __init__(
        self, *turns: Turn, service: type[LocalService] = LocalService
    ) -> None:
        self.service = service(Script(turns))
        self.transport = InMemoryTransport(self.service)
        self.client = Client(self.transport, Endpoint("http://local.test/v1", "key"))
        beta = self.client.beta
        self.assistant = beta.assistants.create(model="m", tools=[ADD]).id
        self.thread = beta.threads.create(
            messages=[{"role": "user", "content": "go"}]
        ).id

    def submitted(self) -> list[list[dict[str, str]]]:
        return [
            received.json["tool_outputs"]
            for received in self.service.requests
            if received.path.endswith("/submit_tool_outputs")
        ]


def polled(bench: Bench, **options: Any) -> Run:
    return bench.client.run(
        runs.run_tools(bench.thread, assistant_id=bench.assistant, **options)
    )


def streamed(bench: Bench, **options: Any) -> Run:
    feed = runs.stream_tools(bench.thread, assistant_id=bench.assistant, **options)
    with bench.client.stream(feed) as stream:
        stream.until_done()
        return stream.result


Loop = Callable[..., Run]


@pytest.fixture(params=[polled, streamed], ids=["polled", "streamed"])
def loop(request: pytest.FixtureRequest) -> Loop:
    chosen: Loop = request.param
    return chosen


def add(a: int, b: int) -> int:
    return a + b


def test_every_call_is_answered_in_order_and_in_one_submission(loop: Loop) -> None:
    bench = Bench(TWO_CALLS, ONE_CALL, ANSWER)
    seen = []

    def spying(a: int, b: int) -> str:
        seen.append((a, b))
        return f"sum {a + b}"

    run = loop(bench, functions={"add": spying})

    assert run.status == "completed"
    assert seen == [(1, 2), (3, 4), (1, 2)]
    outputs = [[output["output"] for output in one] for one in bench.submitted()]
    assert outputs == [["sum 3", "sum 7"], ["sum 3"]]
    assert bench.service.executions["runs"] == 1
    assert bench.service.executions["submissions"] == 2


@pytest.mark.parametrize("several", [list, iter])
def test_functions_may_be_given_by_their_own_names(
    loop: Loop, several: Callable[[list[Any]], Any]
) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    assert loop(bench, functions=several([add])).status == "completed"
    assert bench.submitted()[0][0]["output"] == "3"


@pytest.mark.parametrize("kind", ["mapping", "objects", "dicts"])
def test_one_function_may_take_the_whole_batch(loop: Loop, kind: str) -> None:
    bench = Bench(TWO_CALLS, ANSWER)

    def batch(calls: list[Any]) -> Any:
        outputs = {call.id: call.function.arguments for call in reversed(calls)}
        match kind:
            case "mapping":
                return outputs
            case "objects":
                return [
                    ToolOutput(tool_call_id=i, output=o) for i, o in outputs.items()
                ]
            case _:
                return [{"tool_call_id": i, "output": o} for i, o in outputs.items()]

    assert loop(bench, functions=batch).status == "completed"
    (outputs,) = bench.submitted()
    assert [json.loads(output["output"])["a"] for output in outputs] == [3, 1]


@pytest.mark.parametrize(
    "batch",
    [
        lambda calls: {c.id: {"sum": 3} for c in calls},
        lambda calls: [ToolOutput(c.id, {"sum": 3}) for c in calls],
        lambda calls: [{"tool_call_id": c.id, "output": {"sum": 3}} for c in calls],
    ],
)
def test_an_output_of_the_whole_batch_is_json_unless_it_is_text(
    loop: Loop, batch: Any
) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    assert loop(bench, functions=batch).status == "completed"
    assert bench.submitted()[0][0]["output"] == '{"sum":3}'


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda calls: {}, "2 are missing"),
        (lambda calls: {calls[0].id: "x"}, "1 are missing"),
        (lambda calls: {**{c.id: "x" for c in calls}, "other": "x"}, "1 are for other"),
        (
            lambda calls: [
                ToolOutput(tool_call_id=c.id, output="x") for c in [*calls, calls[0]]
            ],
            "1 are there twice",
        ),
        (lambda calls: None, "not NoneType"),
        (lambda calls: ["x"], "not list"),
        (
            lambda calls: [{"tool_call_id": [], "output": ""} for _ in calls],
            "2 are missing, 1 are for other calls, 1 are there twice",
        ),
        (lambda calls: "text", "not str"),
        (lambda calls: [{"tool_call_id": calls[0].id}], "not list"),
        (lambda calls: ToolOutput(calls[0].id, "x"), "not ToolOutput"),
        (lambda calls: {c.id: object() for c in calls}, "cannot be written as JSON"),
        (
            lambda calls: [ToolOutput(c.id, object()) for c in calls],  # type: ignore[arg-type]
            "cannot be written as JSON",
        ),
    ],
)
def test_wrong_outputs_are_refused_before_sending(
    loop: Loop, wrong: Any, said: str
) -> None:
    bench = Bench(TWO_CALLS, ANSWER)

    with pytest.raises(ToolOutputsInvalid, match=said):
        loop(bench, functions=wrong)

    assert bench.submitted() == []
    assert bench.service.executions["cancellations"] == 1


def test_a_failing_function_cancels_the_run_and_raises(loop: Loop) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    cause = KeyError("secret detail")

    def failing(a: int, b: int) -> None:
        raise cause

    with pytest.raises(ToolError, match="'add' raised KeyError") as caught:
        loop(bench, functions={"add": failing})

    assert caught.value.__cause__ is cause
    assert caught.value.name == "add"
    assert caught.value.run is not None
    assert "secret" not in str(caught.value)
    assert bench.service.executions["cancellations"] == 1
    assert bench.submitted() == []


@pytest.mark.parametrize("functions", [{}, {"add": lambda a, b: 1 / 0}])
def test_an_error_says_whether_its_run_was_cancelled(
    loop: Loop, functions: dict[str, Any]
) -> None:
    with pytest.raises(ToolError, match=r"; its run was cancelled$"):
        loop(Bench(ONE_CALL, ANSWER), functions=functions)

    bench = Bench(ONE_CALL, ANSWER, service=CancelsNothing)
    with pytest.raises(ToolError, match=r"could not be cancelled \(Internal"):
        loop(bench, functions=functions)


class CancelsNothing(LocalService):
    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        if request.target.endswith("/cancel"):
            return ServiceReply(status=500, headers=(), chunks=[])
        return super().handle(request, now)


@pytest.mark.parametrize("wished", [True, False])
def test_promise_9_a_function_that_outlasts_the_deadline_leaves_no_run(
    loop: Loop, wished: bool
) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    bench.client = bench.client.with_options(deadline=60.0)

    def late(a: int, b: int) -> None:
        bench.transport.time += 100
        raise ValueError

    with pytest.raises(ToolError, match=r"could not be cancelled \(DeadlineExceeded"):
        loop(bench, functions={"add": late}, cancel_on_exit=wished)

    assert bench.service.executions["cancellations"] == wished


@pytest.mark.parametrize("name", ["idempotency-key", "Idempotency-Key"])
def test_promise_5_a_key_for_the_first_request_is_for_no_other(
    loop: Loop, name: str
) -> None:
    bench = Bench(ONE_CALL, ONE_CALL, ANSWER)
    headers = {name: "once", "x-other": "always"}
    loop(bench, functions=[add], extra_headers=headers)

    _, _, create, *later = bench.service.requests
    assert (create.header("idempotency-key"), create.header("x-other")) == (
        "once",
        "always",
    )
    assert {request.header("idempotency-key") for request in later} == {None}
    assert {request.header("x-other") for request in later} == {"always"}


def test_a_failing_function_can_become_the_output(loop: Loop) -> None:
    bench = Bench(ONE_CALL, ANSWER)

    def failing(a: int, b: int) -> None:
        raise ValueError("no such sum")

    run = loop(bench, functions={"add": failing}, on_tool_error="output")

    assert run.status == "completed"
    assert bench.submitted()[0][0]["output"] == "ValueError: no such sum"


def failing_batch(calls: list[Any]) -> None:
    raise KeyError("secret detail")


def test_a_function_for_the_whole_batch_fails_like_any_other(loop: Loop) -> None:
    bench = Bench(TWO_CALLS, ANSWER)
    with pytest.raises(ToolError, match="'failing_batch' raised KeyError") as caught:
        loop(bench, functions=failing_batch)

    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.run is not None
    assert "secret" not in str(caught.value)
    assert bench.service.executions["cancellations"] == 1
    assert bench.submitted() == []


def test_the_error_of_a_whole_batch_can_become_the_output_of_each(loop: Loop) -> None:
    bench = Bench(TWO_CALLS, ANSWER)
    run = loop(bench, functions=failing_batch, on_tool_error="output")

    assert run.status == "completed"
    (outputs,) = bench.submitted()
    assert [o["output"] for o in outputs] == ["KeyError: 'secret detail'"] * 2


@pytest.mark.parametrize(
    "lazily",
    [
        lambda calls: ({"tool_call_id": c.id, "output": 1 / 0} for c in calls),
        lambda calls: map(lambda call: 1 / 0, calls),
    ],
)
def test_what_a_function_for_the_whole_batch_makes_later_fails_like_it(
    loop: Loop, lazily: Any
) -> None:
    bench = Bench(TWO_CALLS, ANSWER)
    with pytest.raises(ToolError, match="raised ZeroDivisionError") as caught:
        loop(bench, functions=lazily)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert bench.service.executions["cancellations"] == 1

    bench = Bench(TWO_CALLS, ANSWER)
    loop(bench, functions=lazily, on_tool_error="output")
    (outputs,) = bench.submitted()
    assert [o["output"] for o in outputs] == ["ZeroDivisionError: division by zero"] * 2


def test_a_value_that_json_cannot_express_is_not_called_an_error_of_the_function(
    loop: Loop,
) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    with pytest.raises(ToolError, match="'add' returned a value that JSON") as caught:
        loop(bench, functions={"add": lambda a, b: {a, b}})
    assert isinstance(caught.value.__cause__, TypeError)

    bench = Bench(ONE_CALL, ANSWER)
    loop(bench, functions={"add": lambda a, b: {a, b}}, on_tool_error="output")
    assert "value of type set" in bench.submitted()[0][0]["output"]


def test_an_error_without_words_becomes_an_output_by_its_name(loop: Loop) -> None:
    class Wordless(Exception):
        def __str__(self) -> str:
            raise LookupError

    def failing(a: int, b: int) -> None:
        raise Wordless

    bench = Bench(ONE_CALL, ANSWER)
    loop(bench, functions={"add": failing}, on_tool_error="output")

    assert bench.submitted()[0][0]["output"] == "Wordless"


async def add_later(a: int, b: int) -> int:
    return a + b


async def add_all_later(calls: list[Any]) -> dict[str, int]:
    return {call.id: 0 for call in calls}


class AddsLater:
    async def __call__(self, a: int, b: int) -> int:
        return a + b


ASYNC = [{"add": add_later}, [add_later], add_all_later, {"add": AddsLater()}]


@pytest.mark.parametrize("functions", ASYNC)
def test_an_async_function_is_refused_by_name_before_its_run_is_created(
    loop: Loop, functions: Any
) -> None:
    bench = Bench(ONE_CALL, ANSWER)
    begun = len(bench.service.requests)
    with pytest.raises(UsageError, match=r"(add_(all_)?later|AddsLater) is async"):
        loop(bench, functions=functions)

    assert len(bench.service.requests) == begun


def test_an_async_on_poll_is_refused_by_name_before_its_run_is_created() -> None:
    async def on_poll(run: Run) -> None: ...

    bench = Bench(ANSWER)
    begun = len(bench.service.requests)
    ids = {"assistant_id": bench.assistant}
    for flow in (
        runs.run_tools(bench.thread, functions=[add], on_poll=on_poll, **ids),
        runs.create_and_poll(bench.thread, on_poll=on_poll, **ids),
        runs.poll("run_1", bench.thread, on_poll=on_poll),
    ):
        with pytest.raises(UsageError, match="on_poll is async"):
            bench.client.run(flow)

    assert len(bench.service.requests) == begun


@pytest.mark.parametrize("on_tool_error", ["raise", "output"])
@pytest.mark.parametrize("functions", [{"add": add_later}, add_all_later])
def test_what_shows_only_when_called_that_it_is_async_is_not_told_to_the_model(
    loop: Loop, functions: Any, on_tool_error: str
) -> None:
    def hidden(function: Any) -> Any:
        return lambda *args, **kwargs: function(*args, **kwargs)

    if isinstance(functions, dict):
        functions = {name: hidden(function) for name, function in functions.items()}
    else:
        functions = hidden(functions)
    bench = Bench(ONE_CALL, ANSWER)
    with pytest.raises(ToolError) as caught:
        loop(bench, functions=functions, on_tool_error=on_tool_error)

    assert re.search(r"<lambda> is async", str(caught.value.__cause__))
    assert bench.submitted() == []


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"', "1"])
def test_arguments_that_are_no_json_object_are_a_typed_error(
    loop: Loop, arguments: str
) -> None:
    bench = Bench(Turn((Call("add", arguments),)), ANSWER)

    with pytest.raises(ToolArgumentsInvalid, match="call to 'add'"):
        loop(bench, functions=[add])

    assert bench.service.executions["cancellations"] == 1


def test_a_call_of_a_function_that_was_not_given_is_a_typed_error(loop: Loop) -> None:
    with pytest.raises(UnknownTool, match="not among the functions given: other"):
        loop(Bench(ONE_CALL), functions={"other": add})


def test_a_function_that_a_server_names_is_one_short_line(loop: Loop) -> None:
    name = "a\n\x1b[31m" + "x" * 100_000
    with pytest.raises(UnknownTool) as caught:
        loop(Bench(Turn((Call(name, {}),))), functions={"other": add})

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700
    assert caught.value.name == name


def test_rounds_are_bounded(loop: Loop) -> None:
    bench = Bench(*[ONE_CALL] * 5, ANSWER)

    with pytest.raises(ToolRoundsExceeded, match="max_rounds"):
        loop(bench, functions=[add], max_rounds=3)

    assert len(bench.submitted()) == 3
    assert bench.service.executions["cancellations"] == 1


def test_promise_6_the_deadline_bounds_the_whole_loop(loop: Loop) -> None:
    bench = Bench(ONE_CALL, ANSWER)

    def slow(a: int, b: int) -> int:
        bench.transport.time += 100
        return a + b

    with pytest.raises(DeadlineExceeded) as caught:
        loop(bench, functions={"add": slow}, deadline=60.0)

    assert caught.value.run is not None


def test_the_stream_of_all_rounds_is_one_sequence_with_one_snapshot() -> None:
    bench = Bench(ONE_CALL, ANSWER)
    feed = runs.stream_tools(
        bench.thread, assistant_id=bench.assistant, functions=[add]
    )
    with bench.client.stream(feed) as stream:
        names = [event.event for event in stream]

    assert names.count("thread.run.requires_action") == 1
    assert names[-1] == "thread.run.completed"
    assert stream.snapshot.text == "done"
    assert [step.type for step in stream.snapshot.steps] == [
        "tool_calls",
        "message_creation",
    ]


def test_functions_need_names_of_their_own() -> None:
    with pytest.raises(UsageError, match="pass a mapping"):
        runs.run_tools("t", assistant_id="a", functions=[add, add])
    with pytest.raises(TypeError, match="functions"):
        runs.run_tools("t", assistant_id="a")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="max_rounds"):
        runs.run_tools("t", assistant_id="a", functions=[add], max_rounds=0)


def test_promise_6_the_deadline_bounds_creating_the_run_too() -> None:
    flow = runs.run_tools("t", assistant_id="a", functions=[add], deadline=60.0)
    next(flow)
    ask = flow.send(0.0)

    assert isinstance(ask, Send)
    assert ask.timeout == 60.0


class Rewriting(LocalService):
    """Says all that it says in another way."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        chunks = [
            self.rewritten(chunk) if isinstance(chunk, bytes) else chunk
            for chunk in reply.chunks
        ]
        return evolve(reply, chunks=chunks)

    def rewritten(self, chunk: bytes) -> bytes:
        raise NotImplementedError


class Sparse(Rewriting):
    """Leaves the thread out of its runs, and names each call twice."""

    def rewritten(self, chunk: bytes) -> bytes:
        if chunk.startswith(b"{"):
            return _sparse(chunk)
        return re.sub(rb"(?<=^data: )\{.*$", lambda m: _sparse(m[0]), chunk, flags=re.M)


def _sparse(text: bytes) -> bytes:
    value = json.loads(text)
    if value.get("object") == "thread.run":
        del value["thread_id"]
        if action := value["required_action"]:
            action["submit_tool_outputs"]["tool_calls"] *= 2
    return json.dumps(value).encode()


def test_a_server_may_leave_the_thread_out_and_name_calls_twice(loop: Loop) -> None:
    bench = Bench(TWO_CALLS, ANSWER, service=Sparse)
    run = loop(bench, functions=[add])

    assert (run.status, run.thread_id) == ("completed", None)
    (outputs,) = bench.submitted()
    assert [output["output"] for output in outputs] == ["3", "7"]


def test_a_run_without_its_thread_is_cancelled_where_its_tool_fails(loop: Loop) -> None:
    bench = Bench(ONE_CALL, service=Sparse)
    with pytest.raises(UnknownTool):
        loop(bench, functions={})

    assert bench.service.executions["cancellations"] == 1


def test_a_run_whose_tool_fails_is_cancelled_once(loop: Loop) -> None:
    bench = Bench(ONE_CALL)
    with pytest.raises(UnknownTool):
        loop(bench, functions={}, cancel_on_exit=True)

    cancels = [r for r in bench.service.requests if r.path.endswith("/cancel")]
    assert len(cancels) == 1


@pytest.mark.parametrize("error", [StopIteration("no"), StopAsyncIteration("no")])
def test_an_error_that_no_generator_can_raise_has_its_name(
    loop: Loop, error: Exception
) -> None:
    def stop(a: int, b: int) -> int:
        raise error

    name = type(error).__name__
    with pytest.raises(ToolError, match=f"raised {name}") as caught:
        loop(Bench(ONE_CALL), functions={"add": stop})
    assert caught.value.__cause__ is error

    bench = Bench(ONE_CALL, ANSWER)
    loop(bench, functions={"add": stop}, on_tool_error="output")
    assert bench.submitted()[0][0]["output"] == f"{name}: no"


def test_an_error_of_a_run_that_a_function_made_is_a_cause(loop: Loop) -> None:
    inner = ToolError("of another run")

    def nested(a: int, b: int) -> None:
        raise inner

    with pytest.raises(ToolError, match="'add' raised ToolError") as caught:
        loop(Bench(ONE_CALL), functions={"add": nested})

    assert caught.value.__cause__ is inner
    assert str(inner) == "of another run"
    assert inner.run is None


def test_promise_6_a_cancellation_that_hangs_keeps_no_error_back(loop: Loop) -> None:
    bench = Bench(ONE_CALL)

    class Slow(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            reply = super().handle(request, now)
            wait = [Pause(3600.0)] if request.target.endswith("/cancel") else []
            return evolve(reply, chunks=[*wait, *reply.chunks])

    bench.service.__class__ = Slow
    start = bench.transport.time
    with pytest.raises(UnknownTool):
        loop(bench, functions={})

    assert bench.transport.time - start <= 10.0


class Lagging(LocalService):
    """Shows a run that was given outputs as it was before them, some times."""

    times = 2
    late = 0
    shown: ServiceReply | None = None

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        if request.target.endswith("/submit_tool_outputs"):
            self.late = self.times
        elif request.method == "GET" and "/runs/" in request.target:
            if self.late and self.shown is not None:
                self.late -= 1
                return self.shown
            self.shown = reply
        return reply


class Reordering(Lagging):
    """Names the calls the other way round while it lags."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        stale = self.late and request.method == "GET"
        reply = super().handle(request, now)
        if not stale:
            return reply
        run = json.loads(b"".join(c for c in reply.chunks if isinstance(c, bytes)))
        run["required_action"]["submit_tool_outputs"]["tool_calls"].reverse()
        return evolve(reply, chunks=[json.dumps(run).encode()])


class FarBehind(Lagging):
    """Shows a run as it was when it first asked for something."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        first = self.shown
        reply = super().handle(request, now)
        if first is not None and b"requires_action" in b"".join(
            c for c in first.chunks if isinstance(c, bytes)
        ):
            self.shown = first
        return reply


def look_before(submit: ServiceRequest) -> ServiceRequest:
    """Return the request that looks at the run which these outputs are for."""
    target = submit.target.removesuffix("/submit_tool_outputs")
    return evolve(submit, method="GET", target=target, body=b"")


class CutAndLagging(Lagging):
    """Breaks the stream that follows outputs, and then lags."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        if not request.target.endswith("/submit_tool_outputs"):
            return super().handle(request, now)
        self.shown = LocalService.handle(self, look_before(request), now)
        reply = super().handle(request, now)
        return evolve(reply, chunks=itertools.islice(reply.chunks, 1))


class Stuck(Lagging):
    times = 10**9


@pytest.mark.parametrize("service", [Lagging, Reordering, FarBehind])
def test_no_call_is_answered_twice_where_the_server_lags(
    service: type[LocalService],
) -> None:
    bench = Bench(TWO_CALLS, ONE_CALL, ANSWER, service=service)
    called = []

    def counting(a: int, b: int) -> int:
        called.append((a, b))
        return a + b

    run = polled(bench, functions={"add": counting}, max_rounds=2)

    assert run.status == "completed"
    assert called == [(1, 2), (3, 4), (1, 2)]
    assert len(bench.submitted()) == 2
    assert bench.service.executions["submissions"] == 2


def test_no_call_is_answered_twice_where_a_stream_breaks_and_the_server_lags() -> None:
    bench = Bench(ONE_CALL, ANSWER, service=CutAndLagging)

    run = streamed(bench, functions=[add], max_rounds=1, resume="poll")

    assert run.status == "completed"
    assert len(bench.submitted()) == 1


class Repeating(LocalService):
    """Begins the stream that follows outputs with the run as it was before them."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        if not request.target.endswith("/submit_tool_outputs"):
            return super().handle(request, now)
        look = look_before(request)
        run = b"".join(c for c in super().handle(look, now).chunks if type(c) is bytes)
        reply = super().handle(request, now)
        line = json.dumps(json.loads(run))
        again = f"event: thread.run.requires_action\ndata: {line}\n\n".encode()
        return evolve(reply, chunks=itertools.chain([again], self.rest(reply)))

    def rest(self, reply: ServiceReply) -> Iterable[bytes | Pause]:
        return [Pause(60.0), *reply.chunks]


class RepeatingOnly(Repeating):
    def rest(self, reply: ServiceReply) -> Iterable[bytes | Pause]:
        for _ in reply.chunks:  # The run goes on while its stream says no more.
            pass
        return [b"event: done\ndata: [DONE]\n\n"]


def test_no_call_is_answered_twice_where_a_stream_repeats_it() -> None:
    bench = Bench(TWO_CALLS, ONE_CALL, ANSWER, service=Repeating)
    called = []

    def counting(a: int, b: int) -> int:
        called.append((a, b))
        return a + b

    assert streamed(bench, functions={"add": counting}).status == "completed"
    assert called == [(1, 2), (3, 4), (1, 2)]
    assert len(bench.submitted()) == 2


def test_a_stream_that_says_no_more_than_what_was_answered_is_truncated() -> None:
    bench = Bench(ONE_CALL, ANSWER, service=RepeatingOnly)
    with pytest.raises(StreamTruncated) as caught:
        streamed(bench, functions=[add])
    assert caught.value.last_event == "thread.run.requires_action"
    assert len(bench.submitted()) == 1

    bench = Bench(ONE_CALL, ANSWER, service=RepeatingOnly)
    run = streamed(bench, functions=[add], resume="poll")
    assert run.status == "completed"
    assert len(bench.submitted()) == 1


class Hasty(Rewriting):
    """Says that a run waits before the run's own status does."""

    def rewritten(self, chunk: bytes) -> bytes:
        return chunk.replace(b'"status":"requires_action"', b'"status":"in_progress"')


def test_calls_are_answered_though_the_status_lags_behind_the_event() -> None:
    bench = Bench(ONE_CALL, ANSWER, service=Hasty)

    assert streamed(bench, functions=[add]).status == "completed"
    assert len(bench.submitted()) == 1


def test_promise_6_a_server_that_never_sees_the_outputs_is_left_at_the_deadline() -> (
    None
):
    bench = Bench(ONE_CALL, ANSWER, service=Stuck)

    with pytest.raises(DeadlineExceeded, match="still requires_action") as caught:
        polled(bench, functions=[add], deadline=60.0)

    assert caught.value.run is not None
    assert len(bench.submitted()) == 1


class Breaking(LocalService):
    """Answers with a 500 once a run has begun."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        if self.executions["runs"]:
            return ServiceReply(status=500, headers=(), chunks=[])
        return super().handle(request, now)


def test_an_error_after_the_run_has_begun_has_a_note_that_says_so() -> None:
    bench = Bench(ANSWER, service=Breaking)
    begins = runs.create_and_poll(bench.thread, assistant_id=bench.assistant)
    with pytest.raises(InternalServerError) as caught:
        bench.client.run(begins)

    assert caught.value.run is not None
    (note,) = caught.value.__notes__
    assert note == f"run {caught.value.run.id} has begun"
    # Who asks for a run by its id knows that.
    with pytest.raises(InternalServerError) as caught:
        bench.client.run(runs.poll("run_1", bench.thread))
    assert not hasattr(caught.value, "__notes__")


def test_a_stream_with_tools_that_breaks_has_a_note_that_its_run_has_begun() -> None:
    bench = Bench(Turn((Say("a"), Cut())))
    feed = runs.stream_tools(bench.thread, assistant_id=bench.assistant, functions=[])
    with pytest.raises(StreamTruncated) as caught:
        bench.client.stream(feed).until_done()

    (note,) = caught.value.__notes__
    assert note == f"run {caught.value.run_id} has begun"


def unsent(*args: object) -> ServiceReply:
    raise NotSent("nobody listens")


def test_a_poll_that_could_not_ask_for_its_run_began_none() -> None:
    bench = Bench(ANSWER)
    run = bench.client.run(runs.create(bench.thread, assistant_id=bench.assistant))
    bench.service.handle = unsent  # type: ignore[method-assign]
    with pytest.raises(NotSent) as caught:
        bench.client.run(runs.poll(run.id, bench.thread))

    assert not hasattr(caught.value, "__notes__")


class UnsentLater(LocalService):
    """Cannot be reached once a run has begun."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        return unsent() if self.executions["runs"] else super().handle(request, now)


def test_what_could_not_be_sent_after_a_run_began_keeps_what_is_known() -> None:
    bench = Bench(ANSWER, service=UnsentLater)
    begins = runs.create_and_poll(bench.thread, assistant_id=bench.assistant)
    with pytest.raises(TransportError) as caught:
        bench.client.run(begins)

    assert not isinstance(caught.value, NotSent)
    assert caught.value.run is not None
    assert caught.value.retries_taken == 2


class CutSubmission(LocalService):
    """Carries out the submission of outputs, and answers without an event."""

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        is_submission = request.target.endswith("/submit_tool_outputs")
        return evolve(reply, chunks=[]) if is_submission else reply


def test_promise_5_outputs_without_an_event_after_them_were_perhaps_taken() -> None:
    bench = Bench(ONE_CALL, ANSWER, service=CutSubmission)
    with pytest.raises(StreamTruncated) as caught:
        streamed(bench, functions=[add])

    assert isinstance(caught.value, OutcomeUnknown)
    assert caught.value.operation == "runs.submit_tool_outputs"


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_outputs_of_a_batch_that_json_cannot_express_are_a_typed_error(
    loop: Loop, value: object
) -> None:
    bench = Bench(ONE_CALL)
    with pytest.raises(ToolOutputsInvalid, match="cannot be written as JSON"):
        loop(bench, functions=lambda calls: {call.id: value for call in calls})


@pytest.mark.parametrize("error", [RuntimeError("no"), ValueError("no")])
def test_an_error_of_a_function_is_named_whatever_its_cause(
    loop: Loop, error: Exception
) -> None:
    def fail(a: int, b: int) -> None:
        raise error from (StopIteration() if isinstance(error, ValueError) else None)

    with pytest.raises(ToolError, match=f"raised {type(error).__name__}") as caught:
        loop(Bench(ONE_CALL), functions={"add": fail})

    assert caught.value.__cause__ is error


class Argumentless(LocalService):
    """Sends no arguments with a call, in its own way."""

    arguments: str | None = None

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        sent = json.loads(b"".join(c for c in reply.chunks if isinstance(c, bytes)))
        if action := sent.get("required_action"):
            (call,) = action["submit_tool_outputs"]["tool_calls"]
            call["function"]["arguments"] = self.arguments
        return evolve(reply, chunks=[json.dumps(sent).encode()])


@pytest.mark.parametrize("arguments", ["", None])
def test_a_call_without_arguments_calls_without_any(arguments: str | None) -> None:
    bench = Bench(ONE_CALL, ANSWER, service=Argumentless)
    bench.service.arguments = arguments  # type: ignore[attr-defined]

    assert polled(bench, functions={"add": lambda: "sum"}).status == "completed"
    assert bench.submitted()[0][0]["output"] == "sum"


def test_a_function_without_a_name_is_refused_in_a_list() -> None:
    with pytest.raises(UsageError, match="name of its own"):
        runs.run_tools("t", assistant_id="a", functions=[partial(add, a=1)])


def test_a_run_may_ask_ten_times_unless_more_are_wished(loop: Loop) -> None:
    bench = Bench(*[ONE_CALL] * 12, ANSWER)
    with pytest.raises(ToolRoundsExceeded, match="more than 10 times"):
        loop(bench, functions=[add])

    assert len(bench.submitted()) == 10
