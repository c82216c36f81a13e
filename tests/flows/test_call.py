"""One request and how to read its answer; pages of them."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from runs_core.api import runs, threads
from runs_core.errors import (
    APIStatusError,
    FlowConsumed,
    MalformedOutcomeUnknown,
    MalformedResponse,
    NotFoundError,
    OutcomeUnknown,
    PageRepeated,
    RunsError,
    UnexpectedContentType,
)
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.flows.effects import Emit, Flow, Send
from runs_core.flows.request import ApiRequest, Repeat
from runs_core.models import Page, Run
from runs_core.wire.body import BODY_LIMIT
from runs_core.wire.http import Response
from tests.flows.transcript import perform

REQUEST = ApiRequest(
    operation="runs.retrieve", method="GET", template="/runs/1", repeat=Repeat.SAFE
)
CALL = Call(REQUEST, json_answer(Run))
JSON = {"content-type": "application/json", "x-request-id": "req-1"}


def test_a_repr_shows_what_is_asked_and_no_function() -> None:
    assert "runs.retrieve" in repr(CALL)
    assert "function" not in repr(CALL)


def test_a_repr_shows_no_prompt() -> None:
    call = runs.create(
        "t", assistant_id="a", instructions="canary", extra_query={"q": "canary"}
    )

    assert "canary" not in repr(call)


def a_run(id: str = "r") -> dict[str, Any]:
    return {"id": id, "object": "thread.run"}


def answer(value: Any, status: int = 200) -> Response:
    return Response(status, JSON, json.dumps(value).encode())


def test_in_a_flow_a_call_is_its_answer() -> None:
    def flow() -> Flow[str]:
        run = yield from CALL
        return run.id

    lines = [(Send(REQUEST, limit=BODY_LIMIT), answer(a_run()))]

    assert perform(flow(), lines) == "r"


def test_a_call_can_be_used_any_number_of_times() -> None:
    for _ in range(2):
        assert perform(iter(CALL), [(Send(REQUEST), answer(a_run()))]).id == "r"


def test_with_http_of_ones_own_a_call_parses_the_response() -> None:
    run = CALL.parse(answer(a_run()))

    assert (run.id, run._request_id) == ("r", "req-1")


def test_a_call_has_a_limit_of_its_own() -> None:
    small = Call(REQUEST, json_answer(Run), limit=10)

    assert next(iter(small)) == Send(REQUEST, limit=10)


@pytest.mark.parametrize("repeat", [Repeat.ONCE, Repeat.KEYED])
@pytest.mark.parametrize(
    "body",
    [b'{"id": "r", "obj', b"{}", b"[]", b'{"id": 5, "object": "thread.run"}'],
)
def test_promise_5_an_answer_to_a_create_that_cannot_be_read_says_so(
    repeat: Repeat, body: bytes
) -> None:
    create = evolve(CALL, request=evolve(REQUEST, repeat=repeat))
    with pytest.raises(MalformedResponse) as read:
        CALL.parse(Response(200, JSON, body))
    with pytest.raises(MalformedOutcomeUnknown, match="carried out") as created:
        create.parse(Response(200, JSON, body))

    assert not isinstance(read.value, OutcomeUnknown)
    assert isinstance(created.value, OutcomeUnknown)
    assert created.value.where == read.value.where


@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_2xx_is_an_answer(status: int) -> None:
    assert CALL.parse(answer(a_run(), status)).id == "r"


@pytest.mark.parametrize("status", [199, 300, 304, 400, 500])
def test_every_other_status_is_an_error(status: int) -> None:
    with pytest.raises(APIStatusError) as caught:
        CALL.parse(answer(a_run(), status))

    assert caught.value.status == status


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "APPLICATION/JSON; charset=utf-8", "application/hal+json"],
)
def test_json_may_be_called_so_or_not_at_all(content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}

    assert CALL.parse(Response(200, headers, json.dumps(a_run()).encode())).id == "r"


@pytest.mark.parametrize("content_type", ["text/html", "text/event-stream"])
def test_what_calls_itself_something_else_is_not_read(content_type: str) -> None:
    with pytest.raises(UnexpectedContentType, match="check that base_url") as caught:
        CALL.parse(Response(200, {"content-type": content_type}, b'{"id": "secret"}'))

    assert caught.value.content_type == content_type
    assert str(caught.value).startswith("runs.retrieve: the server answered with")
    assert "secret" not in str(caught.value)


def test_an_error_under_a_status_of_success_is_called_one() -> None:
    with pytest.raises(MalformedResponse, match="is an error, in spite") as caught:
        CALL.parse(answer({"error": {"message": "secret"}}))

    assert caught.value.where == "$.id"
    assert "secret" not in str(caught.value)
    with pytest.raises(MalformedResponse) as caught:
        CALL.parse(answer({"error": None}))
    assert "is an error" not in str(caught.value)


@pytest.mark.parametrize("kind", ["thread", "thread.run.step", "assistant"])
def test_an_object_of_another_kind_is_not_taken_for_a_run(kind: str) -> None:
    with pytest.raises(MalformedResponse, match=f"'{kind}', not a 'thread.run'") as c:
        CALL.parse(answer({"id": "x", "object": kind}))

    assert c.value.where == "$.object"


@pytest.mark.parametrize("kind", ["run", "thread.run.v2", "", 5, ["thread"]])
def test_a_kind_that_only_this_server_has_is_read(kind: Any) -> None:
    assert CALL.parse(answer({"id": "r", "object": kind})).to_dict()["object"] == kind


def test_what_was_deleted_may_be_called_what_it_was() -> None:
    raw = {"id": "thread_1", "object": "thread", "deleted": True}

    assert threads.delete("thread_1").parse(answer(raw)).deleted


@pytest.mark.parametrize("given", [b"{}", {}, SimpleNamespace(status_code=200), None])
def test_only_a_response_is_parsed(given: Any) -> None:
    with pytest.raises(TypeError, match=r"parse\(\) takes Response\(status, headers"):
        CALL.parse(given)


@pytest.mark.parametrize("status", [200, 204])
def test_a_body_that_is_missing_is_called_empty(status: int) -> None:
    with pytest.raises(MalformedResponse, match=f"body of the {status} is empty"):
        CALL.parse(Response(status, {}, b""))


def test_a_content_type_is_one_short_line() -> None:
    odd = "text/odd\x1b[31m" + "x" * 1000
    with pytest.raises(UnexpectedContentType) as caught:
        CALL.parse(Response(200, {"content-type": odd}, b"{}"))

    assert "text/odd\ufffd[31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 700
    assert caught.value.content_type == odd


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "byte 0"),
        (b'{"id": ', "byte 7"),
        (b"[]", "$"),
        (b'"text"', "$"),
        (b"null", "$"),
        (b"{}", "$"),
        (b'{"id": 5, "object": "thread.run"}', "$.id"),
        (b'{"id": "", "object": "thread.run"}', "$.id"),
        (b'{"id": ["r"], "object": "thread.run"}', "$.id"),
    ],
)
def test_a_malformed_answer_says_where(body: bytes, where: str) -> None:
    with pytest.raises(MalformedResponse) as caught:
        CALL.parse(Response(200, JSON, body))

    assert caught.value.where.startswith(where)


@given(st.integers(100, 599), st.binary(max_size=100))
def test_no_answer_raises_anything_but_our_errors(status: int, body: bytes) -> None:
    try:
        run = CALL.parse(Response(status, {}, body))
    except RunsError:
        return
    assert isinstance(run, Run)


# --- Pages ---------------------------------------------------------------------------

LIST = runs.list("t", limit=2)


def page(*ids: str, has_more: bool | None = None) -> Response:
    value: dict[str, Any] = {"object": "list", "data": [a_run(id) for id in ids]}
    if has_more is not None:
        value["has_more"] = has_more
    return answer(value)


def asks(**query: str) -> Any:
    """Expects the request for a page with this query."""

    def fits(ask: Any) -> bool:
        return isinstance(ask, Send) and dict(ask.request.query) == query  # type: ignore[union-attr]

    return fits


def emits(*ids: str) -> Any:
    def fits(ask: Any) -> bool:
        return isinstance(ask, Emit) and tuple(run.id for run in ask.items) == ids

    return fits


def walk(paged: Paged[Run], *lines: Any) -> int:
    return perform(paged.items(), lines)


def test_a_list_is_a_call_for_its_first_page() -> None:
    first = perform(iter(LIST), [(asks(limit="2"), page("1", "2", has_more=True))])

    assert isinstance(first, Page)
    assert [run.id for run in first.data] == ["1", "2"]
    assert first._request_id == "req-1"


def test_items_go_through_every_page() -> None:
    count = walk(
        LIST,
        (asks(limit="2"), page("1", "2", has_more=True)),
        (emits("1", "2"), None),
        (asks(limit="2", after="2"), page("3", "4", has_more=True)),
        (emits("3", "4"), None),
        (asks(limit="2", after="4"), page("5", has_more=False)),
        (emits("5"), None),
    )

    assert count == 5


def test_pages_are_given_whole() -> None:
    emitted: list[Page[Run]] = []

    def keeps(ask: Any) -> bool:
        emitted.extend(ask.items)
        return isinstance(ask, Emit)

    count = perform(
        LIST.pages(),
        [
            (asks(limit="2"), page("1", has_more=True)),
            (keeps, None),
            (asks(limit="2", after="1"), page("2", has_more=False)),
            (keeps, None),
        ],
    )

    assert count == 2
    assert [p.data[0].id for p in emitted] == ["1", "2"]


def test_without_has_more_an_empty_page_is_the_end() -> None:
    count = walk(
        LIST,
        (asks(limit="2"), page("1", "2")),
        (emits("1", "2"), None),
        (asks(limit="2", after="2"), page()),
        (emits(), None),
    )

    assert count == 2


def test_an_empty_page_is_the_end_whatever_has_more_says() -> None:
    assert walk(LIST, (Send, page(has_more=True)), (emits(), None)) == 0


NAMELESS: Paged[Any] = Paged(REQUEST, json_answer(Page[Any]))


@pytest.mark.parametrize("item", [{"x": 1}, {"id": 5}, {"id": None}])
def test_an_item_without_an_id_ends_the_pages(item: dict[str, Any]) -> None:
    for end in ({}, {"has_more": False}):
        page = answer({"data": [item], **end})

        assert perform(NAMELESS.items(), [(Send, page), (Emit, None)]) == 1


def test_pages_do_not_end_without_a_word_where_there_is_more() -> None:
    page = answer({"data": [{"x": 1}], "has_more": True})

    with pytest.raises(MalformedResponse, match="no id to continue from"):
        perform(NAMELESS.items(), [(Send, page), (Emit, None)])
    with pytest.raises(MalformedResponse, match="no id to continue from"):
        NAMELESS.next(NAMELESS.parse(page))


def test_before_alone_pages_backwards() -> None:
    backwards = runs.list("t", before="9")

    count = walk(
        backwards,
        (asks(before="9"), page("7", "8", has_more=True)),
        (emits("7", "8"), None),
        (asks(before="7"), page("6", has_more=False)),
        (emits("6"), None),
    )

    assert count == 3


def test_before_with_after_is_a_window_that_is_kept() -> None:
    window = runs.list(
        "t", before="9", after="1", order="asc", extra_query={"tag": "x"}
    )

    walk(
        window,
        (asks(before="9", after="1", order="asc", tag="x"), page("2", has_more=True)),
        (emits("2"), None),
        (asks(before="9", after="2", order="asc", tag="x"), page("3", has_more=True)),
        (emits("3"), None),
        (asks(before="9", after="3", order="asc", tag="x"), page("4", has_more=False)),
        (emits("4"), None),
    )


def test_a_server_that_gives_the_same_page_again_is_not_followed() -> None:
    with pytest.raises(PageRepeated, match=r"runs\.list: .*with a higher limit"):
        walk(
            LIST,
            (asks(limit="2"), page("1", "2", has_more=True)),
            (emits("1", "2"), None),
            (asks(limit="2", after="2"), page("1", "2", has_more=True)),
        )


def test_a_server_that_goes_in_a_longer_circle_is_not_followed() -> None:
    with pytest.raises(PageRepeated):
        walk(
            LIST,
            (Send, page("1", has_more=True)),
            (emits("1"), None),
            (Send, page("2", has_more=True)),
            (emits("2"), None),
            (Send, page("1", has_more=True)),
        )


def test_without_has_more_a_page_that_comes_again_is_the_end_and_not_told_twice() -> (
    None
):
    count = walk(
        LIST, (Send, page("1", "2")), (emits("1", "2"), None), (Send, page("1", "2"))
    )

    assert count == 2


def test_an_error_on_a_later_page_ends_the_feed_in_it() -> None:
    with pytest.raises(NotFoundError):
        walk(
            LIST,
            (Send, page("1", has_more=True)),
            (emits("1"), None),
            (Send, answer({}, 404)),
        )


def test_next_is_the_call_for_the_page_after() -> None:
    first = LIST.parse(page("1", "2", has_more=True))
    after = LIST.next(first)

    assert after is not None
    assert dict(after.request.query) == {"limit": "2", "after": "2"}
    assert after.request.ids == LIST.request.ids
    assert LIST.next(LIST.parse(page("1", has_more=False))) is None
    with pytest.raises(PageRepeated):
        after.next(first)
    assert after.next(LIST.parse(page("1", "2"))) is None


def test_a_call_after_many_pages_can_be_copied_and_knows_them_all() -> None:
    count = 3000
    call = LIST
    for at in range(count):
        following = call.next(page_of(str(at)))
        assert following is not None
        call = following

    for copied in (call, copy.copy(call), copy.deepcopy(call)):
        assert copied == call
        assert copied.next(page_of("new")) is not None
        for at in range(count):
            with pytest.raises(PageRepeated):
                copied.next(page_of(str(at)))


def test_paging_by_hand_costs_the_same_at_each_page() -> None:
    """Counted, not timed: what is compared, at the beginning and after many pages."""

    class Id(str):
        compared = 0
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            Id.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    call = LIST
    for at in range(2000):
        item: Any = SimpleNamespace(id=Id(at))
        following = call.next(Page(data=[item], has_more=True))
        assert following is not None
        call = following

    assert Id.compared < 2000 * 20


def test_two_pages_after_one_call_know_nothing_of_each_other() -> None:
    left, right = (LIST.next(page_of(id)) for id in ("left", "right"))

    assert left is not None
    assert right is not None
    assert left.next(page_of("right")) is not None
    assert right.next(page_of("left")) is not None


def page_of(id: str) -> Page[Any]:
    return LIST.parse(page(id, has_more=True))


def test_each_walk_is_a_feed_that_runs_once() -> None:
    feed = LIST.items()
    perform(feed, [(Send, page(has_more=False)), (Emit, None)])

    with pytest.raises(FlowConsumed):
        iter(feed)
    assert perform(LIST.items(), [(Send, page(has_more=False)), (Emit, None)]) == 0


@given(
    pages=st.lists(st.lists(st.integers(0, 3).map(str), max_size=3), min_size=1),
    has_more=st.sampled_from([True, None]),
)
def test_paging_ends_for_whatever_a_server_answers(
    pages: list[list[str]], has_more: bool | None
) -> None:
    """With ids out of four there are at most four cursors to go on from."""
    flow = LIST.items()
    reply: Any = None
    requests = 0
    try:
        while True:
            ask = flow.send(reply)
            reply = None
            if isinstance(ask, Send):
                reply = page(*pages[requests % len(pages)], has_more=has_more)
                requests += 1
    except (StopIteration, PageRepeated):
        assert requests <= 5


def test_a_circle_is_noticed_backwards_too() -> None:
    call = runs.list("t", before="9")
    following = call.next(call.parse(page("7", "8", has_more=True)))

    assert following is not None
    with pytest.raises(PageRepeated):
        following.next(following.parse(page("7", "8", has_more=True)))
