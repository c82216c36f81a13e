"""What users build and send."""

from typing import Any

import attrs
import pytest

from runs_core import models as m
from runs_core.models.base import Value
from runs_core.wire.codec import dumps, loads, structure


def test_absent_null_and_value_stay_apart() -> None:
    def sent(**given: Any) -> Any:
        return m.FunctionDefinition(name="f", **given).to_dict()

    assert sent() == {"name": "f"}
    assert sent(strict=None) == {"name": "f", "strict": None}
    assert sent(strict=False) == {"name": "f", "strict": False}


def test_what_is_absent_reads_as_none() -> None:
    assert m.FunctionDefinition(name="f").strict is None
    assert m.FunctionDefinition(name="f") == m.FunctionDefinition(name="f", strict=None)


SENT = [
    (m.CodeInterpreterTool(), {"type": "code_interpreter"}),
    (m.FileSearchTool(), {"type": "file_search"}),
    (
        m.FileSearchTool(
            file_search=m.FileSearch(
                max_num_results=3,
                ranking_options=m.FileSearchRankingOptions(score_threshold=0.5),
            )
        ),
        {
            "type": "file_search",
            "file_search": {
                "max_num_results": 3,
                "ranking_options": {"score_threshold": 0.5},
            },
        },
    ),
    (
        m.FunctionTool(function=m.FunctionDefinition(name="f", parameters={"a": [1]})),
        {"type": "function", "function": {"name": "f", "parameters": {"a": [1]}}},
    ),
    (m.UnknownTool({"type": "bing_grounding"}), {"type": "bing_grounding"}),
    (m.ToolOutput("call_1", "42"), {"tool_call_id": "call_1", "output": "42"}),
    (
        m.ToolApproval(tool_call_id="call_1", approve=True),
        {"tool_call_id": "call_1", "approve": True},
    ),
    (
        m.ToolApproval(tool_call_id="call_1", approve=False, headers={"x": "y"}),
        {"tool_call_id": "call_1", "approve": False, "headers": {"x": "y"}},
    ),
    (
        m.TruncationStrategy(type="last_messages", last_messages=2),
        {"type": "last_messages", "last_messages": 2},
    ),
    (m.ResponseFormatText(), {"type": "text"}),
    (m.ResponseFormatJSONObject(), {"type": "json_object"}),
    (
        m.ResponseFormatJSONSchema(
            json_schema=m.JSONSchema(name="x", schema={"type": "object"}, strict=True)
        ),
        {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"type": "object"}, "strict": True},
        },
    ),
    (
        m.AssistantToolChoice(
            type="function", function=m.AssistantToolChoiceFunction("f")
        ),
        {"type": "function", "function": {"name": "f"}},
    ),
    (m.TextContentBlockParam("hi"), {"type": "text", "text": "hi"}),
    (
        m.ImageFileContentBlock(m.ImageFile("file_1", "low")),
        {"type": "image_file", "image_file": {"file_id": "file_1", "detail": "low"}},
    ),
    (
        m.ImageURLContentBlock(m.ImageURL("https://example.org/")),
        {"type": "image_url", "image_url": {"url": "https://example.org/"}},
    ),
    (
        m.Attachment("file_1", [m.FileSearchTool(), m.CodeInterpreterTool()]),
        {
            "file_id": "file_1",
            "tools": [{"type": "file_search"}, {"type": "code_interpreter"}],
        },
    ),
    (
        m.ToolResources(
            code_interpreter=m.ToolResourcesCodeInterpreter(file_ids=["file_1"]),
            file_search=m.ToolResourcesFileSearch(vector_store_ids=[]),
        ),
        {
            "code_interpreter": {"file_ids": ["file_1"]},
            "file_search": {"vector_store_ids": []},
        },
    ),
]


@pytest.mark.parametrize(
    ("value", "raw"), SENT, ids=[type(value).__name__ for value, _ in SENT]
)
def test_a_value_says_on_the_wire_what_it_was_given(value: Any, raw: Any) -> None:
    assert value.to_dict() == raw
    assert loads(dumps(value)) == raw
    assert value == structure(raw, type(value))


def test_models_and_dicts_may_stand_in_one_another() -> None:
    body = {
        "assistant_id": "asst_1",
        "tools": (m.CodeInterpreterTool(), {"type": "file_search"}),
        "metadata": None,
        "additional_messages": iter(
            [{"role": "user", "content": [m.TextContentBlockParam("hi")]}]
        ),
    }

    assert loads(dumps(body)) == {
        "assistant_id": "asst_1",
        "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
        "metadata": None,
        "additional_messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]}
        ],
    }


def test_a_dict_may_stand_in_a_model() -> None:
    definition: Any = {"name": "f"}

    assert m.FunctionTool(function=definition).to_dict() == {
        "type": "function",
        "function": {"name": "f"},
    }


def test_what_was_received_can_be_sent() -> None:
    raw = {"id": "run_1", "object": "thread.run", "tools": [{"type": "x"}], "y": None}
    run = structure(raw, m.Run)

    assert loads(dumps({"tools": run.tools, "run": run})) == {
        "tools": [{"type": "x"}],
        "run": raw,
    }


def test_values_are_frozen_and_received_objects_are_not() -> None:
    for name in m.__all__:
        cls = getattr(m, name)
        if attrs.has(cls):
            frozen = cls.__setattr__ is not object.__setattr__
            assert frozen is issubclass(cls, Value), name


def test_a_frozen_value_refuses_change() -> None:
    output = m.ToolOutput("call_1", "42")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        output.output = "43"  # type: ignore[misc]


def test_values_of_more_than_two_fields_are_built_by_keyword() -> None:
    for name in m.__all__:
        cls = getattr(m, name)
        if attrs.has(cls) and issubclass(cls, Value) and len(attrs.fields(cls)) > 2:
            assert all(at.kw_only for at in attrs.fields(cls)), name
