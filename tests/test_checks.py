"""The checks of what callers set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen

from runs_core import EventStreamDecoder, RunEventDecoder, runs
from runs_core._checks import optional_amount
from runs_core.errors import InvalidOption, RunsError, UsageError
from runs_core.flows.polling import PollOptions
from runs_core.flows.retry import Policy
from runs_core.flows.streaming import StreamOptions
from runs_core.flows.toolbox import Toolbox
from runs_core.wire.http import Timeouts


@frozen
class Limited:
    limit: Any = field(validator=optional_amount)


@pytest.mark.parametrize("value", [None, 0, 0.0, 1, 2.5, 10**9])
def test_amounts_and_no_limit_are_limits(value: Any) -> None:
    assert Limited(value).limit == value


@pytest.mark.parametrize(
    "value", [-1, -0.5, float("nan"), float("inf"), -float("inf"), 10**400]
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="limit must be 0 or more, or None, not"):
        Limited(value)


@pytest.mark.parametrize("value", ["1", b"1", True, [1]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="limit must be a number, not of type"):
        Limited(value)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Policy(max_retries=-1), ValueError, "max_retries must be 0 or more"),
        (lambda: Policy(max_retries="2"), TypeError, "must be a whole number, not of"),
        (lambda: Policy(max_retries=None), TypeError, "a whole number, not None"),
        (lambda: Policy(max_retries=True), TypeError, "must be a whole number"),
        (lambda: Toolbox(functions=[], max_rounds=0), ValueError, "1 or more, not 0"),
        (lambda: Toolbox(functions=[], max_rounds=1.5), TypeError, "a whole number"),
        (
            lambda: Toolbox(functions=[], on_tool_error="x"),
            ValueError,
            "on_tool_error must be 'raise' or 'output'",
        ),
        (
            lambda: StreamOptions(resume="again"),
            ValueError,
            "resume must be None or 'poll'",
        ),
        (lambda: PollOptions(on_poll=3), TypeError, "on_poll must be a function, not"),
        (
            lambda: Timeouts.of("3"),
            TypeError,
            r"^timeout must be a number of seconds, or Timeouts\(.*\), not of",
        ),
        (lambda: Timeouts.of(True), TypeError, "^timeout must be a number"),
        (lambda: Timeouts.of(-3), ValueError, "^timeout must be more than 0"),
    ],
)
def test_a_wrong_option_is_named_with_what_it_must_be(
    make: Callable[[], Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        make()

    # One sentence: attrs' own errors hold the attribute and the value, too.
    assert len(caught.value.args) == 1


def test_no_wrong_option_is_shown() -> None:
    with pytest.raises(TypeError) as caught:
        Policy(max_retries="sk-canary")  # type: ignore[arg-type]

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (PollOptions, "deadline"),
        (PollOptions, "poll_interval_ms"),
        (StreamOptions, "deadline"),
        (StreamOptions, "idle_timeout"),
        (StreamOptions, "max_event_bytes"),
        (Policy, "deadline"),
        (Timeouts, "connect"),
        (Timeouts, "read"),
    ],
)
def test_every_limit_of_a_conversation_is_checked(cls: Any, name: str) -> None:
    cls(**{name: None})
    with pytest.raises(InvalidOption, match=name):
        cls(**{name: -1})


def test_a_bad_value_is_a_value_error_and_one_of_ours_wherever_it_is_given() -> None:
    given: list[Callable[[], object]] = [
        lambda: EventStreamDecoder(max_event_bytes=-1),
        lambda: EventStreamDecoder(on_eof="keep"),  # type: ignore[arg-type]
        lambda: RunEventDecoder(max_event_bytes=-1),
        lambda: Policy(max_retries=-1),
        lambda: runs.poll("r", "t", poll_interval_ms=-1),
        lambda: runs.poll("r", "t", deadline=-1),
        lambda: runs.retrieve("r", "t", timeout=0),
        lambda: runs.stream("t", assistant_id="a", resume="x"),  # type: ignore[arg-type]
    ]
    for call in given:
        for kind in (ValueError, UsageError, RunsError):
            with pytest.raises(kind):
                call()
