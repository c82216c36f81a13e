"""Each promise has a test with its name in it, and the page that names them is true."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from runs_core import Client, Endpoint, Outside, runs
from runs_core.errors import OutcomeUnknown, RunsError
from tests.fakes import Exchange, FakeError, FakeTransport

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "topics" / "promises.md").read_text("utf-8")
SOURCES = [
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "transports").rglob("*.py")),
]
TESTS = {
    name
    for path in SOURCES
    for name in re.findall(
        r"^ *(?:async )?def (test_\w+)\(", path.read_text("utf-8"), re.M
    )
}


@pytest.mark.parametrize("number", range(1, 11))
def test_promise_10_each_promise_has_a_test_with_its_name_in_it(number: int) -> None:
    assert [name for name in TESTS if name.startswith(f"test_promise_{number}_")]


def test_promise_10_this_page_names_tests_that_are_there() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE)

    assert sorted(set(named) - TESTS) == []
    assert len(named) > 90


@pytest.mark.parametrize("number", range(1, 11))
def test_promise_10_each_promise_is_on_the_page_with_tests_of_its_name(
    number: int,
) -> None:
    (section,) = re.findall(rf"^## {number}\. .*?(?=^## )", PAGE, re.M | re.S)

    assert f"`test_promise_{number}_" in section


def test_promise_10_each_hazard_ends_in_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.M)

    assert [int(number) for number, *_ in rows] == list(range(1, 27))
    for _, _, here, tests in rows:
        assert len(here) > 8
        assert tests.startswith("`test_")


# --- What is of no module alone ------------------------------------------------------

JSON = (("content-type", "application/json"),)
NO = b'{"error": {"message": "no"}}'


def failed(status: int, *fields: tuple[str, str]) -> Exchange:
    return Exchange(status, (*JSON, *fields), [NO])


READ = runs.retrieve("run_1", "thread_1")
CREATE = runs.create("thread_1", assistant_id="a")
RETRY_AFTER = ("retry-after", "3")


@pytest.mark.parametrize(
    ("call", "exchanges", "said"),
    [
        (
            READ,
            [failed(500), Exchange(opening=FakeError()), failed(429)],
            [
                "GET /v1/threads/thread_1/runs/run_1: 500 (request id None)",
                "wait 0.500 s: runs.retrieve: status 500, retry 1 of 2",
                "wait 1.000 s: runs.retrieve: TransportError, retry 2 of 2",
                "GET /v1/threads/thread_1/runs/run_1: 429 (request id None)",
                "runs.retrieve: status 429, not sent again: all retries were taken",
            ],
        ),
        (
            CREATE,
            [failed(503, RETRY_AFTER), Exchange(opening=FakeError())],
            [
                "POST /v1/threads/thread_1/runs: 503 (request id None)",
                "wait 3.000 s: runs.create: status 503, retry 1 of 2",
                "runs.create: TransportError, not sent again: it may have been carried"
                " out",
            ],
        ),
    ],
)
def test_promise_5_every_attempt_is_in_the_log(
    call: object,
    exchanges: list[Exchange],
    said: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "runs_core")
    transport = FakeTransport(*exchanges)
    client = Client(transport, Endpoint("http://h/v1"), outside=Outside(lambda: 0.0))
    with pytest.raises(RunsError) as caught:
        client.run(call)  # type: ignore[arg-type]

    assert caplog.messages == said
    assert caught.value.retries_taken == len(exchanges) - 1
    assert isinstance(caught.value, OutcomeUnknown) == (call is CREATE)
