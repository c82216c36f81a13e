"""`bound`: addresses, credentials, repetition, deadlines."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from runs_core.auth import TokenProvider
from runs_core.endpoint import Endpoint
from runs_core.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConnectionOutcomeUnknown,
    DeadlineExceeded,
    FlowConsumed,
    InternalServerError,
    NotFoundError,
    NotSent,
    OutcomeUnknown,
    RateLimitError,
    RunsError,
    ServerErrorOutcomeUnknown,
    ServiceRetired,
    TimeoutOutcomeUnknown,
    TransportError,
    TransportTimeout,
    UsageError,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import (
    Emit,
    Flow,
    Invoke,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.retry import Policy, bound
from runs_core.wire.http import Head, Headers, Request, Response, Timeouts
from tests.flows.transcript import perform

ENDPOINT = Endpoint("https://api.test/v1", "sk-canary")
READ = ApiRequest(
    operation="runs.retrieve",
    method="GET",
    template="/threads/{thread_id}",
    ids=(("thread_id", "t"),),
    repeat=Repeat.SAFE,
)
CREATE = ApiRequest(
    operation="runs.create", method="POST", template="/threads", body=b"{}"
)
OK = Response(200, {}, b"fine")


def body(response: Response) -> bytes:
    return response.body


def whole(response: Response) -> Response:
    return response


def sends(request: Any = None) -> Any:
    """A line that expects an absolute request."""

    def fits(ask: Any) -> bool:
        return isinstance(ask, Send) and isinstance(ask.request, Request)

    return fits


def failed(status: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, b'{"error": {"message": "no"}}')


def run(request: ApiRequest, *lines: Any, policy: Policy | None = None) -> Any:
    return perform(bound(iter(Call(request, body)), ENDPOINT, policy), lines)


def test_requests_become_absolute_and_signed() -> None:
    seen: list[Request] = []

    def look(ask: Any) -> bool:
        seen.append(ask.request)
        return True

    assert run(READ, (look, OK)) == b"fine"
    (request,) = seen
    assert request.url == "https://api.test/v1/threads/t"
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert request.headers["openai-beta"] == "assistants=v2"


def test_what_cannot_be_bound_is_refused_at_once() -> None:
    call = Call(READ, body)
    wrong: Any
    for wrong in (3, lambda: call):
        with pytest.raises(TypeError, match="calls and flows can be driven"):
            bound(wrong, ENDPOINT)
    wrong = "https://api.test/v1"
    with pytest.raises(UsageError, match="must be an Endpoint"):
        bound(call, wrong)
    wrong = 3
    with pytest.raises(TypeError, match="must be a Policy, not of type int"):
        bound(call, ENDPOINT, wrong)
    assert perform(bound(call, ENDPOINT), [(sends(), OK)]) == b"fine"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_promise_5_reads_are_repeated_after_these_statuses(status: int) -> None:
    first = Sleep(0.5, 0.25, f"runs.retrieve: status {status}, retry 1 of 2")
    second = Sleep(1.0, 0.25, f"runs.retrieve: status {status}, retry 2 of 2")

    result = run(
        READ,
        (sends(), failed(status)),
        (first, None),
        (sends(), failed(status)),
        (second, None),
        (sends(), OK),
    )

    assert result == b"fine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_promise_5_reads_are_not_repeated_after_others(status: int) -> None:
    with pytest.raises((BadRequestError, Exception), match=str(status)) as caught:
        run(READ, (sends(), failed(status)))

    assert caught.value.retries_taken == 0


def test_retries_end_and_the_error_says_how_many_were_taken() -> None:
    with pytest.raises(InternalServerError) as caught:
        run(
            READ,
            (sends(), failed(500)),
            (Sleep, None),
            (sends(), failed(500)),
            (Sleep, None),
            (sends(), failed(500)),
        )

    assert caught.value.retries_taken == 2
    assert not isinstance(caught.value, OutcomeUnknown)


def test_backoff_doubles_up_to_eight_seconds() -> None:
    waits = []

    def look(ask: Any) -> bool:
        waits.append(ask.seconds)
        return isinstance(ask, Sleep)

    lines = [(sends(), failed(500)), (look, None)] * 6
    run(READ, *lines, (sends(), OK), policy=Policy(max_retries=6))

    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_promise_6_any_number_of_retries_may_be_asked_for() -> None:
    line = (sends(), failed(500)), (Sleep, None)
    assert run(READ, *line * 1100, (sends(), OK), policy=Policy(max_retries=10**6))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "3"}, 3.0),
        ({"retry_after": "0.25"}, 0.25),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "0000000000000005"}, 5.0),
        ({"retry_after": "60"}, 60.0),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        (
            {
                "retry_after": "Sun, 06 Nov 1994 08:49:40 GMT",
                "date": "Sun, 06 Nov 1994 08:49:37 GMT",
            },
            3.0,
        ),
        ({"retry_after": "Sun, 06 Nov 1994 08:49:40 GMT"}, 0.5),
        ({"retry_after": "-1"}, 0.5),
        ({"retry_after": "nan"}, 0.5),
        ({"retry_after": "inf"}, 0.5),
        ({"retry_after": "1e400"}, 0.5),
        ({"retry_after": "9" * 100_000}, 0.5),
        ({"retry_after": "soon"}, 0.5),
    ],
)
def test_promise_5_retry_after_is_honoured_and_junk_ignored(
    headers: dict[str, str], wait: float
) -> None:
    def asked_for(ask: Any) -> bool:
        # A wait that the server asked for is not cut short by chance.
        jitter = 0.25 if wait == 0.5 else 0.0
        return isinstance(ask, Sleep) and (ask.seconds, ask.jitter) == (wait, jitter)

    run(READ, (sends(), failed(503, **headers)), (asked_for, None), (sends(), OK))


@given(st.text(max_size=40) | st.floats().map(str))
def test_no_retry_after_makes_anybody_wait_over_a_minute(text: str) -> None:
    flow = bound(iter(Call(READ, body)), ENDPOINT)
    next(flow)
    try:
        ask = flow.send(failed(429, retry_after=text))
    except RateLimitError:
        return
    assert isinstance(ask, Sleep)
    assert 0 <= ask.seconds <= 60


@pytest.mark.parametrize("text", ["61", "9999999999999", "9" * 300])
def test_a_longer_retry_after_is_left_to_the_caller(text: str) -> None:
    with pytest.raises(RateLimitError) as caught:
        run(READ, (sends(), failed(429, retry_after=text)))

    assert caught.value.retry_after == float(text)


def test_x_should_retry_is_obeyed() -> None:
    with pytest.raises(InternalServerError):
        run(READ, (sends(), failed(500, x_should_retry="false")))

    run(
        READ,
        (sends(), failed(418, x_should_retry="true")),
        (Sleep, None),
        (sends(), OK),
    )


@pytest.mark.parametrize("error", [NotSent("x"), TransportError("x")])
def test_reads_are_repeated_after_connection_errors(error: TransportError) -> None:
    assert run(READ, (sends(), error), (Sleep, None), (sends(), OK)) == b"fine"


def test_promise_5_a_create_is_repeated_when_provably_unsent() -> None:
    assert run(CREATE, (sends(), NotSent("x")), (Sleep, None), (sends(), OK))


@pytest.mark.parametrize("error", [TransportError("x"), TransportTimeout("x")])
def test_promise_5_a_create_that_was_perhaps_sent_is_not_repeated(
    error: TransportError,
) -> None:
    with pytest.raises(ConnectionOutcomeUnknown, match="list what is there") as caught:
        run(CREATE, (sends(), error))

    assert caught.value.__cause__ is error
    assert isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("status", [429, 503])
def test_promise_5_a_create_is_repeated_when_the_server_names_a_time(
    status: int,
) -> None:
    line = (sends(), failed(status, retry_after="1"))
    assert run(CREATE, line, (Sleep, None), (sends(), OK)) == b"fine"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_promise_5_a_create_is_not_repeated_otherwise(status: int) -> None:
    with pytest.raises(Exception, match=str(status)) as caught:
        run(CREATE, (sends(), failed(status, x_should_retry="true")))

    assert isinstance(caught.value, ServerErrorOutcomeUnknown) == (status >= 500)
    assert isinstance(caught.value, OutcomeUnknown) == (status not in (409, 429))


KEYED = evolve(CREATE, repeat=Repeat.KEYED)


@pytest.mark.parametrize("answer", [TransportError("x"), failed(500)])
def test_promise_5_a_create_with_an_idempotency_key_is_repeated(answer: Any) -> None:
    assert run(KEYED, (sends(), answer), (Sleep, None), (sends(), OK)) == b"fine"


@pytest.mark.parametrize("last", [TransportError("x"), NotSent("x"), failed(500)])
def test_promise_5_a_keyed_create_that_stays_unanswered_is_unknown(last: Any) -> None:
    first = (sends(), TransportError("x"))
    with pytest.raises(OutcomeUnknown, match="same idempotency_key") as caught:
        run(KEYED, first, (Sleep, None), (sends(), last), policy=Policy(max_retries=1))

    assert caught.value.retries_taken == 1


def test_promise_5_a_keyed_create_that_never_left_is_not_unknown() -> None:
    line = (sends(), NotSent("x"))
    with pytest.raises(NotSent):
        run(KEYED, line, (Sleep, None), line, policy=Policy(max_retries=1))


def test_an_unknown_outcome_after_a_timeout_is_a_timeout_too() -> None:
    with pytest.raises(TimeoutOutcomeUnknown) as caught:
        run(CREATE, (sends(), TransportTimeout("late")))

    assert isinstance(caught.value, TransportTimeout)


def test_promise_5_an_unknown_outcome_is_not_hidden_by_the_deadline() -> None:
    for request, after in product((CREATE, KEYED), (101.0, 101.5)):
        with pytest.raises(OutcomeUnknown, match="by its deadline") as caught:
            run(
                request,
                (Now, 100.0),
                (Now, 100.2),
                (sends(), TransportTimeout("late")),
                (Now, after),
                policy=Policy(deadline=1.0),
            )
        assert isinstance(caught.value, DeadlineExceeded)
        assert isinstance(caught.value.__cause__, TransportTimeout)


def test_promise_5_what_failed_before_the_deadline_is_not_hidden_by_it() -> None:
    with pytest.raises(ConnectionOutcomeUnknown, match="reset") as caught:
        run(
            CREATE,
            (Now, 100.0),
            (Now, 100.2),
            (sends(), TransportError("reset")),
            (Now, 101.0),
            policy=Policy(deadline=1.0),
        )

    assert not isinstance(caught.value, DeadlineExceeded)


def test_promise_5_what_a_5xx_left_open_no_later_attempt_closes() -> None:
    lines = ((sends(), failed(500)), (Sleep, None), (sends(), NotSent("refused")))
    with pytest.raises(OutcomeUnknown, match="same idempotency_key"):
        run(KEYED, *lines, policy=Policy(max_retries=1))
    lines = ((sends(), failed(429)), (Sleep, None), (sends(), NotSent("refused")))
    with pytest.raises(NotSent) as caught:
        run(KEYED, *lines, policy=Policy(max_retries=1))

    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("first", [TransportError("lost"), failed(500)], ids=repr)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 422, 429, 503])
def test_promise_5_no_refusal_of_a_later_attempt_closes_what_was_left_open(
    status: int, first: Any
) -> None:
    once = Policy(max_retries=1)
    refused = failed(status, retry_after="1")
    lines = ((sends(), first), (Sleep, None), (sends(), refused))
    with pytest.raises(OutcomeUnknown, match="same idempotency_key") as caught:
        run(KEYED, *lines, policy=once)
    assert isinstance(caught.value, APIStatusError)
    assert (caught.value.status, caught.value.retries_taken) == (status, 1)

    opened = bound(iter(Open(KEYED)), ENDPOINT, once)
    explained = ((Now, 1.0), (Now, 1.0), (Read, b'{"error": {"message": "no"}}'))
    end = ((Now, 1.0), (Read, b""))
    again = Head(status, {"retry-after": "1"})
    lines = ((Open, _opened(first)), (Sleep, None), (Open, again), *explained, *end)
    with pytest.raises(OutcomeUnknown, match="same idempotency_key") as caught:
        perform(opened, lines)
    assert isinstance(caught.value, APIStatusError)
    assert (caught.value.status, caught.value.retries_taken) == (status, 1)


def _opened(answer: Any) -> Any:
    return answer.head if isinstance(answer, Response) else answer


def test_promise_5_a_refusal_after_attempts_that_never_left_is_its_own() -> None:
    for first in (NotSent("refused"), failed(429)):
        with pytest.raises(AuthenticationError) as caught:
            run(KEYED, (sends(), first), (Sleep, None), (sends(), failed(401)))
        assert not isinstance(caught.value, OutcomeUnknown)


def test_promise_5_a_deadline_between_two_attempts_leaves_the_outcome_unknown() -> None:
    for answer in (TransportError("x"), failed(500)):
        with pytest.raises(DeadlineExceeded, match="same idempotency") as caught:
            run(
                KEYED,
                (Now, 100.0),
                (Now, 100.0),
                (sends(), answer),
                (Now, 100.1),
                (Sleep, None),
                (Now, 111.0),
                policy=Policy(deadline=10.0),
            )

        assert isinstance(caught.value, OutcomeUnknown)
        assert caught.value.retries_taken == 1


LOST = TransportError("lost")
UNSENT = NotSent("refused")


@pytest.mark.parametrize(
    ("request_", "lines", "told"),
    [
        (READ, [OK], []),
        (READ, [failed(404)], []),
        (CREATE, [failed(400)], []),
        (READ, [failed(500), Sleep, OK], []),
        (
            READ,
            [failed(500), Sleep, LOST],
            ["TransportError, {}: all retries were taken"],
        ),
        (READ, [LOST, Sleep, failed(429)], ["status 429, {}: all retries were taken"]),
        (CREATE, [UNSENT, Sleep, UNSENT], ["NotSent, {}: all retries were taken"]),
        (CREATE, [LOST], ["TransportError, {}: it may have been carried out"]),
        (CREATE, [failed(500)], ["status 500, {}: it may have been carried out"]),
        (CREATE, [failed(408)], ["status 408, {}: it may have been carried out"]),
        (CREATE, [failed(503)], ["status 503, {}: it may have been carried out"]),
        (
            CREATE,
            [failed(429)],
            ["status 429, {}: the server names no time for it (Retry-After)"],
        ),
        (CREATE, [failed(409)], ["status 409, {}: the server refuses it"]),
        (CREATE, [failed(501)], ["status 501, {}: the server refuses it"]),
        (CREATE, [failed(505)], ["status 505, {}: the server refuses it"]),
        (CREATE, [failed(511)], ["status 511, {}: the server refuses it"]),
        (
            READ,
            [failed(500, x_should_retry="false")],
            ["status 500, {}: the server says so (x-should-retry)"],
        ),
        (
            READ,
            [failed(429, retry_after="61")],
            ["status 429, {}: the server asks for a wait of 61 s"],
        ),
    ],
)
def test_promise_5_why_there_is_no_other_attempt_is_told(
    request_: ApiRequest, lines: list[Any], told: list[str]
) -> None:
    notices: list[str] = []
    policy = Policy(max_retries=1, notice=notices.append)
    exchanges = [(Sleep, None) if x is Sleep else (sends(), x) for x in lines]
    error: RunsError | None = None
    try:
        run(request_, *exchanges, *[(noticing, None)] * len(told), policy=policy)
    except RunsError as raised:
        error = raised

    expected = [line.format("not sent again") for line in told]
    assert notices == [f"{request_.operation}: {line}" for line in expected]
    unknown = any("may have been carried out" in notice for notice in notices)
    assert isinstance(error, OutcomeUnknown) == unknown


def noticing(ask: Any) -> bool:
    return isinstance(ask, Invoke) and ask.function(*ask.args) is None


def test_promise_5_that_there_is_no_time_for_another_attempt_is_told() -> None:
    notices: list[str] = []
    policy = Policy(deadline=10.0, notice=notices.append)
    lines = [(Now, 0.0), (Now, 1.0), (sends(), LOST), (Now, 9.9), (noticing, None)]
    with pytest.raises(DeadlineExceeded):
        run(READ, *lines, policy=policy)

    (notice,) = notices
    assert notice.endswith("not sent again: the deadline leaves no time for it")


def test_a_token_is_asked_for_at_every_attempt() -> None:
    endpoint = Endpoint("https://api.test", TokenProvider(lambda: "unused"))
    flow = bound(iter(Call(READ, body)), endpoint)

    def signed(token: str) -> Any:
        return lambda ask: ask.request.headers["authorization"] == f"Bearer {token}"

    result = perform(
        flow,
        [
            (Invoke, "one"),
            (signed("one"), failed(500)),
            (Sleep, None),
            (Invoke, "two"),
            (signed("two"), OK),
        ],
    )
    assert result == b"fine"


def signed_anew(request: ApiRequest, *lines: Any) -> Any:
    endpoint = Endpoint("https://api.test", lambda: "unused")
    return perform(bound(iter(Call(request, body)), endpoint), lines)


FIRST = (Invoke, "one"), (sends(), TransportError("x")), (Sleep, None)


@pytest.mark.parametrize(
    "lines",
    [FIRST, ((Invoke, "one"), (sends(), failed(500)), (Sleep, None))],
    ids=["lost", "500"],
)
def test_promise_5_a_token_that_cannot_be_had_hides_no_unknown_outcome(
    lines: tuple[Any, ...],
) -> None:
    refused = RuntimeError("no token: sk-canary")
    with pytest.raises(ConnectionOutcomeUnknown, match="same idempotency_key") as error:
        signed_anew(KEYED, *lines, (Invoke, refused))

    assert error.value.__cause__ is refused
    assert "sk-canary" not in str(error.value)
    assert (error.value.operation, error.value.retries_taken) == ("runs.create", 0)


def test_promise_5_nor_where_it_is_asked_for_again_after_a_401() -> None:
    with pytest.raises(OutcomeUnknown, match="RuntimeError") as error:
        signed_anew(
            KEYED,
            *FIRST,
            (Invoke, "two"),
            (sends(), failed(401)),
            (Invoke, RuntimeError("no token")),
        )

    assert error.value.retries_taken == 1


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (READ, FIRST),
        (KEYED, ()),
        (KEYED, ((Invoke, "one"), (sends(), NotSent("x")), (Sleep, None))),
        (KEYED, ((Invoke, "one"), (sends(), failed(401)))),
    ],
    ids=["a read", "at first", "not sent", "refused"],
)
def test_what_a_provider_raises_is_raised_where_nothing_is_unknown(
    request_: ApiRequest, lines: tuple[Any, ...]
) -> None:
    refused = RuntimeError("no token")
    with pytest.raises(RuntimeError) as error:
        signed_anew(request_, *lines, (Invoke, refused))

    assert error.value is refused


def test_a_401_refreshes_the_token_once() -> None:
    endpoint = Endpoint("https://api.test", lambda: "unused")
    lines: list[Any] = [(Invoke, "a"), (sends(), failed(401)), (Invoke, "b")]
    with pytest.raises(AuthenticationError):
        perform(
            bound(iter(Call(READ, body)), endpoint), [*lines, (sends(), failed(401))]
        )

    again = perform(bound(iter(Call(CREATE, body)), endpoint), [*lines, (sends(), OK)])
    assert again == b"fine"


def test_what_is_not_sent_is_not_refreshed() -> None:
    mine = {"Authorization": "Basic mine"}
    endpoint = Endpoint("https://api.test", lambda: "unused", headers=mine)
    with pytest.raises(AuthenticationError):
        perform(
            bound(iter(Call(READ, body)), endpoint),
            [(Invoke, "a"), (sends(), failed(401))],
        )


class Cache:
    """An auth object that looks at `refresh`."""

    refreshable = True

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        self.asked.append(refresh)
        return Headers({"authorization": "x"})
        yield


def test_credentials_are_refreshed_once_and_then_used() -> None:
    cache = Cache()
    perform(
        bound(iter(Call(READ, body)), Endpoint("https://api.test", cache)),
        [
            (sends(), failed(401)),
            (sends(), failed(500)),
            (Sleep, None),
            (sends(), OK),
        ],
    )

    assert cache.asked == [False, True, False]


def test_a_401_with_a_fixed_key_is_final() -> None:
    with pytest.raises(AuthenticationError, match="answered 401: no"):
        run(READ, (sends(), failed(401)))


def test_promise_4_a_key_that_the_server_echoes_is_taken_out() -> None:
    echo = Response(401, {}, b'{"error": {"message": "bad key sk-canary"}}')
    with pytest.raises(AuthenticationError) as caught:
        run(READ, (sends(), echo))

    assert "canary" not in str(caught.value)
    assert "canary" not in str(caught.value.body)


ECHOES = {"x-echo": "Bearer sk-canary", "x-request-id": "sk-canary", "x-sk-canary": "1"}


@pytest.mark.parametrize("status", [307, 401, 404])
def test_promise_4_a_key_that_an_answers_header_echoes_is_taken_out(
    status: int,
) -> None:
    with pytest.raises(APIStatusError) as caught:
        run(READ, (sends(), Response(status, {**ECHOES, "location": "/sk-canary"})))

    assert caught.value.request_id == "[redacted]"
    assert caught.value.headers["x-echo"] == "[redacted]"
    assert "sk-canary" not in str(vars(caught.value))
    assert "sk-canary" not in str(dict(caught.value.headers))


def test_promise_4_nor_does_a_success_or_a_stream_hold_it() -> None:
    def opening() -> Flow[Any]:
        return (yield from Open(CREATE))

    answer = perform(
        bound(iter(Call(READ, whole)), ENDPOINT), [(sends(), Response(200, ECHOES))]
    )
    head = perform(bound(opening(), ENDPOINT), [(Open, Head(200, ECHOES))])

    assert answer.request_id == head.request_id == "[redacted]"
    assert "sk-canary" not in str([*answer.headers, *head.headers])


def test_promise_4_a_key_in_any_header_is_taken_out() -> None:
    request = evolve(READ, headers=(("x-api-token", "sk-canary-1"),))
    echo = b"who is sk-canary-1 or sk-canary-2 or x-y-z-1-2-3?"
    endpoint = Endpoint(
        "https://api.test", headers={"x-key": "sk-canary-2", "x": "x-y-z-1-2-3"}
    )

    with pytest.raises(BadRequestError) as caught:
        perform(
            bound(iter(Call(request, body)), endpoint),
            [(sends(), Response(400, {}, echo))],
        )

    assert caught.value.body == "who is [redacted] or [redacted] or x-y-z-1-2-3?"


@pytest.mark.parametrize(
    ("name", "value", "echo"),
    [
        ("authorization", "Token sk-canary", "your sk-canary"),
        ("authorization", "basic  sk-canary", "your sk-canary"),
        ("authorization", "basic\tsk-canary", "your sk-canary"),
        # Keys that hold a space themselves.
        ("x-key", "canary canary", "your canary canary"),
        ("x-key", "sk-canary sk-word2", "your sk-canary sk-word2"),
        ("cookie", "sk-canary", "your sk-canary"),
        ("cookie", "a=b;c=sk-canary=", "your sk-canary="),
        ("Cookie", 'a=b; c="sk-canary"; d=e', "your sk-canary"),
        ("cookie", "a=sk-canary; b=sk-canary-canary", "your sk-canary-canary"),
        ("cookie", "a=canary; b=c", "your a=canary; b=c"),
    ],
)
def test_promise_4_a_key_is_taken_out_however_it_was_sent(
    name: str, value: str, echo: str
) -> None:
    with pytest.raises(BadRequestError) as caught:
        perform(
            bound(
                iter(Call(READ, body)),
                Endpoint("https://api.test", headers={name: value}),
            ),
            [(sends(), Response(400, {}, echo.encode()))],
        )

    assert caught.value.body == "your [redacted]"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"timeouts": 5.0}, r"timeouts must be Timeouts\(connect=…, read=…\), not of"),
        ({"notice": 3}, "notice must be a function, not of type int"),
    ],
)
def test_a_policy_of_wrong_types_is_refused_in_words(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        Policy(**wrong)


@pytest.mark.parametrize("key", ["k", "error", "message"])
def test_a_word_too_short_for_a_secret_does_not_spoil_the_answer(key: str) -> None:
    with pytest.raises(BadRequestError, match="answered 400: no"):
        perform(
            bound(iter(Call(READ, body)), Endpoint("https://api.test", key)),
            [(sends(), failed(400))],
        )


def test_an_open_that_is_refused_raises_with_the_servers_words() -> None:
    def flow() -> Flow[Any]:
        return (yield from Open(CREATE))

    piece = b'{"error": {"message": "sk-canary is busy", "code": "x"}}'
    with pytest.raises(BadRequestError, match=r"\[redacted\] is busy") as caught:
        perform(
            bound(flow(), ENDPOINT),
            [
                (Open, Head(400)),
                (Now, 5.0),
                (Now, 5.0),
                (Read(10.0), piece[:5]),
                (Now, 6.0),
                (Read(9.0), piece[5:]),
                (Now, 7.0),
                (Read(8.0), b""),
            ],
        )

    assert caught.value.code == "x"


def test_promise_6_a_refusal_is_not_read_beyond_the_deadline() -> None:
    def flow() -> Flow[Any]:
        return (yield from Open(CREATE, timeout=3.0))

    with pytest.raises(BadRequestError):
        perform(
            bound(flow(), ENDPOINT),
            [
                (Now, 0.0),
                (Now, 0.0),
                (Open, Head(400)),
                (Now, 1.0),
                (Now, 1.0),
                (Read(2.0), b"x"),
                (Now, 3.0),
            ],
        )


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.openai.com/v1",
        "https://eu.api.openai.com/v1",
        "https://x.openai.azure.com/openai",
        "https://x.openai.azure.us/openai",
    ],
)
def test_the_404_of_a_retired_service_says_so(base_url: str) -> None:
    with pytest.raises(ServiceRetired, match="2026-08-26") as caught:
        perform(
            bound(iter(Call(READ, body)), Endpoint(base_url, "k")),
            [(sends(), failed(404))],
        )

    assert caught.value.status == 404


def test_promise_5_a_retired_services_404_closes_nothing_that_was_left_open() -> None:
    lines = [(sends(), TransportError("x")), (Sleep, None), (sends(), failed(404))]
    with pytest.raises(ServiceRetired, match="same idempotency_key") as caught:
        perform(
            bound(iter(Call(KEYED, body)), Endpoint("https://api.openai.com/v1")), lines
        )

    assert isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("base_url", ["https://myapi.openai.com", "http://openai.com"])
def test_the_404_of_another_server_is_its_own(base_url: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        perform(
            bound(iter(Call(READ, body)), Endpoint(base_url, "k")),
            [(sends(), failed(404))],
        )

    assert not isinstance(caught.value, ServiceRetired)


def test_promise_6_the_deadline_bounds_retrying_as_a_whole() -> None:
    with pytest.raises(InternalServerError) as caught:
        run(
            READ,
            (Now, 100.0),
            (Now, 100.0),
            (sends(), failed(500)),
            (Now, 100.8),
            policy=Policy(deadline=1.0),
        )

    assert caught.value.retries_taken == 0


@pytest.mark.parametrize(("own", "left"), [(60.0, 10.0), (3.0, 3.0)])
def test_promise_6_the_nearer_of_two_deadlines_counts(own: float, left: float) -> None:
    def flow() -> Flow[Any]:
        return (yield from Send(READ, timeout=own))

    perform(
        bound(flow(), ENDPOINT, Policy(deadline=10.0)),
        [(Now, 0.0), (Now, 0.0), (Now, 0.0), (lambda ask: ask.timeout == left, OK)],
    )


def test_promise_6_no_attempt_begins_after_the_deadline() -> None:
    with pytest.raises(DeadlineExceeded):
        run(READ, (Now, 100.0), (Now, 101.0), policy=Policy(deadline=1.0))


def test_promise_6_a_timeout_at_the_deadline_is_the_deadlines() -> None:
    late = TransportTimeout("late")
    with pytest.raises(DeadlineExceeded) as caught:
        run(
            READ,
            (Now, 100.0),
            (Now, 100.2),
            (lambda ask: ask.timeout == pytest.approx(0.8), late),
            (Now, 101.0),
            policy=Policy(deadline=1.0),
        )

    assert caught.value.__cause__ is late


def test_promise_6_reads_and_sleeps_end_at_the_clients_deadline() -> None:
    def flow() -> Flow[None]:
        yield from Read(600.0)
        yield from Sleep(600.0)

    policy = Policy(deadline=10.0)
    with pytest.raises(DeadlineExceeded):
        perform(
            bound(flow(), ENDPOINT, policy),
            [
                (Now, 0.0),
                (Now, 4.0),
                (Read(6.0), b"x"),
                (Now, 5.0),
                (Sleep(5.0), None),
            ],
        )


def test_promise_6_no_function_is_called_after_the_clients_deadline() -> None:
    def flow() -> Flow[None]:
        yield from Invoke(print)

    policy = Policy(deadline=10.0)
    with pytest.raises(DeadlineExceeded, match="did not end by its deadline"):
        perform(bound(flow(), ENDPOINT, policy), [(Now, 0.0), (Now, 10.0)])


def test_other_effects_and_their_answers_pass_through() -> None:
    def flow() -> Flow[Any]:
        yield from Emit((1,))
        try:
            yield from Invoke(print)
        except KeyError:
            return (yield from Now())

    lines = [(Emit((1,)), None), (Invoke(print), KeyError()), (Now(), 7.0)]
    assert perform(bound(flow(), ENDPOINT), lines) == 7.0


def test_a_request_of_ones_own_passes_unchanged() -> None:
    own = Request(method="GET", url="https://elsewhere.test/")

    def flow() -> Flow[Any]:
        return (yield from Send(own))

    assert perform(bound(flow(), ENDPOINT), [(Send(own), OK)]) == OK


def test_promise_6_a_request_of_ones_own_ends_at_the_deadline_too() -> None:
    own = Request(method="GET", url="https://elsewhere.test/")

    def flow() -> Flow[Any]:
        yield from Send(own, timeout=60.0)
        return (yield from Open(own))

    with pytest.raises(DeadlineExceeded, match="give a longer one"):
        perform(
            bound(flow(), ENDPOINT, Policy(deadline=10.0)),
            [
                (Now, 0.0),
                (Now, 4.0),
                (Send(own, timeout=6.0), OK),
                (Now, 5.0),
                (Open(own, timeout=5.0), TransportTimeout("late")),
                (Now, 10.0),
            ],
        )


def test_promise_6_so_does_a_request_for_credentials() -> None:
    own = Request(method="POST", url="https://tokens.test/")

    class Asking:
        refreshable = True

        def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
            yield from Sleep(1.0)
            token = yield from Send(own)
            return Headers({"authorization": token.body.decode()})

    with pytest.raises(DeadlineExceeded):
        perform(
            bound(
                iter(Call(READ, body)),
                Endpoint("https://api.test", Asking()),
                Policy(deadline=10.0),
            ),
            [
                (Now, 0.0),
                (Now, 1.0),
                (Sleep(1.0), None),
                (Now, 2.0),
                (Send(own, timeout=8.0), TransportTimeout("late")),
                (Now, 10.0),
            ],
        )


def test_an_error_before_the_deadline_is_passed_on() -> None:
    def flow() -> Flow[Any]:
        return (yield from Read())

    with pytest.raises(TransportError, match="broken"):
        perform(
            bound(flow(), ENDPOINT, Policy(deadline=10.0)),
            [(Now, 0.0), (Now, 1.0), (Read(9.0), TransportError("broken")), (Now, 2.0)],
        )


def test_closing_a_bound_flow_closes_the_flow_in_it() -> None:
    inner = iter(Call(READ, body))
    flow = bound(inner, ENDPOINT)
    next(flow)
    flow.close()

    assert inner.gi_frame is None


def test_a_bound_flow_that_was_driven_cannot_be_driven_again() -> None:
    flow = bound(Call(READ, body), ENDPOINT)
    assert perform(flow, [(sends(), OK)]) == b"fine"

    def twice() -> Flow[Any]:
        return (yield from flow)

    with pytest.raises(FlowConsumed):
        next(twice())
    with pytest.raises(FlowConsumed):
        flow.send(None)


def test_timeouts_of_the_policy_give_way_to_those_of_the_request() -> None:
    policy = Policy(timeouts=Timeouts(1.0, 2.0))
    mine = evolve(READ, timeouts=Timeouts(3.0, 4.0))

    run(READ, (lambda a: a.request.timeouts == Timeouts(1.0, 2.0), OK), policy=policy)
    run(mine, (lambda a: a.request.timeouts == Timeouts(3.0, 4.0), OK), policy=policy)


@pytest.mark.parametrize("retries", [-1, 1.5, None])
def test_max_retries_is_a_whole_number(retries: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Policy(max_retries=retries)


def test_retries_taken_is_on_the_answer() -> None:
    def flow() -> Flow[Any]:
        return (yield from Send(READ))

    response = perform(
        bound(flow(), ENDPOINT),
        [(sends(), failed(500)), (Sleep, None), (sends(), OK)],
    )
    assert response.retries_taken == 1
    assert Headers(response.headers) == OK.headers


# --- What one attempt changes about the next ---------------------------------------


@pytest.mark.parametrize("status", [408, 409, 500, 502, 504])
def test_promise_5_a_time_to_retry_repeats_no_create_under_another_status(
    status: int,
) -> None:
    with pytest.raises(APIStatusError, match=str(status)):
        run(CREATE, (sends(), failed(status, retry_after="1")))


def test_a_server_can_ask_for_repetition_of_what_failed_and_no_more() -> None:
    asked = failed(400, x_should_retry="true")
    assert run(READ, (sends(), asked), (Sleep, None), (sends(), OK)) == b"fine"

    fine = Response(200, {"x-should-retry": "true"}, b"fine")
    assert run(READ, (sends(), fine)) == b"fine"


def test_promise_5_a_busy_server_closes_nothing_that_was_left_open() -> None:
    lost = (sends(), TransportError("x")), (Sleep, None)
    busy = (sends(), failed(429)), (Sleep, None)
    with pytest.raises(BadRequestError) as caught:
        run(KEYED, *lost, *busy, (sends(), failed(400)))

    assert isinstance(caught.value, OutcomeUnknown)


def test_promise_5_a_deadline_before_anything_was_sent_leaves_nothing_open() -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        run(CREATE, (Now, 100.0), (Now, 101.0), policy=Policy(deadline=1.0))

    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_timeout_of_its_own_is_not_the_deadlines() -> None:
    with pytest.raises(TimeoutOutcomeUnknown) as caught:
        run(
            CREATE,
            (Now, 100.0),
            (Now, 100.0),
            (sends(), TransportTimeout("late")),
            (Now, 100.5),
            policy=Policy(deadline=1.0),
        )

    assert not isinstance(caught.value, DeadlineExceeded)


def test_promise_5_a_refused_stream_was_not_begun() -> None:
    def flow() -> Flow[Any]:
        return (yield from Open(CREATE))

    refused = (Open, Head(400)), (Now, 5.0), (Now, 5.0), (Read, b"")
    with pytest.raises(BadRequestError) as caught:
        perform(bound(flow(), ENDPOINT), refused)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_flow_of_ones_own_gets_a_refusal_as_it_came() -> None:
    def flow() -> Flow[Any]:
        return (yield from Send(CREATE))

    assert perform(bound(flow(), ENDPOINT), [(sends(), failed(404))]).status == 404


def test_credentials_are_refreshed_once_though_they_did_not_leave() -> None:
    cache = Cache()
    unsent = (sends(), NotSent("refused")), (Sleep, None)
    perform(
        bound(iter(Call(READ, body)), Endpoint("https://api.test", cache)),
        [(sends(), failed(401)), *unsent, (sends(), OK)],
    )

    assert cache.asked == [False, True, False]


def test_new_credentials_are_told() -> None:
    told: list[str] = []
    endpoint = Endpoint("https://api.test", Cache())
    perform(
        bound(iter(Call(READ, body)), endpoint, Policy(notice=print)),
        [
            (sends(), failed(401)),
            (lambda ask: told.append(*ask.args) is None, None),
            (sends(), OK),
        ],
    )

    assert told == ["runs.retrieve: status 401, sent again with new credentials"]


RETIRED = Endpoint("https://api.openai.com/v1", "k")


def test_what_a_retired_host_still_answers_is_an_answer() -> None:
    call = iter(Call(READ, body))

    assert perform(bound(call, RETIRED), [(sends(), OK)]) == b"fine"


def test_the_404_of_a_retired_service_has_what_others_have() -> None:
    last = (sends(), failed(404, x_request_id="req_1"))
    with pytest.raises(ServiceRetired) as caught:
        perform(
            bound(iter(Call(READ, body)), RETIRED),
            [(sends(), failed(500)), (Sleep, None), last],
        )

    assert caught.value.retries_taken == 1
    assert caught.value.request_id == "req_1"
    assert caught.value.headers["x-request-id"] == "req_1"
