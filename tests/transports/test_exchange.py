"""What every transport does when all goes well."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from runs_core.errors import InvalidEndpoint, InvalidHeader, UsageError
from runs_core.wire.http import Request
from tests.transports.peer import PATIENCE, Connection, answering, peer, whole
from tests.transports.rigs import Io, Rig, fetch, get, post

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
UNFRAMED = HEAD + b"\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"hello world"),
        CHUNKED + b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n",
        UNFRAMED + b"hello world",
        HEAD + b"Connection: close\r\nContent-Length: 11\r\n\r\nhello world",
        HEAD.replace(b"1.1", b"1.0") + b"\r\nhello world",
        HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 11\n\nhello world",
        HEAD + b"Content-Length: 11\n\r\nhello world",
        HEAD + b"X: a,\r\n  b\r\nContent-Length:11\r\n\r\nhello world",
        b"HTTP/1.1 200\r\nContent-Length: 11, 11\r\n\r\nhello world",
    ],
    ids=[
        "length",
        "chunked",
        "unframed",
        "closing",
        "http-1.0",
        "bare-lf",
        "mixed-ends",
        "folded",
        "repeated-length",
    ],
)
def test_a_whole_body_is_given_in_each_framing(rig: Rig, answer: bytes) -> None:
    with peer(answering(answer)) as server:
        got = rig.run(lambda io: fetch(io, get(server.url)))

    assert got.head.status == 200
    assert got.body == b"hello world"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_ends_at_once(rig: Rig, status: int) -> None:
    def script(connection: Connection) -> None:
        connection.answer(b"HTTP/1.1 %d X\r\nETag: e\r\n\r\n" % status)
        connection.wait_until_left()

    with peer(script) as server:
        got = rig.run(lambda io: fetch(io, get(server.url)))

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
def test_each_byte_is_delivered_as_soon_as_it_arrives(
    rig: Rig, head: bytes, first: bytes, second: bytes, end: bytes
) -> None:
    go_on = threading.Event()

    def script(connection: Connection) -> None:
        connection.answer(head)
        for part in (first, second):
            assert go_on.wait(PATIENCE)
            go_on.clear()
            connection.send(part)
        connection.send(end)

    async def scenario(io: Io) -> None:
        async with io.open(get(server.url)) as opened:
            go_on.set()
            assert await opened.read() == b"a"
            go_on.set()
            assert await opened.read() == b"b"
            assert await opened.read() == b""

    with peer(script) as server:
        rig.run(scenario)


def test_the_request_is_these_bytes(rig: Rig) -> None:
    request = post(
        "http://PLACE/proxy/v1/threads/t%20x/runs?include%5B%5D=a&b=%7E#fragment",
        b'{"a": "\xc3\xa4"}',
        authorization="Bearer key",
        content_type="application/json",
        user_agent="test/1",
    )

    with peer(answering(whole())) as server:
        url = request.url.replace("PLACE", server.place)
        rig.run(
            lambda io: fetch(
                io,
                Request(
                    method=request.method,
                    url=url,
                    headers=request.headers,
                    body=request.body,
                ),
            )
        )

    (sent,) = server.requests
    head, _, body = sent.partition(b"\r\n\r\n")
    start, *fields = head.decode("ascii").split("\r\n")
    assert start == "POST /proxy/v1/threads/t%20x/runs?include%5B%5D=a&b=%7E HTTP/1.1"
    named = {
        name.lower(): value for name, _, value in (f.partition(": ") for f in fields)
    }
    named.pop("connection", None)
    assert len(named) == len(set(named))
    assert named == {
        "host": server.place,
        "authorization": "Bearer key",
        "content-type": "application/json",
        "user-agent": "test/1",
        "accept-encoding": "identity",
        "content-length": str(len(body)),
    }
    assert body == request.body
    assert server.connections == 1


def test_paths_are_sent_as_they_are(rig: Rig) -> None:
    with peer(answering(whole())) as server:
        rig.run(lambda io: fetch(io, get(f"{server.url}/a/../b//c/%2E%2e/d;x=1")))

    target = server.requests[0].split()[1]
    assert target.upper() == b"/A/../B//C/%2E%2E/D;X=1"


@pytest.mark.parametrize(
    ("method", "length"),
    [("POST", b"0"), ("DELETE", b"0"), ("GET", None), ("HEAD", None)],
)
def test_a_request_without_a_body_says_so(
    rig: Rig, method: str, length: bytes | None
) -> None:
    def script(connection: Connection) -> None:
        connection.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with peer(script) as server:
        request = Request(method=method, url=server.url)
        assert rig.run(lambda io: fetch(io, request)).body == b""

    head = server.requests[0].lower()
    assert head.count(b"content-length: ") == (length is not None)
    if length is not None:
        assert b"\r\ncontent-length: %s\r\n" % length in head


def test_the_answers_header_names_are_in_lower_case_and_all_kept(rig: Rig) -> None:
    answer = whole(b"{}", b"X-Request-ID: r1", b"Set-Cookie: a=1", b"SET-COOKIE: b=2")

    with peer(answering(answer)) as server:
        head = rig.run(lambda io: fetch(io, get(server.url))).head

    assert head.request_id == "r1"
    assert head.content_type == "application/json"
    assert [v for n, v in head.headers if n == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("status", [100, 102, 103])
def test_interim_answers_are_skipped(rig: Rig, status: int) -> None:
    interim = b"HTTP/1.1 %d Wait\r\nLink: </x>\r\n\r\n" % status

    with peer(answering(interim * 3 + whole(b"yes"))) as server:
        got = rig.run(lambda io: fetch(io, get(server.url)))

    assert (got.head.status, got.body) == (200, b"yes")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(rig: Rig, status: int) -> None:
    with peer(answering(whole())) as other:
        answer = (
            b"HTTP/1.1 %d Moved\r\nLocation: %s/x\r\nContent-Length: 2\r\n\r\nno"
            % (status, other.url.encode())
        )
        with peer(answering(answer)) as server:
            got = rig.run(lambda io: fetch(io, post(server.url, authorization="k")))
        assert other.connections == 0

    assert got.head.status == status
    assert got.head.headers["location"] == f"{other.url}/x"
    assert got.body == b"no"


def test_the_body_of_a_redirect_is_not_read_for_the_reader(rig: Rig) -> None:
    def script(connection: Connection) -> None:
        connection.answer(b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\n\r\nx")
        connection.wait_until_left()

    async def scenario(io: Io) -> None:
        async with io.open(get(server.url)) as opened:
            assert opened.head.status == 302
            assert await opened.read() == b"x"

    with peer(script) as server:
        rig.run(scenario)


def test_ipv6_literals_are_connected_to(rig: Rig) -> None:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(peer(answering(whole(b"six")), host="::1"))
        except OSError:
            pytest.skip("this machine has no IPv6")
        got = rig.run(lambda io: fetch(io, get(f"{server.url}/x")))

    assert got.body == b"six"
    assert f"host: [::1]:{server.port}".encode() in server.requests[0].lower()


def test_host_names_are_connected_to(rig: Rig) -> None:
    with peer(answering(whole(b"name"))) as server:
        got = rig.run(lambda io: fetch(io, get(f"http://LOCALHOST:{server.port}/")))

    assert got.body == b"name"
    assert f"host: localhost:{server.port}".encode() in server.requests[0].lower()


def test_leaving_early_closes_the_connection(rig: Rig) -> None:
    def script(connection: Connection) -> None:
        connection.answer(CHUNKED + b"1\r\na\r\n")
        connection.wait_until_left()

    async def scenario(io: Io) -> None:
        async with io.open(get(server.url)) as opened:
            assert await opened.read() == b"a"
        assert server.left.wait(PATIENCE)

    with peer(script) as server:
        rig.run(scenario)


def test_leaving_by_an_error_closes_the_connection(rig: Rig) -> None:
    def script(connection: Connection) -> None:
        connection.answer(UNFRAMED)
        connection.wait_until_left()

    async def scenario(io: Io) -> None:
        with pytest.raises(LookupError, match="mine"):
            async with io.open(get(server.url)):
                raise LookupError("mine")
        assert server.left.wait(PATIENCE)

    with peer(script) as server:
        rig.run(scenario)


def test_exchanges_follow_one_another(rig: Rig) -> None:
    async def scenario(io: Io) -> list[bytes]:
        return [(await fetch(io, get(server.url))).body for _ in range(3)]

    with peer(*(answering(whole(b"%d" % n)) for n in range(3))) as server:
        assert rig.run(scenario) == [b"0", b"1", b"2"]


def test_exchanges_run_beside_one_another(rig: Rig) -> None:
    async def scenario(io: Io) -> None:
        async with (
            io.open(get(first.url)) as one,
            io.open(get(second.url)) as two,
        ):
            assert await two.read() == b"2"
            assert await one.read() == b"1"

    with peer(answering(whole(b"1"))) as first, peer(answering(whole(b"2"))) as second:
        rig.run(scenario)


def test_a_large_body_goes_both_ways(rig: Rig) -> None:
    body = bytes(range(256)) * 4 * 1024  # 1 MiB

    def script(connection: Connection) -> None:
        request = connection.read_request()
        connection.send(whole(request.partition(b"\r\n\r\n")[2]))

    with peer(script) as server:
        got = rig.run(lambda io: fetch(io, post(server.url, body)))

    assert got.body == body


@pytest.mark.parametrize("value", ["k\r\nx: y", "k\n", "\0", "kä", " k", "k "])
def test_a_header_cannot_be_injected(rig: Rig, value: str) -> None:
    with peer(answering(whole())) as server:
        with pytest.raises(InvalidHeader) as caught:
            rig.run(lambda io: fetch(io, get_with(server.url, "authorization", value)))
        with pytest.raises(InvalidHeader):
            rig.run(lambda io: fetch(io, get_with(server.url, value, "x")))
        assert server.connections == 0

    assert value not in str(caught.value)


def get_with(url: str, name: str, value: str) -> Request:
    return Request(method="GET", url=url, headers=[(name, value)])


@pytest.mark.parametrize(
    "method", ["GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", "", "CONNECT"]
)
def test_a_method_cannot_smuggle_a_request(rig: Rig, method: str) -> None:
    with peer(answering(whole())) as server:
        with pytest.raises(UsageError):
            rig.run(lambda io: fetch(io, Request(method=method, url=server.url)))
        assert server.connections == 0


def test_framing_fields_of_the_caller_are_not_sent(rig: Rig) -> None:
    with peer(answering(whole())) as server:
        rig.run(
            lambda io: fetch(
                io,
                post(
                    server.url,
                    b"body",
                    content_length="1",
                    transfer_encoding="chunked",
                    connection="upgrade",
                ),
            )
        )

    head, _, body = server.requests[0].lower().partition(b"\r\n\r\n")
    assert body == b"body"
    assert head.count(b"content-length") == 1
    assert b"chunked" not in head
    assert b"upgrade" not in head


@pytest.mark.parametrize(
    "url",
    [
        "/v1/threads",
        "ftp://127.0.0.1/",
        "http:///v1",
        "http://127.0.0.1:x/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1/ x",
        "http://127.0.0.1/\r\nsecret: x",
        "http://bücher.example/",
    ],
)
def test_a_url_that_cannot_be_sent_is_refused_unquoted(rig: Rig, url: str) -> None:
    with pytest.raises(InvalidEndpoint) as caught:
        rig.run(lambda io: fetch(io, get(url)))

    assert "secret" not in str(caught.value)
    assert url not in str(caught.value)


def test_sleeping_takes_the_time(rig: Rig) -> None:
    rig.run(lambda io: io.sleep(0))
