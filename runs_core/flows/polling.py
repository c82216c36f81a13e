"""Waiting for a run by polling it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from attrs import field, frozen

from runs_core._checks import boolean, optional_amount, optional_function
from runs_core._words import one_line
from runs_core.errors import DeadlineExceeded
from runs_core.flows.call import Call
from runs_core.flows.effects import (
    Flow,
    Invoke,
    InvokeTimeout,
    Now,
    Send,
    Sleep,
    seconds_until,
    time_left,
)
from runs_core.flows.seen import Seen
from runs_core.flows.waits import finite_number
from runs_core.lifecycle import RUN_ENDS, RUN_TERMINAL, is_one_of
from runs_core.models import Run
from runs_core.wire.http import Headers

__all__ = [
    "POLL_DEADLINE",
    "Answered",
    "PollOptions",
    "is_over",
    "nothing_answered",
    "poll_flow",
    "then_poll",
]

Answered: TypeAlias = Callable[[Run], bool]
"""Whether every call that a run waits for has been answered already.

A server may still show the run as it was before the answers."""

# Runs of the original service expired ten minutes after their creation.
POLL_DEADLINE = 900.0

_DEFAULT_INTERVAL = 1.0
# What a server asks for is kept within these, so that zero does not make a hot loop,
# nor a huge number a hang. A caller may choose a longer wait, but not a shorter one: a
# server that is polled without a pause has less time for the run.
_SHORTEST_INTERVAL = 0.1
_LONGEST_INTERVAL = 30.0
# A caller's own may be longer, but not too long for any clock to count.
_LONGEST_OWN_INTERVAL = 24 * 60 * 60.0


@frozen(kw_only=True)
class PollOptions:
    """How to wait for a run.

    `poll_interval_ms` is the wait between polls, kept within 0.1 s to a day; None means
    what the server asks for, kept within 0.1 to 30 s, or one second if it asks for
    nothing.
    `deadline` bounds the whole wait, in seconds; None for no limit. `on_poll` is called
    with the run after each poll. `cancel_on_exit` cancels the run at the server if its
    caller leaves before its end.
    """

    poll_interval_ms: float | None = field(default=None, validator=optional_amount)
    deadline: float | None = field(default=POLL_DEADLINE, validator=optional_amount)
    on_poll: Callable[[Run], Any] | None = field(
        default=None, validator=optional_function
    )
    cancel_on_exit: bool = field(default=False, validator=boolean)


def nothing_answered(run: Run) -> bool:
    """Return False: what a run asks for is new."""
    return False


def is_over(outcome: object, run: Run, answered: Answered) -> bool:
    """Return whether a run has ended, or asks for something that was not answered."""
    if not is_one_of(outcome, RUN_ENDS):
        return False
    return outcome in RUN_TERMINAL or not answered(run)


def poll_flow(
    retrieve: Call[Run],
    options: PollOptions,
    seen: Seen,
    start: float | None = None,
    answered: Answered = nothing_answered,
) -> Flow[Run]:
    """Poll a run until it has ended or asks for something that was not `answered`.

    An unknown status is waited for like a known one that goes on. Raises
    `DeadlineExceeded` at the deadline, which counts from `start` on the clock, or else
    from now; its message has the run's last status.
    """
    if start is None:
        start = yield from Now()
    until = None if options.deadline is None else start + options.deadline
    while True:
        left = yield from time_left(until, partial(_late, seen.run))
        try:
            response = yield from Send(retrieve.request, timeout=left)
        except DeadlineExceeded as error:
            # A client's own deadline may have passed before.
            if until is None or (yield from Now()) < until:
                raise
            raise _late(seen.run) from error
        run = seen.now(retrieve.parse(response))
        if options.on_poll is not None:
            told = yield from Invoke(options.on_poll, (run,)).until(until)
            try:
                yield from told
            except InvokeTimeout as error:
                # If the run is over, there is nothing left to wait for.
                if not is_over(run.status, run, answered):
                    raise _late(run) from error
        if is_over(run.status, run, answered):
            return run
        seconds = _interval(response.headers, options.poll_interval_ms)
        if until is not None:
            seconds = min(seconds, (yield from seconds_until(until)))
        yield from Sleep(seconds, reason=f"polling: the run is {_status(run)}")


def then_poll(
    begin: Call[Run],
    retrieve: Callable[[Run], Call[Run]],
    options: PollOptions,
    seen: Seen,
) -> Flow[Run]:
    """Make the call and poll its run, within one deadline."""
    start = yield from Now()
    run = seen.now((yield from begin.within(options.deadline)))
    return (yield from poll_flow(retrieve(run), options, seen, start))


def _interval(headers: Headers, poll_interval_ms: float | None) -> float:
    """Return the seconds until the next poll: the caller's choice, or the server's."""
    if poll_interval_ms is not None:
        return min(
            max(poll_interval_ms / 1000, _SHORTEST_INTERVAL), _LONGEST_OWN_INTERVAL
        )
    asked = finite_number(headers.get("openai-poll-after-ms"))
    if asked is None:
        return _DEFAULT_INTERVAL
    return min(max(asked / 1000, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)


def _status(run: Run) -> str:
    return one_line(str(run.status))


def _late(run: Run | None) -> DeadlineExceeded:
    status = "was not seen" if run is None else f"is still {_status(run)}"
    return DeadlineExceeded(
        f"polling: the run {status} at the deadline; it goes on at the server: poll it"
        " again, cancel it, or give a longer deadline (None for no limit)"
    )
