"""Responses in a coding that nobody asked for: their status counts, if it says all."""

from __future__ import annotations

import gzip

import pytest
import requests

from runs_core import Client, Endpoint, NotFoundError, OutcomeUnknown, runs
from runs_transports.conformance.peer import Script, answering, peer
from runs_transports.conformance.rig import Rig, fetch, get, run_on_asyncio
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from tests.transports.rigs import AnyRig

RUN = (
    b'{"id":"run_1","object":"thread.run","thread_id":"thread_1","assistant_id":"a",'
    b'"status":"completed","created_at":1}'
)


def coded(status: str, body: bytes, *fields: bytes) -> Script:
    packed = gzip.compress(body) if body else b""
    lines = [
        f"HTTP/1.1 {status}".encode(),
        b"Content-Encoding: gzip",
        b"Content-Length: %d" % len(packed),
        *fields,
        b"",
        packed,
    ]
    return answering(b"\r\n".join(lines))


PLAIN = answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(RUN), RUN))


@pytest.mark.parametrize("status", ["302 Found", "401 No", "404 Not Found", "500 Oops"])
def test_the_status_is_known_and_the_body_left_as_it_is(
    rig: AnyRig, status: str
) -> None:
    with peer(coded(status, b"explained")) as server:
        got = rig.run(lambda io: fetch(io, get(server.url)))

    assert (got.head.status, got.body) == (int(status[:3]), b"")


@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
def test_what_has_no_body_has_none_in_a_coding(rig: AnyRig, status: str) -> None:
    with peer(coded(status, b"")) as server:
        got = rig.run(lambda io: fetch(io, get(server.url)))

    assert (got.head.status, got.body) == (int(status[:3]), b"")


def test_a_callers_session_has_the_status_too() -> None:
    with (
        peer(coded("404 Not Found", b"explained")) as server,
        requests.Session() as session,
    ):
        rig = Rig(RequestsTransport(session), run_on_asyncio)
        got = rig.run(lambda io: fetch(io, get(server.url)))

    assert (got.head.status, got.body) == (404, b"")


def test_a_connection_with_an_unread_body_is_not_used_again() -> None:
    with (
        peer(coded("404 Not Found", b"explained"), PLAIN) as server,
        RequestsTransport() as transport,
    ):
        client = Client(transport, Endpoint(server.url, "key"))
        with pytest.raises(NotFoundError):
            client.run(runs.retrieve("run_1", "thread_1"))
        assert client.run(runs.retrieve("run_1", "thread_1")).id == "run_1"

    assert server.connections == 2


def test_credentials_are_renewed_and_a_wait_that_is_asked_for_is_taken() -> None:
    tokens = (f"token-number-{n}" for n in range(3))
    with peer(
        coded("401 Unauthorized", b"expired"),
        coded("429 Too Many Requests", b"later", b"Retry-After: 0"),
        PLAIN,
    ) as server:
        client = Client(SocketTransport(), Endpoint(server.url, lambda: next(tokens)))
        run = client.run(runs.create("thread_1", assistant_id="a"))

    assert run.id == "run_1"
    assert len(server.requests) == 3


def test_the_reason_of_an_unknown_outcome_is_in_its_message() -> None:
    with peer(coded("200 OK", RUN)) as server:
        client = Client(SocketTransport(), Endpoint(server.url, "key"))
        with pytest.raises(OutcomeUnknown, match="sent a body with a Content-Encoding"):
            client.run(runs.create("thread_1", assistant_id="a"))
