"""Models as the types of pydantic's fields, which openai-python's can be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runs_core.models import Message, MessageContent, Page, Run, TextContentBlock
from runs_core.wire.codec import structure

pydantic = pytest.importorskip("pydantic")

TEXT = {"type": "text", "text": {"value": "hi", "annotations": []}}
RUN = {"id": "run_1", "object": "thread.run", "status": "queued", "new": 1}
MESSAGE = {"id": "msg_1", "object": "thread.message", "content": [TEXT]}


def adapter(tp: Any) -> Any:
    return pydantic.TypeAdapter(tp)


def test_an_object_stays_the_same_object() -> None:
    run = structure(RUN, Run)

    assert adapter(Run).validate_python(run) is run
    assert adapter(list[Run]).validate_python([run])[0] is run
    assert adapter(Run | None).validate_python(None) is None


def test_a_dict_or_json_is_read_as_what_a_server_sent() -> None:
    assert adapter(Run).validate_python(RUN) == structure(RUN, Run)
    assert adapter(Run).validate_json(json.dumps(RUN)) == structure(RUN, Run)
    assert adapter(Page[Run]).validate_python({"data": [RUN]}).data[0].id == "run_1"


def test_an_object_is_written_as_its_model_dump() -> None:
    message = structure(MESSAGE, Message)
    written = adapter(Message).dump_python(message)

    assert written == message.model_dump()
    assert json.loads(adapter(Message).dump_json(message)) == written


def test_a_union_is_read_by_its_tag() -> None:
    of = adapter(list[MessageContent])
    read = of.validate_python([TEXT, {"type": "hologram"}])

    assert isinstance(read[0], TextContentBlock)
    assert read[1].to_dict() == {"type": "hologram"}


@pytest.mark.parametrize(
    ("tp", "value", "why"),
    [
        (Run, 7, "object"),
        (Run, {"object": "thread.run"}, "id"),
        (
            TextContentBlock,
            {**TEXT, "type": "hologram"},
            "not that of a TextContentBlock",
        ),
    ],
)
def test_what_is_no_such_object_is_pydantics_own_error(
    tp: Any, value: Any, why: str
) -> None:
    with pytest.raises(pydantic.ValidationError, match=why):
        adapter(tp).validate_python(value)


def test_a_json_schema_says_that_it_is_an_object() -> None:
    assert adapter(Run).json_schema() == {"type": "object", "title": "Run"}
