"""Assistants: `/assistants`.

https://platform.openai.com/docs/api-reference/assistants
"""

from __future__ import annotations

from typing import Unpack

from runs_core.api.operation import build, operation
from runs_core.api.params import (
    AssistantCreateParams,
    AssistantUpdateParams,
    ListParams,
    RequestOptions,
)
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.flows.request import Repeat
from runs_core.models import Assistant, AssistantDeleted, Page

__all__ = ["create", "delete", "list", "retrieve", "update"]


@operation(AssistantCreateParams)
def create(**params: Unpack[AssistantCreateParams]) -> Call[Assistant]:
    """Create an assistant. `POST /assistants`."""
    request = build("assistants.create", "POST", {}, params, repeat=Repeat.ONCE)
    return Call(request, json_answer(Assistant))


@operation(RequestOptions)
def retrieve(assistant_id: str, **params: Unpack[RequestOptions]) -> Call[Assistant]:
    """Get an assistant. `GET /assistants/{assistant_id}`."""
    ids = {"assistant_id": assistant_id}
    request = build("assistants.retrieve", "GET", ids, params)
    return Call(request, json_answer(Assistant))


@operation(AssistantUpdateParams)
def update(
    assistant_id: str, **params: Unpack[AssistantUpdateParams]
) -> Call[Assistant]:
    """Change an assistant. `POST /assistants/{assistant_id}`."""
    ids = {"assistant_id": assistant_id}
    request = build("assistants.update", "POST", ids, params)
    return Call(request, json_answer(Assistant))


@operation(ListParams)
def list(**params: Unpack[ListParams]) -> Paged[Assistant]:
    """List the assistants, a page at a time. `GET /assistants`."""
    request = build("assistants.list", "GET", {}, params)
    return Paged(request, json_answer(Page[Assistant]))


@operation(RequestOptions)
def delete(
    assistant_id: str, **params: Unpack[RequestOptions]
) -> Call[AssistantDeleted]:
    """Delete an assistant. `DELETE /assistants/{assistant_id}`."""
    ids = {"assistant_id": assistant_id}
    request = build("assistants.delete", "DELETE", ids, params)
    return Call(request, json_answer(AssistantDeleted))
