"""Flows run once, and say so the second time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from runs_core.api import runs
from runs_core.endpoint import Endpoint
from runs_core.errors import FlowConsumed
from runs_core.flows.effects import Flow, Invoke, Now, Sleep
from runs_core.flows.once import OnceFeed, check_unconsumed, once
from runs_core.flows.retry import bound
from tests.flows.transcript import perform


def flow() -> Flow[str]:
    start = yield from Now()
    try:
        yield from Sleep(start)
    except LookupError as error:
        return f"caught {error}"
    return "end"


def test_a_flow_is_what_its_generator_is() -> None:
    assert perform(once(flow()), [(Now(), 3.0), (Sleep(3.0), None)]) == "end"


def test_errors_are_thrown_into_it() -> None:
    lines = [(Now(), 3.0), (Sleep(3.0), LookupError("it"))]

    assert perform(once(flow()), lines) == "caught it"


def test_it_is_delegated_to_like_a_generator() -> None:
    def outer() -> Flow[str]:
        return "outer " + (yield from once(flow()))

    lines = [(Now(), 3.0), (Sleep(3.0), LookupError("it"))]
    assert perform(outer(), lines) == "outer caught it"


def driven() -> OnceFeed[Any, str]:
    feed = OnceFeed[Any, str](flow())
    perform(feed, [(Now(), 3.0), (Sleep(3.0), None)])
    return feed


def begun() -> OnceFeed[Any, str]:
    feed = OnceFeed[Any, str](flow())
    next(feed)
    return feed


def failed() -> OnceFeed[Any, str]:
    feed = begun()
    with pytest.raises(ZeroDivisionError):
        feed.throw(ZeroDivisionError())
    return feed


def closed() -> OnceFeed[Any, str]:
    feed = OnceFeed[Any, str](flow())
    feed.close()
    return feed


@pytest.mark.parametrize("make", [driven, begun, failed, closed])
def test_a_flow_that_was_driven_cannot_be_driven_again(make: Any) -> None:
    feed = make()

    with pytest.raises(FlowConsumed, match="call the function again"):
        iter(feed)
    with pytest.raises(FlowConsumed):
        check_unconsumed(feed)


@pytest.mark.parametrize("make", [driven, failed, closed])
def test_a_flow_that_has_ended_takes_no_more_answers(make: Any) -> None:
    for step in (next, lambda f: f.send(1), lambda f: f.throw(KeyError())):
        with pytest.raises(FlowConsumed):
            step(make())


def test_a_flow_is_taken_by_the_first_who_iterates_over_it() -> None:
    feed = once(flow())
    assert iter(feed) is feed

    with pytest.raises(FlowConsumed):
        iter(feed)
    check_unconsumed(feed)
    assert perform(feed, [(Now(), 3.0), (Sleep(3.0), None)]) == "end"


def test_closing_ends_the_generator() -> None:
    inner = flow()
    feed = once(inner)
    next(feed)
    feed.close()

    assert inner.gi_frame is None  # type: ignore[attr-defined]


def test_an_exception_may_be_thrown_in_the_old_way() -> None:
    feed = once(flow())
    next(feed)
    feed.send(1.0)

    with pytest.raises(StopIteration) as caught:
        feed.throw(LookupError, LookupError("old"), None)
    assert caught.value.value == "caught old"


def test_a_generator_that_is_under_way_or_has_ended_is_consumed_too() -> None:
    fresh = flow()
    check_unconsumed(fresh)
    next(fresh)
    with pytest.raises(FlowConsumed):
        check_unconsumed(fresh)
    fresh.close()
    with pytest.raises(FlowConsumed):
        check_unconsumed(fresh)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (runs.retrieve("r", "t"), r"a flow, .* not a Call: pass iter\(\) of it"),
        (flow, "not a function$"),
    ],
)
def test_what_is_no_flow_is_refused(thing: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        check_unconsumed(thing)


def test_a_flow_is_not_what_it_ends_in() -> None:
    feed: Any = once(flow())

    with pytest.raises(AttributeError, match=r"no 'status': client\.run\(flow\)"):
        _ = feed.status


def test_a_stop_iteration_of_a_users_function_does_not_end_the_flow() -> None:
    def invoking() -> Flow[Any]:
        return (yield from Invoke(next, (iter(()),)))

    with pytest.raises(RuntimeError, match="StopIteration"):
        perform(once(invoking()), [(Invoke, StopIteration())])


def test_it_shows_which_flow_it_is_and_whether_it_was_driven() -> None:
    feed = OnceFeed[Any, str](flow())

    assert repr(feed) == "<OnceFeed: flow, not driven>"
    perform(feed, [(Now(), 3.0), (Sleep(3.0), None)])
    assert repr(feed) == "<OnceFeed: flow, driven>"


def test_a_generator_of_a_class_of_ones_own_can_be_bound() -> None:
    class Own(Generator[Any, Any, str]):
        def send(self, value: Any) -> Any:
            raise StopIteration("end")

        def throw(self, *error: Any) -> Any:
            raise error[0]

    assert perform(bound(Own(), Endpoint("https://api.test")), []) == "end"
