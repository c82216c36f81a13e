"""Waiting for a run by looking at it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.api import threads
from runs_core.errors import (
    DeadlineExceeded,
    InvalidOption,
    MalformedResponse,
    NotFoundError,
    OutcomeUnknown,
    TransportError,
    UsageError,
)
from runs_core.flows.call import Call, json_answer
from runs_core.flows.effects import Flow, Invoke, Now, Send, Sleep
from runs_core.flows.polling import PollOptions, poll_flow, then_poll
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.seen import Seen, naming_run
from runs_core.lifecycle import RUN_ENDS
from runs_core.models import Run
from runs_core.wire.http import Response
from tests.flows.transcript import perform

LOOK = Call(
    ApiRequest(
        operation="runs.retrieve",
        method="GET",
        template="/threads/{thread_id}/runs/{run_id}",
        ids=(("thread_id", "t"), ("run_id", "r")),
        repeat=Repeat.SAFE,
    ),
    json_answer(Run),
)
CREATE = Call(
    ApiRequest(operation="runs.create", method="POST", template="/x", body=b"{}"),
    json_answer(Run),
)


def answer(status: Any, poll_after: str | None = None) -> Response:
    run = {"id": "r", "object": "thread.run", "thread_id": "t", "status": status}
    headers = {} if poll_after is None else {"openai-poll-after-ms": poll_after}
    return Response(200, headers, json.dumps(run).encode())


def polling(options: PollOptions) -> Flow[Run]:
    seen = Seen()
    return naming_run(poll_flow(LOOK, options, seen), seen)


def poll(*lines: Any, **options: Any) -> Run:
    return perform(polling(PollOptions(**options)), lines)


def unbounded(*lines: Any, **options: Any) -> Run:
    """Without deadline only the first look at the clock is in the transcript."""
    return poll((Now, 0.0), *lines, deadline=None, **options)


LOOKS = Send(LOOK.request)


@pytest.mark.parametrize("status", sorted(RUN_ENDS))
def test_polling_ends_when_the_run_has_ended_or_asks_for_action(status: str) -> None:
    assert unbounded((LOOKS, answer(status))).status == status


@pytest.mark.parametrize(
    "status",
    ["queued", "in_progress", "cancelling", "paused", "", None, 7, [], {"a": 1}],
)
def test_promise_6_any_other_status_is_waited_for(status: Any) -> None:
    run = unbounded(
        (LOOKS, answer(status)), (Sleep, None), (LOOKS, answer("completed"))
    )

    assert run.status == "completed"


def test_the_first_look_is_at_once() -> None:
    flow = polling(PollOptions(deadline=None))

    assert next(flow) == Now()
    assert flow.send(0.0) == LOOKS


def wait_after(response: Response, **options: Any) -> float:
    flow = polling(PollOptions(deadline=None, **options))
    next(flow)
    flow.send(0.0)
    sleep = flow.send(response)
    assert isinstance(sleep, Sleep)
    assert sleep.jitter == 0.0
    return sleep.seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1.0),
        ("500", 0.5),
        ("2500.5", 2.5005),
        ("0", 0.1),
        ("99", 0.1),
        ("30000", 30.0),
        ("30001", 30.0),
        ("999999999999", 30.0),
        ("", 1.0),
        ("-5", 1.0),
        ("12ms", 1.0),
        ("0x10", 1.0),
        ("1e3", 1.0),
        ("nan", 1.0),
        ("inf", 1.0),
        ("9" * 5000, 1.0),
    ],
)
def test_promise_6_the_servers_wish_is_kept_within_limits_and_junk_ignored(
    header: str | None, seconds: float
) -> None:
    assert wait_after(answer("queued", header)) == pytest.approx(seconds)


@given(st.text(max_size=30))
def test_promise_6_no_header_makes_a_hot_loop_or_a_hang(header: str) -> None:
    assert 0.1 <= wait_after(answer("queued", header)) <= 30.0


@pytest.mark.parametrize("interval", [100, 250.5, 100_000])
def test_the_callers_interval_wins_over_the_servers(interval: float) -> None:
    wait = wait_after(answer("queued", "500"), poll_interval_ms=interval)

    assert wait == interval / 1000


@pytest.mark.parametrize("interval", [0, 0.001, 99])
def test_promise_6_no_wish_of_the_caller_makes_a_hot_loop(interval: float) -> None:
    assert wait_after(answer("queued"), poll_interval_ms=interval) == 0.1


@pytest.mark.parametrize("interval", [86_400_001, 1e13, 10**300])
def test_promise_6_no_wish_of_the_caller_is_longer_than_a_day(interval: float) -> None:
    assert wait_after(answer("queued"), poll_interval_ms=interval) == 86_400.0


def test_a_number_that_python_does_not_write_out_is_refused_by_name() -> None:
    for bad in (10**5000, -(10**5000)):
        with pytest.raises(InvalidOption, match="poll_interval_ms must be 0 or more"):
            PollOptions(poll_interval_ms=bad)


def test_promise_6_the_servers_wish_is_read_afresh_at_every_answer() -> None:
    seconds = []

    def sleeps(ask: Any) -> bool:
        seconds.append(ask.seconds)
        return isinstance(ask, Sleep)

    unbounded(
        (LOOKS, answer("queued", "200")),
        (sleeps, None),
        (LOOKS, answer("queued")),
        (sleeps, None),
        (LOOKS, answer("queued", "700")),
        (sleeps, None),
        (LOOKS, answer("completed")),
    )

    assert seconds == [0.2, 1.0, 0.7]


def test_promise_6_polling_ends_at_the_deadline_with_the_run_as_last_seen() -> None:
    with pytest.raises(
        DeadlineExceeded, match="still in_progress at the dead"
    ) as caught:
        poll(
            (Now, 100.0),
            (Now, 100.0),
            (Send(LOOK.request, timeout=3.0), answer("in_progress")),
            (Now, 100.5),
            (Sleep(2.0, reason="polling: the run is in_progress"), None),
            (Now, 102.5),
            (Send(LOOK.request, timeout=0.5), answer("in_progress")),
            (Now, 102.6),
            (lambda ask: ask.seconds == pytest.approx(0.4), None),
            (Now, 103.0),
            deadline=3.0,
            poll_interval_ms=2000,
        )

    assert caught.value.run is not None
    assert caught.value.run.status == "in_progress"


def test_promise_6_a_look_that_takes_too_long_ends_with_the_run_as_last_seen() -> None:
    with pytest.raises(DeadlineExceeded, match="run is still queued at") as caught:
        poll(
            (Now, 100.0),
            (Now, 100.0),
            (Send(LOOK.request, timeout=3.0), answer("queued")),
            (Now, 100.5),
            (Sleep(1.0, reason="polling: the run is queued"), None),
            (Now, 101.5),
            (
                Send(LOOK.request, timeout=1.5),
                DeadlineExceeded("runs.retrieve is late"),
            ),
            (Now, 103.0),
            deadline=3.0,
        )

    assert caught.value.run is not None
    assert isinstance(caught.value.__cause__, DeadlineExceeded)


def test_a_clients_own_deadline_that_passes_before_is_not_pollings() -> None:
    with pytest.raises(DeadlineExceeded, match=r"^runs.retrieve is late$"):
        poll(
            (Now, 100.0),
            (Now, 100.0),
            (
                Send(LOOK.request, timeout=3.0),
                DeadlineExceeded("runs.retrieve is late"),
            ),
            (Now, 101.0),
            deadline=3.0,
        )


def test_a_status_is_one_short_line_in_the_log_and_in_the_error() -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        poll(
            (Now, 100.0),
            (Now, 100.0),
            (Send(LOOK.request, timeout=3.0), answer("odd\n\x1b[31m" + "x" * 1000)),
            (Now, 100.5),
            (lambda ask: ask.reason.isprintable() and len(ask.reason) < 600, None),
            (Now, 103.0),
            deadline=3.0,
        )

    assert "the run is still odd \ufffd[31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 700


def test_promise_6_the_deadline_is_15_minutes_by_default() -> None:
    flow = polling(PollOptions())
    next(flow)
    flow.send(0.0)

    assert flow.send(0.0) == Send(LOOK.request, timeout=900.0)


def test_a_deadline_of_nothing_is_over_at_once() -> None:
    with pytest.raises(DeadlineExceeded, match="was not seen") as caught:
        poll((Now, 1.0), (Now, 1.0), deadline=0)

    assert caught.value.run is None


STATUSES = st.sampled_from(["queued", "in_progress", "cancelling", "new", None])


@given(
    statuses=st.lists(STATUSES, min_size=1),
    header=st.none() | st.sampled_from(["0", "70", "5000", "junk"]),
    deadline=st.floats(0.0, 60.0),
)
def test_promise_6_a_run_that_never_ends_is_left_in_time(
    statuses: list[Any], header: str | None, deadline: float
) -> None:
    """A model of a server that answers at once, for ever."""
    now, looks = 0.0, 0
    flow = polling(PollOptions(deadline=deadline))
    reply: Any = None
    while True:
        try:
            ask = flow.send(reply)
        except DeadlineExceeded:
            break
        reply = None
        if isinstance(ask, Now):
            reply = now
        elif isinstance(ask, Sleep):
            now += ask.seconds
        else:
            assert isinstance(ask, Send)
            reply = answer(statuses[looks % len(statuses)], header)
            looks += 1

    assert now <= deadline + 1e-6
    assert looks <= deadline / 0.1 + 2


def test_the_callers_function_sees_the_run_after_each_look() -> None:
    def on_poll(run: Run) -> None:
        raise AssertionError("the transcript answers in its place")

    def shows(status: str) -> Any:
        return lambda ask: (
            isinstance(ask, Invoke)
            and ask.function is on_poll
            and ask.args[0].status == status
        )

    unbounded(
        (LOOKS, answer("queued")),
        (shows("queued"), None),
        (Sleep, None),
        (LOOKS, answer("completed")),
        (shows("completed"), None),
        on_poll=on_poll,
    )


def test_what_the_callers_function_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        unbounded(
            (LOOKS, answer("queued")), (Invoke, ZeroDivisionError()), on_poll=print
        )


@pytest.mark.parametrize(
    ("reply", "cls"),
    [
        (Response(404), NotFoundError),
        (Response(200, {}, b"{"), MalformedResponse),
        (TransportError("x"), TransportError),
    ],
)
def test_an_error_while_polling_names_the_run_that_goes_on(
    reply: Any, cls: Any
) -> None:
    with pytest.raises(cls) as caught:
        unbounded((LOOKS, answer("queued")), (Sleep, None), (LOOKS, reply))

    assert caught.value.run.id == "r"


# --- After the call that begins it -------------------------------------------------


def begin_and_poll(*lines: Any, **options: Any) -> Run:
    seen = Seen()
    begun = then_poll(CREATE, lambda run: LOOK, PollOptions(**options), seen)
    flow: Flow[Run] = naming_run(begun, seen)
    return perform(flow, lines)


def test_a_run_is_begun_and_polled() -> None:
    run = begin_and_poll(
        (Now, 0.0),
        (Send(CREATE.request), answer("queued")),
        (LOOKS, answer("completed")),
        deadline=None,
    )

    assert run.status == "completed"


def test_promise_6_one_deadline_is_for_beginning_and_polling() -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        begin_and_poll(
            (Now, 100.0),
            (Send(CREATE.request, timeout=3.0), answer("queued")),
            (Now, 102.0),
            (Send(LOOK.request, timeout=1.0), answer("queued")),
            (Now, 102.5),
            (Sleep, None),
            (Now, 103.0),
            deadline=3.0,
        )

    assert caught.value.run is not None


def test_an_error_before_the_first_look_names_the_run_that_was_begun() -> None:
    with pytest.raises(NotFoundError) as caught:
        begin_and_poll(
            (Now, 0.0),
            (Send(CREATE.request), answer("queued")),
            (LOOKS, Response(404)),
            deadline=None,
        )

    assert caught.value.run is not None


def test_an_unknown_outcome_of_the_beginning_is_raised_as_it_is() -> None:
    with pytest.raises(OutcomeUnknown):
        begin_and_poll((Now, 0.0), (Send, Response(502)), deadline=None)


@pytest.mark.parametrize(
    "ids",
    [{"id": ".."}, {"id": "r"}, {"id": "r", "thread_id": 7}],
    ids=["id", "no thread", "thread"],
)
def test_a_run_that_cannot_be_asked_for_is_the_servers_fault(ids: Any) -> None:
    begun = json.dumps({"object": "thread.run", "status": "queued", **ids}).encode()
    flow = threads.create_and_run_poll(assistant_id="a", deadline=None)

    with pytest.raises(MalformedResponse, match="cannot be requested") as caught:
        perform(flow, [(Now, 0.0), (Send, Response(200, {}, begun))])

    assert caught.value.run is not None
    assert not isinstance(caught.value, UsageError)
