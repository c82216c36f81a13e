"""That the driver which the guide writes drives whatever there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runs_core import assistants, runs, threads
from runs_core.errors import (
    DeadlineExceeded,
    ToolError,
    UsageError,
)
from runs_core.flows.effects import Invoke, Open, Read, Send
from runs_core.flows.retry import Policy
from runs_core.testing import Hang, LocalService, Pause, Say, Script, Turn
from tests.docs.test_snippets import ROOT, SNIPPET

QUESTION = {"role": "user", "content": "How is the weather?"}
WEATHER = {"type": "function", "function": {"name": "weather"}}


class Clock:
    """What the guide uses of `time`: sleeping takes none."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def names(clock: Clock, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the guide's last block defines."""
    page = (ROOT / "docs" / "howto" / "own-io.md").read_text("utf-8")
    *_, snippet = SNIPPET.findall(page)
    names: dict[str, Any] = {}
    exec(snippet, names)
    names["time"] = clock
    return names


@pytest.fixture
def drive(names: dict[str, Any]) -> Callable[..., Any]:
    """The guide's `drive`, on a service that says what a test has written."""

    def drive(
        service: LocalService, begin: Callable[[str, str], Any], **kw: Any
    ) -> Any:
        names.update(service=service)
        thread = names["drive"](threads.create(messages=[QUESTION]))
        assistant = names["drive"](assistants.create(model="local", tools=[WEATHER]))
        return names["drive"](begin(thread.id, assistant.id), **kw)

    return drive


def weather() -> str:
    raise LookupError("no sky in sight")


@pytest.mark.parametrize("operation", [runs.run_tools, runs.stream_tools])
def test_a_tool_that_fails_fails_in_the_flow(
    drive: Callable[..., Any], operation: Callable[..., Any]
) -> None:
    def begin(thread: str, assistant: str) -> Any:
        return operation(
            thread, assistant_id=assistant, functions=[weather], on_tool_error="output"
        )

    assert drive(LocalService(), begin).status == "completed"


def test_a_tool_that_fails_cancels_the_run(drive: Callable[..., Any]) -> None:
    service = LocalService()

    with pytest.raises(ToolError):
        drive(
            service, lambda t, a: runs.run_tools(t, assistant_id=a, functions=[weather])
        )
    assert service.executions["cancellations"] == 1


def test_a_deadline_ends_a_run_that_hangs(
    drive: Callable[..., Any], clock: Clock
) -> None:
    service = LocalService(Script([Hang()]))

    with pytest.raises(DeadlineExceeded):
        drive(
            service,
            lambda t, a: runs.create_and_poll(t, assistant_id=a),
            policy=Policy(deadline=60),
        )
    assert 50 < clock.now <= 60


def test_a_service_may_pause(drive: Callable[..., Any]) -> None:
    service = LocalService(Script([Turn((Say(pieces=("a", Pause(1.0), "b")),))]))

    assert (
        drive(service, lambda t, a: runs.stream(t, assistant_id=a)).status
        == "completed"
    )


def test_nothing_is_read_where_no_response_is_open(names: dict[str, Any]) -> None:
    def flow() -> Any:
        with pytest.raises(UsageError):
            yield Read()
        yield Open(threads.create().request)
        assert (yield Read())
        with pytest.raises(ZeroDivisionError):
            yield Invoke(divmod, (1, 0))
        with pytest.raises(UsageError):
            yield Read()

    names["drive"](flow())


def test_a_whole_exchange_ends_in_time(names: dict[str, Any], clock: Clock) -> None:
    exchange = names["exchange"]

    def slowly(request: Any) -> Any:
        clock.sleep(2.0)
        return exchange(request)

    def flow() -> Any:
        asked = threads.create().request
        yield Send(asked, timeout=3.0)
        with pytest.raises(DeadlineExceeded):
            yield Send(asked, timeout=1.0)

    names["exchange"] = slowly
    names["drive"](flow())


def test_an_async_function_is_refused(drive: Callable[..., Any]) -> None:
    async def weather() -> str:
        return "rain"

    with pytest.raises(ToolError) as caught:
        drive(
            LocalService(),
            lambda t, a: runs.run_tools(t, assistant_id=a, functions=[weather]),
        )
    assert isinstance(caught.value.__cause__, UsageError)


def test_cancel_on_exit_is_a_clients(drive: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="cancel_on_exit is for a client"):
        drive(
            LocalService(),
            lambda t, a: runs.stream(t, assistant_id=a, cancel_on_exit=True),
        )
