"""Pages as the clients return them: each knows how to get the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from runs_core._words import one_line
from runs_core.errors import UsageError
from runs_core.flows.call import Paged
from runs_core.models import Page
from runs_core.wire._serializable import Serializable

if TYPE_CHECKING:
    from runs_core.client import AsyncClient, Client

__all__ = ["AsyncCursorPage", "AsyncPaginator", "SyncCursorPage"]

T = TypeVar("T")


class _CursorPage(Serializable, Generic[T]):
    """A page, and the call that returned it.

    A copy, also a deep one, has the same client.
    """

    def __init__(self, call: Paged[T], page: Page[T]) -> None:
        self._call = call
        self.page = page
        """The page itself, as the server sent it."""

    @property
    def data(self) -> list[T]:
        """The elements on this page."""
        return self.page.data

    @property
    def has_more(self) -> bool | None:
        """Whether there is a next page; None if the server does not say."""
        return self.page.has_more

    @property
    def first_id(self) -> str | None:
        """The id of the page's first element."""
        return self.page.first_id

    @property
    def last_id(self) -> str | None:
        """The id of the page's last element."""
        return self.page.last_id

    @property
    def object(self) -> str:
        """`list`."""
        return self.page.object

    @property
    def _request_id(self) -> str | None:
        return self.page._request_id

    def has_next_page(self) -> bool:
        """Return whether there is a next page to ask for."""
        return self._call.next(self.page) is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the page as it was received."""
        return self.page.to_dict()

    def _dump(self) -> dict[str, Any]:
        return self.page.model_dump()

    def __copy__(self) -> Self:
        return self._with(self.page)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with(deepcopy(self.page, memo))

    def _with(self, page: Page[T]) -> Self:
        other = type(self).__new__(type(self))
        vars(other).update(vars(self), page=page)
        return other

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled, because it holds its client:"
            " pickle its .page or its .data"
        )

    def __repr__(self) -> str:
        more = one_line(str(self.has_more))
        return f"{type(self).__name__}(data={self.data!r}, has_more={more})"


class SyncCursorPage(_CursorPage[T]):
    """A page of a list. Iterating it yields the elements of this and all later pages.

    If the request had `before` and no `after`, the next page is the previous one.
    """

    def __init__(self, client: Client, call: Paged[T], page: Page[T]) -> None:
        super().__init__(call, page)
        self._client = client

    def next_page(self) -> Self | None:
        """Request the next page; return None if there is none."""
        call = self._call.next(self.page)
        if call is None:
            return None
        return type(self)(self._client, call, self._client.run(call))

    def get_next_page(self) -> Self:
        """Request the next page; raise `UsageError` if there is none."""
        return _required(self.next_page())

    def __iter__(self) -> Iterator[T]:
        return iter(self._client.stream(self._call.items(self.page)))

    def iter_pages(self) -> Iterator[Self]:
        """Yield this page and all later ones."""
        walk = self._client.stream(self._call.walk(self.page))
        return (type(self)(self._client, call, page) for call, page in walk)


class AsyncCursorPage(_CursorPage[T]):
    """A page of a list. Iterating it yields the elements of this and all later pages.

    If the request had `before` and no `after`, the next page is the previous one.
    """

    def __init__(self, client: AsyncClient, call: Paged[T], page: Page[T]) -> None:
        super().__init__(call, page)
        self._client = client

    async def next_page(self) -> Self | None:
        """Request the next page; return None if there is none."""
        call = self._call.next(self.page)
        if call is None:
            return None
        return type(self)(self._client, call, await self._client.run(call))

    async def get_next_page(self) -> Self:
        """Request the next page; raise `UsageError` if there is none."""
        return _required(await self.next_page())

    def __aiter__(self) -> AsyncIterator[T]:
        return self._client.stream(self._call.items(self.page)).__aiter__()

    def iter_pages(self) -> AsyncIterator[Self]:
        """Yield this page and all later ones."""
        return _AsyncPages(self, self._client.stream(self._call.walk(self.page)))


PageT = TypeVar("PageT", bound="AsyncCursorPage[Any]")


class _AsyncPages(Generic[PageT]):
    """The pages of a walk, each with the client that got it.

    Not an async generator: one that is left early stays open until it is collected.
    """

    def __init__(
        self, first: PageT, walk: AsyncIterator[tuple[Paged[Any], Page[Any]]]
    ) -> None:
        self._first = first
        self._walk = walk

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> PageT:
        call, page = await anext(self._walk)
        return type(self._first)(self._first._client, call, page)


class AsyncPaginator(Generic[T]):
    """What `list` returns on an async client: await it, or iterate it.

    Awaiting it returns the first page; `async for` yields the elements of all pages,
    without awaiting it first.
    """

    def __init__(self, client: AsyncClient, call: Paged[T]) -> None:
        self._client = client
        self._call = call

    def __await__(self) -> Generator[Any, Any, AsyncCursorPage[T]]:
        return self._first_page().__await__()

    async def _first_page(self) -> AsyncCursorPage[T]:
        page = await self._client.run(self._call)
        return AsyncCursorPage(self._client, self._call, page)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._client.stream(self._call.items()).__aiter__()


def _required(page: T | None) -> T:
    if page is None:
        raise UsageError("there is no next page: call has_next_page() first")
    return page
