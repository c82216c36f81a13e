"""What every transport must send: each request as it is, and to its own server."""

from __future__ import annotations

import pytest

from runs_core.wire.http import Request
from runs_transports.conformance.peer import answering, peer, whole
from runs_transports.conformance.rig import Io, Rig, RigFixture, fetch, get

__all__ = ["VerbatimTests"]


class VerbatimTests(RigFixture):
    """Methods and targets are sent as they are, and not by way of a proxy."""

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
    def test_the_method_is_sent_as_it_is(self, rig: Rig, method: str) -> None:
        """Also without a body: as a run is cancelled, and a thread deleted."""
        with peer(answering(whole())) as server:
            request = Request(method=method, url=f"{server.url}/v1/threads/t")
            rig.run(lambda io: fetch(io, request))

        sent = server.requests[0].partition(b" ")[0].decode("latin-1")
        assert sent == method, f"a {method} without a body was sent as {sent}"

    @pytest.mark.parametrize(
        "target",
        ["/a%2Fb/v1", "/a/../b/./c", "/%7ea/%2e%2E/~", "/v1?after=%2f%7E&x=a+b%20"],
    )
    def test_the_target_is_not_quoted_anew(self, rig: Rig, target: str) -> None:
        with peer(answering(whole())) as server:
            rig.run(lambda io: fetch(io, get(server.url + target)))

        sent = server.requests[0].split(b" ")[1].decode("latin-1")
        assert sent == target, (
            f"{target} was sent as {sent}: the path and query are to be sent byte for"
            " byte as they are"
        )

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
