"""What the error classes catch: ours by meaning, openai-python's names as there."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from typing import Any

import pytest

from runs_core import errors
from runs_core.models import ErrorObject, Run
from runs_core.stream import RunSnapshot


def every_error() -> list[type[Exception]]:
    return [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, Exception)
    ]


def test_every_error_has_the_one_base_and_says_what_it_is() -> None:
    found = set(every_error())

    assert {cls for cls in found if not issubclass(cls, errors.RunsError)} == set()
    assert {cls for cls in found if not cls.__doc__} == set()


def test_every_error_is_shown_by_where_it_is_had_from() -> None:
    for cls in every_error():
        (shown,) = traceback.format_exception_only(cls.__new__(cls))

        assert shown.strip() == f"runs_core.errors.{cls.__name__}"
        assert repr(cls) == f"<class 'runs_core.errors.{cls.__name__}'>"


# An `except` clause of code written for openai-python, and what it must catch here.
CATCHES: dict[type[Exception], list[type[Exception]]] = {
    errors.OpenAIError: every_error(),
    errors.APIError: [
        errors.APIStatusError,
        errors.TransportError,
        errors.ProtocolError,
        errors.MalformedEvent,
        errors.StreamError,
        errors.StreamTruncated,
        errors.DeadlineExceeded,
    ],
    errors.APIConnectionError: [
        errors.APITimeoutError,
        errors.NotSent,
        errors.TransportProtocolError,
        errors.ConnectionOutcomeUnknown,
        errors.StreamTruncated,
    ],
    errors.APITimeoutError: [
        errors.TransportTimeout,
        errors.TimeoutOutcomeUnknown,
        errors.StreamIdle,
        errors.DeadlineExceeded,
    ],
    errors.APIStatusError: [
        errors.ServiceRetired,
        errors.ThreadBusy,
        errors.UnexpectedRedirect,
    ],
    errors.InternalServerError: [errors.ServerErrorOutcomeUnknown],
    errors.APIResponseValidationError: [
        errors.MalformedResponse,
        errors.UnexpectedContentType,
    ],
    ValueError: [errors.InvalidPathParameter, errors.InvalidHeader],
}


@pytest.mark.parametrize("clause", CATCHES)
def test_the_clause_catches(clause: type[Exception]) -> None:
    assert {cls for cls in CATCHES[clause] if not issubclass(cls, clause)} == set()


@pytest.mark.parametrize(
    ("clause", "raised"),
    [
        (errors.APIError, errors.UsageError),
        (errors.APIError, errors.ToolError),
        (errors.APIConnectionError, errors.APIStatusError),
        (errors.APIConnectionError, errors.StreamError),
        (errors.APITimeoutError, errors.StreamTruncated),
        (errors.APITimeoutError, errors.NotSent),
        # What the flows repeat: a deadline is nobody's broken connection.
        (errors.TransportError, errors.DeadlineExceeded),
        (errors.TransportError, errors.StreamIdle),
    ],
)
def test_the_clause_does_not_catch(
    clause: type[Exception], raised: type[Exception]
) -> None:
    assert not issubclass(raised, clause)


def test_every_error_between_client_and_server_has_openai_pythons_attributes() -> None:
    error = errors.TransportTimeout("it took too long")

    assert error.message == str(error) == "it took too long"
    assert (error.code, error.param, error.type, error.body) == (None,) * 4


def test_an_errors_fields_are_those_of_its_body_unless_given() -> None:
    body = {"code": 429, "type": "tokens", "param": None}
    error = errors.RateLimitError("slow", status=429, body=body)
    given = errors.RateLimitError("slow", status=429, code="quota", body=body)

    assert (error.code, error.type, error.param) == ("429", "tokens", None)
    assert given.code == "quota"
    assert errors.RateLimitError("slow", status=429, body="<html>").code is None


def made(cls: type[Exception]) -> Exception:
    """An error of the class, with something in every argument."""
    given: dict[str, Any] = {
        "message": "it broke",
        "status": 503,
        "headers": {"a": "b"},
        "limit": 7,
        "where": "$.x",
        "name": "get_time",
        "error": ErrorObject(message="m", type="t", code="c"),
        "snapshot": RunSnapshot(),
        "body": {"x": 1},
    }
    parameters = inspect.signature(cls.__init__).parameters
    named = {n: v for n, v in given.items() if n in parameters and n != "message"}
    return cls("it broke", **named)


@pytest.mark.parametrize("cls", every_error())
def test_every_error_can_be_sent_to_another_process(cls: type[Exception]) -> None:
    """A pool of processes that cannot read an error hangs."""
    error = made(cls)
    error.retries_taken = 2  # type: ignore[attr-defined]
    error.run = Run(id="r")  # type: ignore[attr-defined, call-arg]
    there = pickle.loads(pickle.dumps(error))

    assert type(there) is cls
    assert str(there) == str(error) == "it broke"
    assert there.run == Run(id="r")  # type: ignore[call-arg]
    assert vars(there).keys() == vars(error).keys()
    if isinstance(error, errors.APIStatusError):
        assert (there.status, there.headers) == (503, {"a": "b"})
        assert type(copy.copy(error)) is cls


def test_openai_pythons_names_are_all_there() -> None:
    openai = pytest.importorskip("openai")
    others = {
        # Of other parts of that API.
        "OAuthError",
        "LengthFinishReasonError",
        "ContentFilterFinishReasonError",
        "InvalidWebhookSignatureError",
        "WebSocketQueueFullError",
        "WebSocketConnectionClosedError",
    }
    names = {
        name
        for name in openai.__all__
        if inspect.isclass(cls := getattr(openai, name)) and issubclass(cls, Exception)
    }

    assert names - others <= vars(errors).keys()
    for name in names - others:
        theirs, ours = getattr(openai, name), getattr(errors, name)
        bases = {base.__name__ for base in theirs.__mro__} & names
        assert all(issubclass(ours, getattr(errors, base)) for base in bases)


def test_a_subclass_may_say_it_in_its_own_way() -> None:
    class Mine(errors.APIError):
        def __str__(self) -> str:
            return f"[{self.message}]"

    assert str(Mine("no")) == "[no]"
