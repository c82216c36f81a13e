from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from types import SimpleNamespace
from typing import Any

import h11
import pytest
from attrs import evolve

from runs_core.errors import UsageError
from runs_core.testing import LocalService, Pause, ServiceReply, ServiceRequest
from runs_core.wire.http import Request
from runs_transports.conformance.peer import PATIENCE
from runs_transports.conformance.rig import fetch, get, post
from runs_transports.serve import serve
from runs_transports.sockets import SocketTransport
from tests.cli.command import environment
from tests.transports.rigs import AnyRig
from tests.transports.serving import (
    Endless,
    FakeService,
    connect,
    echo,
    hear,
    say,
    serving,
    stream,
    tls_contexts,
    unhandled,
    whole,
)


def test_a_request_reaches_the_service_as_it_was_sent(rig: AnyRig) -> None:
    with serving() as server:
        request = post(f"{server.base_url}/a%20b?x=%5B%5D", b"\x00body", x_y="z")
        got = rig.run(lambda io: fetch(io, request))

    assert got.body == b"\x00body"
    (seen,) = server.service.requests
    assert (seen.method, seen.target) == ("POST", "/v1/a%20b?x=%5B%5D")
    assert seen.body == b"\x00body"
    assert ("x-y", "z") in seen.headers


def test_the_time_is_the_worlds(rig: AnyRig) -> None:
    times: list[float] = []

    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        times.append(now)
        return whole(b"")

    before = time.time()
    with serving(handler) as server:
        rig.run(lambda io: fetch(io, get(server.base_url)))

    assert before <= times[0] <= time.time()


def test_without_a_service_it_serves_the_local_one(rig: AnyRig) -> None:
    with serve() as server:
        assert isinstance(server.service, LocalService)
        got = rig.run(lambda io: fetch(io, post(f"{server.base_url}/threads")))

    assert got.head.content_type == "application/json"


def test_a_stream_is_sent_as_it_is_made(rig: AnyRig) -> None:
    go_on = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        assert go_on.wait(PATIENCE)
        yield b"second"

    async def scenario(io):  # type: ignore[no-untyped-def]
        async with io.open(get(server.base_url)) as opened:
            assert "transfer-encoding" in opened.head.headers
            assert await opened.read() == b"first"
            go_on.set()
            assert await opened.read() == b"second"
            assert await opened.read() == b""

    with serving(lambda *_: stream(chunks())) as server:
        rig.run(scenario)


def test_a_pause_is_waited_for() -> None:
    seconds = 0.05
    with (
        serving(lambda *_: stream([b"a", Pause(seconds), b"b"])) as server,
        SocketTransport().open(get(server.base_url)) as opened,
    ):
        assert opened.read() == b"a"
        start = time.monotonic()
        assert opened.read() == b"b"

    # The chunk before was on its way while the pause had begun.
    assert time.monotonic() - start > seconds / 2


def test_chunks_are_closed_when_the_client_leaves_during_a_pause(rig: AnyRig) -> None:
    async def scenario(io):  # type: ignore[no-untyped-def]
        async with io.open(get(server.base_url)) as opened:
            assert await opened.read() == b"x"

    endless = Endless()
    with serving(endless) as server:
        rig.run(scenario)
        assert endless.closed.wait(PATIENCE)


def test_chunks_are_closed_when_the_client_leaves_between_them() -> None:
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(65536)
        finally:
            closed.set()

    with serving(lambda *_: stream(chunks())) as server:
        with SocketTransport().open(get(server.base_url)) as opened:
            assert opened.read()
        assert closed.wait(PATIENCE)


def test_closing_does_not_wait_for_pauses_or_clients() -> None:
    endless = Endless()
    server = serving(endless)
    with closing(connect(server)) as idle, closing(connect(server)) as half:
        half.sendall(b"POST / HT")
        with SocketTransport().open(get(server.base_url)) as opened:
            assert opened.read() == b"x"
            start = time.monotonic()
            server.close()
            assert time.monotonic() - start < PATIENCE / 2
            assert endless.closed.is_set()
            assert idle.recv(1) == b""
    server.close()  # Once more does no harm.
    with pytest.raises(OSError, match="refused"):
        connect(server)
    assert not [t for t in threading.enumerate() if t.name == "runs-serve"]


def test_closing_is_prompt_while_a_pipelined_request_waits() -> None:
    endless = Endless()
    request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    with serving(endless) as server, closing(connect(server)) as connection:
        connection.sendall(request)
        assert connection.recv(1)
        connection.sendall(request)
        start = time.monotonic()
        server.close()

    assert endless.closed.is_set()
    assert time.monotonic() - start < PATIENCE / 2


@pytest.mark.parametrize(
    ("sent", "seen"),
    [(b"http://h:1/a?b", "/a?b"), (b"HTTP://h", "/"), (b"/http://h/a", "/http://h/a")],
)
def test_a_target_may_name_the_server_as_for_a_proxy(sent: bytes, seen: str) -> None:
    request = b"GET %b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % sent
    with serving() as server, closing(connect(server)) as connection:
        say(connection, request)

    assert [request.target for request in server.service.requests] == [seen]


@pytest.mark.parametrize("own", [(), (("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),)])
def test_an_answer_has_one_date(own: tuple[tuple[str, str], ...]) -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        reply = whole(b"")
        return evolve(reply, headers=(*reply.headers, *own))

    request = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    with serving(handler) as server, closing(connect(server)) as connection:
        answer = say(connection, request)

    (date,) = re.findall(rb"(?i)\r\ndate: (\w{3}, [^\r]* GMT)(?=\r\n)", answer)
    assert (b"1970" in date) == bool(own)


def test_the_module_is_no_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runs_transports.serve"],
        capture_output=True,
        env=environment(),
    )

    assert done.returncode == 1
    assert b"use 'runs-core serve'" in done.stderr


def test_a_connection_carries_many_requests() -> None:
    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n%s\r\n%d"
    with serving() as server, closing(connect(server)) as connection:
        # All at once: the second and third wait in the server's buffer.
        answers = say(
            connection,
            request % (b"", 1)
            + request % (b"", 2)
            + request % (b"Connection: close\r\n", 3),
        )

    assert answers.count(b"HTTP/1.1 200") == 3
    assert [r.body for r in server.service.requests] == [b"1", b"2", b"3"]


def test_a_stream_leaves_the_connection_usable() -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        return stream([b"event"]) if request.target == "/s" else whole(b"next")

    with serving(handler) as server, closing(connect(server)) as connection:
        answers = say(
            connection,
            b"GET /s HTTP/1.1\r\nHost: h\r\n\r\n"
            b"GET /n HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        )

    assert b"5\r\nevent\r\n0\r\n\r\nHTTP/1.1 200" in answers
    assert answers.endswith(b"next")


def test_an_old_client_gets_a_stream_that_ends_with_the_connection() -> None:
    with (
        serving(lambda *_: stream([b"a", b"b"])) as server,
        closing(connect(server)) as connection,
    ):
        answer = say(connection, b"GET / HTTP/1.0\r\n\r\n")

    assert answer.endswith(b"\r\n\r\nab")
    assert b"chunked" not in answer


def test_head_has_no_body() -> None:
    request = b"HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    with (
        serving(lambda *_: whole(b"body")) as server,
        closing(connect(server)) as connection,
    ):
        answer = say(connection, request)

    assert b"content-length: 4" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_asks_first_is_told_to_continue() -> None:
    head = (
        b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n"
    )
    with serving() as server, closing(connect(server)) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        assert say(connection, b"ok").endswith(b"ok")


@pytest.mark.parametrize(
    ("hostile", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 100_000, b"431"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
            b"400",
        ),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_bad_http_is_refused_and_the_server_lives(
    hostile: bytes, status: bytes
) -> None:
    with serving() as server:
        with closing(connect(server)) as connection:
            connection.sendall(hostile)
            connection.shutdown(socket.SHUT_WR)
            answer = hear(connection)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"connection: close" in answer
        with SocketTransport().open(post(server.base_url, b"alive")) as opened:
            assert opened.read() == b"alive"
    assert len(server.service.requests) == 1


def test_a_body_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "runs_transports._served_connection._MAX_BODY_BYTES", 1024 * 1024
    )
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    with serving() as server, closing(connect(server)) as connection:
        connection.sendall(head + chunk * 17)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_clients_that_leave_are_no_matter() -> None:
    with serving() as server:
        for said in (
            b"",
            b"GET",
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n",
        ):
            for reset in (False, True):
                with closing(connect(server)) as connection:
                    connection.sendall(said)
                    if reset:
                        linger = b"\1\0\0\0\0\0\0\0"
                        connection.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, linger
                        )
        with SocketTransport().open(post(server.base_url, b"alive")) as opened:
            assert opened.read() == b"alive"


# The last two are what the server itself meets, where a client is at fault.
FAULTS = (
    LookupError("a fault of the service's"),
    FileNotFoundError(2, "a fault of the service's"),
    h11.RemoteProtocolError("a fault of the service's"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_of_the_service_is_a_500_and_is_seen(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = unhandled(monkeypatch)

    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        raise fault

    with serving(handler) as server:
        for _ in range(2):
            with SocketTransport().open(get(server.base_url)) as opened:
                assert opened.head.status == 500
                assert opened.read() == b""

    assert seen == [fault] * 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_in_a_stream_cuts_it_off_and_is_seen(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = unhandled(monkeypatch)

    def chunks() -> Iterator[bytes]:
        yield b"x"
        raise fault

    with serving(lambda *_: stream(chunks())) as server, closing(connect(server)) as c:
        answer = say(c, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")

    assert answer.endswith(b"1\r\nx\r\n")
    assert seen == [fault]


def test_the_service_is_called_by_one_thread_at_a_time() -> None:
    inside = 0
    most = 0

    def enter() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.001)  # Long enough for another to get in.
        inside -= 1

    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            enter()
            yield b"x"

    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        enter()
        return stream(chunks())

    def work() -> None:
        with SocketTransport().open(get(server.base_url)) as opened:
            while opened.read():
                pass

    with serving(handler) as server:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most == 1
    assert len(server.service.requests) == 8


def test_a_paused_stream_does_not_hold_up_others() -> None:
    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        endless = Endless()
        return endless(request, now) if request.method == "GET" else echo(request, now)

    with (
        serving(handler) as server,
        SocketTransport().open(get(server.base_url)) as paused,
    ):
        assert paused.read() == b"x"
        with SocketTransport().open(post(server.base_url, b"through")) as other:
            assert other.read() == b"through"


def test_tls_is_spoken_with_a_context(rig: AnyRig) -> None:
    tls = tls_contexts()
    endless = Endless()

    def handler(request: ServiceRequest, now: float) -> ServiceReply:
        return endless(request, now) if request.method == "GET" else echo(request, now)

    async def scenario(io):  # type: ignore[no-untyped-def]
        assert (await fetch(io, post(server.base_url, b"hush"))).body == b"hush"
        async with io.open(get(server.base_url)) as opened:
            assert await opened.read() == b"x"

    with serving(handler, tls) as server:
        assert server.base_url.startswith("https://127.0.0.1:")
        with closing(connect(server)) as plain, suppress(ConnectionResetError):
            assert b"HTTP/1.1 200" not in say(plain, b"GET / HTTP/1.1\r\n\r\n")
        rig.run(scenario, tls.client)
        assert endless.closed.wait(PATIENCE)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.invalid", "::"])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(UsageError, match="allow_remote"):
        serve(FakeService(echo), host=host)


def test_the_class_of_a_service_is_refused() -> None:
    with pytest.raises(UsageError, match="LocalService, a class: call it"):
        serve(LocalService)  # type: ignore[type-var]


@pytest.mark.parametrize("other", [{}, {"prefix": None}])
def test_a_service_without_a_prefix_is_refused(other: dict[str, Any]) -> None:
    without: Any = SimpleNamespace(handle=print, **other)
    with pytest.raises(UsageError, match="must have a prefix"):
        serve(without)


def test_a_context_for_clients_is_refused() -> None:
    with pytest.raises(UsageError, match="PROTOCOL_TLS_SERVER"):
        serve(FakeService(echo), ssl_context=ssl.create_default_context())


def test_a_remote_host_can_be_allowed() -> None:
    with serve(FakeService(echo), host="0.0.0.0", allow_remote=True) as server:
        url = server.base_url.replace("0.0.0.0", "127.0.0.1")
        with SocketTransport().open(post(url, b"in")) as opened:
            assert opened.read() == b"in"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_any_loopback_address_is_listened_on(host: str) -> None:
    try:
        server = serve(FakeService(echo, prefix="/proxy/v2"), host=host)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with server:
        assert server.base_url.endswith("/proxy/v2")
        with SocketTransport().open(post(server.base_url, b"in")) as opened:
            assert opened.read() == b"in"


def test_the_port_can_be_chosen() -> None:
    with serving() as first:
        port = int(first.base_url.split(":")[2].partition("/")[0])
        with pytest.raises(OSError, match="in use"):
            serve(FakeService(echo), port=port)
    with serve(FakeService(echo), port=port) as second:
        assert second.base_url == first.base_url
        request = Request(method="GET", url=second.base_url)
        with SocketTransport().open(request) as opened:
            assert opened.head.status == 200
