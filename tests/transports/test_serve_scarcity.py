"""The server when descriptors or threads run out, and what its end leaves behind."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from runs_core.testing import Pause, ServiceReply, ServiceRequest
from runs_transports.conformance.peer import PATIENCE
from runs_transports.serve import Server, serve
from tests.transports.serving import (
    FakeService,
    ServerAndClient,
    connect,
    echo,
    say,
    serving,
    stream,
    tls_contexts,
    whole,
)

resource = pytest.importorskip("resource")

LAST_REQUEST = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

ASKING_REQUEST = (
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
)


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> ServerAndClient | None:
    return tls_contexts() if request.param == "tls" else None


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(os.devnull) as lowest_free:
        limit = lowest_free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Make threads want more memory for their stacks than there are addresses."""
    before = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(before)


class Listener(socket.socket):
    """Notes when it could not accept a connection."""

    def __init__(self) -> None:
        super().__init__(fileno=socket.create_server(("127.0.0.1", 0)).detach())
        self.failures: list[float] = []
        self.has_failed_often = threading.Event()

    def accept(self) -> tuple[socket.socket, Any]:
        try:
            return super().accept()
        except OSError:
            self.failures.append(time.monotonic())
            if len(self.failures) == 3:
                self.has_failed_often.set()
            raise


class EmptyListener(socket.socket):
    """Has nobody to accept any more when it is asked."""

    def __init__(self) -> None:
        super().__init__(fileno=socket.create_server(("127.0.0.1", 0)).detach())

    def accept(self) -> tuple[socket.socket, Any]:
        super().accept()[0].close()
        return super().accept()


def test_who_has_left_before_it_is_accepted_does_not_hold_up_the_end() -> None:
    server = Server(FakeService(echo), EmptyListener(), "127.0.0.1")
    with closing(connect(server)) as client:
        assert client.recv(1) == b""
    closer = threading.Thread(target=server.close, daemon=True)
    closer.start()
    closer.join(PATIENCE)

    assert not closer.is_alive()


def test_without_descriptors_it_waits_and_then_goes_on() -> None:
    listener = Listener()
    with (
        Server(FakeService(echo), listener, "127.0.0.1") as server,
        socket.socket() as client,
    ):
        client.settimeout(PATIENCE)
        with no_descriptor_left():
            client.connect(listener.getsockname())
            assert listener.has_failed_often.wait(PATIENCE)
        first, _, third = listener.failures[:3]

        assert third - first > 0.05  # It was not asked for as fast as it can.
        assert say(client, LAST_REQUEST).startswith(b"HTTP/1.1 200 ")
        assert server.service.requests


def test_closing_is_prompt_without_descriptors() -> None:
    listener = Listener()
    server = Server(FakeService(echo), listener, "127.0.0.1")
    with socket.socket() as client:
        client.settimeout(PATIENCE)
        with no_descriptor_left():
            client.connect(listener.getsockname())
            assert listener.has_failed_often.wait(PATIENCE)
            start = time.monotonic()
            server.close()
        assert time.monotonic() - start < PATIENCE / 2
        with pytest.raises(ConnectionError):
            client.recv(1)


def test_a_stream_that_runs_pauses_without_descriptors() -> None:
    go_on = threading.Event()

    def chunks() -> Iterator[bytes | Pause]:
        yield b"before"
        assert go_on.wait(PATIENCE)
        yield Pause(0.001)
        yield b"after"

    with (
        serving(lambda *_: stream(chunks())) as server,
        closing(connect(server)) as client,
    ):
        client.sendall(LAST_REQUEST)
        begun = client.recv(65536)
        with no_descriptor_left():
            go_on.set()
            assert b"after" in begun + say(client, b"")


def test_without_threads_a_client_is_dropped_and_the_next_is_served(
    tls: ServerAndClient | None,
) -> None:
    with serving(tls=tls) as server:
        with no_thread_left(), closing(connect(server)) as client:
            assert client.recv(1) == b""
        with closing(connect(server, tls)) as client:
            assert say(client, LAST_REQUEST).startswith(b"HTTP/1.1 200 ")


def test_a_server_that_cannot_start_says_so_and_leaves_nothing() -> None:
    # The fixture counts the descriptors.
    with no_thread_left(), pytest.raises(RuntimeError, match="thread"):
        serving()


@contextmanager
def stuck(server: Server[Stuck], clients: int) -> Iterator[None]:
    """Keep threads of the server inside its service, or waiting for it."""
    with ExitStack() as stack:
        for _ in range(clients):
            client = stack.enter_context(closing(connect(server)))
            client.sendall(ASKING_REQUEST)
            # Its thread is there.
            assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
            client.sendall(b"x")
        assert server.service.entered.wait(PATIENCE)
        yield
        server.service.go_on.set()


class Stuck:
    """Answers nobody before it is told to."""

    prefix = "/v1"

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        self.entered.set()
        assert self.go_on.wait(PATIENCE)
        return whole(b"")


def test_closing_waits_once_for_a_service_that_is_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runs_transports.serve._JOIN_SECONDS", 0.05)
    server = serve(Stuck())
    with stuck(server, clients=20):
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 0.05 * 10
        threads = serving_threads()
        assert threads
    # What is left ends with the service.
    for thread in threads:
        thread.join(PATIENCE)
    assert not serving_threads()


def test_who_closes_second_waits_as_well() -> None:
    server = serve(Stuck())
    closers = [threading.Thread(target=server.close) for _ in range(2)]
    with stuck(server, clients=1):
        for closer in closers:
            closer.start()
        closers[0].join(0.02)
        assert [closer.is_alive() for closer in closers] == [True, True]
    for closer in closers:
        closer.join(PATIENCE)
    assert not serving_threads()


def serving_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "runs-serve"]
