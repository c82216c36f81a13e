"""Tests that requests are sent byte for byte as they are, and to no other server."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from runs_core.errors import InvalidEndpoint, UsageError
from runs_core.wire.http import Request
from runs_transports.conformance.peer import (
    answering,
    full_backlog,
    peer,
    unused_port,
    whole,
)
from runs_transports.conformance.rig import Io, Rig, RigFixture, fetch, get, post
from runs_transports.conformance.verbatim import sent_verbatim

__all__ = ["SendingTests"]


class SendingTests(RigFixture):
    """What is sent, and where; a part of `StrictSuite`."""

    # --- What is sent ------------------------------------------------------------

    def test_the_request_is_these_bytes(self, rig: Rig) -> None:
        request = post(
            "http://PLACE/v1/threads/t%20x/runs?include%5B%5D=a&b=%7E#fragment",
            b'{"a": "\xc3\xa4"}',
            authorization="Bearer key",
            content_type="application/json",
            user_agent="test/1",
        )

        with peer(answering(whole())) as server:
            sent_as = Request(
                method=request.method,
                url=request.url.replace("PLACE", server.place),
                headers=request.headers,
                body=request.body,
            )
            rig.run(lambda io: fetch(io, sent_as))

        (sent,) = server.requests
        head, _, body = sent.partition(b"\r\n\r\n")
        start, *fields = head.decode("ascii").split("\r\n")
        assert start == "POST /v1/threads/t%20x/runs?include%5B%5D=a&b=%7E HTTP/1.1"
        pairs = [field.partition(": ") for field in fields]
        named = {name.lower(): value for name, _, value in pairs}
        assert len(named) == len(pairs)
        named.pop("connection", None)
        assert named == {
            "host": server.place,
            "authorization": "Bearer key",
            "content-type": "application/json",
            "user-agent": "test/1",
            "accept-encoding": "identity",
            "content-length": str(len(body)),
        }
        assert body == request.body

    @pytest.mark.parametrize(
        "target",
        [
            "/a/../b//c/%2E%2e/d;x=1",
            "/a/../b/./c",
            "/%7ea/%2e%2E/~",
            "/v1?after=%2f%7E&x=a+b%20",
        ],
    )
    def test_the_target_is_not_quoted_anew(self, rig: Rig, target: str) -> None:
        sent_verbatim(rig, target)

    @pytest.mark.parametrize(
        ("method", "length"),
        [("POST", b"0"), ("DELETE", b"0"), ("GET", None), ("HEAD", None)],
    )
    def test_a_request_without_a_body_says_so(
        self, rig: Rig, method: str, length: bytes | None
    ) -> None:
        with peer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
            request = Request(method=method, url=server.url)
            assert rig.run(lambda io: fetch(io, request)).body == b""

        head = server.requests[0].lower()
        assert head.count(b"content-length: ") == (length is not None)
        if length is not None:
            assert b"\r\ncontent-length: %s\r\n" % length in head

    @pytest.mark.parametrize(
        "method", ["GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", "", "CONNECT"]
    )
    def test_a_method_cannot_smuggle_a_request(self, rig: Rig, method: str) -> None:
        with peer(answering(whole())) as server:
            with pytest.raises(UsageError):
                rig.run(lambda io: fetch(io, Request(method=method, url=server.url)))
            assert server.connections == 0

    def test_framing_fields_of_the_caller_are_not_sent(self, rig: Rig) -> None:
        with peer(answering(whole())) as server:
            request = post(
                server.url,
                b"body",
                content_length="1",
                transfer_encoding="chunked",
                connection="upgrade",
            )
            rig.run(lambda io: fetch(io, request))

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
    def test_a_url_that_cannot_be_sent_is_refused_unquoted(
        self, rig: Rig, url: str
    ) -> None:
        with pytest.raises(InvalidEndpoint) as caught:
            rig.run(lambda io: fetch(io, get(url)))

        assert "secret" not in str(caught.value)
        assert url not in str(caught.value)

    # --- Where it is sent --------------------------------------------------------

    def test_ipv6_literals_are_connected_to(self, rig: Rig) -> None:
        with ExitStack() as stack:
            try:
                server = stack.enter_context(peer(answering(whole(b"six")), host="::1"))
            except OSError:
                pytest.skip("this machine has no IPv6")
            got = rig.run(lambda io: fetch(io, get(f"{server.url}/x")))

        assert got.body == b"six"
        assert f"host: [::1]:{server.port}".encode() in server.requests[0].lower()

    def test_host_names_are_connected_to(self, rig: Rig) -> None:
        with peer(answering(whole(b"name"))) as server:
            got = rig.run(lambda io: fetch(io, get(f"http://LOCALHOST:{server.port}/")))

        assert got.body == b"name"
        assert f"host: localhost:{server.port}".encode() in server.requests[0].lower()

    @pytest.mark.parametrize("first", [unused_port, full_backlog])
    def test_the_next_address_is_tried(
        self,
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

    @pytest.mark.parametrize(
        "location",
        [
            "http://LOCALHOST:{port}/",
            "http://user:pass@127.0.0.1:{port}/",
            "https://127.0.0.1:{port}/",
            "//127.0.0.1:{port}/",
            "http://api.127.0.0.1.invalid:{port}/",
            "/other",
            "",
        ],
    )
    def test_promise_4_no_redirect_is_followed_wherever_it_leads(
        self, rig: Rig, location: str
    ) -> None:
        with peer(answering(whole())) as other:
            field = f"Location: {location.format(port=other.port)}\r\n".encode()
            answer = b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n" + field + b"\r\n"
            with peer(answering(answer)) as server:
                got = rig.run(lambda io: fetch(io, post(server.url, authorization="k")))
                assert len(server.requests) == 1
            assert other.connections == 0

        assert got.head.status == 307

    def test_no_proxy_of_the_environment_is_used(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def scenario(io: Io) -> bytes:
            return (await fetch(io, get(server.url))).body

        with peer(answering(whole(b"proxy"))) as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            for name in ("no_proxy", "NO_PROXY"):
                monkeypatch.delenv(name, raising=False)
            with peer(answering(whole(b"direct"))) as server:
                body = rig.run(scenario)
            assert proxy.connections == 0, (
                "a proxy that the environment names was used: the request and its"
                " credentials went to another server"
            )

        assert body == b"direct"
