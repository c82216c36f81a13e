"""What the error classes catch: ours by meaning, openai-python's names as there."""

from __future__ import annotations

import inspect

import pytest

from runs_core import errors


def every_error() -> list[type[Exception]]:
    return [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, Exception)
    ]


@pytest.mark.parametrize("cls", every_error())
def test_every_error_has_the_one_base_and_says_what_it_is(
    cls: type[Exception],
) -> None:
    assert issubclass(cls, errors.RunsError)
    assert cls.__doc__


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


@pytest.mark.parametrize(
    ("clause", "raised"),
    [(clause, cls) for clause, classes in CATCHES.items() for cls in classes],
)
def test_the_clause_catches(clause: type[Exception], raised: type[Exception]) -> None:
    assert issubclass(raised, clause)


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
