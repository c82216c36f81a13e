"""What the service says when it refuses a request, in the real service's words."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "Refusal",
    "active_run",
    "expected_outputs",
    "incorrect_key",
    "invalid_json",
    "invalid_url",
    "method_not_supported",
    "missing_beta",
    "missing_key",
    "no_outputs_wanted",
    "not_found",
    "thread_locked",
    "wrong_status",
]


class Refusal(Exception):
    """The request gets an error object and a 4xx status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param
        self.code = code
        self.headers = tuple(headers)

    def body(self) -> dict[str, object]:
        """Return the JSON of the response."""
        return {
            "error": {
                "message": self.message,
                "type": "invalid_request_error",
                "param": self.param,
                "code": self.code,
            }
        }


def not_found(kind: str, id: str) -> Refusal:
    """`kind` is as in "No run step found with id '…'."."""
    return Refusal(f"No {kind} found with id '{id}'.", status=404)


def active_run(thread_id: str, run_id: str) -> Refusal:
    return Refusal(f"Thread {thread_id} already has an active run {run_id}.")


def thread_locked(thread_id: str, run_id: str) -> Refusal:
    return Refusal(f"Can't add messages to {thread_id} while a run {run_id} is active.")


def wrong_status(verb: str, status: str) -> Refusal:
    return Refusal(f"Cannot {verb} run with status '{status}'.")


def no_outputs_wanted(status: str) -> Refusal:
    return Refusal(f'Runs in status "{status}" do not accept tool outputs.')


def expected_outputs(expected: Iterable[str], got: Iterable[str]) -> Refusal:
    return Refusal(
        f"Expected tool outputs for call_ids {list(expected)}, got {list(got)}"
    )


def invalid_json() -> Refusal:
    return Refusal(
        "We could not parse the JSON body of your request. (HINT: This likely means"
        " you aren't using your HTTP library correctly. The API expects a JSON"
        " payload, but what was sent was not valid JSON.)"
    )


def invalid_url(method: str, path: str) -> Refusal:
    return Refusal(f"Invalid URL ({method} {path})", status=404)


def method_not_supported(method: str, path: str, allowed: Iterable[str]) -> Refusal:
    return Refusal(
        f"Not allowed to {method} on {path} (HINT: Perhaps you meant to use a"
        " different HTTP method?)",
        status=405,
        code="method_not_supported",
        headers=[("allow", ", ".join(allowed))],
    )


def missing_beta() -> Refusal:
    return Refusal(
        "You must provide the 'OpenAI-Beta' header to access the Assistants API."
        " Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
        code="invalid_beta",
    )


def missing_key() -> Refusal:
    return Refusal(
        "You didn't provide an API key. You need to provide your API key in an"
        " Authorization header using Bearer auth (i.e. Authorization: Bearer"
        " YOUR_KEY).",
        status=401,
    )


def incorrect_key() -> Refusal:
    # The real service quotes part of the key here.
    return Refusal("Incorrect API key provided.", status=401, code="invalid_api_key")
