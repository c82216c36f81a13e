"""The table of transports, and a conversation on any of them.

Each transport is imported when it is used, so that a command needs only the libraries
of the transport it was given.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from runs_core.client import AsyncClient, Client
from runs_core.endpoint import Endpoint
from runs_core.flows.call import Call
from runs_core.flows.effects import Flow
from runs_core.transport import AsyncTransport, Transport
from runs_transports._extras import missing
from runs_transports.cli.errors import CommandError

__all__ = ["DEFAULT_TRANSPORT", "TRANSPORTS", "check_installed", "drive"]

T = TypeVar("T")

DEFAULT_TRANSPORT = "sockets"


@frozen(kw_only=True)
class _Conversation:
    endpoint: Endpoint
    asked: Call[Any] | Flow[Any]
    take: Callable[[Any], None] | None
    max_retries: int


def drive(
    transport: str,
    endpoint: Endpoint,
    asked: Call[T] | Flow[T],
    take: Callable[[Any], None] | None = None,
    *,
    max_retries: int,
) -> T:
    """Drive the call or flow on the named transport, and return its result.

    With `take`, it is a feed, and that gets what it emits.
    """
    check_installed(transport)
    conversation = _Conversation(
        endpoint=endpoint, asked=asked, take=take, max_retries=max_retries
    )
    result: T = TRANSPORTS[transport](conversation)
    return result


def check_installed(transport: str) -> None:
    """Raise `CommandError` if the library below the transport is missing."""
    try:
        importlib.import_module(f"runs_transports.{transport}")
    except ModuleNotFoundError as error:
        raise CommandError(
            missing(f"the transport {transport}", error.name, "cli")
        ) from None


def _requests(conversation: _Conversation) -> Any:
    from runs_transports.requests import RequestsTransport

    with RequestsTransport() as transport:
        return _blocking(transport, conversation)


def _sockets(conversation: _Conversation) -> Any:
    from runs_transports.sockets import SocketTransport

    return _blocking(SocketTransport(), conversation)


def _trio(conversation: _Conversation) -> Any:
    import trio

    from runs_transports.trio import TrioTransport

    return trio.run(
        _awaiting,
        TrioTransport(),
        conversation,
        # Else Ctrl-C may come before a coroutine is awaited, which Python reports.
        restrict_keyboard_interrupt_to_checkpoints=True,
    )


def _asyncio(conversation: _Conversation) -> Any:
    import asyncio

    from runs_transports.asyncio import AsyncioTransport

    return asyncio.run(_awaiting(AsyncioTransport(), conversation))


_Run: TypeAlias = Callable[[_Conversation], Any]

TRANSPORTS: dict[str, _Run] = {
    "requests": _requests,
    "trio": _trio,
    "sockets": _sockets,
    "asyncio": _asyncio,
}


def _blocking(transport: Transport, conversation: _Conversation) -> Any:
    client = Client(
        transport, conversation.endpoint, max_retries=conversation.max_retries
    )
    asked: Any = conversation.asked
    if conversation.take is None:
        return client.run(asked)
    with client.stream(asked) as stream:
        for item in stream:
            conversation.take(item)
        return stream.result


async def _awaiting(transport: AsyncTransport, conversation: _Conversation) -> Any:
    client = AsyncClient(
        transport, conversation.endpoint, max_retries=conversation.max_retries
    )
    asked: Any = conversation.asked
    if conversation.take is None:
        return await client.run(asked)
    async with client.stream(asked) as stream:
        async for item in stream:
            conversation.take(item)
        return stream.result
