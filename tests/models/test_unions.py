"""Each variant becomes its class, and every other one keeps what was received."""

import copy
import pickle
from typing import Any

import pytest

from runs_core import models as m
from runs_core.wire.codec import structure, unstructure

TEXT = {"value": "hi", "annotations": []}
FUNCTION = {"name": "f", "arguments": "{}"}
CODE = {"input": "1", "outputs": []}

# Union, what a server sends, the class it becomes.
VARIANTS = [
    (m.MessageContent, {"type": "text", "text": TEXT}, m.TextContentBlock),
    (
        m.MessageContent,
        {"type": "image_file", "image_file": {"file_id": "file_1"}},
        m.ImageFileContentBlock,
    ),
    (
        m.MessageContent,
        {"type": "image_url", "image_url": {"url": "https://example.org/"}},
        m.ImageURLContentBlock,
    ),
    (m.MessageContent, {"type": "refusal", "refusal": "no"}, m.RefusalContentBlock),
    (m.MessageContent, {"type": "audio", "audio": {}}, m.UnknownContentBlock),
    (
        m.Annotation,
        {"type": "file_citation", "file_citation": {"file_id": "file_1"}},
        m.FileCitationAnnotation,
    ),
    (
        m.Annotation,
        {"type": "file_path", "file_path": {"file_id": "file_1"}},
        m.FilePathAnnotation,
    ),
    (m.Annotation, {"type": "url_citation"}, m.UnknownAnnotation),
    (m.MessageContentDelta, {"type": "text", "index": 0}, m.TextDeltaBlock),
    (m.MessageContentDelta, {"type": "image_file"}, m.ImageFileDeltaBlock),
    (m.MessageContentDelta, {"type": "image_url"}, m.ImageURLDeltaBlock),
    (m.MessageContentDelta, {"type": "refusal"}, m.RefusalDeltaBlock),
    (m.MessageContentDelta, {"type": "audio"}, m.UnknownContentDelta),
    (m.AnnotationDelta, {"type": "file_citation"}, m.FileCitationDeltaAnnotation),
    (m.AnnotationDelta, {"type": "file_path"}, m.FilePathDeltaAnnotation),
    (m.AnnotationDelta, {"type": "url_citation"}, m.UnknownAnnotationDelta),
    (
        m.ToolCall,
        {"type": "code_interpreter", "id": "call_1", "code_interpreter": CODE},
        m.CodeInterpreterToolCall,
    ),
    (
        m.ToolCall,
        {"type": "file_search", "id": "call_1", "file_search": {}},
        m.FileSearchToolCall,
    ),
    (
        m.ToolCall,
        {"type": "function", "id": "call_1", "function": FUNCTION},
        m.FunctionToolCall,
    ),
    (m.ToolCall, {"type": "mcp", "id": "call_1"}, m.UnknownToolCall),
    (m.ToolCall, {"type": "bing_grounding", "id": "call_1"}, m.UnknownToolCall),
    (m.ToolCall, {"type": "openapi", "id": "call_1"}, m.UnknownToolCall),
    (m.ToolCallDelta, {"type": "code_interpreter"}, m.CodeInterpreterToolCallDelta),
    (m.ToolCallDelta, {"type": "file_search"}, m.FileSearchToolCallDelta),
    (m.ToolCallDelta, {"type": "function"}, m.FunctionToolCallDelta),
    (m.ToolCallDelta, {"type": "mcp"}, m.UnknownToolCallDelta),
    (
        m.StepDetails,
        {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
        m.MessageCreationStepDetails,
    ),
    (m.StepDetails, {"type": "tool_calls"}, m.ToolCallsStepDetails),
    (m.StepDetails, {"type": "activities"}, m.UnknownStepDetails),
    (m.StepDetailsDelta, {"type": "message_creation"}, m.RunStepDeltaMessageDelta),
    (m.StepDetailsDelta, {"type": "tool_calls"}, m.ToolCallDeltaObject),
    (m.StepDetailsDelta, {"type": "activities"}, m.UnknownStepDetailsDelta),
    (
        m.CodeInterpreterOutput,
        {"type": "logs", "logs": "1"},
        m.CodeInterpreterOutputLogs,
    ),
    (
        m.CodeInterpreterOutput,
        {"type": "image", "image": {"file_id": "file_1"}},
        m.CodeInterpreterOutputImage,
    ),
    (m.CodeInterpreterOutput, {"type": "video"}, m.UnknownCodeInterpreterOutput),
    (m.CodeInterpreterOutputDelta, {"type": "logs"}, m.CodeInterpreterLogs),
    (m.CodeInterpreterOutputDelta, {"type": "image"}, m.CodeInterpreterImage),
    (
        m.CodeInterpreterOutputDelta,
        {"type": "video"},
        m.UnknownCodeInterpreterOutputDelta,
    ),
    (m.AssistantTool, {"type": "code_interpreter"}, m.CodeInterpreterTool),
    (m.AssistantTool, {"type": "file_search"}, m.FileSearchTool),
    (m.AssistantTool, {"type": "function", "function": FUNCTION}, m.FunctionTool),
    (m.AssistantTool, {"type": "bing_grounding"}, m.UnknownTool),
    (m.AssistantResponseFormatOption, "auto", str),
    (m.AssistantResponseFormatOption, "none_yet", str),
    (m.AssistantResponseFormatOption, {"type": "text"}, m.ResponseFormatText),
    (
        m.AssistantResponseFormatOption,
        {"type": "json_object"},
        m.ResponseFormatJSONObject,
    ),
    (
        m.AssistantResponseFormatOption,
        {"type": "json_schema", "json_schema": {"name": "x"}},
        m.ResponseFormatJSONSchema,
    ),
    (m.AssistantResponseFormatOption, {"type": "grammar"}, m.UnknownResponseFormat),
    (
        m.RequiredActionToolCall,
        {"type": "function", "id": "call_1", "function": FUNCTION},
        m.RequiredActionFunctionToolCall,
    ),
    (
        m.RequiredActionToolCall,
        {"type": "mcp", "id": "call_1"},
        m.UnknownRequiredActionToolCall,
    ),
]

UNKNOWN = {cls for _, _, cls in VARIANTS if issubclass(cls, m.Unknown)}
UNIONS = {
    str(union): (union, cls) for union, _, cls in VARIANTS if issubclass(cls, m.Unknown)
}


@pytest.mark.parametrize(("union", "raw", "cls"), VARIANTS)
def test_a_variant_becomes_its_class(union: Any, raw: Any, cls: type) -> None:
    made = structure(raw, union)

    assert type(made) is cls
    assert raw == unstructure(made)


def test_every_unknown_class_is_in_the_table() -> None:
    classes = {getattr(m, name) for name in m.__all__ if name.startswith("Unknown")}

    assert classes - {m.Unknown} == UNKNOWN


@pytest.mark.parametrize(("union", "unknown"), UNIONS.values(), ids=UNIONS)
@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"type": None},
        {"type": 1},
        {"type": ["text"]},
        {"type": {"a": 1}},
        {"type": ""},
        {"kind": "text"},
        [],
        [{"type": "text"}],
        None,
        0,
        True,
        1.5,
    ],
    ids=repr,
)
def test_what_has_no_known_tag_is_the_unknown_member(
    union: Any, unknown: type, raw: Any
) -> None:
    made = structure(raw, union)

    assert type(made) is unknown
    assert raw == made.raw
    assert raw == unstructure(made)
    assert isinstance(made.type, str)
    assert made.get("x") is None


@pytest.mark.parametrize(
    ("union", "raw"),
    [
        (m.MessageContent, {"type": "text"}),
        (m.MessageContent, {"type": "text", "text": None}),
        (m.MessageContent, {"type": "text", "text": "hi"}),
        (m.MessageContent, {"type": "image_file"}),
        (m.MessageContent, {"type": "image_url", "image_url": []}),
        (m.Annotation, {"type": "file_path"}),
        (m.Annotation, {"type": "file_citation"}),
        (m.ToolCall, {"type": "function", "function": FUNCTION}),
        (m.ToolCall, {"type": "function", "id": None, "function": FUNCTION}),
        (m.ToolCall, {"type": "function", "id": "call_1"}),
        (m.ToolCall, {"type": "code_interpreter", "id": "call_1"}),
        (m.StepDetails, {"type": "message_creation"}),
        (m.CodeInterpreterOutput, {"type": "image"}),
        (m.AssistantTool, {"type": "function"}),
        (m.AssistantResponseFormatOption, {"type": "json_schema"}),
        (m.RequiredActionToolCall, {"type": "function", "id": "call_1"}),
    ],
)
def test_a_known_variant_without_what_it_is_about_is_the_unknown_member(
    union: Any, raw: Any
) -> None:
    made = structure(raw, union)

    assert isinstance(made, m.Unknown)
    assert raw["type"] == made.type
    assert raw == unstructure(made)


def test_unknown_variants_say_their_id_and_index() -> None:
    call = m.UnknownToolCall({"type": "mcp", "id": "call_1"})
    delta = m.UnknownToolCallDelta({"type": "mcp", "index": 2, "id": "call_1"})

    assert (call.type, call.id) == ("mcp", "call_1")
    assert (delta.type, delta.id, delta.index) == ("mcp", "call_1", 2)
    assert m.UnknownRequiredActionToolCall({"id": "call_1"}).id == "call_1"
    assert m.UnknownToolCall({"id": 3}).id == ""
    assert m.UnknownToolCallDelta({"index": True}).index is None
    assert m.UnknownToolCallDelta("nothing").id is None


def test_the_keys_of_an_unknown_variant_are_attributes() -> None:
    said = {"type": "url_citation", "text": "[1]", "url_citation": {"url": "u"}}
    annotation = structure(said, m.Annotation)

    assert annotation.text == "[1]"
    assert annotation.url_citation == {"url": "u"}
    assert getattr(annotation, "file_citation", None) is None
    with pytest.raises(AttributeError, match="'UnknownAnnotation' object has no"):
        _ = annotation.start_index
    assert not hasattr(m.UnknownAnnotation(["text"]), "text")
    assert not hasattr(m.UnknownAnnotation({"_secret": 1}), "_secret")
    for same in (copy.copy(annotation), pickle.loads(pickle.dumps(annotation))):
        assert same == annotation
        assert same.text == "[1]"


def test_a_step_without_details_has_unknown_ones() -> None:
    absent = structure({"id": "step_1", "object": "thread.run.step"}, m.RunStep)
    null = structure(
        {"id": "step_1", "object": "thread.run.step", "step_details": None}, m.RunStep
    )

    assert isinstance(absent.step_details, m.UnknownStepDetails)
    assert isinstance(null.step_details, m.UnknownStepDetails)
    assert "step_details" not in absent.to_dict()
    assert null.to_dict()["step_details"] is None
