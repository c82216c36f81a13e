"""What the status of a response leads to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from runs_core import errors
from runs_core.flows.effects import Now, Read
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.status import refusal, status_error
from runs_core.flows.waits import finite_number, retry_after
from runs_core.wire.body import ERROR_BODY_LIMIT
from runs_core.wire.http import Head, Headers, Response
from tests.flows.transcript import perform

READ = ApiRequest(
    operation="runs.retrieve", method="GET", template="/x", repeat=Repeat.SAFE
)
CREATE = evolve(READ, operation="runs.create", repeat=Repeat.ONCE)


def error_of(
    status: int, body: Any = b"", request: ApiRequest = READ, **headers: str
) -> errors.APIStatusError:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status_error(Response(status, named, text), request)


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (408, errors.APIStatusError),
        (409, errors.ConflictError),
        (418, errors.APIStatusError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.InternalServerError),
        (503, errors.InternalServerError),
        (599, errors.InternalServerError),
        (300, errors.UnexpectedRedirect),
        (301, errors.UnexpectedRedirect),
        (308, errors.UnexpectedRedirect),
        (100, errors.APIStatusError),
    ],
)
def test_each_status_has_its_error(
    status: int, cls: type[errors.APIStatusError]
) -> None:
    error = error_of(status)

    assert type(error) is cls
    assert error.status == error.status_code == status
    assert f"runs.retrieve: the server answered {status}" in str(error)


@pytest.mark.parametrize("status", [500, 502, 504, 520, 524, 529, 599])
@pytest.mark.parametrize("repeat", [Repeat.ONCE, Repeat.KEYED])
def test_promise_5_a_5xx_to_a_create_may_have_carried_it_out(
    status: int, repeat: Repeat
) -> None:
    error = error_of(status, request=evolve(CREATE, repeat=repeat))

    assert type(error) is errors.ServerErrorOutcomeUnknown
    assert "it may have been carried out" in str(error)
    assert ("idempotency_key" in str(error)) == (repeat is Repeat.KEYED)
    assert ("list what is there" in str(error)) == (repeat is Repeat.ONCE)


def test_the_wait_that_a_server_asks_for_is_in_the_message() -> None:
    error = error_of(429, request=CREATE, retry_after="90")

    assert error.retry_after == 90
    assert str(error).endswith("; it asks to wait 90 s")
    assert "wait 90" not in str(error_of(429, request=CREATE))


@pytest.mark.parametrize("status", [501, 505, 511])
def test_some_5xx_say_that_nothing_was_done(status: int) -> None:
    assert type(error_of(status, request=CREATE)) is errors.InternalServerError


def test_a_503_says_so_only_with_a_time_to_come_back() -> None:
    overloaded = error_of(503, request=CREATE, retry_after="61")
    broken = error_of(503, request=CREATE)
    junk = error_of(503, request=CREATE, retry_after="soon")

    assert type(overloaded) is errors.InternalServerError
    assert type(broken) is errors.ServerErrorOutcomeUnknown
    assert type(junk) is errors.ServerErrorOutcomeUnknown


# Hazard 25: what real servers and proxies send.
BODIES: list[tuple[str, Any, str]] = [
    (
        "OpenAI",
        {"error": {"message": "no such run", "type": "t", "param": "p", "code": "c"}},
        "no such run",
    ),
    ("Azure", {"error": {"code": "404", "message": "Resource not found"}}, "Resource"),
    (
        "API Management",
        {"statusCode": 401, "message": "Access denied"},
        "Access denied",
    ),
    ("FastAPI", {"detail": "Not Found"}, "Not Found"),
    (
        "FastAPI's validation",
        {
            "detail": [
                {"loc": ["body", "role"], "msg": "Field required", "input": "secret"}
            ]
        },
        "body.role: Field required",
    ),
    ("a word", {"error": "quota"}, "quota"),
    ("problem details", {"type": "about:blank", "title": "Forbidden"}, "Forbidden"),
    ("vLLM", {"object": "error", "message": "model?", "code": 404}, "model?"),
    ("numbers for codes", {"error": {"code": 17, "message": "odd"}}, "odd"),
]


@pytest.mark.parametrize(("who", "body", "said"), BODIES, ids=[b[0] for b in BODIES])
def test_hazard_25_the_servers_own_words_are_in_the_message(
    who: str, body: Any, said: str
) -> None:
    error = error_of(400, body)

    assert said in str(error)
    assert "secret" not in str(error)
    inner = body.get("error")
    assert error.body == (inner if isinstance(inner, dict) else body)


def test_the_error_objects_fields_are_the_errors() -> None:
    error = error_of(400, BODIES[0][1], x_request_id="r-1", x_other="y")

    assert (error.code, error.param, error.type) == ("c", "p", "t")
    assert error.request_id == "r-1"
    assert error.headers["x-other"] == error.headers["X-Other"] == "y"
    assert error_of(400, {"error": {"code": 17, "message": "x"}}).code == "17"
    assert error_of(400).code is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>502 Bad Gateway</h1></html>",
        b"\xff\xfe",
        b"[1, 2]",
        b"null",
        b"7",
        b'{"error": null}',
        b'{"message": 3}',
        b'{"message": ""}',
        b'{"detail": [1, {"x": 2}]}',
        b'{"detail": [{"loc": 5, "msg": 6}]}',
        b'{"message": "\\u0000',
        b"[" * 5000,
    ],
)
def test_hazard_25_any_other_body_is_an_error_like_any_other(body: bytes) -> None:
    error = error_of(404, body)

    assert type(error) is errors.NotFoundError
    assert "answered 404" in str(error)
    assert "html" not in str(error)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_hazard_25_no_answer_raises_anything_else(status: int, body: bytes) -> None:
    assert isinstance(error_of(status, body), errors.APIStatusError)
    assert isinstance(error_of(status, body, CREATE), errors.APIStatusError)


def test_a_status_without_words_says_what_to_look_at() -> None:
    assert str(error_of(401)).endswith(
        "check the key and the kind of credentials this endpoint takes"
    )
    assert "path prefix" in str(error_of(404))
    assert str(error_of(502)).endswith("without an error object")


@pytest.mark.parametrize(
    ("body", "advised"),
    [
        ({"error": {"message": "Invalid URL (POST /threads)"}}, True),
        ({"error": {"message": "Unknown request URL: GET /x. Check it."}}, True),
        ({"error": {"message": "No way.", "code": "unknown_url"}}, True),
        ({"detail": "Not Found"}, True),
        ({"error": {"message": "No thread found with id 'thread_1'."}}, False),
        ({"detail": "Not Found: thread_1"}, False),
    ],
)
def test_an_unknown_path_says_to_check_the_base_url(body: Any, advised: bool) -> None:
    advice = "; check the base URL's path prefix"

    assert str(error_of(404, body)).endswith(advice) == advised
    assert advice not in str(error_of(400, body))


def test_a_servers_words_are_one_short_line_that_does_nothing_to_a_terminal() -> None:
    error = error_of(400, {"message": "a\n\nb\tc \x1b[31md\x07\u202e" + "x" * 10_000})

    said = str(error).partition("400: ")[2]
    assert said.startswith("a b c \ufffd[31md\ufffd\ufffdx")
    assert len(said) == 500


@pytest.mark.parametrize(
    "message",
    [
        "Thread thread_1 already has an active run run_2.",
        "Can't add messages to thread_1 while a run run_2 is active.",
    ],
)
def test_hazard_13_a_busy_thread_names_itself_and_its_run(message: str) -> None:
    error = error_of(400, {"error": {"message": message}}, CREATE)

    assert isinstance(error, errors.ThreadBusy)
    assert (error.thread_id, error.run_id) == ("thread_1", "run_2")
    assert not isinstance(error_of(409, {"message": message}), errors.ThreadBusy)


@pytest.mark.parametrize(
    "origin", ["https://\x1b[31ma\x9b2J.test", "https://" + "a" * 9000]
)
def test_a_redirects_origin_is_short_and_harmless_to_a_terminal(origin: str) -> None:
    error = error_of(307, location=f"{origin}/path")

    assert isinstance(error, errors.UnexpectedRedirect)
    assert error.location is not None
    assert error.location.isprintable()
    assert str(error).isprintable()
    assert len(str(error)) < 700


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        ("https://evil.test/path?key=1", "https://evil.test"),
        ("http://h:8080", "http://h:8080"),
        ("https://user:pw@evil.test/", None),
        ("/v2/threads", None),
        ("//evil.test/", None),
        ("javascript:1", None),
        ("", None),
    ],
)
def test_hazard_1_a_redirect_names_the_origin_and_no_more(
    location: str, origin: str | None
) -> None:
    error = error_of(307, location=location)

    assert isinstance(error, errors.UnexpectedRedirect)
    assert error.location == origin
    where = "to where it leads" + (f" ({origin})" if origin else "")
    assert f"redirects are not followed: set base_url {where}" in str(error)
    assert "None" not in str(error)
    assert error.message == str(error)
    for part in ("path", "key", "pw", "javascript"):
        assert part not in str(error)


def test_a_303_says_that_it_leads_to_a_response() -> None:
    error = error_of(303, location="https://a.test/runs/r", request=CREATE)

    assert isinstance(error, errors.UnexpectedRedirect)
    assert isinstance(error, errors.OutcomeUnknown)
    assert error.location == "https://a.test"
    assert "a 303 leads to a response that is elsewhere (https://a.test)" in str(error)
    assert "base_url" not in str(error)
    assert "with runs.list(" in str(error)


# --- The body of an opened answer -----------------------------------------------------


def test_a_refusals_body_is_read_until_it_is_long_enough() -> None:
    lines: list[Any] = [(Now, 0.0)]
    lines += [(Now, 0.0), (Read(10.0), b"x" * 50_000)] * 2

    error = perform(refusal(Head(503, {}, retries_taken=2), READ), lines)

    assert error.body == "x" * ERROR_BODY_LIMIT
    assert error.retries_taken == 2


@pytest.mark.parametrize(
    "fault", [errors.TransportError("x"), errors.TransportTimeout("x")]
)
def test_a_refusal_that_breaks_off_is_still_one(fault: Exception) -> None:
    lines = [(Now, 0.0), (Now, 0.0), (Read, b"half"), (Now, 1.0), (Read, fault)]

    error = perform(refusal(Head(429, {"retry-after": "7"}), READ), lines)

    assert type(error) is errors.RateLimitError
    assert (error.body, error.retry_after) == ("half", 7.0)


def test_promise_6_a_dripping_refusal_is_left_after_ten_seconds() -> None:
    lines = [(Now, 0.0)] + [((Now, 3.0 * n), (Read, b".")) for n in range(4)]
    flat: list[Any] = [lines[0]] + [line for pair in lines[1:] for line in pair]

    error = perform(refusal(Head(500), READ), [*flat, (Now, 12.0)])

    assert error.body == "...."


def test_what_cleans_the_body_comes_before_anything_reads_it() -> None:
    lines = [
        (Now, 0.0),
        (Now, 0.0),
        (Read, b'{"message": "key"}'),
        (Now, 0.0),
        (Read, b""),
    ]

    error = perform(
        refusal(Head(400), READ, lambda body: body.replace(b"key", b"...")), lines
    )

    assert str(error).endswith("400: ...")


# --- Numbers and dates ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("12", 12.0),
        (" 1.5 ", 1.5),
        ("7.", 7.0),
        ("999999999999", 999999999999.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("0x10", None),
        ("12ms", None),
        ("nan", None),
        ("inf", None),
        (".5", None),
        ("٣", None),
        ("1_0", None),
        ("9" * 300, float("9" * 300)),
        ("9" * 301, None),
    ],
)
def test_a_headers_number_is_plain_decimal_digits(
    text: str | None, number: float | None
) -> None:
    assert finite_number(text) == number


SENT = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("until", "sent", "wait"),
    [
        ("Sun, 06 Nov 1994 08:49:40 GMT", SENT, 3.0),
        ("Mon, 07 Nov 1994 08:49:37 GMT", SENT, 86400.0),
        (SENT, SENT, 0.0),
        ("Sun, 06 Nov 1994 08:49:36 GMT", SENT, None),
        ("Sun, 06 Nov 1994 08:49:40 GMT", None, None),
        ("Sun, 06 Nov 1994 08:49:40 GMT", "yesterday", None),
        ("Sun, 06 Xxx 1994 08:49:40 GMT", SENT, None),
        ("Sun, 31 Feb 1994 08:49:40 GMT", SENT, None),
        ("Sun, 06 Nov 1994 08:49:61 GMT", SENT, None),
        ("Sun, 06 Nov 1994 08:49:40", SENT, None),
    ],
)
def test_hazard_24_a_date_to_retry_at_is_compared_with_the_answers_own(
    until: str, sent: str | None, wait: float | None
) -> None:
    headers = {"retry-after": until} | ({"date": sent} if sent else {})

    assert retry_after(Headers(headers)) == wait


@given(st.text(max_size=60))
def test_hazard_11_no_header_makes_a_wait_that_is_none(text: str) -> None:
    for name in ("retry-after", "retry-after-ms"):
        wait = retry_after(Headers({name: text, "date": SENT}))
        assert wait is None or 0 <= wait < 1e12


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("runs.create", "runs.list(thread_id, limit=1)"),
        ("runs.submit_tool_outputs", "runs.retrieve(run_id, thread_id)"),
        ("messages.create", "messages.list(thread_id, limit=1)"),
        ("assistants.create", "assistants.list(limit=1)"),
        ("threads.create", "threads cannot be listed"),
        ("threads.create_and_run", "threads cannot be listed"),
        ("something.new", "list what is there"),
    ],
)
def test_promise_5_an_unknown_outcome_says_how_to_find_the_run(
    operation: str, call: str
) -> None:
    request = evolve(
        CREATE, operation=operation, ids=(("thread_id", "t"), ("run_id", "r"))
    )
    error = error_of(500, request=request)

    assert isinstance(error, errors.OutcomeUnknown)
    assert call in str(error)
    assert (error.operation, error.thread_id, error.run_id) == (operation, "t", "r")


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_refusal_of_a_repeated_request_may_be_of_its_own_making(status: int) -> None:
    cancel = evolve(CREATE, operation="runs.cancel", method="POST", repeat=Repeat.SAFE)
    answer = Response(status, {}, b"{}", retries_taken=1)
    hint = "an attempt that may have been carried out"

    assert hint in str(status_error(answer, cancel))
    assert hint not in str(status_error(evolve(answer, retries_taken=0), cancel))
    assert hint not in str(status_error(answer, evolve(cancel, method="GET")))
