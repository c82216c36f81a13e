"""What received objects keep, and how they show themselves."""

import json
import weakref
from typing import Any

import pytest

from runs_core import models
from runs_core.errors import MalformedResponse
from runs_core.models import (
    Assistant,
    AssistantToolChoice,
    ErrorObject,
    Message,
    MessageDelta,
    MessageDeltaEvent,
    Page,
    Run,
    RunStep,
    RunStepDeltaEvent,
    Text,
    TextContentBlock,
    TextDelta,
    TextDeltaBlock,
    Thread,
    Usage,
)
from runs_core.wire._objects import FieldNames
from runs_core.wire.codec import WireObject, structure

RUN = {"id": "run_1", "object": "thread.run"}


def run(**changes: Any) -> Run:
    return structure({**RUN, **changes}, Run)


# --- Absent, null, unknown ---------------------------------------------------------


def test_absent_and_null_read_alike_and_are_written_apart() -> None:
    absent, null = run(), run(usage=None)

    assert absent.usage is None
    assert null.usage is None
    assert absent.to_dict() == RUN
    assert null.to_dict() == {**RUN, "usage": None}


def test_a_list_that_is_absent_or_null_is_empty() -> None:
    absent, null, empty = run(), run(tools=None), run(tools=[])

    assert absent.tools == null.tools == empty.tools == []
    assert absent.to_dict() == RUN
    assert null.to_dict() == {**RUN, "tools": None}
    assert empty.to_dict() == {**RUN, "tools": []}


def test_unknown_keys_are_kept() -> None:
    made = run(file_ids=["file_1"], updated_at=None)

    assert made.extra == {"file_ids": ["file_1"], "updated_at": None}
    assert made.to_dict() == {**RUN, "file_ids": ["file_1"], "updated_at": None}
    assert run().extra == {}


def test_an_unknown_word_stays_a_string() -> None:
    made = run(status="paused", tool_choice="sometimes", response_format="prose")

    assert (made.status, made.tool_choice, made.response_format) == (
        "paused",
        "sometimes",
        "prose",
    )


def test_scalars_are_passed_on_as_they_came() -> None:
    made = run(created_at=1767225600123, status=7, usage="n/a", metadata=[])

    assert made.created_at == 1767225600123
    assert (made.status, made.usage, made.metadata) == (7, "n/a", [])


def test_an_object_without_its_keys_is_readable_inside_another() -> None:
    made = run(tool_choice={"type": "function"}, truncation_strategy={}, usage={"x": 1})

    assert isinstance(made.tool_choice, AssistantToolChoice)
    assert made.tool_choice.function is None
    assert made.truncation_strategy is not None
    assert made.truncation_strategy.type is None
    assert isinstance(made.usage, Usage)
    assert made.usage.total_tokens is None
    assert made.usage.extra == {"x": 1}


def test_a_change_shows_in_what_is_written() -> None:
    made = run(usage=None, tools=None, status="queued")
    made.usage = Usage(1, 2, 3)
    made.status = "completed"
    made.tools.append(models.CodeInterpreterTool())

    assert made.to_dict() == {
        **RUN,
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        "tools": [{"type": "code_interpreter"}],
        "status": "completed",
    }


def test_a_list_that_was_absent_is_written_once_it_holds_something() -> None:
    made = run()
    made.tools.append(models.CodeInterpreterTool())

    assert made.to_dict() == {**RUN, "tools": [{"type": "code_interpreter"}]}


def test_what_is_known_of_keys_is_bounded() -> None:
    """They are the server's words: as many as it likes, and as long."""
    fields = FieldNames(models.Run)
    long = tuple(f"{number}" * 100 for number in range(100))
    for number in range(1000):
        assert fields.find(("id", f"x{number}")) == (("id",), (f"x{number}",))
        assert len(fields.found) <= 64
    kept = dict(fields.found)

    assert fields.find(long) == ((), long)
    assert fields.found == kept


def test_objects_of_one_class_with_unlike_keys() -> None:
    for more in ({}, {"x": 1}, {"y": None}, {"x": None, "y": 2}, {"x": 1}):
        raw = {**RUN, "model": None, **more}

        made = structure(raw, models.Run)

        assert made.extra == more
        assert made.to_dict() == raw


def test_an_object_without_nulls_and_unknown_keys_keeps_no_notes() -> None:
    block = structure({"type": "text", "index": 0}, models.MessageContentDelta)

    assert not hasattr(block, "_sent")
    assert not hasattr(block, "_extra")


@pytest.mark.parametrize(
    "results", [[{"file_id": "file_1"}, 1, None], {"file_id": "file_1"}, "x", 1, []]
)
def test_what_is_no_object_in_a_list_of_objects_stays_as_it_is(results: Any) -> None:
    raw = {"type": "file_search", "id": "call_1", "file_search": {"results": results}}

    made = structure(raw, models.ToolCall)

    assert isinstance(made, models.FileSearchToolCall)
    assert made.to_dict() == raw
    if isinstance(results, list | dict) and results:
        assert made.file_search.results is not None
        assert made.file_search.results[0].file_id == "file_1"


# --- Not a list --------------------------------------------------------------------


def test_the_text_of_a_content_object_is_reachable_as_in_a_list() -> None:
    raw = {
        "id": "msg_1",
        "object": "thread.message.delta",
        "delta": {"content": {"type": "text", "text": {"value": "hi"}}},
    }

    made = structure(raw, MessageDeltaEvent)

    assert made.delta.content is not None
    assert len(made.delta.content) == 1
    (block,) = made.delta.content
    assert isinstance(block, TextDeltaBlock)
    assert block.text is not None
    assert block.text.value == "hi"
    assert made.to_dict() == raw


@pytest.mark.parametrize("content", ["hi", 3, {}, {"type": "text"}])
def test_content_that_is_no_list_is_one_block(content: Any) -> None:
    raw = {"id": "msg_1", "object": "thread.message", "content": content}

    made = structure(raw, Message)

    assert len(made.content) == 1
    assert made.to_dict() == raw


def test_one_element_without_a_list_is_written_as_a_list_when_there_are_more() -> None:
    block = {"type": "text", "text": {"value": "hi", "annotations": []}}
    raw = {"id": "msg_1", "object": "thread.message", "content": block}
    made = structure(raw, Message)
    made.content.append(TextContentBlock(Text("ho")))

    assert made.to_dict()["content"] == [
        block,
        {"type": "text", "text": {"value": "ho", "annotations": []}},
    ]


# --- What is refused ---------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, "run_1", 1, True, [], [RUN]], ids=repr)
@pytest.mark.parametrize("cls", [Run, RunStep, Message, Thread, Assistant, Page[Run]])
def test_what_is_not_an_object_is_refused(cls: Any, raw: Any) -> None:
    with pytest.raises(
        MalformedResponse, match=r"must be an object, not .* @ \$$"
    ) as e:
        structure(raw, cls)

    assert e.value.where == "$"
    assert "run_1" not in str(e.value)


@pytest.mark.parametrize("cls", [Run, RunStep, Message, Thread, Assistant])
@pytest.mark.parametrize("key", ["id", "object"])
@pytest.mark.parametrize("value", [None, ...], ids=["null", "absent"])
def test_an_object_without_id_or_kind_is_refused(
    cls: Any, key: str, value: object
) -> None:
    raw: dict[str, Any] = {"id": "x", "object": "y", key: value}
    if value is ...:
        del raw[key]

    with pytest.raises(MalformedResponse, match=f"must have '{key}'") as e:
        structure(raw, cls)

    assert e.value.where == f"$.{key}"


@pytest.mark.parametrize("cls", [MessageDeltaEvent, RunStepDeltaEvent])
@pytest.mark.parametrize("more", [{}, {"delta": None}])
def test_a_delta_that_is_not_there_is_none(cls: Any, more: dict[str, Any]) -> None:
    raw = {"id": "x", "object": "y", **more}
    made = structure(raw, cls)

    assert made.delta is None
    assert made.to_dict() == raw


@pytest.mark.parametrize("cls", [MessageDeltaEvent, RunStepDeltaEvent])
@pytest.mark.parametrize("delta", ["secret", []], ids=repr)
def test_a_delta_that_is_no_object_is_refused(cls: Any, delta: object) -> None:
    raw: dict[str, Any] = {"id": "x", "object": "y", "delta": delta}

    with pytest.raises(MalformedResponse) as e:
        structure(raw, cls)

    assert e.value.where == "$.delta"
    assert "secret" not in str(e.value)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([RUN, RUN, RUN, {"object": "thread.run"}], "$.data[3].id"),
        ([RUN, None], "$.data[1]"),
        ([RUN, "run_1"], "$.data[1]"),
        ({"id": "run_1"}, "$.data[0].object"),
        ("run_1", "$.data[0]"),
    ],
)
def test_a_page_is_refused_with_the_place_of_what_is_wrong(
    data: Any, where: str
) -> None:
    raw = {"object": "list", "data": data}

    with pytest.raises(MalformedResponse) as e:
        structure(raw, Page[Run])

    assert e.value.where == where
    assert str(e.value).endswith(f" @ {where}")
    assert "run_1" not in str(e.value)


@pytest.mark.parametrize(
    "raw",
    [{}, {"object": "page"}, {"error": "x"}, {"object": "list", "has_more": True}],
)
def test_what_has_no_data_and_is_no_list_is_no_page(raw: dict[str, Any]) -> None:
    with pytest.raises(MalformedResponse, match="must have 'data'") as e:
        structure(raw, Page[Run])

    assert e.value.where == "$.data"


@pytest.mark.parametrize("more", [{}, {"data": None}])
def test_a_list_without_data_is_an_empty_page(more: dict[str, Any]) -> None:
    raw = {"object": "list", "has_more": False, **more}
    page = structure(raw, Page[Run])

    assert page.data == []
    assert page.to_dict() == raw


# --- Pages and errors --------------------------------------------------------------


def test_a_page_holds_objects_of_its_class() -> None:
    page = structure({"data": [RUN], "has_more": True}, Page[Run])

    assert isinstance(page, Page)
    assert page.data == [Run("run_1")]
    assert (page.has_more, page.first_id, page.last_id) == (True, None, None)


@pytest.mark.parametrize("data", [None, [], RUN], ids=["null", "empty", "one"])
def test_a_page_whose_data_is_no_list_is_written_back_equal(data: Any) -> None:
    raw = {"object": "list", "data": data}

    page = structure(raw, Page[Run])

    assert page.data == ([Run("run_1")] if data else [])
    assert page.to_dict() == raw


@pytest.mark.parametrize("data", [[RUN, 1], RUN, None, "x"], ids=repr)
def test_the_elements_of_a_page_of_anything_stay_as_they_are(data: Any) -> None:
    page = structure({"data": data}, Page)

    assert page.data == (data if isinstance(data, list) else [data] if data else [])
    assert page.to_dict() == {"data": data}


def test_an_integer_code_is_a_str_and_written_as_it_came() -> None:
    error = structure({"message": "Slow down.", "code": 429}, ErrorObject)

    assert error.code == "429"
    assert isinstance(error.code, str)
    assert error.to_dict() == {"message": "Slow down.", "code": 429}
    assert error.model_dump()["code"] == "429"
    assert structure({"code": True}, ErrorObject).to_dict() == {"code": True}


# --- How objects show themselves ---------------------------------------------------


def test_a_repr_shows_what_is_there() -> None:
    assert (
        repr(run(status="queued", usage=None, x=1))
        == "Run(id='run_1', status='queued', tools=[], object='thread.run',"
        " extra={'x': 1})"
    )
    assert repr(models.UnknownTool({"type": "x"})) == "UnknownTool(raw={'type': 'x'})"


def test_equality_is_of_fields_and_unknown_keys() -> None:
    assert run() == Run("run_1")
    assert run() == run(usage=None)
    assert run() != run(status="queued")
    assert run() != run(x=1)
    assert run() != RUN
    assert TextDelta("x") != Text("x")


def test_model_dump_has_every_field() -> None:
    dumped = run(x=1, tools=[{"type": "code_interpreter"}], usage=None).model_dump()

    assert set(dumped) == {*(at.name for at in Run.__attrs_attrs__), "x"}
    assert dumped["tools"] == [{"type": "code_interpreter"}]
    assert dumped["usage"] is None
    assert dumped["model"] is None
    assert json.loads(run(x=1).model_dump_json(indent=2)) == run(x=1).model_dump()


def test_model_dump_leaves_out_what_it_is_told_to() -> None:
    made = run(x=None, usage=None, incomplete_details={"reason": None})

    assert made.model_dump(mode="json") == made.model_dump()
    assert made.model_dump(exclude_unset=True) == made.to_dict()
    bare = {
        "id": "run_1",
        "object": "thread.run",
        "tools": [],
        "incomplete_details": {},
    }
    assert made.model_dump(exclude_none=True) == bare
    assert json.loads(made.model_dump_json(exclude_none=True)) == bare
    assert json.loads(made.model_dump_json(exclude_unset=True)) == made.to_dict()


def test_json_text_without_indent_is_compact() -> None:
    sent = '{"id":"run_1","object":"thread.run","x":[1,"ä"]}'

    assert run(x=[1, "ä"]).to_json(indent=None) == sent
    assert run(x=[1, "ä"]).model_dump_json(exclude_unset=True) == sent


def test_model_dump_has_none_for_what_is_absent_where_any_kind_may_be() -> None:
    step = structure({"id": "s", "object": "thread.run.step"}, RunStep)

    assert step.model_dump()["step_details"] is None
    assert json.loads(step.model_dump_json())["step_details"] is None


def test_model_dump_shares_nothing_with_the_object() -> None:
    raw = {"id": "r", "object": "thread.run", "new": {"list": [1]}}
    run = structure(raw, Run)
    run.model_dump()["new"]["list"].append(2)

    assert run.extra == {"new": {"list": [1]}}


def test_to_json_is_json_of_what_was_received() -> None:
    made = run(instructions="naïve", usage=None)

    assert json.loads(made.to_json()) == made.to_dict()
    assert made.to_json().startswith('{\n  "id": "run_1"')
    assert "\n" not in made.to_json(indent=None)
    assert "naïve" in made.to_json()


def test_the_request_id_is_no_part_of_the_object() -> None:
    made = run()
    assert made._request_id is None

    made._request_id = "req_1"

    assert made._request_id == "req_1"
    assert made == run()
    assert made.to_dict() == RUN
    assert "req_1" not in repr(made)


@pytest.mark.parametrize(
    "cls",
    [
        Assistant,
        models.AssistantDeleted,
        Message,
        models.MessageDeleted,
        Page[Run],
        Run,
        RunStep,
        Thread,
        models.ThreadDeleted,
    ],
)
def test_every_result_has_a_place_for_the_request_id(cls: Any) -> None:
    made = structure({"id": "x", "object": "y", "data": []}, cls)
    made._request_id = "req_1"

    assert made._request_id == "req_1"


def test_an_object_built_by_keyword_leaves_out_what_is_none() -> None:
    made = MessageDeltaEvent(
        id="msg_1",
        delta=MessageDelta(content=[TextDeltaBlock(index=0, text=TextDelta("hi"))]),
    )

    assert made.to_dict() == {
        "id": "msg_1",
        "object": "thread.message.delta",
        "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "hi"}}]},
    }
    assert made == structure(made.to_dict(), MessageDeltaEvent)


def test_objects_have_slots_and_can_be_referred_to_weakly() -> None:
    for name in models.__all__:
        cls = getattr(models, name)
        if isinstance(cls, type) and issubclass(cls, WireObject):
            assert not hasattr(cls.__new__(cls), "__dict__"), name
    made = run()

    assert weakref.ref(made)() is made


def test_all_names_are_exported_once() -> None:
    assert len(set(models.__all__)) == len(models.__all__)
    assert list(models.__all__) == sorted(models.__all__)
    assert all(hasattr(models, name) for name in models.__all__)


def test_a_number_for_the_code_of_a_runs_error_reads_as_its_digits() -> None:
    raw = {"id": "r", "object": "thread.run", "last_error": {"code": 429}}

    run = structure(raw, Run)

    assert run.last_error is not None
    assert run.last_error.code == "429"
    assert run.to_dict() == raw
