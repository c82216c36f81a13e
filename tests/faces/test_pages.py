"""Pages of the clients: this one, the next one, and everything."""

from __future__ import annotations

import json
import pickle
from copy import copy, deepcopy
from typing import Any

import pytest

from runs_core.client import AsyncClient, Client
from runs_core.errors import NotFoundError, PageRepeated, UsageError
from runs_core.models import Message
from runs_core.pages import AsyncCursorPage, SyncCursorPage
from tests.faces.clients import (
    ENDPOINT,
    a_client,
    a_thread,
    an_async_client,
    an_async_thread,
    requests_of,
)
from tests.fakes import AsyncFakeTransport, Exchange, FakeTransport, run_async

TEXTS = ("one", "two", "three", "four", "five")


def said(message: Message) -> str:
    (block,) = message.content
    assert block.type == "text"
    return str(block.text.value)


# --- Blocking ------------------------------------------------------------------------


def test_a_page_says_what_the_server_said() -> None:
    client = a_client()
    messages = client.beta.threads.messages

    page = messages.list(a_thread(client, *TEXTS), limit=2, order="asc")

    assert [said(m) for m in page.data] == ["one", "two"]
    assert (page.first_id, page.last_id) == (page.data[0].id, page.data[1].id)
    assert page.has_more is True
    assert page.object == "list"
    assert page._request_id
    assert page.to_dict() == page.page.to_dict() == json.loads(page.to_json())
    assert page.to_json() == page.page.to_json()
    assert page.model_dump()["has_more"] is True
    assert repr(page) == f"SyncCursorPage(data={page.data!r}, has_more=True)"


def test_the_repr_of_a_page_is_harmless_to_a_terminal() -> None:
    body = b'{"object": "list", "data": [], "has_more": "\\u001b[31m"}'
    transport = FakeTransport(Exchange(200, [], [body]))

    page = Client(transport, ENDPOINT).beta.threads.messages.list("t")

    assert repr(page).isprintable()


def test_a_copy_of_a_page_goes_on_with_the_same_client() -> None:
    client = a_client()
    thread_id = a_thread(client, *TEXTS)
    page = client.beta.threads.messages.list(thread_id, limit=2, order="asc")

    shallow, deep = copy(page), deepcopy(page)
    page.data[0].role = "assistant"

    for other in (shallow, deep):
        assert type(other) is SyncCursorPage
        assert other._client is client
        assert tuple(map(said, other)) == TEXTS
    assert (shallow.data[0].role, deep.data[0].role) == ("assistant", "user")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_page_says_what_of_it_can_be_pickled(protocol: int) -> None:
    client = a_client()
    page = client.beta.threads.messages.list(a_thread(client, *TEXTS))

    with pytest.raises(TypeError, match=r"holds its client: pickle its \.page or its"):
        pickle.dumps(page, protocol)

    assert pickle.loads(pickle.dumps(page.page, protocol)) == page.page
    assert pickle.loads(pickle.dumps(page.data, protocol)) == page.data


def test_the_next_page_keeps_all_else_of_the_request() -> None:
    client = a_client()
    thread_id = a_thread(client, *TEXTS)
    page = client.beta.threads.messages.list(thread_id, limit=2, order="asc")

    following = page.next_page()

    assert following is not None
    assert [said(m) for m in following.data] == ["three", "four"]
    assert requests_of(client)[-1] == (
        f"GET /threads/{thread_id}/messages?limit=2&order=asc&after={page.last_id}"
    )


def test_pages_end() -> None:
    client = a_client()
    page = client.beta.threads.messages.list(a_thread(client, *TEXTS), limit=3)
    assert page.has_next_page()

    last = page.get_next_page()

    assert not last.has_next_page()
    assert last.next_page() is None
    with pytest.raises(UsageError, match="no next page"):
        last.get_next_page()


def test_a_page_can_give_its_next_page_more_than_once() -> None:
    client = a_client()
    page = client.beta.threads.messages.list(a_thread(client, *TEXTS), limit=2)

    first, second = page.get_next_page(), page.get_next_page()

    assert first.data == second.data
    assert first.has_next_page()


def test_iterating_gives_everything_from_this_page_on() -> None:
    client = a_client()
    page = client.beta.threads.messages.list(
        a_thread(client, *TEXTS), limit=2, order="asc"
    )

    assert [said(m) for m in page] == list(TEXTS)
    assert [said(m) for m in page] == list(TEXTS)
    assert [said(m) for m in page.get_next_page()] == list(TEXTS[2:])


def test_iterating_asks_for_no_page_before_it_is_needed() -> None:
    client = a_client()
    page = client.beta.threads.messages.list(
        a_thread(client, *TEXTS), limit=2, order="asc"
    )
    asked = len(requests_of(client))

    items = iter(page)
    assert [said(next(items)) for _ in range(2)] == ["one", "two"]
    assert len(requests_of(client)) == asked
    assert said(next(items)) == "three"
    assert len(requests_of(client)) == asked + 1


def test_pages_can_be_iterated() -> None:
    client = a_client()
    page = client.beta.threads.messages.list(
        a_thread(client, *TEXTS), limit=2, order="asc"
    )

    pages = list(page.iter_pages())

    assert [[said(m) for m in p.data] for p in pages] == [
        ["one", "two"],
        ["three", "four"],
        ["five"],
    ]
    assert all(isinstance(p, SyncCursorPage) for p in pages)
    assert [said(m) for m in pages[1]] == ["three", "four", "five"]


def test_before_pages_backwards() -> None:
    client = a_client()
    messages = client.beta.threads.messages
    thread_id = a_thread(client, *TEXTS)
    everything = messages.list(thread_id, order="asc").data

    page = messages.list(thread_id, limit=2, order="asc", before=everything[-1].id)

    found = [m for p in page.iter_pages() for m in p.data]
    assert sorted(m.id for m in found) == sorted(m.id for m in everything[:-1])
    assert "before=" in requests_of(client)[-1]
    assert "after=" not in requests_of(client)[-1]


def test_an_error_on_the_way_is_raised_where_it_happens() -> None:
    client = a_client()
    thread_id = a_thread(client, *TEXTS)
    page = client.beta.threads.messages.list(thread_id, limit=2, order="asc")
    client.beta.threads.delete(thread_id)

    items = iter(page)
    assert [said(next(items)) for _ in range(2)] == ["one", "two"]
    with pytest.raises(NotFoundError):
        next(items)


def a_page(*ids: str, **fields: Any) -> Exchange:
    data = [{"id": id, "object": "thread.run"} for id in ids]
    body = {"object": "list", "data": data, **fields}
    return Exchange(body=[json.dumps(body).encode()])


def fake_client(*pages: Exchange) -> Client:
    return Client(FakeTransport(*pages), ENDPOINT)


def test_a_server_that_repeats_a_page_is_not_followed() -> None:
    pages = [a_page("a", "b", has_more=True) for _ in range(3)]
    page = fake_client(*pages).beta.threads.runs.list("thread_1")
    seen: list[str] = []

    with pytest.raises(PageRepeated, match="ignore the cursor"):
        seen.extend(run.id for run in page)

    assert seen == ["a", "b"]
    second = page.next_page()
    assert second is not None
    with pytest.raises(PageRepeated):
        second.has_next_page()


def test_a_server_that_goes_round_in_pages_is_not_followed() -> None:
    round_ = [a_page("a", has_more=True), a_page("b", has_more=True)]
    again = [a_page("a", has_more=True), a_page("b", has_more=True)]
    page = fake_client(*round_, *again).beta.threads.runs.list("thread_1")
    seen: list[str] = []

    with pytest.raises(PageRepeated):
        seen.extend(run.id for run in page)

    assert seen == ["a", "b"]


def test_nor_is_it_by_hand() -> None:
    pages = [a_page(id, has_more=True) for id in "aba"]
    page = fake_client(*pages).beta.threads.runs.list("thread_1")
    again = page.get_next_page().get_next_page()

    with pytest.raises(PageRepeated):
        again.next_page()


def test_without_has_more_an_empty_page_is_the_end() -> None:
    page = fake_client(a_page("a"), a_page("b"), a_page()).beta.threads.runs.list("t")

    assert [run.id for run in page] == ["a", "b"]


def test_without_has_more_a_repeated_page_is_the_end() -> None:
    page = fake_client(a_page("a"), a_page("a")).beta.threads.runs.list("t")

    assert [run.id for run in page] == ["a"]


# --- Async ---------------------------------------------------------------------------


def test_an_async_list_can_be_awaited() -> None:
    client = an_async_client()

    async def main() -> None:
        thread_id = await an_async_thread(client, *TEXTS)
        page = await client.beta.threads.messages.list(thread_id, limit=2, order="asc")
        assert isinstance(page, AsyncCursorPage)
        assert [said(m) for m in page.data] == ["one", "two"]
        following = await page.next_page()
        assert following is not None
        assert [said(m) async for m in following] == ["three", "four", "five"]
        last = await following.get_next_page()
        assert await last.next_page() is None
        with pytest.raises(UsageError, match="no next page"):
            await last.get_next_page()
        pages = [p async for p in page.iter_pages()]
        assert [len(p.data) for p in pages] == [2, 2, 1]
        assert all(isinstance(p, AsyncCursorPage) for p in pages)
        assert [said(m) async for m in pages[1]] == ["three", "four", "five"]

    run_async(main())


def test_an_async_list_can_be_iterated_without_awaiting_it() -> None:
    client = an_async_client()

    async def main() -> list[str]:
        thread_id = await an_async_thread(client, *TEXTS)
        listed = client.beta.threads.messages.list(thread_id, limit=2, order="asc")
        return [said(m) async for m in listed]

    assert run_async(main()) == list(TEXTS)


def test_an_async_list_that_is_not_used_asks_for_nothing() -> None:
    client = an_async_client()

    client.beta.threads.messages.list("thread_1")

    assert requests_of(client) == []


def test_an_async_list_checks_its_arguments_at_the_call() -> None:
    client = an_async_client()

    with pytest.raises(TypeError, match="unexpected keyword argument 'limits'"):
        client.beta.threads.messages.list("thread_1", limits=2)  # type: ignore[call-arg]


def test_an_async_server_that_repeats_a_page_is_not_followed() -> None:
    pages = [a_page("a", has_more=True) for _ in range(2)]
    client = AsyncClient(AsyncFakeTransport(*pages), ENDPOINT)

    async def main() -> list[str]:
        return [run.id async for run in client.beta.threads.runs.list("thread_1")]

    with pytest.raises(PageRepeated):
        run_async(main())
