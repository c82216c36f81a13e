"""Requests are sent as they are, more exactly than the conformance suite asks."""

from __future__ import annotations

from typing import Any

import pytest

from runs_core.wire.http import Request
from runs_transports import _requests_adapter as adapter
from runs_transports.conformance.peer import answering, peer, whole
from runs_transports.conformance.rig import fetch
from runs_transports.requests import RequestsTransport
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


def test_a_request_in_the_middle_of_another_one_has_its_own_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a signal's handler makes one, which cancels a run."""
    take = adapter._Pool._get_conn
    with peer(answering(whole())) as server, RequestsTransport() as transport:

        def ask(method: str, target: str) -> None:
            request = Request(method=method, url=server.url + target)
            with transport.open(request) as opened:
                while opened.read():
                    pass

        def interrupted(self: Any, timeout: Any = None) -> Any:
            monkeypatch.setattr(adapter._Pool, "_get_conn", take)
            ask("POST", "/cancel")
            return take(self, timeout)

        monkeypatch.setattr(adapter._Pool, "_get_conn", interrupted)
        ask("GET", "/run")

    assert [one.partition(b" HTTP")[0] for one in server.requests] == [
        b"POST /cancel",
        b"GET /run",
    ]
