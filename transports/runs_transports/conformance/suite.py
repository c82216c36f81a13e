"""What every transport must do."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from runs_core.testing import scenarios
from runs_core.testing.scenarios import Scenario
from runs_transports.conformance.event_loop import EventLoopTests
from runs_transports.conformance.once import OnceTests
from runs_transports.conformance.peer import (
    CHUNKED,
    HEAD,
    PATIENCE,
    STILL_OPEN,
    UNFRAMED,
    Connection,
    answering,
    peer,
    silent_after,
    whole,
)
from runs_transports.conformance.rig import (
    Answer,
    Io,
    Rig,
    declared,
    eventually,
    fetch,
    get,
    post,
)
from runs_transports.conformance.verbatim import VerbatimTests
from runs_transports.conformance.waiting import WaitingTests

__all__ = ["TransportSuite"]


class TransportSuite(EventLoopTests, OnceTests, VerbatimTests, WaitingTests):
    """The contract of a transport; a subclass provides the fixture `transport`."""

    # --- All goes well -----------------------------------------------------------

    @pytest.mark.parametrize("answer", scenarios.FRAMED, ids=str)
    def test_a_whole_body_is_given_in_each_framing(
        self, rig: Rig, answer: Scenario
    ) -> None:
        with peer(answering(answer.data)) as server:
            got = rig.run(lambda io: fetch(io, get(server.url)))

        assert got.head.status == 200
        assert got.body == answer.body

    @pytest.mark.parametrize("status", [204, 304])
    def test_an_answer_without_a_body_ends_at_once(self, rig: Rig, status: int) -> None:
        ended = threading.Event()

        def script(connection: Connection) -> None:
            connection.answer(b"HTTP/1.1 %d X\r\nETag: e\r\n\r\n" % status)
            assert ended.wait(PATIENCE)

        with peer(script) as server:
            got = rig.run(lambda io: fetch(io, get(server.url)))
            ended.set()

        assert (got.head.status, got.body) == (status, b"")

    @pytest.mark.parametrize(
        ("head", "first", "second", "end"),
        [
            (HEAD + b"Content-Length: 2\r\n\r\n", b"a", b"b", b""),
            (CHUNKED, b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"),
            (CHUNKED, b"2\r\na", b"b\r\n", b"0\r\n\r\n"),
            (UNFRAMED, b"a", b"b", b""),
        ],
        ids=["length", "chunked", "half-a-chunk", "unframed"],
    )
    @pytest.mark.parametrize("together", [False, True], ids=["alone", "with-the-head"])
    def test_each_byte_is_delivered_as_soon_as_it_arrives(
        self,
        rig: Rig,
        head: bytes,
        first: bytes,
        second: bytes,
        end: bytes,
        together: bool,
    ) -> None:
        parts = [second] if together else [first, second]
        go_on = threading.Event()
        in_time: list[bool] = []

        def script(connection: Connection) -> None:
            connection.answer(head + first if together else head)
            for part in parts:
                in_time.append(go_on.wait(PATIENCE))
                go_on.clear()
                connection.send(part)
            connection.send(end)

        async def scenario(io: Io) -> list[bytes]:
            pieces = []
            async with io.open(get(server.url, read=None)) as opened:
                if not together:
                    go_on.set()
                while piece := await opened.read():
                    pieces.append(piece)
                    go_on.set()
            return pieces

        with peer(script) as server:
            pieces = rig.run(scenario)

        assert in_time == [True] * len(parts), (
            "a byte that had come was not returned before the next one came"
        )
        assert pieces == [b"a", b"b"]

    def test_the_request_is_sent_as_it_is(self, rig: Rig) -> None:
        body = b'{"a": "\xc3\xa4"}'
        target = "/proxy/v1/threads/t%20x/runs?include%5B%5D=a&b=%7E"

        with peer(answering(whole())) as server:
            request = post(
                server.url + target,
                body,
                authorization="Bearer key",
                content_type="application/json",
                accept="text/event-stream",
                accept_encoding="identity",
                user_agent="test/1",
                openai_beta="assistants=v2",
                idempotency_key="key-1",
                x_of_the_caller="Any/Thing; as it is",
            )
            rig.run(lambda io: fetch(io, request))

        (sent,) = server.requests
        head, _, sent_body = sent.partition(b"\r\n\r\n")
        start, *fields = head.decode("ascii").split("\r\n")
        named = {
            name.lower(): value.strip()
            for name, _, value in (field.partition(":") for field in fields)
        }
        assert len(named) == len(fields), "a header was sent twice"
        assert start == f"POST {target} HTTP/1.1"
        for name, value in request.headers:
            assert named.get(name) == value, f"{name!r} was not sent unchanged"
        assert named["host"] == server.place
        assert named["content-length"] == str(len(body))
        assert sent_body == body
        assert server.connections == 1

    def test_every_header_of_the_answer_is_kept(self, rig: Rig) -> None:
        fields = (b"X-Request-ID: r1", b"Set-Cookie: a=1", b"SET-COOKIE: b=2")

        with peer(answering(whole(b"{}", *fields))) as server:
            head = rig.run(lambda io: fetch(io, get(server.url))).head

        assert head.request_id == "r1"
        assert head.content_type == "application/json"
        assert [v for n, v in head.headers if n == "set-cookie"] == ["a=1", "b=2"], (
            "two headers of one name were not both kept, in their order"
        )

    @pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500, 503])
    def test_an_error_status_is_an_answer_like_any_other(
        self, rig: Rig, status: int
    ) -> None:
        asking = b"Retry-After: 0", b'WWW-Authenticate: Digest realm="r", nonce="n"'
        answer = whole(b"{}", *asking).replace(b"200 OK", b"%d No" % status)

        async def scenario(io: Io) -> list[Answer]:
            return [
                await fetch(io, request(server.url, authorization="k"))
                for request in (post, get)
            ]

        with peer(answering(answer)) as server:
            answers = rig.run(scenario)
            assert len(server.requests) == 2, (
                f"a request that was answered with {status} was sent again"
            )

        for got in answers:
            assert (got.head.status, got.body) == (status, b"{}")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, rig: Rig, status: int) -> None:
        with peer(answering(whole())) as other:
            places = f"{other.url}/x", "/x"
            moved = [
                whole(b"no", b"Location: " + place.encode()).replace(
                    b"200 OK", b"%d Moved" % status
                )
                for place in places
            ]

            async def scenario(io: Io) -> list[Answer]:
                return [
                    await fetch(io, request(server.url, authorization="k"))
                    for request in (post, get)
                    for _ in places
                ]

            with peer(*map(answering, 2 * moved)) as server:
                answers = rig.run(scenario)
            assert other.connections == 0, "the redirect was followed"
            assert len(server.requests) == 4, "the redirect was followed"

        for got, place in zip(answers, 2 * places, strict=True):
            assert got.head.status == status
            assert got.head.headers["location"] == place
            assert got.body == b"no"

    def test_no_credentials_are_added(
        self, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login found password lying-about\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))

        with peer(answering(whole())) as server:
            rig.run(lambda io: fetch(io, post(server.url)))

        assert b"\r\nauthorization:" not in server.requests[0].lower(), (
            "credentials were sent that the request did not have"
        )

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_nothing_of_one_exchange_goes_into_the_next(
        self, rig: Rig, host: str
    ) -> None:
        # Some keep no cookies of addresses; the system says where a name points.
        (*_, place), *_ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answer = whole(b"{}", b"Set-Cookie: a=kept; Path=/")

        async def scenario(io: Io) -> None:
            url = f"http://{host}:{server.port}/"
            await fetch(io, post(url, authorization="Bearer key"))
            await fetch(io, post(url))

        with peer(answering(answer), host=str(place[0])) as server:
            rig.run(scenario)

        _, second = server.requests
        assert b"a=kept" not in second, (
            "the cookie of a response was sent with the next request"
        )
        assert b"Bearer key" not in second, (
            "the credentials of one request were sent with the next"
        )

    def test_a_compressed_body_is_refused_or_given_as_it_is(self, rig: Rig) -> None:
        packed = gzip.compress(b"text")

        async def scenario(io: Io) -> bytes | None:
            try:
                return (await fetch(io, get(server.url))).body
            except declared(io):
                return None

        answer = whole(packed, b"Content-Encoding: gzip")
        with peer(answering(answer)) as server:
            assert rig.run(scenario) in (None, packed), "the body was decompressed"

    def test_exchanges_follow_one_another(self, rig: Rig) -> None:
        async def scenario(io: Io) -> list[bytes]:
            return [(await fetch(io, get(server.url))).body for _ in range(3)]

        with peer(*(answering(whole(b"%d" % n)) for n in range(3))) as server:
            assert rig.run(scenario) == [b"0", b"1", b"2"]

    def test_exchanges_run_beside_one_another(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            async with (
                io.open(get(first.url)) as one,
                io.open(get(second.url)) as two,
            ):
                assert await two.read() == b"2"
                assert await one.read() == b"1"

        with (
            peer(answering(whole(b"1"))) as first,
            peer(answering(whole(b"2"))) as second,
        ):
            rig.run(scenario)

    def test_a_large_body_goes_both_ways(self, rig: Rig) -> None:
        body = bytes(range(256)) * 4 * 1024  # 1 MiB

        def script(connection: Connection) -> None:
            request = connection.read_request()
            connection.send(whole(request.partition(b"\r\n\r\n")[2]))

        with peer(script) as server:
            got = rig.run(lambda io: fetch(io, post(server.url, body)))

        # Compared outside of `assert`: if pytest thinks it runs on a CI server, it
        # would spend hours computing their difference.
        unharmed = got.body == body
        assert unharmed, f"{len(body)} bytes came back as {len(got.body)}, or changed"

    # --- Leaving -----------------------------------------------------------------

    def test_leaving_early_closes_the_connection(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            async with io.open(get(server.url)) as opened:
                assert await opened.read() == b"a"
            assert await eventually(io, server.left.is_set, PATIENCE), STILL_OPEN

        with peer(silent_after(CHUNKED + b"1\r\na\r\n")) as server:
            rig.run(scenario)

    def test_leaving_by_an_error_closes_the_connection(self, rig: Rig) -> None:
        async def scenario(io: Io) -> None:
            mine = LookupError("mine")
            came: BaseException | None = None
            try:
                async with io.open(get(server.url)):
                    raise mine
            except Exception as error:
                came = error
            assert came is mine, "the error that ended the exchange got lost"
            assert await eventually(io, server.left.is_set, PATIENCE), STILL_OPEN

        with peer(silent_after(UNFRAMED)) as server:
            rig.run(scenario)

    # --- Where an answer ends ----------------------------------------------------

    def test_a_body_without_framing_ends_with_the_connection(self, rig: Rig) -> None:
        with peer(answering(UNFRAMED + b"part")) as server:
            got = rig.run(lambda io: fetch(io, get(server.url)))

        assert got.body == b"part"

    @pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])
    def test_bytes_after_the_body_belong_to_no_answer(
        self, rig: Rig, closing: bytes
    ) -> None:
        async def scenario(io: Io) -> list[bytes]:
            first = b"first"
            with suppress(*declared(io)):  # May be refused because of what follows.
                first = (await fetch(io, get(server.url))).body
            return [first, (await fetch(io, get(server.url))).body]

        def script(connection: Connection) -> None:
            first = whole(b"first") + whole(b"planted")
            connection.answer(first.replace(b"Connection: close\r\n", closing))
            # Most transports open another connection, and some reset this one.
            with suppress(AssertionError, OSError):
                connection.answer(whole(b"second"))

        with peer(script, answering(whole(b"second"))) as server:
            bodies = rig.run(scenario)

        assert bodies == [b"first", b"second"], (
            "what came after a response was taken for the next one"
        )
