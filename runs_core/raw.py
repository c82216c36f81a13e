"""Responses with status and headers, for callers that need more than the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from runs_core._words import one_line
from runs_core.errors import UsageError
from runs_core.flows.call import Call
from runs_core.wire.http import Head, Headers, Response

__all__ = ["RawResponse", "raw"]

T = TypeVar("T")
U = TypeVar("U")


class RawResponse(Generic[T]):
    """A response: its status and headers, its body, and the result read from it.

    A stream's response has no `content` and no `text`: its body is read by iterating
    what `parse()` returns.
    """

    def __init__(self, answer: Response | Head, parse: Callable[[], T]) -> None:
        self._answer = answer
        self._parse = parse
        self._parsed: tuple[T] | None = None

    @property
    def status(self) -> int:
        """The HTTP status: a 2xx, because any other raises."""
        return self._answer.status

    @property
    def status_code(self) -> int:
        """The same as `status`, under openai-python's name."""
        return self._answer.status

    @property
    def headers(self) -> Headers:
        """The response's header fields."""
        return self._answer.headers

    @property
    def request_id(self) -> str | None:
        """The server's id for this exchange, if it sent one."""
        return self._answer.request_id

    @property
    def retries_taken(self) -> int:
        """The number of attempts before the one that got this response."""
        return self._answer.retries_taken

    @property
    def content(self) -> bytes:
        """The body as it was received."""
        if isinstance(self._answer, Response):
            return self._answer.body
        raise UsageError("a stream's body is read by iterating what parse() returns")

    @property
    def text(self) -> str:
        """The body as UTF-8 text, with U+FFFD for bytes that are not."""
        return self.content.decode("utf-8", "replace")

    def parse(self) -> T:
        """Return the result; the same one each time.

        Raises `UnexpectedContentType` or `MalformedResponse` if it cannot be read, each
        also an `OutcomeUnknown` if the request may have been carried out.
        """
        if self._parsed is None:
            self._parsed = (self._parse(),)
        return self._parsed[0]

    @property
    def parsed(self) -> T:
        """What `parse()` returns."""
        return self.parse()

    def __repr__(self) -> str:
        id = one_line(str(self.request_id))
        return f"<RawResponse: {self.status}, request id {id}>"


def raw(call: Call[T], see: Callable[[T], U]) -> Call[RawResponse[U]]:
    """Return a call whose result is the response; its `parse()` returns `see(result)`.

    A status that is not a success raises as usual.
    """

    def decode(response: Response) -> RawResponse[U]:
        return RawResponse(response, lambda: see(call.parse(response)))

    return Call(call.request, decode, call.limit)
