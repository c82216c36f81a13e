"""Transports that send something else than they were asked: the suite says what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, unquote, urljoin, urlsplit

import attrs
import pytest

from runs_core.wire.http import Request
from runs_transports.conformance import StrictSuite, TransportSuite
from runs_transports.conformance.rig import Rig, run_on_asyncio
from tests.transports.rigs import Correct, Exchange
from tests.transports.test_broken_transports import AsRequestsDoes

SUITE = TransportSuite()
STRICT = StrictSuite()


class Changing(Correct):
    """Sends another request than it was asked to."""

    def changed(self, request: Request) -> Request:
        raise NotImplementedError

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with super().open(self.changed(request)) as opened:
            yield opened


class ChoosingTheMethod(Changing):
    """As `urllib.request` does."""

    def changed(self, request: Request) -> Request:
        return attrs.evolve(request, method="GET" if request.body is None else "POST")


class QuotingAnew(Changing):
    def changed(self, request: Request) -> Request:
        url = urlsplit(request.url)
        url = url._replace(path=quote(unquote(url.path)))
        return attrs.evolve(request, url=url.geturl())


class Resolving(Changing):
    """Takes the dots out of paths, as browsers do."""

    def changed(self, request: Request) -> Request:
        return attrs.evolve(request, url=urljoin(request.url, urlsplit(request.url)[2]))


class QuotingTheQueryAnew(Changing):
    def changed(self, request: Request) -> Request:
        url = urlsplit(request.url)
        url = url._replace(query=quote(unquote(url.query), safe="=&"))
        return attrs.evolve(request, url=url.geturl())


class SendingWhatItKnows(Changing):
    KNOWN = ("authorization", "content-type", "accept", "accept-encoding", "user-agent")

    def changed(self, request: Request) -> Request:
        known = {n: v for n, v in request.headers if n in self.KNOWN}
        return attrs.evolve(request, headers=known)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST"])
def test_a_method_that_is_another_one_is_said(method):
    with pytest.raises(
        AssertionError, match=f"a {method} without a body was sent as GET"
    ):
        SUITE.test_the_method_is_sent_as_it_is(
            Rig(ChoosingTheMethod(), run_on_asyncio), method
        )


@pytest.mark.parametrize(
    ("broken", "target", "sent"),
    [
        (QuotingAnew, "/%7ea/%2e%2E/~", "/~a/../~"),
        (Resolving, "/a/../b/./c", "/b/c"),
        (QuotingTheQueryAnew, "/v1?after=%2f%7E&x=a+b%20", "/v1"),
    ],
)
def test_a_target_that_is_quoted_anew_is_said(broken, target, sent):
    with pytest.raises(AssertionError, match=f" was sent as {sent}") as caught:
        STRICT.test_the_target_is_not_quoted_anew(Rig(broken(), run_on_asyncio), target)
    assert str(caught.value).startswith(target)


def test_an_encoded_slash_that_is_decoded_is_said():
    with pytest.raises(AssertionError, match=r" was sent as /v1/threads/a/b\?"):
        SUITE.test_an_encoded_slash_stays_one(Rig(QuotingAnew(), run_on_asyncio))


def test_a_header_that_is_dropped_is_named():
    with pytest.raises(AssertionError, match=r"'openai-beta' was not sent unchanged"):
        SUITE.test_the_request_is_sent_as_it_is(
            Rig(SendingWhatItKnows(), run_on_asyncio)
        )


def test_a_proxy_of_the_environment_is_said(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    harness = Rig(AsRequestsDoes(), run_on_asyncio)

    with pytest.raises(AssertionError, match="a proxy that the environment names was"):
        STRICT.test_no_proxy_of_the_environment_is_used(harness, monkeypatch)


class GoingOn(Correct):
    """Sends another request after some answers."""

    def next(self, request: Request, opened: Exchange) -> Request | None:
        raise NotImplementedError

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with ExitStack() as stack:
            opened = stack.enter_context(super().open(request))
            if (again := self.next(request, opened)) is not None:
                opened = stack.enter_context(super().open(again))
            yield opened


class FollowingGets(GoingOn):
    def follows(self, request: Request, url: str) -> bool:
        return request.method == "GET"

    def next(self, request: Request, opened: Exchange) -> Request | None:
        to = opened.head.headers.get("location")
        if to is None or not self.follows(request, urljoin(request.url, to)):
            return None
        return attrs.evolve(request, url=urljoin(request.url, to))


class FollowingOnItsServer(FollowingGets):
    def follows(self, request: Request, url: str) -> bool:
        return urlsplit(url).netloc == urlsplit(request.url).netloc


@pytest.mark.parametrize("broken", [FollowingGets, FollowingOnItsServer])
def test_some_redirects_that_are_followed_are_noticed(broken):
    with pytest.raises(AssertionError, match="the redirect was followed"):
        SUITE.test_redirects_are_not_followed(Rig(broken(), run_on_asyncio), 302)


class AnsweringChallenges(GoingOn):
    def next(self, request: Request, opened: Exchange) -> Request | None:
        asked = "www-authenticate" in opened.head.headers
        return request if opened.head.status == 401 and asked else None


class RepeatingGets(GoingOn):
    """As urllib3 does if it is told which statuses to repeat."""

    def next(self, request: Request, opened: Exchange) -> Request | None:
        again = opened.head.status == 503 and request.method == "GET"
        return request if again else None


@pytest.mark.parametrize(
    ("broken", "status"), [(AnsweringChallenges, 401), (RepeatingGets, 503)]
)
def test_an_answer_that_makes_it_ask_again_is_said(broken, status):
    with pytest.raises(AssertionError, match=f"answered with {status} was sent again"):
        SUITE.test_an_error_status_is_an_answer_like_any_other(
            Rig(broken(), run_on_asyncio), status
        )
