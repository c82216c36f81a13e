"""Arguments: as openai-python's callers give them, and as `help()` shows them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Literal, Required, get_args, get_origin

import pytest

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.api.omit import NOT_GIVEN, Omit, not_given, omit
from runs_core.errors import UsageError
from runs_core.wire.http import Timeouts


def body_of(call: Any) -> Any:
    return json.loads(call.request.body)


@pytest.mark.parametrize("nothing", [omit, not_given, NOT_GIVEN, Omit()])
def test_an_omitted_argument_is_not_sent(nothing: Any) -> None:
    call = runs.create(
        "thread_1",
        assistant_id="asst_1",
        model=nothing,
        instructions=None,
        include=nothing,
        timeout=nothing,
        extra_body=nothing,
    )

    assert body_of(call) == {"assistant_id": "asst_1", "instructions": None}
    assert call.request.query == ()
    assert call.request.timeouts is None


def test_an_omitted_argument_does_not_count_as_given() -> None:
    with pytest.raises(TypeError, match="missing the argument 'assistant_id'"):
        runs.create("thread_1", assistant_id=omit)


def test_too_many_arguments_without_a_name_are_not_called_missing() -> None:
    create: Any = messages.create
    with pytest.raises(TypeError, match=r"got 3 .*; it takes thread_id by position$"):
        create("thread_1", "user", "Hi")
    make: Any = threads.create
    with pytest.raises(TypeError, match=r"got 1 .*; it takes none by position$"):
        make([])


def test_an_omitted_key_of_what_is_sent_is_left_out() -> None:
    block = {"type": "text", "text": "Hi", "more": omit}
    call = threads.create_and_run(
        assistant_id="asst_1",
        model="gpt-4o",
        thread={"messages": iter([{"content": [block]}]), "metadata": NOT_GIVEN},
        extra_body={"model": omit},
    )

    assert body_of(call) == {
        "assistant_id": "asst_1",
        "thread": {"messages": [{"content": [{"type": "text", "text": "Hi"}]}]},
    }


def test_an_omitted_query_parameter_is_left_out() -> None:
    query = {"limit": omit, "more": omit}

    request = runs.list("thread_1", limit=5, order="asc", extra_query=query).request

    assert request.query == (("order", "asc"),)


def test_an_omitted_header_is_removed_like_none() -> None:
    headers = {"OpenAI-Beta": omit, "X-Other": None, "X-Mine": "yes"}

    request = runs.retrieve("run_1", "thread_1", extra_headers=headers).request

    assert tuple(request.headers) == (
        ("openai-beta", None),
        ("x-other", None),
        ("x-mine", "yes"),
    )


def test_omit_is_false_and_says_what_it_is() -> None:
    assert not omit
    assert repr(omit) == "omit"


def test_none_is_what_openai_python_has_where_nothing_is_extra() -> None:
    call = messages.create(
        "thread_1",
        role="user",
        content="hi",
        extra_headers=None,
        extra_query=None,
        extra_body=None,
        timeout=None,
    )

    assert body_of(call) == {"role": "user", "content": "hi"}
    assert call.request.timeouts == Timeouts(None, None)


def test_a_timeout_may_tell_connecting_from_reading() -> None:
    timeouts = Timeouts(connect=1.0, read=30.0)

    call = runs.retrieve("run_1", "thread_1", timeout=timeouts)

    assert call.request.timeouts == timeouts


@pytest.mark.parametrize(
    ("call", "streaming"),
    [
        (lambda **p: runs.create("t", assistant_id="a", **p), "runs.stream"),
        (
            lambda **p: runs.submit_tool_outputs("r", "t", tool_outputs=[], **p),
            "runs.submit_tool_outputs_stream",
        ),
        (
            lambda **p: threads.create_and_run(assistant_id="a", **p),
            "threads.create_and_run_stream",
        ),
    ],
)
def test_what_gives_one_object_refuses_to_stream(
    call: Callable[..., Any], streaming: str
) -> None:
    assert body_of(call(stream=False))["stream"] is False
    with pytest.raises(UsageError, match=streaming):
        call(stream=True)


@pytest.mark.parametrize("module", [runs, steps, threads, messages, assistants])
def test_signatures_show_every_parameter_and_its_type(module: Any) -> None:
    for name in module.__all__:
        signature = inspect.signature(getattr(module, name))
        parameters = signature.parameters.values()

        assert not any(p.kind is p.VAR_KEYWORD for p in parameters)
        assert all(get_origin(p.annotation) is not Required for p in parameters)
        assert "timeout" in signature.parameters


def test_required_parameters_come_first_and_options_last() -> None:
    names = list(inspect.signature(messages.create).parameters)

    assert names[:3] == ["thread_id", "role", "content"]
    assert names[-2:] == ["timeout", "idempotency_key"]
    stream = inspect.signature(runs.create).parameters["stream"]
    assert stream.default is omit
    assert Literal[False] in get_args(stream.annotation)


def test_a_parameter_of_extra_query_replaces_the_named_one() -> None:
    call = runs.list("t", limit=3, order="asc", extra_query={"limit": 5})

    assert call.request.query == (("order", "asc"), ("limit", "5"))


@pytest.mark.parametrize("name", ["extra_headers", "extra_query", "extra_body"])
@pytest.mark.parametrize("value", ["abc", [("a", "b")], 3])
def test_what_is_extra_must_be_a_mapping(name: str, value: Any) -> None:
    options: Any = {name: value}
    kind = type(value).__name__

    with pytest.raises(UsageError, match=f"^{name} must be a mapping, not of .*{kind}"):
        runs.update("r", "t", **options)
