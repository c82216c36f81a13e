"""Where a flow meets its endpoint: base URL, credentials, repetition, deadline.

`bound` turns a flow of operations into one of absolute URLs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import evolve

from runs_core.endpoint import Endpoint, check_endpoint
from runs_core.errors import (
    ConnectionOutcomeUnknown,
    DeadlineExceeded,
    NotSent,
    ServiceRetired,
    TimeoutOutcomeUnknown,
    TransportError,
    TransportTimeout,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import (
    Ask,
    Flow,
    Invoke,
    InvokeTimeout,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.flows.once import check_unconsumed, flow_of
from runs_core.flows.outcome import as_unknown, how_to_find_out, mark_unknown
from runs_core.flows.redaction import cleaned, without
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.flows.status import refusal, status_error
from runs_core.flows.verdict import (
    NEW_CREDENTIALS,
    NO_TIME,
    Policy,
    after_answer,
    after_error,
    perhaps_done,
)
from runs_core.wire.http import (
    FieldsByName,
    Head,
    Headers,
    Response,
    shorter,
)

__all__ = ["Policy", "bound"]

T = TypeVar("T")

_RETIRED_HOSTS = (".api.openai.com", ".openai.azure.com", ".openai.azure.us")


def bound(
    flow: Call[T] | Flow[T], endpoint: Endpoint, policy: Policy | None = None
) -> Flow[T]:
    """Return a call or flow with its requests addressed, signed, repeated and timed.

    What is repeated, and when, is promise 5 in docs/topics/promises.md.
    Raises TypeError if `flow` is neither, and `UsageError` if `endpoint` is not one.
    Raises into the flow: `DeadlineExceeded`, `ConnectionOutcomeUnknown`,
    `ServiceRetired`, the status error of an `Open` that was refused, and of a `Send`
    that was refused after an attempt that may have been carried out.
    """
    flow = flow_of(flow)
    check_unconsumed(flow)
    check_endpoint(endpoint)
    if not isinstance(policy, Policy | None):
        raise TypeError(f"policy must be a Policy, not of type {type(policy).__name__}")
    return _bound(flow, endpoint, policy or Policy())


def _bound(flow: Flow[T], endpoint: Endpoint, policy: Policy) -> Flow[T]:
    until = None
    if policy.deadline is not None:
        until = (yield Now()) + policy.deadline
    answer = partial(_answer, endpoint=endpoint, policy=policy, until=until)
    return (yield from _in_steps(flow, answer))


def _in_steps(flow: Flow[T], answer: Callable[[Ask], Flow[Any]]) -> Flow[T]:
    """Drive the flow, with `answer` answering each effect."""
    step: Callable[[], Ask] = partial(next, flow)
    while True:
        try:
            ask = step()
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            del step  # The error in it would otherwise hold its own traceback.
        try:
            # Without a name of its own: it can be a token.
            step = partial(flow.send, (yield from answer(ask)))
        except BaseException as error:
            step = partial(flow.throw, error)


def _function_in_time(ask: Ask, until: float | None) -> Generator[Ask, Any, Any]:
    if until is not None and isinstance(ask, Invoke):
        return _timed_invoke(ask, until)
    return iter(ask)


def _answer(
    ask: Ask, endpoint: Endpoint, policy: Policy, until: float | None
) -> Generator[Ask, Any, Any]:
    if isinstance(ask, Send | Open) and isinstance(ask.request, ApiRequest):
        return _exchange(ask, ask.request, endpoint, policy, until)
    if until is not None and isinstance(ask, Send | Open | Read):
        return _timed(ask, until)
    if until is not None and isinstance(ask, Sleep):
        return _timed_sleep(ask, until)
    return _function_in_time(ask, until)


def _timed(ask: Send | Open | Read, until: float) -> Generator[Ask, Any, Any]:
    left = yield from _left(until)
    try:
        return (yield evolve(ask, timeout=shorter(ask.timeout, left)))
    except TransportError as error:
        yield from _left(until, error)
        raise


def _timed_sleep(ask: Sleep, until: float) -> Generator[Ask, Any, None]:
    left = yield from _left(until)
    if ask.seconds <= left:
        yield from ask
        return
    yield from Sleep(left, reason=ask.reason)
    raise _late()


def _timed_invoke(ask: Invoke, until: float) -> Generator[Ask, Any, Any]:
    timed = yield from ask.until(until)
    if timed.timeout == 0:
        raise InvokeTimeout(str(_late()))
    try:
        return (yield timed)
    except InvokeTimeout as error:
        if timed.timeout == ask.timeout:
            raise
        raise InvokeTimeout(str(_late())) from error


def _left(until: float, cause: BaseException | None = None) -> Flow[float]:
    """Return the seconds left, or raise `DeadlineExceeded`."""
    left = until - (yield from Now())
    if left <= 0:
        raise _late() from cause
    return left


def _late(operation: str = "") -> DeadlineExceeded:
    return DeadlineExceeded(
        f"{operation or 'the conversation'} did not end by its deadline: give a longer"
        " one, or None for no limit"
    )


def _exchange(
    ask: Send | Open,
    request: ApiRequest,
    endpoint: Endpoint,
    policy: Policy,
    until: float | None,
) -> Generator[Ask, Any, Response | Head]:
    """Send until there is a response to hand on, or an error to raise."""
    if ask.timeout is not None:
        own = (yield from Now()) + ask.timeout
        until = own if until is None else min(until, own)
    refresh = refreshed = perhaps_sent = False
    verdict: Sleep | str | None
    # Repetitions with the same credentials; one with new ones is not counted here.
    attempt = 0
    while True:
        retries = attempt + refreshed
        credentials = yield from _credentials_for_attempt(
            request,
            partial(endpoint.auth.credentials, refresh=refresh),
            until,
            retries,
            perhaps_sent,
        )
        refresh = False
        prepared = endpoint.prepare(request, credentials)
        if request.timeouts is None and policy.timeouts is not None:
            prepared = evolve(prepared, timeouts=policy.timeouts)
        left = yield from _left_for_attempt(request, until, retries, perhaps_sent)
        try:
            answer: Response | Head = yield evolve(ask, request=prepared, timeout=left)
        except TransportError as error:
            error.retries_taken = retries
            perhaps_sent = perhaps_sent or not isinstance(error, NotSent)
            what = type(error).__name__
            verdict = after_error(request, error, attempt, policy)
            in_time = yield from _in_time(verdict, until)
            if not isinstance(verdict, Sleep) or not in_time:
                yield from _tell(policy, request, what, verdict)
                _give_up(request, error, perhaps_sent, in_time)
                raise
        else:
            what = f"status {answer.status}"
            if (
                answer.status == 401
                and endpoint.auth.refreshable
                and not refreshed
                and any(prepared.headers.get(n) == v for n, v in credentials)
            ):
                yield from _tell(policy, request, what, NEW_CREDENTIALS)
                refresh = refreshed = True
                continue
            answer = evolve(answer, retries_taken=retries)
            verdict = after_answer(request, answer, attempt, policy)
            if not isinstance(verdict, Sleep) or not (
                yield from _in_time(verdict, until)
            ):
                yield from _tell(policy, request, what, verdict)
                clean = partial(without, credentials=credentials, sent=prepared)
                return (
                    yield from _final(
                        answer, request, endpoint, clean, until, perhaps_sent
                    )
                )
            perhaps_sent = perhaps_sent or perhaps_done(answer)
        attempt += 1
        yield from evolve(
            verdict,
            reason=f"{request.operation}: {what}, retry {attempt}"
            f" of {policy.max_retries}",
        )


def _credentials_for_attempt(
    request: ApiRequest,
    ask: Callable[[], Flow[Headers]],
    until: float | None,
    retries: int,
    perhaps_sent: bool,
) -> Flow[Headers]:
    """Ask for the credentials; an error there does not hide an earlier attempt."""
    try:
        return (yield from _in_steps(ask(), partial(_function_in_time, until=until)))
    except InvokeTimeout as error:
        raise _no_time_for(request, retries, perhaps_sent) from error
    except Exception as error:
        if not perhaps_sent or request.repeat is Repeat.SAFE:
            raise
        why = f"there are no credentials to send it again ({type(error).__name__})"
        unknown = _unknown(ConnectionOutcomeUnknown, request, why)
        unknown.retries_taken = max(0, retries - 1)
        raise unknown from error


def _left_for_attempt(
    request: ApiRequest, until: float | None, retries: int, perhaps_sent: bool
) -> Flow[float | None]:
    """Return the seconds left for an attempt, or raise if there are none."""
    left = None if until is None else until - (yield from Now())
    if left is None or left > 0:
        return left
    raise _no_time_for(request, retries, perhaps_sent)


def _no_time_for(request: ApiRequest, retries: int, perhaps_sent: bool) -> Exception:
    late = _late(request.operation)
    late.retries_taken = retries
    return as_unknown(late, request) if perhaps_sent else late


# --- When there is no other attempt ------------------------------------------------


def _tell(
    policy: Policy, request: ApiRequest, what: str, verdict: Sleep | str | None
) -> Flow[None]:
    if verdict is not None and policy.notice is not None:
        why = NO_TIME if isinstance(verdict, Sleep) else verdict
        yield from Invoke(policy.notice, (f"{request.operation}: {what}, {why}",))


def _in_time(verdict: Sleep | str | None, until: float | None) -> Flow[bool]:
    """Return whether there is time left, after the wait if there is to be one."""
    if until is None:
        return True
    seconds = verdict.seconds if isinstance(verdict, Sleep) else 0.0
    return (yield from Now()) + seconds < until


def _give_up(
    request: ApiRequest, error: TransportError, perhaps_sent: bool, in_time: bool
) -> None:
    """Raise what the last attempt's failure means, if not the failure itself."""
    if perhaps_sent and request.repeat is not Repeat.SAFE:
        timed_out = isinstance(error, TransportTimeout)
        cls = TimeoutOutcomeUnknown if timed_out else ConnectionOutcomeUnknown
        why = "the connection failed after the request was perhaps sent"
        unknown = _unknown(cls, request, f"{why} ({type(error).__name__}: {error})")
        unknown.retries_taken = error.retries_taken
        raise unknown from error
    if not in_time:
        late = _late(request.operation)
        late.retries_taken = error.retries_taken
        raise late from error


def _unknown(
    cls: type[ConnectionOutcomeUnknown], request: ApiRequest, why: str
) -> ConnectionOutcomeUnknown:
    unknown = cls(f"{request.operation}: {why}; {how_to_find_out(request)}")
    mark_unknown(unknown, request)
    return unknown


def _final(
    answer: Response | Head,
    request: ApiRequest,
    endpoint: Endpoint,
    clean: Callable[[bytes], bytes],
    until: float | None,
    perhaps_sent: bool,
) -> Flow[Response | Head]:
    """Hand the response on; `clean` removes the credentials that some servers echo.

    If this attempt is refused, that does not say whether an earlier one was carried out
    (`perhaps_sent`).
    """
    answer = evolve(answer, headers=cleaned(answer.headers, clean))
    if answer.status == 404 and _is_retired(endpoint.base_url):
        retired = ServiceRetired(
            f"{request.operation}: the server answered 404: OpenAI and Azure OpenAI"
            " switched this service off on 2026-08-26; set base_url to a server that"
            " still speaks the protocol",
            status=404,
            headers=FieldsByName(answer.headers),
            request_id=answer.request_id,
        )
        retired.retries_taken = answer.retries_taken
        raise retired
    if answer.status < 300:
        # A stream can still bring an error, in an event.
        return evolve(answer, redact=clean) if isinstance(answer, Head) else answer
    if isinstance(answer, Head):
        error = yield from refusal(answer, request, clean, until)
    else:
        answer = evolve(answer, body=clean(answer.body))
        if not perhaps_sent or request.repeat is Repeat.SAFE:
            return answer
        error = status_error(answer, request)
    raise as_unknown(error, request) if perhaps_sent else error


def _is_retired(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return f".{host}".endswith(_RETIRED_HOSTS)
