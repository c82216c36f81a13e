"""A key is planted, everything fails in turn on real sockets, and nothing shows it."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from runs_core import Endpoint, HeaderKeys, Policy, bound
from runs_core.drive import Driver, log_decision
from runs_core.flows.effects import Flow
from runs_transports.conformance.peer import answering, peer
from tests.leaks import key, leaks_in, shown
from tests.torture.dying import Moment, dying
from tests.torture.matrix import TRANSPORTS
from tests.torture.world import BASE_URL, OPERATIONS, World

CHOSEN = [
    o for o in OPERATIONS if o.name in ("runs.create", "runs.stream", "runs.poll")
]

# Those that begin a run.
BEGINNING = [operation for operation in CHOSEN if operation.creates]

ENDPOINTS: dict[str, Callable[[str], Endpoint]] = {
    "bearer": lambda url: Endpoint(url, key()),
    "header": lambda url: Endpoint(url, headers={"x-own-key": key()}),
    "provider": lambda url: Endpoint(url, key),
    "azure": lambda url: Endpoint.azure_openai(url, api_key=key()),
    "cookie": lambda url: Endpoint(url, headers={"cookie": f"a=b; session={key()}"}),
}
ECHOED = ENDPOINTS | {
    f"scheme {scheme}": lambda url, scheme=scheme: Endpoint(
        url, HeaderKeys({"authorization": f"{scheme} {key()}"})
    )
    for scheme in ("bearer", "BEARER", "Token", "ApiKey", "Basic")
}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    result: str = request.param
    return result


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def error_of(transport: str, flow: Flow[Any]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        TRANSPORTS[transport](flow, lambda: None)
    return caught.value


def assert_hidden(error: Exception, log: pytest.LogCaptureFixture) -> None:
    assert leaks_in(shown(error)) == []
    assert leaks_in(log.text) == []
    assert log.records, "what was done is in the log"
    assert leaks_in(repr(pickle.dumps(error))) == []


# An error takes long to show. So operations take turns: each of them meets every two
# of the transport, the endpoint and what fails, but not all three.
MOMENTS = [Moment.IN_REQUEST, Moment.RESET, Moment.IN_BODY]


@pytest.mark.parametrize("kind", ENDPOINTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_promise_4_no_death_of_the_server_shows_a_key(
    transport: str, kind: str, moment: Moment, log: pytest.LogCaptureFixture
) -> None:
    turn = [*TRANSPORTS].index(transport) + [*ENDPOINTS].index(kind)
    operation = BEGINNING[(turn + MOMENTS.index(moment)) % len(BEGINNING)]
    world = World()
    flow = operation.flow(world)
    with dying(world.service, moment) as server:
        endpoint = ENDPOINTS[kind](server.base_url)
        policy = Policy(max_retries=0, notice=log_decision)
        error = error_of(transport, bound(flow, endpoint, policy))

    assert_hidden(error, log)
    assert leaks_in(f"{endpoint!r} {policy!r} {flow!r}") == []


ANSWERS = {
    "401 that echoes": b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%s",
    "500 that echoes": b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n%s",
    "redirect": b"HTTP/1.1 307 No\r\nLocation: /\r\nContent-Length: %d\r\n\r\n%s",
    "header": b"HTTP/1.1 404 No\r\nX-KEY: 1\r\nContent-Length: %d\r\n\r\n%s",
    "page": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
    ),
    # Of no shape that is expected, and then not even JSON.
    "another object": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
    "cut JSON": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{%s",
}


@pytest.mark.parametrize("kind", ECHOED)
@pytest.mark.parametrize("answer", ANSWERS)
def test_promise_4_no_answer_makes_an_error_show_a_key(
    transport: str, kind: str, answer: str, log: pytest.LogCaptureFixture
) -> None:
    turn = [*TRANSPORTS].index(transport) + [*ECHOED].index(kind)
    operation = CHOSEN[(turn + [*ANSWERS].index(answer)) % len(CHOSEN)]
    body = b'{"error": {"message": "bad key: %s"}}' % key().encode()
    head = ANSWERS[answer].replace(b"KEY", key().encode())
    script = answering(head % (len(body), body))
    with peer(script) as server:
        endpoint = ECHOED[kind](f"{server.url}/v1")
        policy = Policy(max_retries=0, notice=log_decision)
        error = error_of(transport, bound(operation.flow(World()), endpoint, policy))

    assert_hidden(error, log)


@pytest.mark.parametrize(
    "unfit", [lambda: key() + "\n", lambda: key().encode(), lambda: (key(),)]
)
def test_promise_4_a_token_that_cannot_be_sent_is_not_shown(
    transport: str, unfit: Callable[[], Any]
) -> None:
    flow = bound(CHOSEN[0].flow(World()), Endpoint(BASE_URL, unfit))

    assert leaks_in(shown(error_of(transport, flow))) == []


def test_promise_4_what_a_transport_for_tests_keeps_shows_no_key() -> None:
    world = World()
    Driver[Any, Any](
        bound(CHOSEN[0].flow(world), Endpoint(BASE_URL, key())), world.transport
    ).run()

    kept = [*world.transport.requests, *world.service.requests]
    assert len(kept) == 2
    assert leaks_in(repr(kept)) == []
