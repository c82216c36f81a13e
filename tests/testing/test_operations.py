"""Assistants, threads and messages of the local service."""

from __future__ import annotations

import pytest

from tests.testing.local import NOW, WEATHER, Answered, Local


@pytest.fixture
def local() -> Local:
    return Local()


# --- Assistants -------------------------------------------------------------------


def test_an_assistant_is_created_with_defaults(local):
    local.now = NOW + 0.75

    assert local.post("/assistants", {"model": "gpt-4o"}) == {
        "id": local.get("/assistants")["first_id"],
        "object": "assistant",
        "created_at": NOW,
        "name": None,
        "description": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [],
        "top_p": 1.0,
        "temperature": 1.0,
        "reasoning_effort": None,
        "tool_resources": {},
        "metadata": {},
        "response_format": "auto",
    }


def test_an_assistant_keeps_what_it_is_given(local):
    params = {
        "model": "gpt-4o",
        "name": "Ada",
        "description": "d",
        "instructions": "i",
        "tools": [WEATHER, {"type": "code_interpreter"}, {"type": "file_search"}],
        "top_p": 0.5,
        "temperature": 0,
        "reasoning_effort": "low",
        "tool_resources": {"code_interpreter": {"file_ids": ["file-1"]}},
        "metadata": {"k": "v"},
        "response_format": {"type": "json_object"},
    }
    created = local.post("/assistants", params)

    assert {key: created[key] for key in params} == params
    assert local.get(f"/assistants/{created['id']}") == created


def test_an_update_changes_only_what_it_names(local):
    created = local.assistant(name="Ada", metadata={"k": "v"}, temperature=0.5)
    path = f"/assistants/{created['id']}"

    updated = local.post(path, {"name": "Bob", "metadata": None, "temperature": None})

    assert updated == {**created, "name": "Bob", "metadata": {}, "temperature": 1.0}
    assert local.get(path) == updated


def test_a_deleted_assistant_is_gone(local):
    id = local.assistant()["id"]

    assert local.delete(f"/assistants/{id}") == {
        "id": id,
        "object": "assistant.deleted",
        "deleted": True,
    }
    for method in ("GET", "POST", "DELETE"):
        with pytest.raises(Answered, match=f"No assistant found with id '{id}'."):
            local.ask(method, f"/assistants/{id}", {})
    assert local.get("/assistants")["data"] == []


def test_a_run_outlives_its_assistant(local):
    run = local.run()
    local.delete(f"/assistants/{run['assistant_id']}")

    assert local.finish(run)["status"] == "completed"


# --- Threads ----------------------------------------------------------------------


def test_a_thread_is_created_empty(local):
    thread = local.post("/threads")

    assert thread == {
        "id": thread["id"],
        "object": "thread",
        "created_at": NOW,
        "metadata": {},
        "tool_resources": {},
    }
    assert local.get(f"/threads/{thread['id']}") == thread
    assert local.get(f"/threads/{thread['id']}/messages") == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_a_thread_can_begin_with_messages(local):
    thread = local.thread("one", "two")

    data = local.get(f"/threads/{thread['id']}/messages?order=asc")["data"]

    texts = [message["content"][0]["text"]["value"] for message in data]
    assert texts == ["one", "two"]


def test_a_thread_can_be_changed(local):
    thread = local.thread()
    path = f"/threads/{thread['id']}"

    changed = local.post(path, {"metadata": {"k": "v"}})

    assert changed == {**thread, "metadata": {"k": "v"}} == local.get(path)


def test_a_deleted_thread_is_gone_with_all_that_is_in_it(local):
    run = local.run()
    id = run["thread_id"]

    assert local.delete(f"/threads/{id}") == {
        "id": id,
        "object": "thread.deleted",
        "deleted": True,
    }
    for path in ("", "/messages", "/runs", f"/runs/{run['id']}"):
        with pytest.raises(Answered, match=f"No thread found with id '{id}'."):
            local.get(f"/threads/{id}{path}")


# --- Messages ---------------------------------------------------------------------


def test_a_message_has_the_keys_of_a_real_answer(local):
    thread = local.thread()
    path = f"/threads/{thread['id']}/messages"

    message = local.post(path, {"role": "user", "content": "Hello"})

    assert message == {
        "id": message["id"],
        "object": "thread.message",
        "created_at": NOW,
        "assistant_id": None,
        "thread_id": thread["id"],
        "run_id": None,
        "role": "user",
        "content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}],
        "attachments": [],
        "metadata": {},
    }
    assert local.get(f"{path}/{message['id']}") == message


def test_content_blocks_are_answered_as_objects(local):
    thread = local.thread()
    blocks = [
        {"type": "text", "text": "See:"},
        {"type": "image_file", "image_file": {"file_id": "file-1"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/", "detail": "low"}},
    ]
    attachments = [{"file_id": "file-2", "tools": [{"type": "file_search"}]}]
    body = {"role": "assistant", "content": blocks, "attachments": attachments}

    message = local.post(f"/threads/{thread['id']}/messages", body)

    assert message["role"] == "assistant"
    assert message["attachments"] == attachments
    assert message["content"] == [
        {"type": "text", "text": {"value": "See:", "annotations": []}},
        {
            "type": "image_file",
            "image_file": {"detail": "auto", "file_id": "file-1"},
        },
        {
            "type": "image_url",
            "image_url": {"detail": "low", "url": "https://x.test/"},
        },
    ]


def test_only_the_metadata_of_a_message_can_be_changed(local):
    thread = local.thread("Hello")
    path = f"/threads/{thread['id']}/messages"
    path = f"{path}/{local.get(path)['first_id']}"

    assert local.post(path, {"metadata": {"k": "v"}})["metadata"] == {"k": "v"}
    assert local.post(path)["metadata"] == {"k": "v"}
    assert local.post(path, {"metadata": None})["metadata"] == {}
    with pytest.raises(Answered, match="Unknown parameter: 'content'"):
        local.post(path, {"content": "new"})


def test_a_deleted_message_is_gone(local):
    thread = local.thread("one", "two")
    path = f"/threads/{thread['id']}/messages"
    id = local.get(path)["first_id"]

    assert local.delete(f"{path}/{id}") == {
        "id": id,
        "object": "thread.message.deleted",
        "deleted": True,
    }
    assert len(local.get(path)["data"]) == 1
    for method in ("GET", "POST", "DELETE"):
        with pytest.raises(Answered, match=f"No message found with id '{id}'."):
            local.ask(method, f"{path}/{id}", {})


def test_messages_can_be_listed_by_run(local):
    run = local.finish(local.run())
    path = f"/threads/{run['thread_id']}/messages"

    (mine,) = local.get(f"{path}?run_id={run['id']}")["data"]

    assert mine["run_id"] == run["id"]
    assert mine["assistant_id"] == run["assistant_id"]
    assert len(local.get(path)["data"]) == 2
    assert local.get(f"{path}?run_id=run_none")["data"] == []


def test_no_message_is_taken_while_a_run_is_active(local):
    run = local.run()
    path = f"/threads/{run['thread_id']}/messages"
    body = {"role": "user", "content": "More"}

    with pytest.raises(Answered) as caught:
        local.post(path, body)
    local.finish(run)

    assert caught.value.status == 400
    assert caught.value.message == (
        f"Can't add messages to {run['thread_id']} while a run {run['id']} is active."
    )
    assert local.post(path, body)["role"] == "user"


# --- Pages ------------------------------------------------------------------------


def listed(local: Local, path: str) -> tuple[list[int], bool]:
    page = local.get(path)
    data = page["data"]
    assert page["object"] == "list"
    assert page["first_id"] == (data[0]["id"] if data else None)
    assert page["last_id"] == (data[-1]["id"] if data else None)
    texts = [message["content"][0]["text"]["value"] for message in data]
    return [int(text) for text in texts], page["has_more"]


@pytest.fixture
def numbered(local) -> tuple[str, list[str]]:
    """Return the path of 25 messages numbered from 0 on, and their ids."""
    thread = local.thread(*map(str, range(25)))
    path = f"/threads/{thread['id']}/messages"
    data = local.get(f"{path}?order=asc&limit=100")["data"]
    return path, [message["id"] for message in data]


def test_a_page_has_the_twenty_newest(local, numbered):
    assert listed(local, numbered[0]) == (list(range(24, 4, -1)), True)


@pytest.mark.parametrize(
    ("query", "data", "has_more"),
    [
        ("order=asc", list(range(20)), True),
        ("order=asc&limit=25", list(range(25)), False),
        ("order=asc&limit=3", [0, 1, 2], True),
        ("order=asc&limit=3&after={2}", [3, 4, 5], True),
        ("order=asc&limit=3&after={22}", [23, 24], False),
        ("order=asc&limit=3&after={24}", [], False),
        ("order=asc&limit=3&before={5}", [2, 3, 4], True),
        ("order=asc&limit=3&before={2}", [0, 1], False),
        ("order=asc&limit=3&before={0}", [], False),
        ("order=asc&limit=3&after={2}&before={9}", [3, 4, 5], True),
        ("order=asc&limit=9&after={2}&before={6}", [3, 4, 5], False),
        ("order=desc&limit=3&after={20}", [19, 18, 17], True),
        ("order=desc&limit=3&before={20}", [23, 22, 21], True),
        ("limit=3&before={23}", [24], False),
    ],
)
def test_pages_go_both_ways(local, numbered, query, data, has_more):
    path, ids = numbered
    for number, id in enumerate(ids):
        query = query.replace(f"{{{number}}}", id)

    assert listed(local, f"{path}?{query}") == (data, has_more)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_following_after_sees_each_object_once(local, numbered, order):
    path, ids = numbered
    seen, query = [], f"{path}?order={order}&limit=4"
    page = local.get(query)
    seen += page["data"]
    while page["has_more"]:
        page = local.get(f"{query}&after={page['last_id']}")
        seen += page["data"]

    expected = ids if order == "asc" else ids[::-1]
    assert [message["id"] for message in seen] == expected


def test_following_before_sees_each_object_once(local, numbered):
    path, ids = numbered
    seen: list[str] = []
    page = local.get(f"{path}?order=asc&limit=4&before={ids[-1]}")
    while True:
        seen = [message["id"] for message in page["data"]] + seen
        if not page["has_more"]:
            break
        page = local.get(f"{path}?order=asc&limit=4&before={page['first_id']}")

    assert seen == ids[:-1]


@pytest.mark.parametrize("cursor", ["after", "before"])
def test_an_unknown_cursor_is_refused(local, numbered, cursor):
    with pytest.raises(Answered, match="No message found with id 'msg_x'"):
        local.get(f"{numbered[0]}?{cursor}=msg_x")


def test_assistants_runs_and_steps_are_pages_too(local):
    run = local.finish(local.run())
    thread = f"/threads/{run['thread_id']}"
    for path in ("/assistants", f"{thread}/runs", f"{thread}/runs/{run['id']}/steps"):
        page = local.get(f"{path}?limit=1&order=asc")

        assert page["first_id"] == page["last_id"] == page["data"][0]["id"]
        assert page["has_more"] is False
