"""The tables of the lifecycle: all pairs, and what can be read off them."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from runs_core.errors import UsageError
from runs_core.lifecycle import (
    MESSAGE,
    MESSAGE_TERMINAL,
    RUN,
    RUN_ENDS,
    RUN_TERMINAL,
    STEP,
    STEP_TERMINAL,
    IllegalTransition,
    Lifecycle,
    RunStatus,
)

LIFECYCLES = [RUN, STEP, MESSAGE]
PAIRS = [
    pytest.param(lifecycle, status, trigger, id=f"{lifecycle.name}-{status}-{trigger}")
    for lifecycle in LIFECYCLES
    for status, trigger in product(lifecycle.statuses, lifecycle.triggers)
]


@pytest.mark.parametrize(("lifecycle", "status", "trigger"), PAIRS)
def test_every_pair_gives_a_status_or_the_typed_error(lifecycle, status, trigger):
    if (status, trigger) in lifecycle.transitions:
        assert lifecycle.after(status, trigger) in lifecycle.statuses
    else:
        with pytest.raises(IllegalTransition, match=f"{trigger!r}.*{status!r}"):
            lifecycle.after(status, trigger)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.name)
def test_every_status_can_be_reached_and_every_trigger_is_used(lifecycle):
    reached = {lifecycle.initial}
    for _ in lifecycle.statuses:
        reached |= {
            after
            for (before, _), after in lifecycle.transitions.items()
            if before in reached
        }

    assert reached == set(lifecycle.statuses)
    assert {trigger for _, trigger in lifecycle.transitions} == set(lifecycle.triggers)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.name)
def test_every_status_leads_to_an_end(lifecycle):
    ending = set(lifecycle.terminal)
    for _ in lifecycle.statuses:
        ending |= {
            before
            for (before, _), after in lifecycle.transitions.items()
            if after in ending
        }

    assert ending == set(lifecycle.statuses)


def test_the_terminal_sets_are_those_of_the_api_guide():
    assert {
        "cancelled",
        "failed",
        "completed",
        "incomplete",
        "expired",
    } == RUN_TERMINAL
    assert {"cancelled", "failed", "completed", "expired"} == STEP_TERMINAL
    assert {"incomplete", "completed"} == MESSAGE_TERMINAL
    assert {"requires_action"} == RUN_ENDS - RUN_TERMINAL


def test_the_statuses_of_a_run_are_those_of_the_openapi_description():
    assert set(get_args(RunStatus)) == {
        "queued",
        "in_progress",
        "requires_action",
        "cancelling",
        "cancelled",
        "failed",
        "completed",
        "incomplete",
        "expired",
    }


def test_only_a_cancelling_run_becomes_cancelled():
    before = {b for (b, _), after in RUN.transitions.items() if after == "cancelled"}

    assert before == {"cancelling"}


def test_a_table_cannot_be_changed():
    with pytest.raises(TypeError):
        RUN.transitions["completed", "start"] = "queued"  # type: ignore[index]


def test_a_table_is_its_own_copy():
    table = {("on", "switch"): "off"}
    lamp = Lifecycle(
        name="lamp",
        statuses=("on", "off"),
        triggers=("switch",),
        initial="on",
        transitions=table,
    )

    table.clear()

    assert lamp.after("on", "switch") == "off"
    assert lamp.terminal == {"off"}


def test_the_error_is_a_usage_error():
    assert issubclass(IllegalTransition, UsageError)
