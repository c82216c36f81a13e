"""What RequestsTransport makes of a session: its own, or a caller's."""

from __future__ import annotations

import http.client
import pickle
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from runs_core.errors import (
    NotSent,
    TransportError,
    TransportProtocolError,
    TransportTimeout,
    UsageError,
)
from runs_core.wire.http import Request
from runs_transports import _requests_adapter as adapter
from runs_transports.conformance.peer import (
    CHUNKED,
    HEAD,
    PATIENCE,
    UNFRAMED,
    Connection,
    Script,
    answering,
    peer,
    resetting,
    silent_after,
    unused_port,
    whole,
)
from runs_transports.conformance.rig import get, in_time, post
from runs_transports.conformance.strict import trickling
from runs_transports.conformance.tls import one_authority
from runs_transports.requests import RequestsTransport
from tests.transports.peers import demanding_a_certificate

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CUT = "closed the connection before the end of the response body, or broke its framing"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as ours:
        yield ours


def fetch(transport: RequestsTransport, request: Request) -> bytes:
    with transport.open(request) as opened:
        pieces = []
        while piece := opened.read():
            pieces.append(piece)
        return b"".join(pieces)


def keeping(times: int) -> Script:
    def script(connection: Connection) -> None:
        for _ in range(times):
            connection.answer(KEPT)

    return script


def test_a_connection_is_used_again() -> None:
    with peer(keeping(3)) as server, RequestsTransport() as transport:
        for _ in range(3):
            assert fetch(transport, get(server.url)) == b"ok"
        assert server.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "MAX_IDLE_SECONDS", -1.0)
    with peer(silent_after(KEPT)) as server, RequestsTransport() as transport:
        for _ in range(3):
            assert fetch(transport, get(server.url)) == b"ok"
        assert server.connections == 3


def test_a_connection_left_early_is_not_used_again() -> None:
    with peer(silent_after(KEPT)) as server, RequestsTransport() as transport:
        for _ in range(2):
            with transport.open(get(server.url)) as opened:
                assert opened.head.status == 200
        assert server.connections == 2


def test_a_connection_with_leftovers_is_not_used_again() -> None:
    with (
        peer(silent_after(KEPT + b"planted")) as server,
        RequestsTransport() as transport,
    ):
        for _ in range(2):
            assert fetch(transport, get(server.url)) == b"ok"
        assert server.connections == 2


def test_a_connection_the_peer_has_closed_is_not_used_again() -> None:
    with peer(keeping(1)) as server, RequestsTransport() as transport:
        assert fetch(transport, get(server.url)) == b"ok"
        server.settle()
        assert fetch(transport, get(server.url)) == b"ok"


def test_a_connection_that_broke_before_the_answer_was_perhaps_used() -> None:
    def script(connection: Connection) -> None:
        connection.answer(KEPT)
        connection.read_request()
        connection.reset()

    with peer(script) as server, RequestsTransport() as transport:
        assert fetch(transport, get(server.url)) == b"ok"
        with pytest.raises(TransportError) as caught:
            fetch(transport, post(server.url))
        assert server.connections == 1

    assert not isinstance(caught.value, NotSent)


def test_an_older_failure_does_not_make_a_new_one_unsent() -> None:
    """Whoever tries again while handling NotSent has it as the next one's context."""

    with peer(resetting(b"")) as server, RequestsTransport() as transport:
        try:
            fetch(transport, get("http://127.0.0.1:1"))
        except NotSent:
            with pytest.raises(TransportError) as caught:
                fetch(transport, get(server.url))

    assert not isinstance(caught.value, NotSent)


def test_closing_closes_its_own_connections() -> None:
    transport = RequestsTransport()

    with peer(silent_after(KEPT)) as server:
        assert fetch(transport, get(server.url)) == b"ok"
        transport.close()
        server.settle()


def test_closing_does_not_wait_until_a_kept_error_is_forgotten() -> None:
    transport = RequestsTransport()

    with peer(answering(b""), silent_after(KEPT)) as server:
        with pytest.raises(TransportError) as kept:
            fetch(transport, get(server.url))
        assert fetch(transport, get(server.url)) == b"ok"
        transport.close()
        server.settle()

    assert kept.value


def test_a_timeout_set_too_late_is_nobodys() -> None:
    go_on = threading.Event()

    def script(connection: Connection) -> None:
        connection.answer(KEPT)
        connection.answer(KEPT.removesuffix(b"k"))
        assert go_on.wait(PATIENCE)
        # Silence is what is tested: longer than the timeout that came too late.
        assert not threading.Event().wait(0.05)
        connection.send(b"k")

    with peer(script) as server, RequestsTransport() as transport:
        with transport.open(get(server.url)) as first:
            assert first.read() == b"ok"
            with transport.open(get(server.url)) as second:
                assert second.read() == b"o"
                assert first.set_timeout is not None
                first.set_timeout(0.001)
                go_on.set()
                assert second.read() == b"k"
        assert server.connections == 1


def test_closing_keeps_a_callers_session(session: requests.Session) -> None:
    with peer(keeping(2)) as server:
        with RequestsTransport(session) as transport:
            assert fetch(transport, get(server.url)) == b"ok"
        assert session.get(server.url).content == b"ok"
        assert server.connections == 1
        session.close()


def test_a_session_and_a_context_are_not_given_together(
    session: requests.Session,
) -> None:
    with pytest.raises(UsageError):
        RequestsTransport(session, ssl_context=ssl.create_default_context())


@pytest.mark.parametrize(
    "copied", [deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_a_copy_sends_on_connections_of_its_own(copied: Callable[[Any], Any]) -> None:
    with peer(answering(KEPT)) as server, RequestsTransport() as transport:
        with copied(transport) as copy:
            assert fetch(copy, get(server.url)) == b"ok"
        assert fetch(transport, get(server.url)) == b"ok"

    assert len(server.requests) == 2


def test_its_own_session_keeps_no_cookies() -> None:
    answer = KEPT.replace(b"\r\n\r\n", b"\r\nSet-Cookie: tracked=1; Path=/\r\n\r\n")

    def script(connection: Connection) -> None:
        connection.answer(answer)
        connection.answer(answer)

    with peer(script) as server, RequestsTransport() as transport:
        fetch(transport, get(server.url))
        fetch(transport, get(server.url))

    assert b"cookie" not in server.requests[1].lower()


def test_a_callers_session_brings_its_headers_and_cookies(
    session: requests.Session,
) -> None:
    session.headers["X-Team"] = "core"
    session.cookies.set("route", "7")
    with peer(answering(whole())) as server:
        fetch(RequestsTransport(session), post(server.url, x_team2="yes"))

    sent = server.requests[0].lower()
    assert b"x-team: core" in sent
    assert b"cookie: route=7" in sent
    assert b"accept-encoding: identity" in sent


def test_a_callers_hooks_are_called(session: requests.Session) -> None:
    seen: list[str | None] = []

    def hook(response: requests.Response, **_: object) -> None:
        seen.append(response.headers.get("location"))

    session.hooks["response"].append(hook)
    moved = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
    with peer(answering(moved)) as server:
        fetch(RequestsTransport(session), get(server.url))

    assert seen == ["/x"]
    assert server.connections == 1


@pytest.mark.parametrize("trust_env", [True, False])
def test_netrc_never_replaces_the_authorization(
    session: requests.Session,
    trust_env: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    session.trust_env = trust_env

    with peer(answering(whole()), answering(whole())) as server:
        transport = RequestsTransport(session)
        fetch(transport, post(server.url, authorization="Bearer mine"))
        fetch(transport, post(server.url))

    assert b"authorization: bearer mine" in server.requests[0].lower()
    assert b"authorization" not in server.requests[1].lower()


def test_a_callers_auth_is_used_where_the_request_brings_none(
    session: requests.Session,
) -> None:
    session.auth = HTTPBasicAuth("user", "pass")
    with peer(answering(whole()), answering(whole())) as server:
        transport = RequestsTransport(session)
        fetch(transport, post(server.url, authorization="Bearer mine"))
        fetch(transport, post(server.url))

    assert b"authorization: bearer mine" in server.requests[0].lower()
    assert b"authorization: basic" in server.requests[1].lower()


def test_a_callers_proxy_is_used(session: requests.Session) -> None:
    with peer(answering(whole(b"by proxy"))) as proxy:
        session.proxies = {"http": proxy.url}
        assert fetch(RequestsTransport(session), get("http://api.invalid/v1")) == (
            b"by proxy"
        )
    assert proxy.requests[0].startswith(b"GET http://api.invalid/v1 HTTP/1.1\r\n")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("by_environment", [False, True])
def test_a_proxy_that_cannot_be_reached_is_named(
    session: requests.Session,
    scheme: str,
    by_environment: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unused_port() as port:
        proxy = f"http://user:canary@127.0.0.1:{port}"
        if by_environment:
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, proxy)
                monkeypatch.setenv(name.upper(), proxy)
            for name in ("no_proxy", "NO_PROXY"):
                monkeypatch.delenv(name, raising=False)
        else:
            session.proxies = {"http": proxy, "https": proxy}
        with pytest.raises(NotSent) as caught:
            fetch(RequestsTransport(session), get(f"{scheme}://api.invalid/v1"))

    assert str(caught.value) == (
        f"cannot connect to the proxy 127.0.0.1:{port} (Connection refused); nothing"
        " was sent"
    )
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_proxy_that_refuses_the_tunnel_is_named(session: requests.Session) -> None:
    refusal = b"HTTP/1.1 407 Authenticate\r\nContent-Length: 0\r\n\r\n"
    with peer(answering(refusal)) as proxy:
        session.proxies = {"https": proxy.url}
        with pytest.raises(NotSent) as caught:
            fetch(
                RequestsTransport(session),
                post("https://api.invalid/v1", authorization="Bearer canary"),
            )

    assert str(caught.value) == (
        f"the proxy {proxy.place} answered 407 when asked for api.invalid:443;"
        " nothing was sent"
    )
    assert b"canary" not in b"".join(proxy.requests)


@pytest.mark.parametrize("proxy", ["http://[", "http://", "127.0.0.1:1", "[::1]:1"])
def test_a_proxy_in_whatever_form_is_not_sent(
    session: requests.Session, proxy: str
) -> None:
    session.proxies = {"http": proxy}
    with pytest.raises(NotSent, match="nothing was sent"):
        fetch(RequestsTransport(session), get("http://api.invalid/v1"))


def test_a_url_the_session_has_no_adapter_for_is_not_sent(
    session: requests.Session,
) -> None:
    del session.adapters["http://"]

    with pytest.raises(NotSent):
        fetch(RequestsTransport(session), get("http://127.0.0.1:1/"))


def test_a_context_is_not_given_further_authorities() -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    before = context.cert_store_stats()
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(secured)

    def script(connection: Connection) -> None:
        connection.secure(secured)
        connection.answer(KEPT)

    with peer(script) as server, RequestsTransport(ssl_context=context) as transport:
        assert fetch(transport, get(server.url.replace("http", "https"))) == b"ok"

    assert context.cert_store_stats() == before


def test_threads_share_a_transport() -> None:
    bodies: list[bytes] = []

    def work() -> None:
        bodies.extend(fetch(transport, get(server.url)) for _ in range(10))

    with peer(answering(whole(b"shared"))) as server, RequestsTransport() as transport:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert bodies == [b"shared"] * 80


def test_more_connections_than_are_kept_are_closed_without_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(adapter, "MAX_IDLE", 1)
    with (
        peer(answering(KEPT)) as server,
        RequestsTransport() as transport,
        ExitStack() as at_once,
    ):
        exchanges = [
            at_once.enter_context(transport.open(get(server.url))) for _ in range(3)
        ]
        for opened in exchanges:
            assert (opened.read(), opened.read()) == (b"ok", b"")

    assert server.connections == 3
    assert caplog.messages == []


READS_ONLY = Retry(3, backoff_factor=0, other=0)


@pytest.mark.parametrize(
    ("retries", "scheme"),
    [
        (Retry(3, allowed_methods=None), "http"),
        (Retry(3, allowed_methods=["POST"], status=0), "http"),
        (Retry(3, allowed_methods=["POST"], read=False), "http"),
        (Retry(3, allowed_methods=["GET"]), "https"),
        (3, "https"),
    ],
)
def test_promise_5_an_adapter_that_may_send_a_post_twice_is_refused(
    session: requests.Session, retries: Retry | int, scheme: str
) -> None:
    session.mount("https://", HTTPAdapter(max_retries=retries))
    session.mount("http://", HTTPAdapter(max_retries=retries))

    with pytest.raises(UsageError, match="may send a POST twice"):
        fetch(RequestsTransport(session), post(f"{scheme}://127.0.0.1:1/"))


@pytest.mark.parametrize(
    ("retries", "scheme"),
    [
        (0, "https"),
        (3, "http"),
        (READS_ONLY, "https"),
        (Retry(0, allowed_methods=None), "https"),
        (Retry(3, allowed_methods=None, read=0, status=0, other=0), "https"),
    ],
)
def test_an_adapter_that_only_connects_again_is_used(
    session: requests.Session, retries: Retry | int, scheme: str
) -> None:
    session.mount("https://", HTTPAdapter(max_retries=retries))
    session.mount("http://", HTTPAdapter(max_retries=retries))

    with unused_port() as port, pytest.raises(NotSent):
        fetch(RequestsTransport(session), post(f"{scheme}://127.0.0.1:{port}/"))


def test_what_fails_in_tls_is_sent_again_by_urllib3(tmp_path: Path) -> None:
    """Why a mere number of `max_retries` is refused."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(secured)

    def script(connection: Connection) -> None:
        connection.secure(secured)
        connection.read_request()
        assert isinstance(connection.sock, ssl.SSLSocket)
        with socket.socket(fileno=connection.sock.detach()) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))

    with peer(script) as server, requests.Session() as session:
        session.trust_env = False
        session.verify = str(tmp_path / "ca.pem")
        session.mount("https://", HTTPAdapter(max_retries=1))
        with pytest.raises(requests.exceptions.SSLError):
            session.post(server.url.replace("http", "https"), data=b"{}")

    assert len(server.requests) == 2


def test_a_request_that_was_perhaps_sent_before_is_not_called_unsent(
    session: requests.Session,
) -> None:
    session.mount("http://", HTTPAdapter(max_retries=READS_ONLY))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            connection, _ = listening.accept()
            listening.close()
            with connection:
                assert connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(TransportError, match="may have been sent") as caught:
            fetch(RequestsTransport(session), get(f"http://127.0.0.1:{port}/"))
        thread.join()

    assert not isinstance(caught.value, NotSent)


def test_an_interim_answer_is_not_taken_for_the_answer(
    session: requests.Session,
) -> None:
    with peer(silent_after(b"HTTP/1.1 103 Early Hints\r\n\r\n"), keeping(1)) as server:
        transport = RequestsTransport(session)
        with pytest.raises(TransportProtocolError, match=r"interim response \(103\)"):
            fetch(transport, post(server.url))

        assert fetch(transport, get(server.url)) == b"ok"
        assert server.connections == 2


def test_why_http_client_refuses_a_head_is_said(session: requests.Session) -> None:
    answer = KEPT.replace(b"\r\n\r\n", b"\r\nX: canary" * 100 + b"\r\n\r\n")
    with (
        peer(answering(answer)) as server,
        pytest.raises(TransportProtocolError) as caught,
    ):
        fetch(RequestsTransport(session), get(server.url))

    assert str(caught.value) == (
        f"{server.place} sent too much for http.client (got more than 100 headers)"
    )


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (resetting(b""), CUT),
        (resetting(CHUNKED + b"5\r\nab"), CUT),
        (answering(b""), CUT),
        (answering(CHUNKED + b"5\r\nab"), CUT),
        (answering(CHUNKED + b"xyz\r\n"), CUT),
        (answering(b"SSH-2.0\r\n\r\n"), "broke HTTP/1.1"),
    ],
)
def test_what_the_peer_of_a_callers_session_did_wrong_is_said(
    session: requests.Session, script: Script, fault: str
) -> None:
    with peer(script) as server, pytest.raises(TransportProtocolError) as caught:
        fetch(RequestsTransport(session), get(server.url))

    assert str(caught.value) == f"{server.place} {fault}"


def test_any_other_failure_of_a_callers_session_names_the_origin(
    session: requests.Session, tmp_path: Path
) -> None:
    """As that of a server which demands a certificate of its clients."""
    authority = one_authority()
    authority.ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    session.trust_env = False
    session.verify = str(tmp_path / "ca.pem")

    with (
        peer(demanding_a_certificate(authority)) as server,
        pytest.raises(TransportError) as caught,
    ):
        fetch(RequestsTransport(session), get(f"https://{server.place}"))

    assert type(caught.value) is TransportError
    assert str(caught.value) == f"the connection to {server.place} broke"


@pytest.mark.parametrize(
    "head",
    [UNFRAMED, HEAD + b"Content-Length: 20000\r\n\r\n"],
    ids=["unframed", "length"],
)
def test_what_comes_with_the_head_is_given_without_waiting_for_more(
    session: requests.Session, head: bytes
) -> None:
    with (
        peer(silent_after(head + b"first")) as server,
        RequestsTransport(session).open(get(server.url)) as opened,
    ):
        assert opened.read() == b"first"


def test_a_read_of_a_callers_session_has_one_deadline(
    session: requests.Session,
) -> None:
    with (
        peer(trickling(CHUNKED + b"3;x=", b"a")) as server,
        RequestsTransport(session).open(get(server.url)) as opened,
    ):
        assert opened.set_timeout is not None
        opened.set_timeout(0.1)
        with in_time(), pytest.raises(TransportTimeout):
            opened.read()


def test_http_clients_debugging_disturbs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with peer(answering(KEPT)) as server, RequestsTransport() as transport:
        assert fetch(transport, get(server.url)) == b"ok"

    assert "send:" in capsys.readouterr().out


def test_the_timeout_cannot_be_set_where_the_socket_is_out_of_reach(
    session: requests.Session,
) -> None:
    class Elsewhere(requests.adapters.HTTPAdapter):
        def send(self, *args: object, **kwargs: object) -> requests.Response:
            response = super().send(*args, **kwargs)  # type: ignore[arg-type]
            beneath: Any = response.raw._fp
            beneath.fp = Hidden(beneath.fp)
            return response

    class Hidden:
        def __init__(self, stream: object) -> None:
            self._stream = stream

        def __getattr__(self, name: str) -> object:
            if name == "raw":
                raise AttributeError(name)
            return getattr(self._stream, name)

    session.mount("http://", Elsewhere())
    with (
        peer(answering(whole(b"far"))) as server,
        RequestsTransport(session).open(get(server.url)) as opened,
    ):
        assert opened.set_timeout is None
        assert opened.read() == b"far"
