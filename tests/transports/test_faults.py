"""What every transport does when the network or the peer does not."""

from __future__ import annotations

import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

import pytest

from runs_core.errors import (
    NotSent,
    TransportError,
    TransportProtocolError,
    TransportTimeout,
)
from runs_core.wire.http import Request
from tests.transports.peer import PATIENCE, Connection, Script, answering, peer, whole
from tests.transports.rigs import Io, Rig, fetch, get, post

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = HEAD + b"Content-Length: 9\r\n\r\n"
UNFRAMED = HEAD + b"\r\n"
CANARY = "sk-canary-7f3a"


def secretive(url: str) -> Request:
    """A request that would betray itself in a message that quoted anything of it."""
    return post(
        f"{url}/v1/{CANARY}?key={CANARY}",
        CANARY.encode(),
        authorization=f"Bearer {CANARY}",
    )


def failing(rig: Rig, server_url: str, good_url: str | None = None) -> BaseException:
    """Exchange, fail, and see that the next exchange is not touched by it."""

    async def scenario(io: Io) -> BaseException:
        with pytest.raises((TransportError, *io.errors)) as caught:
            await fetch(io, secretive(server_url))
        if good_url is not None:
            assert (await fetch(io, get(good_url))).body == b"good"
        return caught.value

    error = rig.run(scenario)
    assert CANARY not in "".join(traceback.format_exception(error))
    return error


def failing_with(rig: Rig, script: Script) -> BaseException:
    with peer(script, answering(whole(b"good"))) as server:
        return failing(rig, server.url, server.url)


def reset_after(data: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.answer(data)
        connection.reset()

    return script


# --- Not sent ------------------------------------------------------------------------


@contextmanager
def unused_port() -> Iterator[int]:
    """A port that is taken, so that nobody else takes it, but not listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refused_connection_is_not_sent(rig: Rig, scheme: str) -> None:
    with unused_port() as port:
        error = failing(rig, f"{scheme}://127.0.0.1:{port}")

    assert isinstance(error, NotSent)
    assert f"127.0.0.1:{port}" in str(error)
    assert "refused" in str(error)


def test_an_unknown_host_is_not_sent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    error = failing(rig, "http://nowhere.invalid")

    assert isinstance(error, NotSent)
    assert "nowhere.invalid was not found" in str(error)


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", ".invalid"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_can_have_no_name_is_not_sent(
    rig: Rig, scheme: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def offline(name: str | bytes, *args: object, **kwargs: object) -> object:
        if isinstance(name, str):
            name = name.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    error = failing(rig, f"{scheme}://{host}")

    assert isinstance(error, NotSent)
    assert real is not socket.getaddrinfo


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue is full: a further SYN gets no answer (on Linux)."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse, or wait in line")
def test_a_connection_that_takes_too_long_is_not_sent(rig: Rig) -> None:
    with full_backlog() as port:
        request = get(f"http://127.0.0.1:{port}", connect=0.1)
        with pytest.raises(NotSent, match=r"connect to .* timed out after 0\.1 s"):
            rig.run(lambda io: fetch(io, request))


@pytest.mark.parametrize("first", [unused_port, full_backlog])
def test_the_next_address_is_tried(
    rig: Rig,
    first: Callable[[], AbstractContextManager[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sys.platform != "linux" and first is full_backlog:
        pytest.skip("others refuse, or wait in line")

    with first() as bad, peer(answering(whole(b"reached"))) as server:
        ports = bad, server.port
        stream = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""

        def two_addresses(*_: object, **__: object) -> object:
            return [(*stream, ("127.0.0.1", port)) for port in ports]

        monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
        request = get("http://twofold.invalid", connect=0.4)
        got = rig.run(lambda io: fetch(io, request))
        monkeypatch.undo()

    assert got.body == b"reached"


# --- Perhaps sent --------------------------------------------------------------------


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HT",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        HEAD,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        LENGTH,
        LENGTH + b"12345678",
        CHUNKED,
        CHUNKED + b"5",
        CHUNKED + b"5\r\n",
        CHUNKED + b"5\r\nab",
        CHUNKED + b"5\r\nabcde",
        CHUNKED + b"5\r\nabcde\r\n",
        CHUNKED + b"5\r\nabcde\r\n0",
    ],
)
def test_an_answer_that_is_cut_off_never_looks_whole(rig: Rig, cut: bytes) -> None:
    if rig.name == "requests" and cut.endswith(b"\r\n0"):
        pytest.skip("http.client takes a last chunk without its line end")
    error = failing_with(rig, answering(cut))

    assert isinstance(error, TransportProtocolError)
    assert "closed the connection" in str(error)


def test_a_body_without_framing_ends_with_the_connection(rig: Rig) -> None:
    with peer(answering(UNFRAMED + b"part")) as server:
        assert rig.run(lambda io: fetch(io, get(server.url))).body == b"part"


@pytest.mark.parametrize(
    "cut", [b"", HEAD, LENGTH + b"1234", CHUNKED + b"5\r\nab", UNFRAMED + b"part"]
)
def test_a_reset_connection_is_an_error(rig: Rig, cut: bytes) -> None:
    error = failing_with(rig, reset_after(cut))

    assert not isinstance(error, NotSent | TransportTimeout)


def test_what_came_before_the_cut_is_given_first(rig: Rig) -> None:
    async def scenario(io: Io) -> None:
        async with io.open(get(server.url)) as opened:
            assert await opened.read() == b"abc"
            for _ in range(2):  # The end of a cut answer is never clean.
                with pytest.raises((TransportError, *io.errors)):
                    await opened.read()

    with peer(answering(CHUNKED + b"3\r\nabc\r\n")) as server:
        rig.run(scenario)


# --- Broken HTTP ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"<html>no head</html>",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_junk_instead_of_http_is_a_protocol_error(rig: Rig, junk: bytes) -> None:
    error = failing_with(rig, answering(junk))

    assert isinstance(error, TransportProtocolError)
    assert "OpenSSH" not in str(error)


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    ],
)
def test_broken_chunks_are_a_protocol_error(rig: Rig, framing: bytes) -> None:
    assert isinstance(
        failing_with(rig, answering(HEAD + framing)), TransportProtocolError
    )


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 3\r\nContent-Length: 2\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 3-0\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Content Length: 3\r\n",
        b"Content-Length : 3\r\n",
        b"no colon\r\n",
        b"X: a\0b\r\n",
        b"X: a\rContent-Length: 3\r\n",
        b": no name\r\n",
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(
    rig: Rig, fields: bytes
) -> None:
    error = failing_with(rig, answering(HEAD + fields + b"\r\nabc"))

    assert isinstance(error, TransportProtocolError)
    assert "broke HTTP/1.1" in str(error)


def test_bytes_after_the_body_belong_to_no_answer(rig: Rig) -> None:
    async def scenario(io: Io) -> list[bytes]:
        return [(await fetch(io, get(server.url))).body for _ in range(2)]

    def script(connection: Connection) -> None:
        connection.answer(whole(b"first") + whole(b"planted"))
        with suppress(AssertionError):  # Most transports open another connection.
            connection.answer(whole(b"second"))

    with peer(script, answering(whole(b"second"))) as server:
        assert rig.run(scenario) == [b"first", b"second"]


@pytest.mark.parametrize(
    "flood", [b"X-Filler: 123456789\r\n", b"X-Filler: " + b"1" * 4096]
)
def test_an_endless_head_is_refused(rig: Rig, flood: bytes) -> None:
    def script(connection: Connection) -> None:
        connection.answer(HEAD)
        try:
            for _ in range(64 * 1024 * 1024 // len(flood)):
                connection.send(flood)
        except OSError:
            return
        raise AssertionError("the client took 64 MiB of head")

    error = failing_with(rig, script)

    assert isinstance(error, TransportProtocolError)
    assert "65536 bytes" in str(error)


def test_endless_interim_answers_are_refused(rig: Rig) -> None:
    error = failing_with(rig, answering(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000))

    assert isinstance(error, TransportProtocolError)
    assert "1xx" in str(error)


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"identity, gzip", b"x-unknown"])
def test_a_body_in_another_coding_is_refused(rig: Rig, coding: bytes) -> None:
    answer = whole(b"\x1f\x8b", b"Content-Encoding: " + coding)
    error = failing_with(rig, answering(answer))

    assert isinstance(error, TransportProtocolError)
    assert "Content-Encoding" in str(error)


def test_a_body_in_the_identity_coding_is_read(rig: Rig) -> None:
    with peer(answering(whole(b"ok", b"Content-Encoding: Identity"))) as server:
        assert rig.run(lambda io: fetch(io, get(server.url))).body == b"ok"


# --- Timeouts ------------------------------------------------------------------------


def silent_after(data: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.answer(data)
        connection.wait_until_left()

    return script


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n", LENGTH, CHUNKED + b"3\r\n"]
)
def test_a_silent_peer_is_a_timeout(rig: Rig, said: bytes) -> None:
    with peer(silent_after(said)) as server:
        request = get(server.url, read=0.05)
        with pytest.raises(TransportTimeout, match=r"timed out after 0\.05 s"):
            rig.run(lambda io: fetch(io, request))
        assert server.left.wait(PATIENCE)


def test_a_peer_that_takes_nothing_is_a_timeout(rig: Rig) -> None:
    go_on = threading.Event()

    def script(connection: Connection) -> None:
        go_on.wait(PATIENCE)

    with peer(script) as server:
        body = bytes(32 * 1024 * 1024)
        with pytest.raises(TransportTimeout):
            rig.run(lambda io: fetch(io, post(server.url, body, read=0.1, connect=0.1)))
        go_on.set()


@pytest.mark.parametrize("timeout", [0.05, 0, -1])
def test_a_reader_can_shorten_the_timeout(rig: Rig, timeout: float) -> None:
    async def scenario(io: Io) -> None:
        async with io.open(get(server.url, read=None)) as opened:
            assert await opened.read() == b"a"
            assert opened.set_timeout is not None
            opened.set_timeout(timeout)
            with pytest.raises(TransportTimeout):
                await opened.read()

    with peer(silent_after(CHUNKED + b"1\r\na\r\n")) as server:
        rig.run(scenario)


def test_a_reader_can_lengthen_the_timeout(rig: Rig) -> None:
    asked = threading.Event()
    late = 0.2

    def script(connection: Connection) -> None:
        connection.answer(CHUNKED + b"1\r\na\r\n")
        assert asked.wait(PATIENCE)
        # Silence is what is tested: longer than the request's own read timeout.
        assert not threading.Event().wait(late)
        connection.send(b"1\r\nb\r\n0\r\n\r\n")

    async def scenario(io: Io) -> None:
        async with io.open(get(server.url, read=late / 2)) as opened:
            assert await opened.read() == b"a"
            assert opened.set_timeout is not None
            opened.set_timeout(None)
            asked.set()
            assert await opened.read() == b"b"
            opened.set_timeout(PATIENCE)
            assert await opened.read() == b""
            opened.set_timeout(0.001)  # Too late to disturb anybody.

    with peer(script) as server:
        rig.run(scenario)


# --- An answer before its time -------------------------------------------------------


def test_an_answer_to_half_a_request_is_not_lost(rig: Rig) -> None:
    def script(connection: Connection) -> None:
        while b"\r\n\r\n" not in connection.sock.recv(65536, socket.MSG_PEEK):
            pass
        connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    with peer(script) as server:
        got = rig.run(lambda io: fetch(io, post(server.url, bytes(8 * 1024 * 1024))))

    assert (got.head.status, got.body) == (413, b"no")


def test_no_environment_is_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with unused_port() as port, peer(answering(whole(b"direct"))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{port}")
        monkeypatch.setitem(os.environ, "NETRC", "/nonexistent")

        assert rig.run(lambda io: fetch(io, get(server.url))).body == b"direct"
