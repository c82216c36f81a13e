"""Whether a request is sent again, after which wait, or why not.

Promise 5 in docs/topics/promises.md says what may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from runs_core._checks import instance_of, optional_amount, optional_function, whole
from runs_core.errors import NotSent, TransportError
from runs_core.flows.effects import Sleep
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.status import nothing_was_done
from runs_core.flows.waits import retry_after
from runs_core.wire.http import Head, Response, Timeouts

__all__ = [
    "MAX_RETRIES",
    "NEW_CREDENTIALS",
    "NO_TIME",
    "Policy",
    "after_answer",
    "after_error",
    "perhaps_done",
]

MAX_RETRIES = 2

# The wait before repetition n is min(FIRST * 2**n, LONGEST) seconds, less up to
# JITTER of it: openai-python's and openai-node's numbers.
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 8.0
_JITTER = 0.25
# A server may ask for a longer wait; that is for the caller to decide, not to sit out.
_LONGEST_RETRY_AFTER = 60.0

NEW_CREDENTIALS = "sent again with new credentials"
_NO_MORE = "not sent again: all retries were taken"
_PERHAPS_SENT = "not sent again: it may have been carried out"
_NO_TIME_NAMED = "not sent again: the server names no time for it (Retry-After)"
_REFUSED = "not sent again: the server refuses it"
NO_TIME = "not sent again: the deadline leaves no time for it"


@frozen(kw_only=True)
class Policy:
    """How often and how long a client tries.

    `max_retries` counts repetitions after the first attempt. `deadline` bounds each
    whole conversation, in seconds; None leaves that to the operation. `timeouts`
    apply to requests that have none of their own. `notice` is called with a sentence
    about each failed attempt that no wait follows: why there is no other attempt, or
    that there is one with new credentials.
    """

    max_retries: int = field(default=MAX_RETRIES, validator=whole(0))
    deadline: float | None = field(default=None, validator=optional_amount)
    timeouts: Timeouts | None = field(
        default=None,
        validator=instance_of(Timeouts | None, "Timeouts(connect=…, read=…)"),
    )
    notice: Callable[[str], Any] | None = field(
        default=None, validator=optional_function
    )


def after_error(
    request: ApiRequest, error: TransportError, attempt: int, policy: Policy
) -> Sleep | str:
    """Return the wait before another attempt, or why there is none.

    A request that was perhaps sent is repeated only if, sent twice, it does no more
    than once.
    """
    if not isinstance(error, NotSent) and request.repeat is Repeat.ONCE:
        return _PERHAPS_SENT
    return _backoff(attempt) if attempt < policy.max_retries else _NO_MORE


def after_answer(
    request: ApiRequest, answer: Response | Head, attempt: int, policy: Policy
) -> Sleep | str | None:
    """Return the wait before another attempt, or why there is none.

    None for a response that another attempt would not change.
    """
    asked = retry_after(answer.headers)
    should = answer.headers.get("x-should-retry")
    wanted = answer.status in (408, 409, 429) or answer.status >= 500
    if request.repeat is not Repeat.ONCE:
        wanted = wanted or (should == "true" and answer.status >= 400)
    elif wanted and (answer.status not in (429, 503) or asked is None):
        # Only these say that nothing was done and that repeating is welcome.
        if perhaps_done(answer):
            return _PERHAPS_SENT
        return _NO_TIME_NAMED if answer.status == 429 else _REFUSED
    if not wanted:
        return None
    if should == "false":
        return "not sent again: the server says so (x-should-retry)"
    if attempt >= policy.max_retries:
        return _NO_MORE
    if asked is None:
        return _backoff(attempt)
    if asked > _LONGEST_RETRY_AFTER:
        return f"not sent again: the server asks for a wait of {asked:g} s"
    # Without jitter: not before the time that was asked for.
    return Sleep(asked)


def perhaps_done(answer: Response | Head) -> bool:
    """Return whether the request may have been carried out despite this response."""
    if answer.status >= 500:
        return not nothing_was_done(answer)
    return answer.status == 408


def _backoff(attempt: int) -> Sleep:
    # A large power of 2 does not fit into a float.
    seconds = _FIRST_WAIT * 2.0 ** min(attempt, 10)
    return Sleep(min(seconds, _LONGEST_WAIT), jitter=_JITTER)
