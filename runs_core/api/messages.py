"""Messages: `/threads/{thread_id}/messages`.

https://platform.openai.com/docs/api-reference/messages
"""

from __future__ import annotations

from typing import Unpack

from runs_core.api.operation import build, operation
from runs_core.api.params import (
    MessageCreateParams,
    MessageListParams,
    MetadataParams,
    RequestOptions,
)
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.flows.request import Repeat
from runs_core.models import Message, MessageDeleted, Page

__all__ = ["create", "delete", "list", "retrieve", "update"]


@operation(MessageCreateParams)
def create(thread_id: str, **params: Unpack[MessageCreateParams]) -> Call[Message]:
    """Add a message to a thread. `POST /threads/{thread_id}/messages`.

    Raises `ThreadBusy` while the thread has an active run.
    """
    request = build(
        "messages.create",
        "POST",
        {"thread_id": thread_id},
        params,
        repeat=Repeat.ONCE,
    )
    return Call(request, json_answer(Message))


@operation(RequestOptions)
def retrieve(
    message_id: str, thread_id: str, **params: Unpack[RequestOptions]
) -> Call[Message]:
    """Get a message. `GET /threads/{thread_id}/messages/{message_id}`."""
    ids = {"thread_id": thread_id, "message_id": message_id}
    request = build("messages.retrieve", "GET", ids, params)
    return Call(request, json_answer(Message))


@operation(MetadataParams)
def update(
    message_id: str, thread_id: str, **params: Unpack[MetadataParams]
) -> Call[Message]:
    """Set a message's metadata.

    `POST /threads/{thread_id}/messages/{message_id}`.
    """
    ids = {"thread_id": thread_id, "message_id": message_id}
    request = build("messages.update", "POST", ids, params)
    return Call(request, json_answer(Message))


@operation(MessageListParams)
def list(thread_id: str, **params: Unpack[MessageListParams]) -> Paged[Message]:
    """List a thread's messages, a page at a time; with `run_id`, those of one run.

    `GET /threads/{thread_id}/messages`.
    """
    request = build("messages.list", "GET", {"thread_id": thread_id}, params)
    return Paged(request, json_answer(Page[Message]))


@operation(RequestOptions)
def delete(
    message_id: str, thread_id: str, **params: Unpack[RequestOptions]
) -> Call[MessageDeleted]:
    """Delete a message. `DELETE /threads/{thread_id}/messages/{message_id}`."""
    ids = {"thread_id": thread_id, "message_id": message_id}
    request = build("messages.delete", "DELETE", ids, params)
    return Call(request, json_answer(MessageDeleted))
