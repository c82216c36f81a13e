"""What the local service refuses to take, and how it says so."""

from __future__ import annotations

import pytest

from tests.testing.local import Answered, Local, path_of


@pytest.fixture(scope="module")
def local() -> Local:
    return Local()


def refused(local: Local, path: str, body: object, method: str = "POST") -> Answered:
    with pytest.raises(Answered) as caught:
        local.ask(method, path, body)
    assert caught.value.status == 400
    assert caught.value.type == "invalid_request_error"
    return caught.value


RUN = {"assistant_id": "asst_1"}
NAMELESS = {"type": "function", "function": {}}
MESSAGE = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("path", "body", "message", "param", "code"),
    [
        (
            "/threads/runs",
            {},
            "Missing required parameter: 'assistant_id'.",
            "assistant_id",
            "missing_required_parameter",
        ),
        (
            "/assistants",
            {"tools": []},
            "Missing required parameter: 'model'.",
            "model",
            "missing_required_parameter",
        ),
        (
            "/assistants",
            {"model": "m", "tools": [{"type": "code_interpreter"}, NAMELESS]},
            "Missing required parameter: 'tools[1].function.name'.",
            "tools[1].function.name",
            "missing_required_parameter",
        ),
        (
            "/threads/runs",
            {**RUN, "wings": 2},
            "Unknown parameter: 'wings'.",
            "wings",
            "unknown_parameter",
        ),
        (
            "/threads/runs",
            {**RUN, "thread": {"messages": [{**MESSAGE, "wings": 2}]}},
            "Unknown parameter: 'thread.messages[0].wings'.",
            "thread.messages[0].wings",
            "unknown_parameter",
        ),
        (
            "/threads",
            {"metadata": {"modified": True}},
            "Invalid type for 'metadata.modified': expected a string, but got a"
            " boolean instead.",
            "metadata.modified",
            "invalid_type",
        ),
        (
            "/threads/runs",
            {"assistant_id": None},
            "Invalid type for 'assistant_id': expected a string, but got null.",
            "assistant_id",
            "invalid_type",
        ),
        (
            "/threads/runs",
            {**RUN, "stream": "yes"},
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
            "stream",
            "invalid_type",
        ),
        (
            "/threads/runs",
            {**RUN, "max_prompt_tokens": 256.5},
            "Invalid type for 'max_prompt_tokens': expected an integer, but got a"
            " decimal instead.",
            "max_prompt_tokens",
            "invalid_type",
        ),
        (
            "/threads/runs",
            {**RUN, "tool_choice": 1},
            "Invalid type for 'tool_choice': expected one of a string, an object, but"
            " got an integer instead.",
            "tool_choice",
            "invalid_type",
        ),
        (
            "/threads",
            {"messages": [{"role": "system", "content": "Hi"}]},
            "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
            "messages[0].role",
            "invalid_value",
        ),
        (
            "/assistants",
            {"model": "m", "tools": [{"type": "retrieval"}]},
            "Invalid value: 'retrieval'. Supported values are: 'code_interpreter',"
            " 'file_search', and 'function'.",
            "tools[0].type",
            "invalid_value",
        ),
        (
            "/threads/runs",
            {**RUN, "temperature": 2.5},
            "Invalid 'temperature': decimal above maximum value. Expected a value <="
            " 2, but got 2.5 instead.",
            "temperature",
            "decimal_above_max_value",
        ),
        (
            "/threads/runs",
            {**RUN, "top_p": -1},
            "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but"
            " got -1 instead.",
            "top_p",
            "decimal_below_min_value",
        ),
        (
            "/threads/runs",
            {**RUN, "max_completion_tokens": 255},
            "Invalid 'max_completion_tokens': integer below minimum value. Expected a"
            " value >= 256, but got 255 instead.",
            "max_completion_tokens",
            "integer_below_min_value",
        ),
        (
            "/threads/runs",
            {**RUN, "tools": [{"type": "code_interpreter"}] * 21},
            "Invalid 'tools': array too long. Expected an array with maximum length"
            " 20, but got an array with length 21 instead.",
            "tools",
            "array_above_max_length",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": []}]},
            "Invalid 'messages[0].content': empty array. Expected an array with minimum"
            " length 1, but got an empty array instead.",
            "messages[0].content",
            "empty_array",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": ""}]},
            "Message content must be non-empty.",
            "messages[0].content",
            None,
        ),
        (
            "/assistants",
            {"model": "m", "name": "n" * 257},
            "Invalid 'name': string too long. Expected a string with maximum length"
            " 256, but got a string with length 257 instead.",
            "name",
            "string_above_max_length",
        ),
        (
            "/threads",
            {"metadata": {str(n): "" for n in range(17)}},
            "Invalid 'metadata': too many properties. Expected an object with at most"
            " 16 properties, but got an object with 17 properties instead.",
            "metadata",
            "object_above_max_properties",
        ),
        (
            "/threads",
            {"metadata": {"k" * 65: ""}},
            "Invalid 'metadata': property name too long. Expected a property name with"
            " maximum length 64, but got one with length 65 instead.",
            "metadata",
            "property_name_above_max_length",
        ),
        (
            "/threads",
            {"metadata": {"k": "v" * 513}},
            "Invalid 'metadata.k': string too long. Expected a string with maximum"
            " length 512, but got a string with length 513 instead.",
            "metadata.k",
            "string_above_max_length",
        ),
    ],
)
def test_a_wrong_body_is_refused_in_the_words_of_the_service(
    local, path, body, message, param, code
):
    error = refused(local, path, body)

    assert (error.message, error.param, error.code) == (message, param, code)


@pytest.mark.parametrize(
    "params",
    [
        {"tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
        {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        {"truncation_strategy": {}},
        {"temperature": "warm"},
        {"top_p": True},
        {"tools": {}},
        {"tool_choice": "always"},
        {"tool_choice": {"type": "function", "function": {}}},
        {"tool_choice": {"type": "file_search", "function": {"name": 1}}},
        {"tools": [{"type": "function", "function": {"name": "look up"}}]},
        {"tools": [{"type": "function", "function": {"name": ""}}]},
        {"tools": [{"type": "function", "function": {"name": "n" * 65}}]},
        {"response_format": "text"},
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": 1}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a.b"}}},
        {"parallel_tool_calls": None},
        {"metadata": []},
        {"thread": {"tool_resources": {"code_interpreter": {"file_ids": [1]}}}},
        {"tool_resources": {"file_search": {"vector_store_ids": ["a", "b"]}}},
    ],
)
def test_what_the_description_forbids_is_refused(local, params):
    error = refused(local, "/threads/runs", {**RUN, **params})

    assert error.param
    assert error.param.startswith(next(iter(params)))


STATIC = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}


@pytest.mark.parametrize("path", ["/threads", "/assistants"])
@pytest.mark.parametrize(
    "search",
    [
        {},
        {"vector_store_ids": ["vs_1"], "vector_stores": [{}]},
        {"vector_stores": [{}, {}]},
        {"vector_stores": [{"file_ids": "file_1"}]},
        {"vector_stores": [{"metadata": {"k": 1}}]},
        {"vector_stores": [{"chunking_strategy": {"type": "none"}}]},
        {"vector_stores": [{"chunking_strategy": {"type": "auto", "static": STATIC}}]},
        {"vector_stores": [{"chunking_strategy": {"type": "static"}}]},
        {
            "vector_stores": [
                {
                    "chunking_strategy": {
                        "type": "static",
                        "static": {**STATIC, "max_chunk_size_tokens": 99},
                    }
                }
            ]
        },
    ],
)
def test_a_vector_store_that_cannot_be_made_is_refused(local, path, search):
    resources = {"tool_resources": {"file_search": search}}

    error = refused(local, path, resources | ({"model": "m"} if path[1] == "a" else {}))

    assert error.param
    assert error.param.startswith("tool_resources.file_search")


@pytest.mark.parametrize(
    "search",
    [
        {"vector_store_ids": ["vs_1"]},
        {"vector_stores": []},
        {"vector_stores": [{"file_ids": ["file_1"], "metadata": None}]},
        {"vector_stores": [{"chunking_strategy": {"type": "auto"}}]},
        {
            "vector_stores": [
                {"chunking_strategy": {"type": "static", "static": STATIC}}
            ]
        },
    ],
)
def test_a_vector_store_that_can_be_made_is_taken(local, search):
    resources = {"tool_resources": {"file_search": search}}

    thread = local.post("/threads", resources)
    assistant = local.post("/assistants", {"model": "m", **resources})

    for made in (thread, assistant):
        (told,) = made["tool_resources"]["file_search"].items()
        name, ids = told
        assert name == "vector_store_ids"
        assert len(ids) == len(next(iter(search.values())))
        assert all(id.startswith("vs_") for id in ids)


def test_a_changed_thread_may_name_no_store(local):
    thread = local.post("/threads")

    changed = {"tool_resources": {"file_search": {}}}
    assert local.post(f"/threads/{thread['id']}", changed)["id"] == thread["id"]


def test_all_that_the_description_allows_is_taken_and_told():
    local = Local()
    params = {
        "model": "gpt-5",
        "instructions": "i",
        "tools": [{"type": "code_interpreter"}] * 20,
        "metadata": {"k" * 64: "v" * 512},
        "temperature": 2,
        "top_p": 1,
        "max_prompt_tokens": 256,
        "max_completion_tokens": 256,
        "truncation_strategy": {"type": "last_messages", "last_messages": 1},
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "response_format": {"type": "json_schema", "json_schema": {"name": "n"}},
        "reasoning_effort": "minimal",
    }

    run = local.run(**params)

    assert {key: run[key] for key in params} == params


def test_null_is_like_nothing_where_it_is_allowed():
    local = Local()
    names = ["model", "instructions", "tools", "metadata", "temperature", "top_p"]
    names += ["max_prompt_tokens", "max_completion_tokens", "truncation_strategy"]
    names += ["tool_choice", "response_format", "reasoning_effort", "stream"]
    names += ["additional_instructions", "additional_messages"]
    nothing, null = local.run(), local.run(**dict.fromkeys(names))
    ids = ("id", "thread_id", "assistant_id")

    assert {k: v for k, v in null.items() if k not in ids} == {
        k: v for k, v in nothing.items() if k not in ids
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "Invalid 'limit': integer below minimum value. Expected a value"),
        ("limit=101", "Invalid 'limit': integer above maximum value. Expected a value"),
        ("limit=99999999999999", "Invalid 'limit': integer above maximum value."),
        ("limit=-1", "Invalid 'limit': integer below minimum value"),
        ("limit=ten", "Invalid type for 'limit': expected an integer, but got a"),
        ("limit=", "Invalid type for 'limit'"),
        ("order=up", "Invalid value: 'up'. Supported values are: 'asc' and 'desc'."),
        ("page=2", "Unknown parameter: 'page'."),
        ("include[]=all", "Invalid value: 'all'. Supported values are: 'step_details"),
    ],
)
def test_a_wrong_query_is_refused(local, query, message):
    run = local.run()

    error = refused(local, f"{path_of(run)}/steps?{query}", None, "GET")

    assert error.message.startswith(message)


def test_a_query_is_refused_where_none_is_taken(local):
    run = local.run()

    error = refused(local, f"{path_of(run)}?limit=1", None, "GET")

    assert error.message == "Unknown parameter: 'limit'."


def test_the_query_that_azure_needs_is_let_through(local):
    assert local.post("/threads?api-version=2024-05-01-preview")["object"] == "thread"


def test_a_refused_request_has_changed_nothing():
    local = Local()
    refused(local, "/threads/runs", {"thread": {}})

    assert not local.service.executions
