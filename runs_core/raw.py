"""Answers with their status and headers, for those who need more than the result."""

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
    """An answer: how it came, and what it says once it is read.

    Of a stream, `content` and `text` are not there: its body is read by iterating
    what `parse()` gives.
    """

    def __init__(self, answer: Response | Head, parse: Callable[[], T]) -> None:
        self._answer = answer
        self._parse = parse
        self._parsed: tuple[T] | None = None

    @property
    def status(self) -> int:
        """The HTTP status: a 2xx, for any other raises."""
        return self._answer.status

    @property
    def status_code(self) -> int:
        """The same as `status`, under openai-python's name."""
        return self._answer.status

    @property
    def headers(self) -> Headers:
        """The answer's header fields."""
        return self._answer.headers

    @property
    def request_id(self) -> str | None:
        """The server's name for this exchange, if it gave one."""
        return self._answer.request_id

    @property
    def retries_taken(self) -> int:
        """The number of attempts before the one that was answered."""
        return self._answer.retries_taken

    @property
    def content(self) -> bytes:
        """The body as it came."""
        if isinstance(self._answer, Response):
            return self._answer.body
        raise UsageError("the body of a stream is read by iterating what parse() gives")

    @property
    def text(self) -> str:
        """The body as text: UTF-8, with U+FFFD for what is not."""
        return self.content.decode("utf-8", "replace")

    def parse(self) -> T:
        """Give the result; the same one each time.

        Raises `UnexpectedContentType` or `MalformedResponse` if it cannot be read, each
        an `OutcomeUnknown` too where the request may have been carried out.
        """
        if self._parsed is None:
            self._parsed = (self._parse(),)
        return self._parsed[0]

    @property
    def parsed(self) -> T:
        """What `parse()` gives."""
        return self.parse()

    def __repr__(self) -> str:
        id = one_line(str(self.request_id))
        return f"<RawResponse: {self.status}, request id {id}>"


def raw(call: Call[T], see: Callable[[T], U]) -> Call[RawResponse[U]]:
    """Give the call whose result is the answer; its `parse()` gives `see(result)`.

    A status that is not a success raises as ever.
    """

    def decode(response: Response) -> RawResponse[U]:
        return RawResponse(response, lambda: see(call.parse(response)))

    return Call(call.request, decode, call.limit)
