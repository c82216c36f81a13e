"""Transports that break the contract: the suite says what each one did."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urljoin, urlsplit

import attrs
import pytest
import requests

from runs_core.errors import NotSent
from runs_core.testing import scenarios
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request, Timeouts
from runs_transports import asyncio as on_asyncio
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance import TransportSuite, peer, rig, suite
from runs_transports.conformance.rig import Rig, run_on_asyncio
from tests.transports.rigs import Correct, Exchange


class DroppingBytes(Correct):
    def reading(self, opened: Exchange) -> Callable[[], bytes]:
        return lambda: opened.read()[:4096]


class Collecting(Correct):
    def reading(self, opened: Exchange) -> Callable[[], bytes]:
        return lambda: b"".join(iter(opened.read, b""))


class FillingItsBuffer(Correct):
    """Asks for more than it has, so that what came with the head waits for more."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        connection = http.client.HTTPConnection(urlsplit(request.url).netloc)
        connection.request("GET", "/")
        with connection.getresponse() as response:
            buffer = bytearray(65536)

            def read() -> bytes:
                return bytes(buffer[: response.fp.readinto(buffer)])

            yield Opened(Head(response.status, response.getheaders()), read)


class SwallowingErrors(Correct):
    def reading(self, opened: Exchange) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                return opened.read()
            except Exception:
                return b""

        return read


class Decompressing(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        place = urlsplit(request.url).netloc
        connection = http.client.HTTPConnection(place)
        connection.request("GET", "/")
        with connection.getresponse() as response:
            head = Head(response.status, response.getheaders())
            pieces = iter([gzip.decompress(response.read())])
            yield Opened(head, lambda: next(pieces, b""))


class FollowingRedirects(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with ExitStack() as stack:
            opened = stack.enter_context(super().open(request))
            if to := opened.head.headers.get("location"):
                moved = attrs.evolve(request, url=urljoin(request.url, to))
                opened = stack.enter_context(super().open(moved))
            yield opened


class DeclaringNothing(Correct):
    def __init__(self) -> None:
        super().__init__()
        self.errors = ()

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        try:
            with super().open(request) as opened:
                yield opened
        except Exception as error:
            raise LookupError from error


class NeverSent(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        try:
            with super().open(request) as opened:
                yield opened
        except Exception as error:
            raise NotSent("it says") from error


class NotSayingUnsent(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        try:
            with super().open(request) as opened:
                yield opened
        except NotSent as error:
            raise ConnectionError from error


class LosingHeaders(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with super().open(request) as opened:
            head = Head(opened.head.status, dict(opened.head.headers))
            yield attrs.evolve(opened, head=head)


class AskingForCompression(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        headers = {**dict(request.headers), "accept-encoding": "gzip, deflate"}
        with super().open(attrs.evolve(request, headers=headers)) as opened:
            yield opened


class AsRequestsDoes(Correct):
    """A plain session: it looks into `.netrc`, and for proxies in the environment."""

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with (
            requests.Session() as session,
            session.request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                stream=True,
            ) as response,
        ):
            pieces = response.iter_content(4096)
            head = Head(response.status_code, response.headers)
            yield Opened(head, lambda: next(pieces, b""))


class KeepingOpen(Correct):
    def __init__(self) -> None:
        super().__init__()
        self.kept = ExitStack()

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        yield self.kept.enter_context(super().open(request))


class Swallowing(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with super().open(request) as opened, suppress(LookupError):
            yield opened


class Renaming(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with super().open(request) as opened:
            try:
                yield opened
            except Exception as error:
                raise ConnectionError("it broke") from error


class Patient(Correct):
    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        patient = attrs.evolve(request, timeouts=Timeouts(0.3, 0.3))
        with super().open(patient) as opened:
            yield opened


class Sleepless(Correct):
    def sleep(self, seconds: float) -> None:
        pass


class SleepingMilliseconds(Correct):
    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 1000)


class Punctual(Correct):
    def now(self) -> float:
        return time.monotonic()


class CountingMilliseconds(Correct):
    def now(self) -> float:
        return time.monotonic() * 1000


class Stopped(Correct):
    def now(self) -> float:
        return 0.0


class OnTheWall(Correct):
    def now(self) -> float:
        return time.time()


SUITE = TransportSuite()
CUT = scenarios.CUT[3]


@pytest.mark.parametrize(
    ("broken", "test", "arguments", "said"),
    [
        (
            DroppingBytes,
            SUITE.test_a_large_body_goes_both_ways,
            (),
            "1048576 bytes came back as [0-9]+, or changed",
        ),
        (
            SwallowingErrors,
            SUITE.test_an_answer_that_is_cut_off_never_looks_whole,
            (CUT,),
            "neither `open` nor `read` raised, but the response was broken",
        ),
        (
            DeclaringNothing,
            SUITE.test_an_answer_that_is_cut_off_never_looks_whole,
            (scenarios.CUT[0],),
            "LookupError was raised, but is not among the transport's `errors`",
        ),
        (
            NeverSent,
            SUITE.test_an_answer_that_is_cut_off_never_looks_whole,
            (scenarios.CUT[0],),
            "NotSent was raised for a request that was sent: the core would repeat it",
        ),
        (
            FollowingRedirects,
            SUITE.test_redirects_are_not_followed,
            (307,),
            "the redirect was followed",
        ),
        (
            Decompressing,
            SUITE.test_a_compressed_body_is_refused_or_given_as_it_is,
            (),
            "the body was decompressed",
        ),
        (
            AskingForCompression,
            SUITE.test_the_request_is_sent_as_it_is,
            (),
            "'accept-encoding' was not sent unchanged",
        ),
        (
            LosingHeaders,
            SUITE.test_every_header_of_the_answer_is_kept,
            (),
            "two headers of one name were not both kept, in their order",
        ),
        (
            NotSayingUnsent,
            SUITE.test_a_refused_connection_is_not_sent,
            (),
            "ConnectionError was raised, not NotSent, though the connection was",
        ),
        (
            Sleepless,
            SUITE.test_sleeping_takes_the_time,
            (),
            r"`sleep\(0\.1\)` took 0\.0.. s: polling would ask without a pause",
        ),
        (
            SleepingMilliseconds,
            SUITE.test_sleeping_takes_the_time,
            (),
            "polling would ask without a pause",
        ),
    ],
)
def test_what_is_broken_is_said(monkeypatch, broken, test, arguments, said):
    # Here pytest explains at any length: what fails must fail at once all the same.
    monkeypatch.setenv("CI", "true")
    harness = Rig(broken(), run_on_asyncio)

    with pytest.raises((AssertionError, pytest.fail.Exception), match=said):
        test(harness, *arguments)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (CountingMilliseconds, r"`now\(\)` counted [0-9]{2,}\.[0-9]+ while"),
        (Stopped, r"`now\(\)` counted 0\.000 while"),
        (
            OnTheWall,
            r"`now\(\)` counted -3[56][0-9]+\.[0-9]+ .* the wall clock was set",
        ),
    ],
)
def test_a_clock_that_misleads_deadlines_is_said(broken, said, monkeypatch):
    harness = Rig(broken(), run_on_asyncio)

    with pytest.raises(AssertionError, match=said):
        SUITE.test_its_own_clock_counts_seconds_and_is_never_set(harness, monkeypatch)


def test_a_correct_transport_passes_in_this_harness_too(monkeypatch):
    harness = Rig(Correct(), run_on_asyncio)
    SUITE.test_an_answer_that_is_cut_off_never_looks_whole(harness, CUT)
    SUITE.test_sleeping_takes_the_time(harness)

    harness = Rig(Punctual(), run_on_asyncio)
    SUITE.test_its_own_clock_counts_seconds_and_is_never_set(harness, monkeypatch)


def test_credentials_that_lie_about_are_not_to_be_found(tmp_path, monkeypatch):
    harness = Rig(AsRequestsDoes(), run_on_asyncio)

    with pytest.raises(AssertionError, match="credentials were sent that the request"):
        SUITE.test_no_credentials_are_added(harness, tmp_path, monkeypatch)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broken waits for the safety net: a short one."""
    for module in (suite, peer):
        monkeypatch.setattr(module, "PATIENCE", 0.1)


@pytest.mark.parametrize(
    ("broken", "answer", "together"),
    [
        (
            Collecting,
            (suite.CHUNKED, b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"),
            False,
        ),
        (FillingItsBuffer, (suite.UNFRAMED, b"a", b"b", b""), True),
    ],
)
def test_bytes_that_are_kept_back_are_noticed(
    impatient: None, broken, answer, together
):
    harness = Rig(broken(), run_on_asyncio)

    with pytest.raises(
        AssertionError, match="had come was not returned before the next"
    ):
        SUITE.test_each_byte_is_delivered_as_soon_as_it_arrives(
            harness, *answer, together
        )


def test_a_connection_that_is_left_open_is_said(impatient: None):
    transport = KeepingOpen()

    with (
        transport.kept,
        pytest.raises(AssertionError, match=r"its connection is still open"),
    ):
        SUITE.test_leaving_early_closes_the_connection(Rig(transport, run_on_asyncio))


async def close_without_waiting(writer: asyncio.StreamWriter) -> None:
    writer.close()


def test_a_connection_may_be_closed_by_the_loops_next_turn(monkeypatch):
    monkeypatch.setattr(on_asyncio, "_close", close_without_waiting)
    harness = Rig(AsyncioTransport(), run_on_asyncio)

    SUITE.test_leaving_early_closes_the_connection(harness)
    SUITE.test_leaving_by_an_error_closes_the_connection(harness)


@pytest.mark.parametrize("broken", [Swallowing, Renaming])
def test_an_error_that_is_not_let_through_on_leaving_is_said(broken):
    harness = Rig(broken(), run_on_asyncio)

    with pytest.raises(
        AssertionError, match="the error that ended the exchange got lost"
    ):
        SUITE.test_leaving_by_an_error_closes_the_connection(harness)


def test_a_timeout_of_the_transports_own_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rig, "_LATE_SECONDS", 0.2)

    with pytest.raises(AssertionError, match=r"0\.1 s or less took 0\.[3-9] s"):
        SUITE.test_a_silent_peer_is_a_timeout(Rig(Patient(), run_on_asyncio), b"")
