"""Where a flow meets its endpoint: base URL, credentials, repetition, deadline.

`bound` turns a flow of operations into one of absolute URLs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import define, evolve

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
from runs_core.flows.deadline import bounded, in_steps, late
from runs_core.flows.effects import (
    Ask,
    Flow,
    Invoke,
    InvokeTimeout,
    Now,
    Open,
    Send,
    Sleep,
    time_in,
    time_left,
)
from runs_core.flows.once import check_unconsumed, flow_of, once
from runs_core.flows.outcome import as_unknown, how_to_find_out, mark_unknown
from runs_core.flows.redaction import cleaned, redactor
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
    Request,
    Response,
)

__all__ = ["Policy", "bound", "bound_to_drive"]

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
    return once(bound_to_drive(flow, endpoint, policy))


def bound_to_drive(
    flow: Call[T] | Flow[T], endpoint: Endpoint, policy: Policy | None = None
) -> Flow[T]:
    """Return what `bound` returns, for a client, which never drives it twice.

    It does without the check at each effect, a tenth of the time of a short piece.
    """
    flow = flow_of(flow)
    check_unconsumed(flow)
    check_endpoint(endpoint)
    if not isinstance(policy, Policy | None):
        raise TypeError(f"policy must be a Policy, not of type {type(policy).__name__}")
    return _bound(flow, endpoint, policy or Policy())


def _bound(flow: Flow[T], endpoint: Endpoint, policy: Policy) -> Flow[T]:
    until = yield from time_in(policy.deadline)
    answer = partial(_answer, endpoint=endpoint, policy=policy, until=until)
    return (yield from in_steps(flow, answer))


def _answer(
    ask: Ask, endpoint: Endpoint, policy: Policy, until: float | None
) -> Generator[Ask, Any, Any]:
    if isinstance(ask, Send | Open) and isinstance(ask.request, ApiRequest):
        return _Attempts(ask.request, endpoint, policy, until).run(ask)
    return bounded(ask, until)


@define
class _Attempts:
    """The attempts to get one response, until one is handed on or an error raised."""

    request: ApiRequest
    endpoint: Endpoint
    policy: Policy
    until: float | None
    repeated: int = 0
    """How often with the same credentials; once more if they were `refreshed`."""
    refreshed: bool = False
    perhaps_sent: bool = False
    """Whether an earlier attempt was, so that it may have been carried out."""

    @property
    def retries(self) -> int:
        return self.repeated + self.refreshed

    def run(self, ask: Send | Open) -> Generator[Ask, Any, Response | Head]:
        """Send until there is a response to hand on, or an error to raise."""
        if ask.timeout is not None:
            own = (yield from Now()) + ask.timeout
            self.until = own if self.until is None else min(self.until, own)
        refresh = False
        while True:
            credentials = yield from self._credentials(refresh)
            prepared = self.endpoint.prepare(self.request, credentials)
            if self.request.timeouts is None and self.policy.timeouts is not None:
                prepared = evolve(prepared, timeouts=self.policy.timeouts)
            left = yield from time_left(self.until, self._late)
            refresh = False
            try:
                answer: Response | Head
                answer = yield evolve(ask, request=prepared, timeout=left)
            except TransportError as error:
                wait = yield from self._wait_after_error(error)
                if wait is None:
                    raise
            else:
                # At once: what fails from here on has the response in its frames.
                clean = redactor(credentials, prepared)
                headers = cleaned(answer.headers, clean)
                if headers is not answer.headers:
                    answer = evolve(answer, headers=headers)
                refresh = self._is_stale(answer, credentials, prepared)
                if refresh:
                    yield from self._tell(f"status {answer.status}", NEW_CREDENTIALS)
                    self.refreshed = True
                    continue
                if answer.retries_taken != self.retries:
                    answer = evolve(answer, retries_taken=self.retries)
                wait = yield from self._wait_after_answer(answer)
                if wait is None:
                    return (yield from self._final(answer, clean))
            yield from wait

    def _credentials(self, refresh: bool) -> Flow[Headers]:
        """Ask for the credentials; an error there does not hide an earlier attempt."""
        answer = partial(bounded, until=self.until)
        try:
            flow = self.endpoint.auth.credentials(refresh=refresh)
            return (yield from in_steps(flow, answer))
        except InvokeTimeout as error:
            raise self._late() from error
        except Exception as error:
            if not self._in_doubt:
                raise
            why = f"there are no credentials to send it again ({type(error).__name__})"
            retries = max(0, self.retries - 1)
            raise self._unknown(ConnectionOutcomeUnknown, why, retries) from error

    def _is_stale(
        self, answer: Response | Head, credentials: Headers, prepared: Request
    ) -> bool:
        """Return whether the credentials were refused that can be had anew, once."""
        return (
            answer.status == 401
            and self.endpoint.auth.refreshable
            and not self.refreshed
            and any(prepared.headers.get(n) == v for n, v in credentials)
        )

    def _late(self) -> DeadlineExceeded:
        error = late(self.request.operation)
        error.retries_taken = self.retries
        return as_unknown(error, self.request) if self.perhaps_sent else error

    def _wait_after_error(self, error: TransportError) -> Flow[Sleep | None]:
        """Return the wait before another attempt; None if the error is to be raised.

        Raises what it means otherwise.
        """
        error.retries_taken = self.retries
        self.perhaps_sent = self.perhaps_sent or not isinstance(error, NotSent)
        what = type(error).__name__
        verdict = after_error(self.request, error, self.repeated, self.policy)
        in_time = yield from self._in_time(verdict)
        if isinstance(verdict, Sleep) and in_time:
            return self._again(what, verdict)
        yield from self._tell(what, verdict)
        timed_out = isinstance(error, TransportTimeout)
        if self._in_doubt and (in_time or not timed_out):
            cls = TimeoutOutcomeUnknown if timed_out else ConnectionOutcomeUnknown
            why = "the connection failed after the request was perhaps sent"
            why = f"{why} ({what}: {error})"
            raise self._unknown(cls, why, self.retries) from error
        if not in_time:
            raise self._late() from error
        return None

    def _wait_after_answer(self, answer: Response | Head) -> Flow[Sleep | None]:
        """Return the wait before another attempt; None if this answer is the last."""
        what = f"status {answer.status}"
        verdict = after_answer(self.request, answer, self.repeated, self.policy)
        if isinstance(verdict, Sleep) and (yield from self._in_time(verdict)):
            self.perhaps_sent = self.perhaps_sent or perhaps_done(answer)
            return self._again(what, verdict)
        yield from self._tell(what, verdict)
        return None

    def _in_time(self, verdict: Sleep | str | None) -> Flow[bool]:
        """Return whether there is time left, after the wait if there is to be one."""
        if self.until is None:
            return True
        seconds = verdict.seconds if isinstance(verdict, Sleep) else 0.0
        return (yield from Now()) + seconds < self.until

    def _again(self, what: str, wait: Sleep) -> Sleep:
        self.repeated += 1
        retry = f"retry {self.repeated} of {self.policy.max_retries}"
        return evolve(wait, reason=f"{self.request.operation}: {what}, {retry}")

    def _tell(self, what: str, verdict: Sleep | str | None) -> Flow[None]:
        if verdict is not None and self.policy.notice is not None:
            why = NO_TIME if isinstance(verdict, Sleep) else verdict
            sentence = f"{self.request.operation}: {what}, {why}"
            yield from Invoke(self.policy.notice, (sentence,))

    @property
    def _in_doubt(self) -> bool:
        """Whether the request may have been carried out, and must not be repeated."""
        return self.perhaps_sent and self.request.repeat is not Repeat.SAFE

    def _unknown(
        self, cls: type[ConnectionOutcomeUnknown], why: str, retries: int
    ) -> ConnectionOutcomeUnknown:
        request = self.request
        unknown = cls(f"{request.operation}: {why}; {how_to_find_out(request)}")
        mark_unknown(unknown, request)
        unknown.retries_taken = retries
        return unknown

    def _final(
        self, answer: Response | Head, clean: Callable[[bytes], bytes]
    ) -> Flow[Response | Head]:
        """Hand the response on; `clean` removes the credentials that its body may echo.

        If this attempt is refused, that does not say whether an earlier one was carried
        out.
        """
        if answer.status == 404 and _is_retired(self.endpoint.base_url):
            retired = self._retired(answer)
            raise as_unknown(retired, self.request) if self.perhaps_sent else retired
        if 200 <= answer.status < 300:
            # A stream can still bring an error, in an event.
            return evolve(answer, redact=clean) if isinstance(answer, Head) else answer
        if isinstance(answer, Head):
            error = yield from refusal(answer, self.request, clean, self.until)
        else:
            answer = evolve(answer, body=clean(answer.body))
            if not self._in_doubt:
                return answer
            error = status_error(answer, self.request)
        raise as_unknown(error, self.request) if self.perhaps_sent else error

    def _retired(self, answer: Response | Head) -> ServiceRetired:
        retired = ServiceRetired(
            f"{self.request.operation}: the server answered 404: OpenAI and Azure"
            " OpenAI switched this service off on 2026-08-26; set base_url to a server"
            " that still speaks the protocol",
            status=404,
            headers=FieldsByName(answer.headers),
            request_id=answer.request_id,
        )
        retired.retries_taken = answer.retries_taken
        return retired


def _is_retired(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return f".{host}".endswith(_RETIRED_HOSTS)
