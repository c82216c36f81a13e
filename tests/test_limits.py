"""The limits that callers set."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen

from runs_core.flows.polling import PollOptions
from runs_core.flows.retry import Policy
from runs_core.flows.streaming import StreamOptions
from runs_core.limits import not_negative
from runs_core.wire.http import Timeouts


@frozen
class Limited:
    limit: Any = field(validator=not_negative)


@pytest.mark.parametrize("value", [None, 0, 0.0, 1, 2.5, 10**9])
def test_amounts_and_no_limit_are_limits(value: Any) -> None:
    assert Limited(value).limit == value


@pytest.mark.parametrize("value", [-1, -0.5, float("nan"), float("inf"), -float("inf")])
def test_what_is_no_amount_is_refused_with_the_way_to_say_no_limit(value: Any) -> None:
    with pytest.raises(
        ValueError, match=r"limit must be 0 or more.*None means no limit"
    ):
        Limited(value)


@pytest.mark.parametrize("value", ["1", b"1", True, [1]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="limit must be a number"):
        Limited(value)


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
    with pytest.raises(ValueError, match=name):
        cls(**{name: -1})
