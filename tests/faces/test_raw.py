"""`with_raw_response`: the answer beside the result."""

from __future__ import annotations

from typing import Any

import pytest

from runs_core.client import Client
from runs_core.errors import (
    MalformedResponse,
    NotFoundError,
    OutcomeUnknown,
    UsageError,
)
from runs_core.models import Assistant, Run
from runs_core.pages import SyncCursorPage
from runs_core.raw import RawResponse
from tests.faces.clients import ENDPOINT, a_client, a_thread, an_async_client
from tests.fakes import Exchange, FakeTransport, run_async

JSON = ("content-type", "application/json")


def fake_client(*exchanges: Exchange) -> Any:
    return Client(FakeTransport(*exchanges), ENDPOINT)


def test_an_answer_has_status_headers_and_body() -> None:
    headers = (JSON, ("x-request-id", "req_1"), ("x-odd", "yes"))
    body = b'{"id": "run_1", "object": "thread.run"}'
    client = fake_client(Exchange(200, headers, [body]))

    answer = client.beta.threads.runs.with_raw_response.retrieve("run_1", "thread_1")

    assert isinstance(answer, RawResponse)
    assert answer.status == answer.status_code == 200
    assert answer.headers["X-Odd"] == "yes"
    assert answer.request_id == "req_1"
    assert answer.retries_taken == 0
    assert answer.content == body
    assert answer.text == body.decode()
    assert repr(answer) == "<RawResponse: 200, request id req_1>"


def test_the_repr_of_an_answer_is_harmless_to_a_terminal() -> None:
    headers = (JSON, ("x-request-id", "\x1b[31m" + "r" * 9000))
    client = fake_client(Exchange(200, headers, [b"{}"]))

    answer = client.beta.threads.runs.with_raw_response.retrieve("run_1", "thread_1")

    assert repr(answer).isprintable()
    assert len(repr(answer)) < 700


def test_parsing_gives_the_result_once_and_for_all() -> None:
    client = a_client()
    answer = client.beta.assistants.with_raw_response.create(model="gpt-4o")

    assistant = answer.parse()

    assert isinstance(assistant, Assistant)
    assert answer.parse() is assistant
    assert answer.parsed is assistant
    assert assistant._request_id == answer.request_id


def test_repetitions_are_counted() -> None:
    body = b'{"id": "run_1", "object": "thread.run"}'
    client = fake_client(Exchange(503), Exchange(503), Exchange(200, (JSON,), [body]))

    answer = client.beta.threads.runs.with_raw_response.retrieve("run_1", "thread_1")

    assert answer.retries_taken == 2


def test_what_cannot_be_read_is_there_all_the_same() -> None:
    client = fake_client(Exchange(200, (JSON,), [b"{"]))

    answer = client.beta.threads.runs.with_raw_response.retrieve("run_1", "thread_1")

    assert answer.text == "{"
    with pytest.raises(MalformedResponse):
        answer.parse()


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_promise_5_a_raw_answer_that_cannot_be_read_leaves_the_outcome_unknown(
    kind: str,
) -> None:
    client = fake_client(Exchange(200, [("content-type", kind)], [b"<html>"]))
    runs = client.beta.threads.runs.with_raw_response
    answer = runs.create("thread_1", assistant_id="asst_1")

    with pytest.raises(OutcomeUnknown):
        answer.parse()


def test_an_error_status_raises_as_ever() -> None:
    with pytest.raises(NotFoundError):
        a_client().beta.threads.with_raw_response.retrieve("thread_none")


def test_a_listed_page_goes_on_like_any_other() -> None:
    client = a_client()
    thread_id = a_thread(client, "one", "two", "three")

    answer = client.beta.threads.messages.with_raw_response.list(thread_id, limit=2)

    page = answer.parse()
    assert isinstance(page, SyncCursorPage)
    assert len(list(page)) == 3


def test_a_stream_has_a_head_and_no_content() -> None:
    client = a_client()
    assistant = client.beta.assistants.create(model="gpt-4o")
    runs = client.beta.threads.runs.with_raw_response

    answer = runs.create(a_thread(client, "Hi"), assistant_id=assistant.id, stream=True)

    assert answer.status == 200
    assert answer.request_id
    assert answer.headers["content-type"].startswith("text/event-stream")
    with pytest.raises(UsageError, match="iterating what parse"):
        _ = answer.content
    assert answer.parse().get_final_run().status == "completed"


def test_every_noun_has_it_and_it_has_every_noun() -> None:
    beta = a_client().beta

    for noun in (
        beta,
        beta.assistants,
        beta.threads,
        beta.threads.messages,
        beta.threads.runs,
        beta.threads.runs.steps,
    ):
        raw: Any = noun.with_raw_response
        plain: Any = noun
        assert raw is plain.with_raw_response
        for name in ("create", "retrieve", "update", "list", "cancel", "delete"):
            assert hasattr(raw, name) == hasattr(plain, name)
        for name in ("poll", "stream", "create_and_poll", "run_tools"):
            assert not hasattr(raw, name)
    deep = beta.with_raw_response.threads.runs.steps
    assert type(deep) is type(beta.threads.runs.steps.with_raw_response)


def test_async_answers_are_awaited_and_parsed_without_waiting() -> None:
    client = an_async_client()

    async def main() -> None:
        assistant = await client.beta.assistants.create(model="gpt-4o")
        threads = client.beta.threads
        answer = await threads.with_raw_response.create_and_run(
            assistant_id=assistant.id
        )
        assert isinstance(answer.parse(), Run)
        run = await threads.runs.poll(answer.parse().id, answer.parse().thread_id)
        listed = await threads.runs.with_raw_response.list(run.thread_id)
        assert [r.id async for r in listed.parse()] == [run.id]
        begun = await threads.with_raw_response.create_and_run(
            assistant_id=assistant.id, stream=True
        )
        assert begun.request_id
        assert (await begun.parse().get_final_run()).status == "completed"

    run_async(main())


def test_a_whole_client_can_give_answers() -> None:
    client = a_client()

    answer = client.with_raw_response.beta.assistants.create(model="gpt-4o")

    assert isinstance(answer.parse(), Assistant)


def test_a_whole_async_client_can_give_answers() -> None:
    client = an_async_client()

    answer = run_async(client.with_raw_response.beta.assistants.create(model="gpt-4o"))

    assert isinstance(answer.parse(), Assistant)
