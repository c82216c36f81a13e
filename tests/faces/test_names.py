"""The nouns' methods have openai-python's names, parameters and order."""

from __future__ import annotations

import inspect
import pydoc
import re
from types import SimpleNamespace
from typing import Any, get_args, get_overloads, get_type_hints
from unittest.mock import AsyncMock, patch

import pytest

from runs_core.api import runs, threads
from runs_core.faces import nouns, streams
from runs_core.faces.signatures import lookalike
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler
from tests.faces.clients import a_client, an_async_client

# openai-python 3.57: what may be positional, in order, and what else is required.
METHODS: dict[str, dict[str, tuple[list[str], set[str]]]] = {
    "threads.runs": {
        "create": (["thread_id"], {"assistant_id"}),
        "retrieve": (["run_id"], {"thread_id"}),
        "update": (["run_id"], {"thread_id"}),
        "list": (["thread_id"], set()),
        "cancel": (["run_id"], {"thread_id"}),
        "submit_tool_outputs": (["run_id"], {"thread_id", "tool_outputs"}),
        "create_and_poll": ([], {"thread_id", "assistant_id"}),
        "poll": (["run_id", "thread_id"], set()),
        "submit_tool_outputs_and_poll": ([], {"run_id", "thread_id", "tool_outputs"}),
        "stream": ([], {"thread_id", "assistant_id"}),
        "create_and_stream": ([], {"thread_id", "assistant_id"}),
        "submit_tool_outputs_stream": ([], {"run_id", "thread_id", "tool_outputs"}),
    },
    "threads.runs.steps": {
        "retrieve": (["step_id"], {"thread_id", "run_id"}),
        "list": (["run_id"], {"thread_id"}),
    },
    "threads.messages": {
        "create": (["thread_id"], {"content", "role"}),
        "retrieve": (["message_id"], {"thread_id"}),
        "update": (["message_id"], {"thread_id"}),
        "list": (["thread_id"], set()),
        "delete": (["message_id"], {"thread_id"}),
    },
    "threads": {
        "create": ([], set()),
        "retrieve": (["thread_id"], set()),
        "update": (["thread_id"], set()),
        "delete": (["thread_id"], set()),
        "create_and_run": ([], {"assistant_id"}),
        "create_and_run_poll": ([], {"assistant_id"}),
        "create_and_run_stream": ([], {"assistant_id"}),
    },
    "assistants": {
        "create": ([], {"model"}),
        "retrieve": (["assistant_id"], set()),
        "update": (["assistant_id"], set()),
        "list": ([], set()),
        "delete": (["assistant_id"], set()),
    },
}
ALL = [(noun, name) for noun, methods in METHODS.items() for name in methods]


def noun_of(client: Any, path: str) -> Any:
    noun = client.beta
    for name in path.split("."):
        noun = getattr(noun, name)
    return noun


@pytest.mark.parametrize(("noun", "name"), ALL)
@pytest.mark.parametrize("make_client", [a_client, an_async_client])
def test_a_method_takes_what_openai_pythons_takes(
    make_client: Any, noun: str, name: str
) -> None:
    positional, required = METHODS[noun][name]

    method = getattr(noun_of(make_client(), noun), name)

    parameters = inspect.signature(method).parameters
    assert list(parameters)[: len(positional)] == positional
    ours = {n for n, p in parameters.items() if p.default is p.empty}
    assert ours == {*positional, *required}
    assert {"extra_headers", "extra_query", "extra_body", "timeout"} <= set(parameters)


@pytest.mark.parametrize(("noun", "name"), ALL)
def test_no_parameter_of_openai_pythons_is_missing(noun: str, name: str) -> None:
    openai = pytest.importorskip("openai")
    theirs = inspect.unwrap(
        getattr(
            noun_of(openai.OpenAI(base_url="http://x.test", api_key="k"), noun), name
        )
    )

    ours = inspect.signature(getattr(noun_of(a_client(), noun), name)).parameters

    assert inspect.signature(theirs).parameters.keys() - {"self"} <= ours.keys()


@pytest.mark.parametrize("path", METHODS)
def test_no_method_of_openai_pythons_is_missing(path: str) -> None:
    openai = pytest.importorskip("openai")
    theirs = noun_of(openai.OpenAI(base_url="http://x.test", api_key="k"), path)

    public = {name for name in dir(theirs) if name[0] != "_"}

    assert public - set(dir(noun_of(a_client(), path))) == {"with_streaming_response"}


@pytest.mark.parametrize("path", METHODS)
def test_both_clients_have_the_same_methods(path: str) -> None:
    blocking, awaited = noun_of(a_client(), path), noun_of(an_async_client(), path)

    assert dir(blocking) == dir(awaited)


@pytest.mark.parametrize("make_client", [a_client, an_async_client])
def test_classes_have_the_names_of_their_nouns(make_client: Any) -> None:
    """A stand-in in users' tests is made after the class."""
    client = make_client()

    assert "beta" in dir(type(client))
    assert client.beta is client.beta
    members = dict(inspect.getmembers(type(client.beta)))
    assert {"threads", "assistants", "with_raw_response"} <= members.keys()


# What these return on an async client is iterated; it can be awaited, too.
ITERATED = {
    *("list", "stream", "create_and_stream"),
    *("submit_tool_outputs_stream", "create_and_run_stream"),
}


@pytest.mark.parametrize(("noun", "name"), ALL)
def test_a_patched_method_is_awaited_if_the_method_is(noun: str, name: str) -> None:
    """As with openai-python, whose users patch methods in their tests."""
    with patch.object(noun_of(a_client(), noun), name) as blocking:
        assert not isinstance(blocking, AsyncMock)
    with patch.object(noun_of(an_async_client(), noun), name) as awaited:
        assert isinstance(awaited, AsyncMock) is (name not in ITERATED)


@pytest.mark.parametrize("name", ["create", "list"])
def test_a_patched_method_below_with_raw_response_is_awaited(name: str) -> None:
    raw = an_async_client().beta.assistants.with_raw_response
    with patch.object(raw, name) as awaited:
        assert isinstance(awaited, AsyncMock)


def test_help_shows_the_parameters_and_what_is_the_methods_own() -> None:
    runs_of = a_client().beta.threads.runs

    shown = pydoc.render_doc(runs_of.create, renderer=pydoc.plaintext)
    streaming = pydoc.render_doc(runs_of.stream, renderer=pydoc.plaintext)

    assert "assistant_id: str" in shown
    assert "stream: bool | None = omit" in shown
    assert "idle_timeout" in shown
    assert "With `stream=True`" in shown
    assert "event_handler" in streaming
    assert "With an event handler" in streaming


def test_help_adds_nothing_where_python_removed_the_docstring() -> None:
    """`python -OO` does."""

    def operation(*, extra_headers: Any = None) -> Any: ...

    assert lookalike(operation, Any, says="More.").__doc__ is None


def test_a_noun_and_its_methods_can_be_looked_at_without_a_client() -> None:
    assert nouns.Runs.retrieve is runs.retrieve
    assert nouns.Runs.stream is runs.stream
    assert nouns.Runs.list is runs.list
    assert nouns.Runs.poll is runs.poll
    call = nouns.Runs.create("thread_1", assistant_id="a")
    assert call.request == runs.create("thread_1", assistant_id="a").request
    feed = nouns.Runs.create("thread_1", assistant_id="a", stream=True)
    assert type(feed) is type(runs.stream("thread_1", assistant_id="a"))


def test_a_noun_is_the_same_each_time() -> None:
    client = a_client()

    assert client.beta.threads is client.beta.threads
    assert client.beta.threads.runs.steps is client.beta.threads.runs.steps


@pytest.mark.parametrize(
    ("protocols", "function"),
    [
        ((streams.Stream, streams.AsyncStream), runs.stream),
        ((streams.StreamTools, streams.AsyncStreamTools), runs.stream_tools),
        (
            (streams.StreamAfterOutputs, streams.AsyncStreamAfterOutputs),
            runs.submit_tool_outputs_stream,
        ),
        (
            (streams.StreamWithThread, streams.AsyncStreamWithThread),
            threads.create_and_run_stream,
        ),
    ],
)
def test_signatures_that_are_written_out_are_the_functions_own(
    protocols: tuple[type, ...], function: Any
) -> None:
    wanted = inspect.signature(function).parameters
    for protocol in protocols:
        # What is left under the name of overloads without a body is a dummy.
        method = SimpleNamespace(
            __module__=streams.__name__, __qualname__=f"{protocol.__name__}.__call__"
        )
        overloads = get_overloads(method)  # type: ignore[arg-type]
        assert len(overloads) == 2
        for overload in overloads:
            names = [p.name for p in inspect.signature(overload).parameters.values()]
            own = [n for n in names if n not in ("self", "event_handler", "params")]
            hints = get_type_hints(overload, vars(streams), include_extras=True)
            (params,) = get_args(hints["params"])
            assert {*own, *params.__annotations__} == set(wanted)
            assert own == list(wanted)[: len(own)]


GIVES = {
    "threads.runs.retrieve": "Run",
    "threads.runs.list": "SyncCursorPage[Run]",
    "threads.runs.poll": "Run",
    "threads.runs.run_tools": "Run",
    "threads.runs.create": "Run | EventStream",
    "threads.runs.stream": "EventStream | AssistantEventHandler",
    "threads.delete": "ThreadDeleted",
    "threads.with_raw_response.delete": "RawResponse[ThreadDeleted]",
    "threads.runs.with_raw_response.list": "RawResponse[SyncCursorPage[Run]]",
    "threads.runs.with_raw_response.create": "RawResponse[Run | EventStream]",
}
GIVES_AWAITED = {
    "threads.runs.retrieve": "Coroutine[object, None, Run]",
    "threads.runs.list": "AsyncPaginator[Run]",
    "threads.runs.poll": "Coroutine[object, None, Run]",
    "threads.runs.create": "Coroutine[object, None, Run | AsyncEventStream]",
    "threads.runs.stream": "AsyncEventStream | AsyncAssistantEventHandler",
    "threads.with_raw_response.delete": (
        "Coroutine[object, None, RawResponse[ThreadDeleted]]"
    ),
    "threads.runs.with_raw_response.list": (
        "Coroutine[object, None, RawResponse[AsyncCursorPage[Run]]]"
    ),
}


def given_by(client: Any, path: str) -> str:
    annotation = inspect.signature(noun_of(client, path)).return_annotation
    text = inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)


@pytest.mark.parametrize("path", GIVES)
def test_a_signature_shows_what_the_method_gives(path: str) -> None:
    assert given_by(a_client(), path) == GIVES[path]


@pytest.mark.parametrize("path", GIVES_AWAITED)
def test_a_signature_shows_what_the_async_method_gives(path: str) -> None:
    assert given_by(an_async_client(), path) == GIVES_AWAITED[path]


def test_a_handler_in_a_signature_is_of_the_clients_colour() -> None:
    for client, handler in (
        (a_client(), AssistantEventHandler),
        (an_async_client(), AsyncAssistantEventHandler),
    ):
        stream: Any = client.beta.threads.runs.stream
        shown = inspect.signature(stream).parameters["event_handler"]
        assert shown.annotation == handler | None
