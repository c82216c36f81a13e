"""Transports that send what they must not, or send twice: the suite says what is wrong.

That correct ones pass is in `test_conformance`.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Self

import pytest
import requests

from runs_core.errors import NotSent, TransportError
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request
from runs_transports.conformance import TransportSuite, once
from runs_transports.conformance.peer import answering
from runs_transports.conformance.rig import Rig, get, post, run_on_asyncio
from runs_transports.http1 import Http1Exchange
from tests.transports.rigs import Correct, Exchange, guides_transport

SUITE = TransportSuite()
Guides = guides_transport()


class Repeating(Correct):
    """Tries once more where no answer began."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(super().open(request))
            except (TransportError, *self.errors):
                opened = stack.enter_context(super().open(request))
            yield opened


class BeginningAgain(Correct):
    """Tries once more where a body breaks off."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with ExitStack() as stack:
            opened = stack.enter_context(super().open(request))

            def read() -> bytes:
                nonlocal opened
                try:
                    return opened.read()
                except (TransportError, *self.errors):
                    opened = stack.enter_context(
                        super(BeginningAgain, self).open(request)
                    )
                    return opened.read()

            yield Opened(opened.head, read)


class RepeatingOnTheSameConnection(Guides):
    def connection(self, url, timeout):
        connection = super().connection(url, timeout)
        getresponse = connection.getresponse

        def answer():
            try:
                return getresponse()
            except TimeoutError:
                connection.sock.sendall(b"POST / HTTP/1.1\r\n\r\n")
                raise

        connection.getresponse = answer
        return connection


class Keeping(Correct):
    """Keeps its one connection, and repeats what came to no answer on it."""

    connection: socket.socket | None = None
    came = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        pieces = iter([self.exchange(Http1Exchange(request))])
        yield Opened(Head(200, []), lambda: next(pieces, b""))

    def exchange(self, exchange: Http1Exchange) -> bytes:
        kept = self.connection is not None
        if self.connection is None:
            place = exchange.address.host, exchange.address.port
            self.connection = socket.create_connection(place)
        self.connection.sendall(exchange.data_to_send)
        answer = re.compile(rb"(?=.*?Content-Length: (\d+)).*?\r\n\r\n", re.S)
        while not (head := answer.match(self.came)):
            data = self.connection.recv(65536)
            self.came += data
            if not data:
                self.__exit__()
                return self.lost(exchange, kept)
        end = head.end() + int(head[1])
        body, self.came = self.came[head.end() : end], self.came[end:]
        return body

    def lost(self, exchange: Http1Exchange, kept: bool) -> bytes:
        if kept:
            return self.exchange(exchange)
        raise ConnectionError("no answer came")


class UnsentOnAKeptConnection(Keeping):
    def lost(self, exchange: Http1Exchange, kept: bool) -> bytes:
        if kept:
            raise NotSent("the connection was too old")
        return super().lost(exchange, kept)


class Refusing(Keeping):
    """Gives nothing of an answer that more came after."""

    def exchange(self, exchange: Http1Exchange) -> bytes:
        body = super().exchange(exchange)
        if self.came:
            self.came = b""
            self.__exit__()
            raise ConnectionError("what came is more than one answer")
        return body


class UnsentUntilAllIsSent(Guides):
    def connection(self, url, timeout):
        connection = super().connection(url, timeout)
        request = connection.request

        def send(*args):
            try:
                request(*args)
            except OSError as error:
                raise NotSent("the request could not be sent") from error

        connection.request = send
        return connection


class SharingASession(Correct):
    """A plain session, kept: it keeps cookies, too."""

    def __init__(self, session: requests.Session) -> None:
        super().__init__()
        self.session = session

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        headers = dict(request.headers)
        with self.session.request(
            request.method, request.url, data=request.body, headers=headers, stream=True
        ) as response:
            pieces = response.iter_content(4096)
            head = Head(response.status_code, response.headers)
            yield Opened(head, lambda: next(pieces, b""))


class SharingHeaders(SharingASession):
    """A session in which the headers of each request stay."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers.update(request.headers)
        with super().open(request) as opened:
            yield opened


@pytest.mark.parametrize(
    ("broken", "end", "said"),
    [
        (Repeating, answering, b""),
        (Repeating, once.resetting, b""),
        (Repeating, once.listening_after, b""),
        (BeginningAgain, answering, once.HALF_A_CHUNK),
        (BeginningAgain, once.resetting, once.HALF_A_CHUNK),
        (BeginningAgain, once.listening_after, once.HALF_A_CHUNK),
    ],
)
@pytest.mark.parametrize("request_to", [get, post])
def test_a_request_that_is_sent_again_is_noticed(request_to, broken, end, said):
    with pytest.raises(
        AssertionError, match="made 2 connections: what had perhaps arrived was sent"
    ):
        SUITE.test_promise_5_a_request_is_sent_once_whatever_comes_of_it(
            Rig(broken(), run_on_asyncio), request_to, end, said
        )


def test_a_request_that_is_sent_again_on_its_connection_is_noticed():
    with pytest.raises(AssertionError, match="had perhaps arrived was sent again"):
        SUITE.test_promise_5_a_request_is_sent_once_whatever_comes_of_it(
            Rig(RepeatingOnTheSameConnection(), run_on_asyncio),
            post,
            once.listening_after,
            b"",
        )


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Keeping, "had perhaps arrived was sent again"),
        (UnsentOnAKeptConnection, "NotSent was raised for a request that was sent"),
    ],
)
def test_what_a_connection_that_was_kept_is_no_excuse_for_is_said(broken, said):
    with broken() as transport, pytest.raises(AssertionError, match=said):
        SUITE.test_promise_5_a_request_on_a_connection_that_was_kept_is_sent_once(
            Rig(transport, run_on_asyncio)
        )


@pytest.mark.parametrize("stalls", [True, False])
def test_a_part_of_a_request_that_is_said_to_be_none_is_noticed(stalls):
    with pytest.raises(AssertionError, match="though a part of the request had left"):
        SUITE.test_promise_5_a_request_of_which_a_part_left_is_not_unsent(
            Rig(UnsentUntilAllIsSent(), run_on_asyncio), stalls
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (SharingASession, "the cookie of a response was sent with the next request"),
        (SharingHeaders, "the credentials of one request were sent with the next"),
    ],
)
def test_what_is_kept_of_an_exchange_is_noticed(broken, said, host):
    with requests.Session() as session, pytest.raises(AssertionError, match=said):
        SUITE.test_nothing_of_one_exchange_goes_into_the_next(
            Rig(broken(session), run_on_asyncio), host
        )


CLOSING = pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])


@CLOSING
def test_what_comes_after_an_answer_and_is_taken_for_the_next_is_noticed(closing):
    with (
        Keeping() as transport,
        pytest.raises(AssertionError, match="was taken for the next one"),
    ):
        SUITE.test_bytes_after_the_body_belong_to_no_answer(
            Rig(transport, run_on_asyncio), closing
        )


@CLOSING
def test_an_answer_that_more_came_after_may_be_refused(closing):
    with Refusing() as transport:
        SUITE.test_bytes_after_the_body_belong_to_no_answer(
            Rig(transport, run_on_asyncio), closing
        )
