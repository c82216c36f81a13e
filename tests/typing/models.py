"""Type checkers see every variant of a union, and that there is no other.

Not run: it is right if mypy and pyright have nothing to say about it.
"""

from typing import assert_never, assert_type

from runs_core import models as m
from runs_core.wire.codec import structure


def every_block(block: m.MessageContent) -> str:
    match block:
        case m.TextContentBlock():
            return assert_type(block.text.value, str)
        case m.ImageFileContentBlock():
            return block.image_file.file_id
        case m.ImageURLContentBlock():
            return block.image_url.url
        case m.RefusalContentBlock():
            return block.refusal
        case m.UnknownContentBlock():
            return assert_type(block.type, str)
        case _:
            assert_never(block)


def every_call(call: m.ToolCall) -> str:
    if isinstance(call, m.CodeInterpreterToolCall):
        return call.code_interpreter.input
    if isinstance(call, m.FileSearchToolCall):
        return call.id
    if isinstance(call, m.FunctionToolCall):
        return call.function.arguments
    if isinstance(call, m.UnknownToolCall):
        return call.id
    assert_never(call)


def every_part(part: m.MessageContentDelta) -> int | None:
    # Each member has an index, so that nobody needs to ask which it is.
    return part.index


def a_run_as_code_for_openai_python_uses_it(run: m.Run) -> list[m.ToolOutput]:
    assert_type(run.thread_id, str)
    assert_type(run.usage, m.Usage | None)
    if run.status != "requires_action" or run.required_action is None:
        return []
    if run.required_action.submit_tool_outputs is None:
        return []
    return [
        m.ToolOutput(tool_call_id=call.id, output=call.function.name)
        for call in run.required_action.submit_tool_outputs.tool_calls
        if isinstance(call, m.RequiredActionFunctionToolCall)
    ]


def a_page_knows_its_elements(raw: object) -> None:
    page = structure(raw, m.Page[m.Run])
    assert_type(page.data, list[m.Run])


def what_is_required_must_be_given() -> None:
    m.FunctionTool(function=m.FunctionDefinition(name="f"))
    m.FunctionTool(function={"name": "f"})  # type: ignore[arg-type] # pyright: ignore
    m.TruncationStrategy()  # type: ignore[call-arg] # pyright: ignore


def blocks_as_code_for_openai_python_tells_them_apart(message: m.Message) -> None:
    for block in message.content:
        match block.type:
            case "text":
                print(block.text.value)


def calls_as_code_for_openai_python_tells_them_apart(step: m.RunStep) -> None:
    match step.step_details.type:
        case "tool_calls":
            print(len(step.step_details.tool_calls))
    if isinstance(step.step_details, m.ToolCallsStepDetails):
        for call in step.step_details.tool_calls:
            match call.type:
                case "function":
                    print(call.function.name, call.function.arguments)
