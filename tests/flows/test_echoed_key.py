"""A key that a server sends back is nowhere in what the client raises or pickles."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from functools import partial

import pytest
from attrs import evolve

from runs_core import (
    APIStatusError,
    AuthenticationError,
    Client,
    Endpoint,
    MalformedEvent,
    StreamError,
    StreamTruncated,
    runs,
)
from runs_core.flows.redaction import cleaned, redactor
from runs_core.testing import (
    Cut,
    InMemoryTransport,
    LocalService,
    Raw,
    Script,
    SendError,
    ServiceReply,
    ServiceRequest,
    Turn,
)
from runs_core.wire.body import ERROR_BODY_LIMIT
from runs_core.wire.http import Headers
from tests.fakes import Exchange, FakeTransport
from tests.leaks import assert_sealed, key, leaks_in

KEY = "sk-canary-0123456789"


@pytest.mark.parametrize("nested", [False, True])
def test_promise_4_a_key_echoed_by_an_error_event_is_taken_out(nested: bool) -> None:
    said = SendError(message=f"Incorrect API key provided: {KEY}", nested=nested)
    service = LocalService(Script([Turn((said,))]))
    client = Client(InMemoryTransport(service), Endpoint("http://l.test/v1", KEY))
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    feed = runs.stream(thread.id, assistant_id=assistant.id)
    with pytest.raises(StreamError, match="Incorrect API key") as caught:
        client.stream(feed).until_done()

    error = caught.value
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert KEY not in f"{error} {error!r} {error.body} {error.error}"
    assert KEY not in str(pickle.dumps(error))
    assert KEY not in "".join(line for line in shown.format() if "said" not in line)


def test_an_error_event_stays_one_if_a_number_in_it_is_the_key() -> None:
    said = (
        b'event: error\ndata: {"message": "no \\ud800", "code": 12345678,'
        b' "param": null, "seen": [12345678, "as 12345678", true]}\n\n'
    )
    service = LocalService(Script([Turn((Raw(said),))]))
    client = Client(
        InMemoryTransport(service), Endpoint("http://l.test/v1", "12345678")
    )
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    feed = runs.stream(thread.id, assistant_id=assistant.id)
    with pytest.raises(StreamError, match="no \ufffd") as caught:
        client.stream(feed).until_done()

    assert caught.value.body == {
        "message": "no \ud800",
        "code": "[redacted]",
        "param": None,
        "seen": ["[redacted]", "as [redacted]", True],
    }


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def in_escapes(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text)


ODD_KEY = 'ab/cd+e"f\\gh=='
ESCAPED = (
    in_json(ODD_KEY),
    in_json(ODD_KEY).replace("/", "\\/"),
    in_json(ODD_KEY).replace("=", "\\u003D"),
    in_escapes(ODD_KEY),
)


@pytest.mark.parametrize("status", [103, 199, 300, 302, 404, 500])
@pytest.mark.parametrize("streamed", [False, True])
def test_promise_4_a_key_echoed_under_any_status_of_failure_is_taken_out(
    status: int, streamed: bool
) -> None:
    # A transport that knows no interim responses hands them on.
    body = b'{"error": {"message": "no key: %s"}}' % KEY.encode()
    client = Client(
        FakeTransport(Exchange(status, body=[body])), Endpoint("http://x", KEY)
    )
    if streamed:
        call = client.stream(runs.stream("t", assistant_id="a")).until_done
    else:
        call = partial(client.run, runs.create("t", assistant_id="a"))
    with pytest.raises(APIStatusError, match="no key: ") as caught:
        call()

    assert KEY not in f"{caught.value} {caught.value.body}"


@pytest.mark.parametrize("escaped", ESCAPED)
def test_promise_4_a_key_echoed_in_jsons_escapes_is_taken_out(escaped: str) -> None:
    class Echoing(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            body = b'{"error": {"message": "no key: %s\\n"}}' % escaped.encode()
            json_type = ("content-type", "application/json")
            return ServiceReply(status=401, headers=(json_type,), chunks=[body])

    endpoint = Endpoint("http://l.test/v1", ODD_KEY)
    client = Client(InMemoryTransport(Echoing()), endpoint)
    with pytest.raises(AuthenticationError) as caught:
        client.run(runs.retrieve("r", "t"))

    assert caught.value.body == {"message": "no key: [redacted]\n"}


@pytest.mark.parametrize(
    ("spell", "cut_escape"),
    [
        (str, b""),
        *((in_json, cut) for cut in (b"", b"\\", b"\\u", b"\\u00", b"\\u003")),
        *((in_escapes, cut) for cut in (b"", b"\\", b"\\u", b"\\u00", b"\\u003")),
    ],
)
def test_promise_4_a_key_that_is_cut_off_with_the_rest_is_taken_out(
    spell: Callable[[str], str], cut_escape: bytes
) -> None:
    sent = Endpoint("http://l.test/v1", ODD_KEY).prepare(runs.list("t").request)
    clean = redactor(Headers(), sent)

    for kept in range(8, len(ODD_KEY) + 1):
        said = f"no key: {spell(ODD_KEY[:kept])}".encode() + cut_escape
        rest = cut_escape if kept == len(ODD_KEY) else b""
        assert clean(said) == b"no key: [redacted]" + rest, said


def test_headers_without_a_key_stay_the_same_object() -> None:
    sent = Endpoint("http://l.test/v1", KEY).prepare(runs.list("t").request)
    clean = redactor(Headers(), sent)
    headers = Headers({"server": "s", "x-path": "a\\b"})

    assert cleaned(headers, clean) is headers
    echoed = cleaned(Headers({"server": "s", f"x-{KEY}": f"it was {KEY}"}), clean)
    assert echoed.items() == (("server", "s"), ("x-[redacted]", "it was [redacted]"))


def test_promise_4_a_key_across_the_end_of_what_is_kept_is_taken_out() -> None:
    begun = KEY[:-1].encode()

    class Echoing(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            body = b"x" * (ERROR_BODY_LIMIT - len(begun)) + KEY.encode() + b"!"
            return ServiceReply(status=401, headers=(), chunks=[body])

    client = Client(InMemoryTransport(Echoing()), Endpoint("http://l.test/v1", KEY))
    with pytest.raises(AuthenticationError) as caught:
        client.run(runs.retrieve("r", "t"))

    assert isinstance(caught.value.body, str)
    assert caught.value.body.endswith("x[redacted]")
    assert KEY[:8] not in caught.value.body


def test_promise_4_a_key_echoed_as_an_events_name_is_taken_out() -> None:
    named = Raw(b"event: %b\ndata: {}\n\n" % KEY.encode())
    service = LocalService(Script([Turn((named, Cut()))]))
    client = Client(InMemoryTransport(service), Endpoint("http://l.test/v1", KEY))
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    feed = runs.stream(thread.id, assistant_id=assistant.id)
    with pytest.raises(StreamTruncated) as caught:
        client.stream(feed).until_done()

    assert caught.value.last_event == "[redacted]"
    assert KEY not in str(caught.value)


def test_promise_4_a_key_that_json_escapes_is_taken_out_of_an_error_event() -> None:
    said = SendError(message=f"no key: {ODD_KEY}")
    service = LocalService(Script([Turn((said,))]))
    client = Client(InMemoryTransport(service), Endpoint("http://l.test/v1", ODD_KEY))
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    with pytest.raises(StreamError) as caught:
        client.stream(runs.stream(thread.id, assistant_id=assistant.id)).until_done()

    assert caught.value.error is not None
    assert caught.value.error.message == "no key: [redacted]"


@pytest.mark.parametrize("broken", [b"{]", b"[1]"])
def test_promise_4_a_key_in_an_event_that_cannot_be_read_is_in_no_frame(
    broken: bytes,
) -> None:
    junk = b"event: thread.run.queued\ndata: %s%s\n\n" % (broken, key().encode())
    service = LocalService(Script([Turn((Raw(junk),))]))
    client = Client(InMemoryTransport(service), Endpoint("http://l.test/v1", key()))
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    feed = runs.stream(thread.id, assistant_id=assistant.id)

    assert_sealed(lambda: client.stream(feed).until_done(), MalformedEvent)


def test_promise_4_a_key_echoed_as_the_requests_id_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    class Echoing(LocalService):
        def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
            reply = super().handle(request, now)
            named = [h for h in reply.headers if h[0] != "x-request-id"]
            return evolve(reply, headers=[*named, ("x-request-id", f"req {key()}")])

    client = Client(InMemoryTransport(Echoing()), Endpoint("http://l.test/v1", key()))
    client.beta.threads.create()

    assert "request id [redacted]" in caplog.text
    assert leaks_in(caplog.text) == []
    # One without a key is shown.
    service = InMemoryTransport(LocalService())
    Client(service, Endpoint("http://l.test/v1", key())).beta.threads.create()
    assert "request id req_" in caplog.text


def test_promise_4_a_pickled_request_holds_no_key() -> None:
    endpoint = Endpoint("http://l.test/v1", KEY)
    request = endpoint.prepare(runs.retrieve("r", "t").request)

    assert KEY.encode() not in pickle.dumps(request)
    assert copy.deepcopy(request).headers["authorization"] == f"Bearer {KEY}"
    restored = pickle.loads(pickle.dumps(request))
    assert restored.headers["authorization"] == "[redacted]"


def test_promise_4_a_pickled_request_of_a_call_holds_no_key() -> None:
    headers = {"authorization": KEY, "x-none": None, "user-agent": "me"}
    request = runs.create("t", assistant_id="a", extra_headers=headers).request

    assert KEY.encode() not in pickle.dumps(request)
    assert copy.deepcopy(request) == copy.copy(request) == request
    assert dict(request.headers) == headers
    restored = pickle.loads(pickle.dumps(request))
    assert dict(restored.headers) == headers | {"authorization": "[redacted]"}
    assert restored.path == request.path


def test_promise_10_each_promise_has_a_test_with_its_name_in_it(
    request: pytest.FixtureRequest,
) -> None:
    root = request.config.rootpath
    texts = [p.read_text("utf-8") for p in (root / "tests").rglob("test_*.py")]
    missing = [
        number
        for number in range(1, 11)
        if not any(f"def test_promise_{number}_" in text for text in texts)
    ]
    assert missing == []
