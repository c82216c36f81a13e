"""One request, and how to read its response."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar, get_origin

from attrs import evolve, field, fields_dict, frozen

from runs_core._words import one_line
from runs_core.errors import (
    MalformedResponse,
    PageRepeated,
    ProtocolError,
    ResponseTooLarge,
    UnexpectedContentType,
)
from runs_core.flows.effects import Emit, Feed, Flow, Send
from runs_core.flows.once import OnceFeed
from runs_core.flows.outcome import as_unknown
from runs_core.flows.request import ApiRequest
from runs_core.flows.status import status_error
from runs_core.models import Page
from runs_core.models.base import Resource, id_rule
from runs_core.wire import codec
from runs_core.wire.body import BODY_LIMIT
from runs_core.wire.http import Response

__all__ = ["Call", "Paged", "json_answer"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
ResourceT = TypeVar("ResourceT", bound=Resource)


@frozen
class Call(Generic[T_co]):
    """One request and how to read its response; it can be used any number of times.

    Inside a flow: `run = yield from call`. With your own HTTP client: send
    `endpoint.prepare(call.request)`, and pass the response to `call.parse`. `limit` is
    the longest body that is read, in bytes.
    `runs_core.testing.Call` is something else: a function call of the local service.
    """

    request: ApiRequest
    decode: Callable[[Response], T_co] = field(repr=False)
    limit: int = BODY_LIMIT

    def __iter__(self) -> Generator[Send, Response, T_co]:
        return self.within(None)

    def within(self, seconds: float | None) -> Generator[Send, Response, T_co]:
        """Make the call in at most `seconds`, including repetitions.

        Raises what `parse` raises, and `ResponseTooLarge`.
        """
        try:
            response = yield from Send(self.request, seconds, self.limit)
        except ResponseTooLarge as error:
            is_list = self.request.operation.endswith(".list")
            hint = "ask for fewer items a page" if is_list else "give a higher limit"
            error.message = f"{error}: {hint}"
            _raise_unknown(error, self.request)
        return self.parse(response)

    def parse(self, response: Response) -> T_co:
        """Return the result, or raise the error that the status or the body means.

        Raises `APIStatusError` (by status), `UnexpectedContentType` and
        `MalformedResponse`; each is also an `OutcomeUnknown` if the request was perhaps
        carried out and must not be repeated.
        """
        if not isinstance(response, Response):
            raise TypeError(
                "parse() takes Response(status, headers, body), not of type"
                f" {type(response).__name__}"
            )
        if not 200 <= response.status < 300:
            raise status_error(response, self.request)
        try:
            return self.decode(response)
        except MalformedResponse as error:
            # Without its frames: they hold the response, which can contain a key.
            error.__traceback__ = None
            message = f"{self.request.operation}: the response cannot be read: {error}"
            unreadable = MalformedResponse(message, where=error.where)
            raise as_unknown(unreadable, self.request) from error
        except UnexpectedContentType as error:
            _raise_unknown(error, self.request)


def _raise_unknown(error: ProtocolError, request: ApiRequest) -> NoReturn:
    """Raise the error, as an `OutcomeUnknown` if the request must not be repeated."""
    error.message = f"{request.operation}: {error}"
    unknown = as_unknown(error, request)
    if unknown is error:
        raise error
    raise unknown from error


def json_answer(cls: type[ResourceT]) -> Callable[[Response], ResourceT]:
    """Return the function that reads a JSON body as `cls`."""
    made: type[Any] = get_origin(cls) or cls
    has_id = "id" in codec.field_names(made)
    kind = fields_dict(made)["object"].default

    def decode(response: Response) -> ResourceT:
        head = response.head
        content_type = head.content_type
        # Some servers and many tests send JSON without naming its type.
        if content_type and "json" not in content_type:
            raise UnexpectedContentType(
                f"the server answered with {one_line(content_type)}, not JSON: check"
                " that base_url is that of the API, with its path prefix",
                content_type=content_type,
            )
        if not response.body:
            raise MalformedResponse(
                f"the body of the {response.status} is empty, not JSON @ byte 0",
                where="byte 0",
            )
        value = codec.loads(response.body)
        try:
            result = codec.structure(value, cls)
        except MalformedResponse as error:
            if isinstance(value, dict) and value.get("error"):
                # Without its words: credentials are removed from those of errors alone.
                error.message = f"it is an error, in spite of its status: {error}"
            raise
        if has_id:
            # Other requests need it.
            id = getattr(result, "id", None)
            if not isinstance(id, str) or not id:
                raise MalformedResponse(id_rule(cls), where="$.id")
        # A kind that only this server has may be the right one under another name.
        found = getattr(result, "object", None)
        if found != kind and found in _KINDS and kind in _KINDS:
            raise MalformedResponse(
                f"it is a {found!r}, not a {kind!r} @ $.object", where="$.object"
            )
        result._request_id = head.request_id
        return result

    return decode


# The objects that are taken for no other. Some servers may call one that was deleted by
# the name that it had before.
_KINDS = (
    "assistant",
    "thread",
    "thread.message",
    "thread.run",
    "thread.run.step",
)

_Cursor: TypeAlias = tuple[str, str]
# Cursors in sets that double in size, the smallest last: adding one costs about as much
# as adding it to a single set, and no call changes what another one holds.
_Passed: TypeAlias = tuple[frozenset[_Cursor], ...]


def _is_in(passed: _Passed, cursor: _Cursor) -> bool:
    return any(cursor in some for some in passed)


def _with(passed: _Passed, cursor: _Cursor) -> _Passed:
    if _is_in(passed, cursor):
        return passed
    newest = frozenset([cursor])
    while passed and len(passed[-1]) <= len(newest):
        newest |= passed[-1]
        passed = passed[:-1]
    return (*passed, newest)


@frozen
class Paged(Call[Page[T]]):
    """A `Call` for the first page that can also go through all of them.

    The request's `order` decides the direction; with `before` and no `after`, it pages
    backwards, towards the beginning of the list.
    """

    passed: _Passed = field(default=(), repr=False, eq=False)
    """The cursors of the calls that this one was made from."""

    def items(self, page: Page[T] | None = None) -> Feed[T, int]:
        """Return a feed of every item on every page; it ends in their number.

        With `page`, a result of this call, it begins there instead of requesting it.
        """
        return OnceFeed(self._walk(page, lambda _, page: tuple(page.data)))

    def pages(self, page: Page[T] | None = None) -> Feed[Page[T], int]:
        """Return a feed of every page, begun like `items`; it ends in their number."""
        return OnceFeed(self._walk(page, lambda _, page: (page,)))

    def walk(self, page: Page[T] | None = None) -> Feed[tuple[Paged[T], Page[T]], int]:
        """Return a feed like `pages` that also emits the call of each page."""
        return OnceFeed(self._walk(page, lambda call, page: ((call, page),)))

    def next(self, page: Page[T]) -> Paged[T] | None:
        """Return the call for the page after this one, or None if there is none.

        The cursor is the id of the page's last item (its first, going backwards). If
        the server says that there is more, raises `PageRepeated` for a cursor that this
        call, or one that it was made from, has already used, and `MalformedResponse` if
        there is no id to continue from.
        """
        cursor = self._cursor(page)
        if cursor is None:
            self._refuse_false_end(page)
            return None
        if cursor in self._own_cursors() or _is_in(self.passed, cursor):
            self._refuse_circle(page)
            return None
        return self._after(cursor)

    def _after(self, cursor: _Cursor) -> Paged[T]:
        kept = (pair for pair in self.request.query if pair[0] != cursor[0])
        request = evolve(self.request, query=(*kept, cursor))
        passed = self.passed
        for pair in self._own_cursors():
            passed = _with(passed, pair)
        return evolve(self, request=request, passed=passed)

    def _cursor(self, page: Page[T]) -> _Cursor | None:
        names = {name for name, _ in self.request.query}
        backward = "before" in names and "after" not in names
        # Absent is not false: a server without `has_more` ends with an empty page.
        if not page.data or page.has_more is False:
            return None
        id = getattr(page.data[0 if backward else -1], "id", None)
        if not isinstance(id, str):
            return None
        return ("before" if backward else "after", id)

    def _own_cursors(self) -> Iterator[_Cursor]:
        return (pair for pair in self.request.query if pair[0] in ("after", "before"))

    def _refuse_circle(self, page: Page[T]) -> None:
        """Refuse to follow pages in a circle; without `has_more` it is the end."""
        if page.has_more:
            raise PageRepeated(
                f"{self.request.operation}: the server returned the same page again; it"
                " seems to ignore the cursor, so read one page with a higher limit"
            )

    def _refuse_false_end(self, page: Page[T]) -> None:
        """Refuse to end at a page that says there is more."""
        if page.data and page.has_more:
            raise MalformedResponse(
                f"{self.request.operation}: there is more, but the last item of this"
                " page has no id to continue from @ $.data",
                where="$.data",
            )

    def _walk(
        self,
        page: Page[T] | None,
        items: Callable[[Paged[T], Page[T]], Sequence[Any]],
    ) -> Flow[int]:
        call: Paged[T] | None = self
        # The cursors asked from so far: a page that ends in one came before.
        seen = {*self._own_cursors()}.union(*self.passed)
        count = 0
        while call is not None:
            if page is None:
                page = yield from call
            cursor = call._cursor(page)
            if cursor is not None:
                if cursor in seen:
                    call._refuse_circle(page)
                    break
                seen.add(cursor)
            emitted = items(call, page)
            count += len(emitted)
            yield from Emit(emitted)
            if cursor is None:
                call._refuse_false_end(page)
            call, page = None if cursor is None else call._after(cursor), None
        return count
