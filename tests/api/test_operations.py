"""Every operation: method, path, query, body, and whether it may be repeated.

The table is that of the published API; the columns are what goes over the wire.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve, field, frozen

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.api.omit import omit
from runs_core.endpoint import Endpoint
from runs_core.errors import (
    InvalidHeader,
    InvalidPathParameter,
    ToolOutputsInvalid,
    UsageError,
)
from runs_core.flows.call import Call
from runs_core.flows.effects import Now, Open, Send
from runs_core.flows.request import TEMPLATES, ApiRequest, Repeat
from runs_core.models import ToolOutput
from runs_core.wire.http import Timeouts
from tests.leaks import assert_sealed, key

SAFE, ONCE = Repeat.SAFE, Repeat.ONCE
MESSAGE = {"role": "user", "content": "hi"}


@frozen(kw_only=True)
class Row:
    """A function, arguments that are enough, and the request that comes of them."""

    function: Callable[..., Any]
    ids: tuple[str, ...] = ()
    given: dict[str, Any] = field(factory=dict)
    name: str
    method: str
    path: str
    body: Any = None
    repeat: Repeat = SAFE

    @property
    def id_names(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.function).parameters)[: len(self.ids)]

    def request(self, *args: Any, **kwargs: Any) -> ApiRequest:
        return first_request(self.function(*args, **{**self.given, **kwargs}))


def first_request(conversation: Any) -> ApiRequest:
    """The first request of a call, a flow or a feed."""
    if isinstance(conversation, Call):
        return conversation.request
    ask = next(conversation)
    while isinstance(ask, Now):
        ask = conversation.send(0.0)
    assert isinstance(ask, Send | Open)
    assert isinstance(ask.request, ApiRequest)
    return ask.request


T, R, M, S, A = "thread_1", "run_2", "msg_3", "step_4", "asst_5"
ASSISTANT = {"assistant_id": A}
OUTPUTS = {"tool_outputs": [{"tool_call_id": "call_1", "output": "3"}]}
STREAMED = {"stream": True}
# As openai-python's polling helpers say.
NOT_STREAMED = {"stream": False}
RUNS = f"/threads/{T}/runs"
RUN = f"{RUNS}/{R}"

ROWS = [
    Row(
        function=runs.create,
        ids=(T,),
        given=ASSISTANT,
        name="runs.create",
        method="POST",
        path=RUNS,
        body=ASSISTANT,
        repeat=ONCE,
    ),
    Row(
        function=runs.create_and_poll,
        ids=(T,),
        given=ASSISTANT,
        name="runs.create",
        method="POST",
        path=RUNS,
        body=ASSISTANT | NOT_STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=runs.stream,
        ids=(T,),
        given=ASSISTANT,
        name="runs.create",
        method="POST",
        path=RUNS,
        body=ASSISTANT | STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=runs.run_tools,
        ids=(T,),
        given=ASSISTANT | {"functions": [print]},
        name="runs.create",
        method="POST",
        path=RUNS,
        body=ASSISTANT,
        repeat=ONCE,
    ),
    Row(
        function=runs.stream_tools,
        ids=(T,),
        given=ASSISTANT | {"functions": [print]},
        name="runs.create",
        method="POST",
        path=RUNS,
        body=ASSISTANT | STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=runs.retrieve,
        ids=(R, T),
        name="runs.retrieve",
        method="GET",
        path=RUN,
    ),
    Row(function=runs.poll, ids=(R, T), name="runs.retrieve", method="GET", path=RUN),
    Row(
        function=runs.update,
        ids=(R, T),
        name="runs.update",
        method="POST",
        path=RUN,
        body={},
    ),
    Row(function=runs.list, ids=(T,), name="runs.list", method="GET", path=RUNS),
    Row(
        function=runs.cancel,
        ids=(R, T),
        name="runs.cancel",
        method="POST",
        path=f"{RUN}/cancel",
    ),
    Row(
        function=runs.submit_tool_outputs,
        ids=(R, T),
        given=OUTPUTS,
        name="runs.submit_tool_outputs",
        method="POST",
        path=f"{RUN}/submit_tool_outputs",
        body=OUTPUTS,
        repeat=ONCE,
    ),
    Row(
        function=runs.submit_tool_outputs_and_poll,
        ids=(R, T),
        given=OUTPUTS,
        name="runs.submit_tool_outputs",
        method="POST",
        path=f"{RUN}/submit_tool_outputs",
        body=OUTPUTS | NOT_STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=runs.submit_tool_outputs_stream,
        ids=(R, T),
        given=OUTPUTS,
        name="runs.submit_tool_outputs",
        method="POST",
        path=f"{RUN}/submit_tool_outputs",
        body=OUTPUTS | STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=steps.retrieve,
        ids=(S, T, R),
        name="steps.retrieve",
        method="GET",
        path=f"{RUN}/steps/{S}",
    ),
    Row(
        function=steps.list,
        ids=(R, T),
        name="steps.list",
        method="GET",
        path=f"{RUN}/steps",
    ),
    Row(
        function=threads.create,
        name="threads.create",
        method="POST",
        path="/threads",
        body={},
        repeat=ONCE,
    ),
    Row(
        function=threads.retrieve,
        ids=(T,),
        name="threads.retrieve",
        method="GET",
        path=f"/threads/{T}",
    ),
    Row(
        function=threads.update,
        ids=(T,),
        name="threads.update",
        method="POST",
        path=f"/threads/{T}",
        body={},
    ),
    Row(
        function=threads.delete,
        ids=(T,),
        name="threads.delete",
        method="DELETE",
        path=f"/threads/{T}",
    ),
    Row(
        function=threads.create_and_run,
        given=ASSISTANT,
        name="threads.create_and_run",
        method="POST",
        path="/threads/runs",
        body=ASSISTANT,
        repeat=ONCE,
    ),
    Row(
        function=threads.create_and_run_poll,
        given=ASSISTANT,
        name="threads.create_and_run",
        method="POST",
        path="/threads/runs",
        body=ASSISTANT | NOT_STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=threads.create_and_run_stream,
        given=ASSISTANT,
        name="threads.create_and_run",
        method="POST",
        path="/threads/runs",
        body=ASSISTANT | STREAMED,
        repeat=ONCE,
    ),
    Row(
        function=messages.create,
        ids=(T,),
        given=MESSAGE,
        name="messages.create",
        method="POST",
        path=f"/threads/{T}/messages",
        body=MESSAGE,
        repeat=ONCE,
    ),
    Row(
        function=messages.retrieve,
        ids=(M, T),
        name="messages.retrieve",
        method="GET",
        path=f"/threads/{T}/messages/{M}",
    ),
    Row(
        function=messages.update,
        ids=(M, T),
        name="messages.update",
        method="POST",
        path=f"/threads/{T}/messages/{M}",
        body={},
    ),
    Row(
        function=messages.list,
        ids=(T,),
        name="messages.list",
        method="GET",
        path=f"/threads/{T}/messages",
    ),
    Row(
        function=messages.delete,
        ids=(M, T),
        name="messages.delete",
        method="DELETE",
        path=f"/threads/{T}/messages/{M}",
    ),
    Row(
        function=assistants.create,
        given={"model": "m"},
        name="assistants.create",
        method="POST",
        path="/assistants",
        body={"model": "m"},
        repeat=ONCE,
    ),
    Row(
        function=assistants.retrieve,
        ids=(A,),
        name="assistants.retrieve",
        method="GET",
        path=f"/assistants/{A}",
    ),
    Row(
        function=assistants.update,
        ids=(A,),
        name="assistants.update",
        method="POST",
        path=f"/assistants/{A}",
        body={},
    ),
    Row(
        function=assistants.list,
        name="assistants.list",
        method="GET",
        path="/assistants",
    ),
    Row(
        function=assistants.delete,
        ids=(A,),
        name="assistants.delete",
        method="DELETE",
        path=f"/assistants/{A}",
    ),
]


def label(row: Row) -> str:
    return f"{row.function.__module__.rpartition('.')[2]}.{row.function.__name__}"


every_row = pytest.mark.parametrize("row", ROWS, ids=label)


def test_every_operation_is_in_the_table() -> None:
    modules: list[ModuleType] = [runs, steps, threads, messages, assistants]
    public = {getattr(module, name) for module in modules for name in module.__all__}

    assert public == {row.function for row in ROWS}
    assert runs.create_and_stream is runs.stream


def told(request: ApiRequest) -> tuple[Any, ...]:
    body = None if request.body is None else json.loads(request.body)
    return request.operation, request.method, request.path, body, request.repeat


def expected(row: Row) -> tuple[Any, ...]:
    return row.name, row.method, row.path, row.body, row.repeat


@every_row
def test_an_operation_is_its_request(row: Row) -> None:
    request = row.request(*row.ids)

    assert told(request) == expected(row)
    assert request.query == ()
    assert tuple(request.headers) == ()
    assert request.timeouts is None


@every_row
def test_ids_may_be_positional_or_keyword(row: Row) -> None:
    named = dict(zip(row.id_names, row.ids, strict=True))

    assert told(row.request(**named)) == expected(row)
    assert told(row.request(*row.ids[:1], **dict([*named.items()][1:]))) == expected(
        row
    )


@every_row
def test_an_id_that_is_missing_or_too_many_is_a_type_error(row: Row) -> None:
    with pytest.raises(TypeError):
        row.function(*row.ids, "one too many", **row.given)
    if row.ids:
        name, last = row.function.__name__, row.id_names[-1]
        said = rf"\.{name}\(\) is missing the argument '{last}'"
        with pytest.raises(TypeError, match=said):
            row.function(*row.ids[:-1], **row.given)


@every_row
def test_an_unknown_name_is_a_type_error_at_the_call(row: Row) -> None:
    with pytest.raises(
        TypeError, match=r"unexpected keyword argument 'nonsense'.*extra_"
    ):
        row.function(*row.ids, **row.given, nonsense=1)


@every_row
def test_a_missing_name_is_a_type_error_at_the_call(row: Row) -> None:
    for name in row.given:
        rest = {n: v for n, v in row.given.items() if n != name}
        with pytest.raises(TypeError, match=f"is missing the argument '{name}'"):
            row.function(*row.ids, **rest)


@every_row
def test_the_signature_shows_the_whole_parameter_list(row: Row) -> None:
    parameters = inspect.signature(row.function).parameters
    ids = list(parameters.values())[: len(row.ids)]
    rest = list(parameters.values())[len(row.ids) :]

    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in ids)
    assert all(p.kind is p.KEYWORD_ONLY for p in rest)
    assert {p.name for p in rest if p.default is p.empty} == row.given.keys()
    options = [
        "extra_headers",
        "extra_query",
        "extra_body",
        "timeout",
        "idempotency_key",
    ]
    assert [p.name for p in rest][-5:] == options
    for parameter in rest:
        assert parameter.annotation is not parameter.empty


@every_row
def test_hazard_3_no_id_reaches_another_path(row: Row) -> None:
    for place in range(len(row.ids)):
        ids: list[Any] = list(row.ids)
        ids[place] = "a/../b?x#y%2e"
        path = row.request(*ids).path
        assert path == row.path.replace(row.ids[place], "a%2F..%2Fb%3Fx%23y%252e")
        for bad in ("", ".", "..", "%2e%2E", None, 7):
            ids[place] = bad
            with pytest.raises(InvalidPathParameter, match=row.id_names[place]):
                row.function(*ids, **row.given)


@every_row
def test_every_operation_takes_the_options(row: Row) -> None:
    request = row.request(
        *row.ids,
        extra_headers={"X-A": "1", "OpenAI-Beta": None},
        extra_query={
            "a": "b c",
            "n": 1,
            "f": 1.5,
            "t": True,
            "l": ["x", "y"],
            "d": {"k": 2, "l": ["z"], "none": None, "d": {"e": "f"}},
            "z": None,
        },
        extra_body={"new": [1]},
        timeout=3,
        idempotency_key="key-1",
    )

    assert tuple(request.headers) == (
        ("x-a", "1"),
        ("openai-beta", None),
        ("idempotency-key", "key-1"),
    )
    assert request.query == (
        ("a", "b c"),
        ("n", "1"),
        ("f", "1.5"),
        ("t", "true"),
        ("l[]", "x"),
        ("l[]", "y"),
        ("d[k]", "2"),
        ("d[l][]", "z"),
        ("d[d][e]", "f"),
    )
    assert request.body is not None
    assert json.loads(request.body) == {**(row.body or {}), "new": [1]}
    assert request.timeouts == Timeouts(3, 3)
    assert request.repeat is (Repeat.KEYED if row.repeat is ONCE else SAFE)


@every_row
def test_nothing_extra_is_nothing(row: Row) -> None:
    request = row.request(
        *row.ids,
        extra_headers=None,
        extra_query={},
        extra_body=None,
        idempotency_key=None,
    )

    assert told(request) == expected(row)


@every_row
def test_a_timeout_is_for_connecting_and_each_read(row: Row) -> None:
    assert row.request(*row.ids, timeout=None).timeouts == Timeouts(None, None)
    mine = Timeouts(1.0, 2.0)
    assert row.request(*row.ids, timeout=mine).timeouts == mine
    for bad in (0, -1, float("nan"), "3"):
        with pytest.raises((ValueError, TypeError)):
            row.function(*row.ids, **row.given, timeout=bad)


@every_row
def test_hazard_2_a_header_that_could_be_another_request_is_refused(row: Row) -> None:
    for headers in ({"a b": "x"}, {"x": "a\r\nb: c"}, {"x": 3}, {"x\n": None}):
        with pytest.raises(InvalidHeader):
            row.function(*row.ids, **row.given, extra_headers=headers)
    for bad in ("a\nb", 3):
        with pytest.raises(InvalidHeader):
            row.function(*row.ids, **row.given, idempotency_key=bad)
    with pytest.raises(UsageError, match="leave it out"):
        row.function(*row.ids, **row.given, idempotency_key="")


class Broken(Iterator[Any]):
    def __next__(self) -> Any:
        raise LookupError


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": 1},
        {"idempotency_key": "\n"},
        {"extra_query": {"a": b""}},
        {"extra_body": {"a": float("nan")}},
        {"extra_body": {"a": object()}},
        {"extra_body": {"a": Broken()}},
        {"timeout": "5"},
        {"timeout": -1},
    ],
)
def test_promise_4_a_refused_call_shows_no_key(wrong: dict[str, Any]) -> None:
    for row in (ROWS[0], ROWS[-1]):
        assert_sealed(
            lambda row=row: row.function(  # type: ignore[misc]
                *row.ids, **row.given, **wrong, extra_headers={"authorization": key()}
            ),
            (UsageError, TypeError, ValueError, LookupError),
        )


@every_row
def test_promise_4_a_refused_option_shows_no_key(row: Row) -> None:
    takes = inspect.signature(row.function).parameters
    wrong = {
        "temperature": float("nan"),
        "metadata": {"x": object()},
        "stream": "yes",
        "poll_interval_ms": "1",
        "deadline": "1",
        "on_poll": 1,
        "idle_timeout": "1",
        "resume": 1,
        "cancel_on_exit": "no",
        "max_rounds": "1",
        "functions": 1,
    }
    for name in wrong.keys() & takes.keys():
        given = row.given | {name: wrong[name]}
        assert_sealed(
            lambda given=given: row.function(  # type: ignore[misc]
                *row.ids, **given, extra_headers={"authorization": key()}
            ),
            (UsageError, TypeError, ValueError),
        )


def test_a_mistake_in_an_iterator_of_the_callers_is_told_with_its_place() -> None:
    with pytest.raises(LookupError) as caught:
        messages.create(T, role="user", content=Broken())

    assert "in __next__" in caught.value.__notes__[0]


# --- Parameters that differ ---------------------------------------------------------


def body_of(conversation: Any) -> Any:
    body = first_request(conversation).body
    assert body is not None
    return json.loads(body)


def test_none_is_null_and_absent_is_not_sent() -> None:
    call = runs.create(T, assistant_id=A, model=None, metadata=None, temperature=0)

    assert body_of(call) == {
        "assistant_id": A,
        "model": None,
        "metadata": None,
        "temperature": 0,
    }
    assert body_of(runs.update(R, T, metadata=None)) == {"metadata": None}


INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"


def test_include_goes_into_the_url_once_an_item() -> None:
    given = [INCLUDE, "other"]
    query = (("include[]", INCLUDE), ("include[]", "other"))

    for call in (
        runs.create(T, assistant_id=A, include=given),
        runs.create_and_poll(T, assistant_id=A, include=iter(given)),
        runs.stream(T, assistant_id=A, include=tuple(given)),
        steps.retrieve(S, T, R, include=given),
        steps.list(R, T, include=given),
    ):
        request = first_request(call)
        assert request.query == query
        assert b"include" not in (request.body or b"")
    url = Endpoint("https://a.test").prepare(request).url
    assert url.endswith(
        "?include%5B%5D=step_details.tool_calls%5B%2A%5D.file_search.results%5B%2A%5D"
        ".content&include%5B%5D=other"
    )


def test_include_is_a_list_also_where_type_checkers_take_a_str_for_one() -> None:
    with pytest.raises(UsageError, match="include must be a list"):
        runs.create(T, assistant_id=A, include=INCLUDE)
    with pytest.raises(UsageError, match="include must be a list"):
        steps.list(R, T, include=INCLUDE)


def test_lists_are_asked_for_in_pages() -> None:
    query = {"limit": 2, "order": "asc", "after": "x", "before": "y"}

    for call in (
        runs.list(T, **query),  # type: ignore[arg-type]
        steps.list(R, T, **query),  # type: ignore[arg-type]
        messages.list(T, **query),  # type: ignore[arg-type]
        assistants.list(**query),  # type: ignore[arg-type]
    ):
        assert dict(call.request.query) == {n: str(v) for n, v in query.items()}
        assert call.request.body is None
    assert dict(messages.list(T, run_id=R).request.query) == {"run_id": R}


@pytest.mark.parametrize("bad", [b"x", object(), [b"x"], [None], [["x"]]])
def test_what_a_query_cannot_hold_is_refused_at_the_call(bad: Any) -> None:
    with pytest.raises(UsageError, match="query parameter 'q' must be a str"):
        runs.retrieve(R, T, extra_query={"q": bad})


def test_a_query_that_holds_itself_is_refused() -> None:
    cyclic: dict[str, Any] = {}
    cyclic["q"] = cyclic
    with pytest.raises(UsageError, match=r"parameter 'q' has more than 128 levels, or"):
        runs.list(T, extra_query=cyclic)
    for bad in (10**5000, -(10**5000), [10**5000]):
        with pytest.raises(UsageError, match="parameter 'limit' has too many digits"):
            runs.list(T, limit=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_in_a_query_is_finite(bad: Any) -> None:
    with pytest.raises(UsageError, match="query parameter 'limit' must be finite"):
        runs.list(T, limit=bad)


def test_a_query_with_a_lone_surrogate_is_refused_at_the_call() -> None:
    with pytest.raises(UsageError, match="surrogate"):
        runs.retrieve(R, T, extra_query={"q": "\ud800"})


@pytest.mark.parametrize("bad", [object(), {1: 2}, {"x"}, b"x", float("nan")])
def test_what_json_cannot_say_is_refused_at_the_call(bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"@ \$\.metadata"):
        runs.create(T, assistant_id=A, metadata=bad)


def test_objects_may_be_models_or_mappings_in_any_iterable() -> None:
    model = ToolOutput(tool_call_id="c", output="3")
    plain = {"tool_call_id": "d", "output": None}

    call = runs.submit_tool_outputs(R, T, tool_outputs=(o for o in (model, plain)))

    assert body_of(call) == {
        "tool_outputs": [{"tool_call_id": "c", "output": "3"}, plain]
    }


def test_extra_body_wins_over_named_parameters() -> None:
    call = runs.create(T, assistant_id=A, extra_body={"assistant_id": "x", "y": 1})

    assert body_of(call) == {"assistant_id": "x", "y": 1}


def test_foundrys_own_parameters_are_known() -> None:
    assert body_of(runs.create(T, assistant_id=A, tool_resources={"x": 1})) == {
        "assistant_id": A,
        "tool_resources": {"x": 1},
    }
    call = runs.submit_tool_outputs(R, T, tool_outputs=[], tool_approvals=[{"a": 1}])
    assert body_of(call) == {"tool_outputs": [], "tool_approvals": [{"a": 1}]}


@pytest.mark.parametrize("outputs", [{}, {"tool_outputs": omit}])
def test_approvals_can_be_submitted_alone(outputs: dict[str, Any]) -> None:
    approvals = [{"tool_call_id": "c", "approve": True}]
    for function, more in (
        (runs.submit_tool_outputs, {}),
        (runs.submit_tool_outputs_and_poll, NOT_STREAMED),
        (runs.submit_tool_outputs_stream, STREAMED),
    ):
        call = function(R, T, **outputs, tool_approvals=approvals)
        assert body_of(call) == {"tool_approvals": approvals} | more
        for neither in ({}, {"tool_approvals": omit}):
            with pytest.raises(TypeError, match=r"'tool_outputs' \(or 'tool_app"):
                function(R, T, **outputs, **neither)


def test_how_long_to_wait_is_not_sent() -> None:
    poll = runs.create_and_poll(
        T, assistant_id=A, poll_interval_ms=5, deadline=None, on_poll=print
    )
    stream = runs.stream(
        T, assistant_id=A, idle_timeout=1, deadline=2, max_event_bytes=None
    )

    assert body_of(poll) == {"assistant_id": A, "stream": False}
    assert body_of(stream) == {"assistant_id": A, "stream": True}


@pytest.mark.parametrize("name", ["poll_interval_ms", "deadline"])
def test_how_long_to_wait_is_checked_at_the_call(name: str) -> None:
    for function in (runs.poll, runs.submit_tool_outputs_and_poll):
        given: Any = OUTPUTS if function is not runs.poll else {}
        with pytest.raises(ValueError, match=name):
            function(R, T, **given, **{name: -1})
    with pytest.raises(ValueError, match="idle_timeout"):
        runs.stream(T, assistant_id=A, idle_timeout=-1)


def test_arguments_are_checked_when_called_not_when_driven() -> None:
    for wrong in (
        lambda: runs.create_and_poll("", assistant_id=A),
        lambda: runs.poll(R, ".."),
        lambda: runs.stream("", assistant_id=A),
        lambda: runs.submit_tool_outputs_stream(R, "", tool_outputs=[]),
        lambda: runs.run_tools("", assistant_id=A, functions=[]),
        lambda: runs.stream_tools("", assistant_id=A, functions=[]),
    ):
        with pytest.raises(InvalidPathParameter):
            wrong()


def test_there_is_a_path_for_each_operation_and_no_other() -> None:
    assert {row.name for row in ROWS} == set(TEMPLATES)


def test_a_server_may_spell_every_path_differently() -> None:
    for row in ROWS:
        request = row.request(*row.ids)
        template = f"/other{request.template}"
        endpoint = Endpoint("https://a.test", paths={row.name: template})
        assert endpoint.prepare(request).url == f"https://a.test/other{row.path}"
        other = evolve(request, operation="another")
        assert endpoint.prepare(other).url == f"https://a.test{row.path}"


@pytest.mark.parametrize("name", ["tool_outputs", "tool_approvals"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("abc", "must be a list of objects, not of type str"),
        (b"abc", "not of type bytes"),
        ({"tool_call_id": "c", "output": "x"}, "not of type dict"),
        (3, "not of type int"),
        (["abc"], r"not of type str @ \$\.\w+\[0\]"),
        ([OUTPUTS["tool_outputs"][0], None], r"of type NoneType @ \$\.\w+\[1\]"),
        (
            [{"tool_call_id": "c"}, {"tool_call_id": "d"}, {"tool_call_id": "c"}],
            r"a call twice.* @ \$\.\w+\[2\]\.tool_call_id",
        ),
        ([ToolOutput("c", "1"), {"tool_call_id": "c"}], "a call twice"),
    ],
)
def test_what_can_answer_no_calls_is_refused_at_the_call(
    name: str, given: Any, says: str
) -> None:
    params: Any = {"tool_outputs": [], name: given}
    for function in (
        runs.submit_tool_outputs,
        runs.submit_tool_outputs_and_poll,
        runs.submit_tool_outputs_stream,
    ):
        with pytest.raises(ToolOutputsInvalid, match=f"^{name} .*{says}"):
            function(R, T, **params)


def test_what_the_api_lets_be_absent_is_left_to_the_server() -> None:
    outputs: Any = [{"output": "1"}, {"output": "2"}, {"tool_call_id": None}]

    call = runs.submit_tool_outputs(R, T, tool_outputs=outputs)

    assert body_of(call) == {"tool_outputs": outputs}
    nothing: Any = None
    call = runs.submit_tool_outputs(R, T, tool_outputs=nothing)
    assert body_of(call) == {"tool_outputs": None}


@pytest.mark.parametrize("functions", [3, None, [3], {"f": 3}, "abc"])
def test_what_cannot_be_called_is_no_function(functions: Any) -> None:
    for operation in (runs.run_tools, runs.stream_tools):
        with pytest.raises(UsageError, match="functions must be a list of functions"):
            operation(T, assistant_id="a", functions=functions)


def test_the_names_of_functions_are_checked_at_the_call() -> None:
    named: Any = {len: len, "max": max}
    for operation in (runs.run_tools, runs.stream_tools):
        with pytest.raises(UsageError, match="names of functions must be str"):
            operation(T, assistant_id="a", functions=named)


def test_functions_may_come_from_an_iterator() -> None:
    flow = runs.run_tools(T, assistant_id="a", functions=iter([len, max]))

    assert not flow.consumed  # type: ignore[attr-defined]


def test_a_function_that_is_also_iterable_is_a_function() -> None:
    class Tools(list[int]):
        def __call__(self, calls: list[Any]) -> dict[str, str]:
            return {}

    runs.run_tools(T, assistant_id="a", functions=Tools([1]))
