"""That requests go out as they are, more exactly than the suite for transports asks."""

from __future__ import annotations

import pytest

from runs_core.wire.http import Request
from runs_transports.conformance.peer import answering, peer, whole
from runs_transports.conformance.rig import fetch
from tests.transports.rigs import AnyRig


@pytest.mark.parametrize(
    "target", ["/team%2fa/v1", "/a[1]/v1", "/v1?x=%7e&y=[]", "//v1", "/a/./b/../c%2E"]
)
def test_a_target_is_not_quoted_anew(rig: AnyRig, target: str) -> None:
    with peer(answering(whole())) as server:
        rig.run(lambda io: fetch(io, Request(method="GET", url=server.url + target)))

    assert server.requests[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())


def test_a_method_is_sent_in_its_own_letters(rig: AnyRig) -> None:
    with peer(answering(whole())) as server:
        rig.run(lambda io: fetch(io, Request(method="patch", url=server.url)))

    assert server.requests[0].startswith(b"patch / HTTP/1.1\r\n")


def test_no_header_is_added_but_what_http_needs(rig: AnyRig) -> None:
    with peer(answering(whole())) as server:
        rig.run(lambda io: fetch(io, Request(method="GET", url=server.url)))

    head, _, _ = server.requests[0].decode().partition("\r\n\r\n")
    names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:]}
    assert names - {"connection"} == {"host", "accept-encoding"}
