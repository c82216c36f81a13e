"""What every transport must send: each request as it is."""

from __future__ import annotations

import pytest

from runs_core.wire.http import Request
from runs_transports.conformance.peer import answering, peer, whole
from runs_transports.conformance.rig import Rig, RigFixture, fetch, get

__all__ = ["VerbatimTests", "sent_verbatim"]


class VerbatimTests(RigFixture):
    """Methods, and the slashes of ids, are sent as they are."""

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
    def test_the_method_is_sent_as_it_is(self, rig: Rig, method: str) -> None:
        """Also without a body: as a run is cancelled, and a thread deleted."""
        with peer(answering(whole())) as server:
            request = Request(method=method, url=f"{server.url}/v1/threads/t")
            rig.run(lambda io: fetch(io, request))

        sent = server.requests[0].partition(b" ")[0].decode("latin-1")
        assert sent == method, f"a {method} without a body was sent as {sent}"

    def test_an_encoded_slash_stays_one(self, rig: Rig) -> None:
        """Else an id with a slash in it would name another object."""
        sent_verbatim(rig, "/v1/threads/a%2Fb?after=a%2Fb")


def sent_verbatim(rig: Rig, target: str) -> None:
    """Check that a path and query are sent as they are."""
    with peer(answering(whole())) as server:
        rig.run(lambda io: fetch(io, get(server.url + target)))

    sent = server.requests[0].split(b" ")[1].decode("latin-1")
    assert sent == target, (
        f"{target} was sent as {sent}: the path and query are to be sent byte for"
        " byte as they are"
    )
