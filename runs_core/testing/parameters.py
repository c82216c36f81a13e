"""What each operation accepts: the published OpenAPI description as checks.

Operations have their names from there, including `submitToolOuputsToRun`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runs_core.testing.refusal import Refusal
from runs_core.testing.validate import (
    Check,
    any_of,
    anything,
    array,
    boolean,
    fields,
    integer,
    metadata,
    nullable,
    number,
    string,
    tagged,
)

__all__ = ["BODIES", "FILE_SEARCH_CONTENT", "read_query"]

FILE_SEARCH_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"

_TEXT = string()
# The name of a function or a schema.
_NAME = string(max_length=64, pattern="^[a-zA-Z0-9_-]+$")
_METADATA = nullable(metadata)

_RANKING = fields(
    {
        "ranker": string(choices=("auto", "default_2024_08_21")),
        "score_threshold": number(least=0, most=1),
    },
    required=["score_threshold"],
    closed=False,
)
_TOOL = tagged(
    {
        "code_interpreter": anything,
        "file_search": fields(
            {
                "file_search": fields(
                    {
                        "max_num_results": integer(least=1, most=50),
                        "ranking_options": _RANKING,
                    },
                    closed=False,
                )
            },
            closed=False,
        ),
        "function": fields(
            {
                "function": fields(
                    {
                        "name": _NAME,
                        "description": _TEXT,
                        "parameters": fields({}, closed=False),
                        "strict": nullable(boolean),
                    },
                    required=["name"],
                    closed=False,
                )
            },
            required=["function"],
            closed=False,
        ),
    }
)
_CHUNKING = tagged(
    {
        "auto": fields({"type": _TEXT}),
        "static": fields(
            {
                "type": _TEXT,
                "static": fields(
                    {
                        "max_chunk_size_tokens": integer(least=100, most=4096),
                        "chunk_overlap_tokens": integer(),
                    },
                    required=["max_chunk_size_tokens", "chunk_overlap_tokens"],
                ),
            },
            required=["static"],
        ),
    }
)
_VECTOR_STORE = fields(
    {
        "file_ids": array(_TEXT, most=100_000_000),
        "chunking_strategy": _CHUNKING,
        "metadata": _METADATA,
    },
    closed=False,
)
_FILE_IDS = fields({"file_ids": array(_TEXT, most=20)}, closed=False)
_STORE_IDS = fields({"vector_store_ids": array(_TEXT, most=1)}, closed=False)


def _tool_resources(file_search: Check) -> Check:
    resources = {"code_interpreter": _FILE_IDS, "file_search": file_search}
    return nullable(fields(resources, closed=False))


def _stores(name: str, value: Any) -> None:
    """Check what a new assistant or thread searches: a store, or one to create."""
    _STORE_IDS(name, value)
    fields({"vector_stores": array(_VECTOR_STORE, most=1)}, closed=False)(name, value)
    if ("vector_store_ids" in value) == ("vector_stores" in value):
        raise Refusal(
            f"Invalid '{name}': expected exactly one of 'vector_store_ids' and"
            " 'vector_stores'.",
            param=name,
        )


# A store can be created together with what searches it; later it can only be named.
_TOOL_RESOURCES = _tool_resources(_STORE_IDS)
_NEW_TOOL_RESOURCES = _tool_resources(_stores)
_RESPONSE_FORMAT = nullable(
    any_of(
        {
            str: string(choices=("auto",)),
            dict: tagged(
                {
                    "text": anything,
                    "json_object": anything,
                    "json_schema": fields(
                        {
                            "json_schema": fields(
                                {
                                    "name": _NAME,
                                    "description": _TEXT,
                                    "schema": fields({}, closed=False),
                                    "strict": nullable(boolean),
                                },
                                required=["name"],
                                closed=False,
                            )
                        },
                        required=["json_schema"],
                        closed=False,
                    ),
                }
            ),
        }
    )
)
_NAMED_TOOL = fields(
    {
        "type": string(choices=("function", "code_interpreter", "file_search")),
        "function": fields({"name": _TEXT}, required=["name"], closed=False),
    },
    required=["type"],
    closed=False,
)
_TOOL_CHOICE = nullable(
    any_of(
        {
            str: string(choices=("none", "auto", "required")),
            dict: _NAMED_TOOL,
        }
    )
)
_REASONING = nullable(
    string(choices=("none", "minimal", "low", "medium", "high", "xhigh", "max"))
)
_DETAIL = string(choices=("auto", "low", "high"))
_CONTENT_BLOCK = tagged(
    {
        "text": fields({"text": _TEXT}, required=["text"], closed=False),
        "image_file": fields(
            {
                "image_file": fields(
                    {"file_id": _TEXT, "detail": _DETAIL},
                    required=["file_id"],
                    closed=False,
                )
            },
            required=["image_file"],
            closed=False,
        ),
        "image_url": fields(
            {
                "image_url": fields(
                    {"url": _TEXT, "detail": _DETAIL}, required=["url"], closed=False
                )
            },
            required=["image_url"],
            closed=False,
        ),
    }
)
_ATTACHMENT = fields(
    {
        "file_id": _TEXT,
        "tools": array(tagged({"code_interpreter": anything, "file_search": anything})),
    },
    closed=False,
)


def _content(name: str, value: Any) -> None:
    any_of({str: _TEXT, list: array(_CONTENT_BLOCK, least=1)})(name, value)
    if value == "":
        raise Refusal("Message content must be non-empty.", param=name)


_CREATE_MESSAGE = fields(
    {
        "role": string(choices=("user", "assistant")),
        "content": _content,
        "attachments": nullable(array(_ATTACHMENT)),
        "metadata": _METADATA,
    },
    required=["role", "content"],
)
_CREATE_THREAD = fields(
    {
        "messages": array(_CREATE_MESSAGE),
        "tool_resources": _NEW_TOOL_RESOURCES,
        "metadata": _METADATA,
    }
)
_ASSISTANT: dict[str, Check] = {
    "model": _TEXT,
    "name": nullable(string(max_length=256)),
    "description": nullable(string(max_length=512)),
    "instructions": nullable(string(max_length=256000)),
    "reasoning_effort": _REASONING,
    "tools": array(_TOOL, most=128),
    "tool_resources": _TOOL_RESOURCES,
    "metadata": _METADATA,
    "temperature": nullable(number(least=0, most=2)),
    "top_p": nullable(number(least=0, most=1)),
    "response_format": _RESPONSE_FORMAT,
}
_RUN: dict[str, Check] = {
    "assistant_id": _TEXT,
    "model": nullable(_TEXT),
    "instructions": nullable(_TEXT),
    "tools": nullable(array(_TOOL, most=20)),
    "metadata": _METADATA,
    "temperature": nullable(number(least=0, most=2)),
    "top_p": nullable(number(least=0, most=1)),
    "stream": nullable(boolean),
    "max_prompt_tokens": nullable(integer(least=256)),
    "max_completion_tokens": nullable(integer(least=256)),
    "truncation_strategy": nullable(
        fields(
            {
                "type": string(choices=("auto", "last_messages")),
                "last_messages": nullable(integer(least=1)),
            },
            required=["type"],
            closed=False,
        )
    ),
    "tool_choice": _TOOL_CHOICE,
    "parallel_tool_calls": boolean,
    "response_format": _RESPONSE_FORMAT,
}
_METADATA_ONLY = fields({"metadata": _METADATA})

BODIES: Mapping[str, Check] = {
    "createAssistant": fields(
        {**_ASSISTANT, "tool_resources": _NEW_TOOL_RESOURCES}, required=["model"]
    ),
    "modifyAssistant": fields(_ASSISTANT),
    "createThread": _CREATE_THREAD,
    "modifyThread": fields({"tool_resources": _TOOL_RESOURCES, "metadata": _METADATA}),
    "createMessage": _CREATE_MESSAGE,
    "modifyMessage": _METADATA_ONLY,
    "createRun": fields(
        {
            **_RUN,
            "reasoning_effort": _REASONING,
            "additional_instructions": nullable(_TEXT),
            "additional_messages": nullable(array(_CREATE_MESSAGE)),
        },
        required=["assistant_id"],
    ),
    "createThreadAndRun": fields(
        {**_RUN, "thread": _CREATE_THREAD, "tool_resources": _TOOL_RESOURCES},
        required=["assistant_id"],
    ),
    "modifyRun": _METADATA_ONLY,
    "submitToolOuputsToRun": fields(
        {
            "tool_outputs": array(
                fields({"tool_call_id": _TEXT, "output": _TEXT}, closed=False)
            ),
            "stream": nullable(boolean),
        },
        required=["tool_outputs"],
    ),
}

_PAGE: dict[str, Check] = {
    "limit": integer(least=1, most=100),
    "order": string(choices=("asc", "desc")),
    "after": _TEXT,
    "before": _TEXT,
}
_INCLUDE: dict[str, Check] = {"include": array(string(choices=(FILE_SEARCH_CONTENT,)))}
_QUERIES: Mapping[str, Check] = {
    "listAssistants": fields(_PAGE),
    "listMessages": fields({**_PAGE, "run_id": _TEXT}),
    "listRuns": fields(_PAGE),
    "listRunSteps": fields({**_PAGE, **_INCLUDE}),
    "getRunStep": fields(_INCLUDE),
    "createRun": fields(_INCLUDE),
}
_NO_QUERY = fields({})
# Python itself parses no more than some thousand digits.
_WHOLE = re.compile(r"-?[0-9]{1,1000}")


def read_query(operation: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the checked parameters of the query.

    `include` may be repeated and spelled with brackets. `api-version`, which some
    servers need, is accepted everywhere.
    """
    query: dict[str, Any] = {}
    for key, value in pairs:
        if key in ("include", "include[]"):
            query.setdefault("include", []).append(value)
        elif key == "limit":
            query["limit"] = int(value) if _WHOLE.fullmatch(value) else value
        elif key != "api-version":
            query[key] = value
    _QUERIES.get(operation, _NO_QUERY)("", query)
    return query
