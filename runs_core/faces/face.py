"""The four faces of a noun: what its methods do with an operation.

That of a blocking client drives it, that of an async client returns it to await; each
has a second one, below `with_raw_response`, that returns responses instead of results.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from runs_core.event_stream import AsyncEventStream, EventStream
from runs_core.flows.call import Call, Paged
from runs_core.flows.effects import Flow
from runs_core.flows.streaming import RunFeed
from runs_core.pages import AsyncCursorPage, AsyncPaginator, SyncCursorPage
from runs_core.raw import RawResponse, raw

if TYPE_CHECKING:
    from runs_core.client import AsyncClient, Client

__all__ = ["AnyFace", "AsyncFace", "AsyncRawFace", "Face", "RawFace"]

T = TypeVar("T")


class _OfClient:
    """A noun of a blocking client."""

    def __init__(self, client: Client) -> None:
        self._client = client


class _OfAsyncClient:
    """A noun of an async client."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client


class Face(_OfClient):
    """A noun of a blocking client whose methods return results."""

    def _answer(self, conversation: Call[T] | Flow[T]) -> T:
        return self._client.run(conversation)

    def _list(self, call: Paged[T]) -> SyncCursorPage[T]:
        return SyncCursorPage(self._client, call, self._client.run(call))

    def _begun(self, feed: RunFeed) -> EventStream:
        return self._client.stream(feed).start()


class AsyncFace(_OfAsyncClient):
    """A noun of an async client whose methods return results to await."""

    def _answer(self, conversation: Call[T] | Flow[T]) -> Coroutine[object, None, T]:
        return self._client.run(conversation)

    def _list(self, call: Paged[T]) -> AsyncPaginator[T]:
        return AsyncPaginator(self._client, call)

    def _begun(self, feed: RunFeed) -> Coroutine[object, None, AsyncEventStream]:
        return self._client.stream(feed).start()


class RawFace(_OfClient):
    """A noun of a blocking client whose methods return responses."""

    def _answer(self, call: Call[T]) -> RawResponse[T]:
        return self._client.run(raw(call, lambda result: result))

    def _list(self, call: Paged[T]) -> RawResponse[SyncCursorPage[T]]:
        client = self._client
        return client.run(raw(call, lambda page: SyncCursorPage(client, call, page)))

    def _begun(self, feed: RunFeed) -> RawResponse[EventStream]:
        stream = self._client.stream(feed).start()
        assert stream.head is not None, "a stream that has begun has a head"
        return RawResponse(stream.head, lambda: stream)


class AsyncRawFace(_OfAsyncClient):
    """A noun of an async client whose methods return responses to await."""

    def _answer(self, call: Call[T]) -> Coroutine[object, None, RawResponse[T]]:
        return self._client.run(raw(call, lambda result: result))

    def _list(
        self, call: Paged[T]
    ) -> Coroutine[object, None, RawResponse[AsyncCursorPage[T]]]:
        client = self._client
        return client.run(raw(call, lambda page: AsyncCursorPage(client, call, page)))

    async def _begun(self, feed: RunFeed) -> RawResponse[AsyncEventStream]:
        stream = await self._client.stream(feed).start()
        assert stream.head is not None, "a stream that has begun has a head"
        return RawResponse(stream.head, lambda: stream)


AnyFace: TypeAlias = Face | AsyncFace | RawFace | AsyncRawFace
