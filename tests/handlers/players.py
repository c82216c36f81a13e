"""A stream played to an event handler that notes what it is told, in both colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from attrs import define, field

from runs_core.client import AsyncClient, Client
from runs_core.endpoint import Endpoint
from runs_core.errors import RunsError
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler
from runs_core.models import Message, RunStep, Text
from runs_core.wire.codec import WireObject
from tests.fakes import AsyncFakeTransport, Exchange, FakeTransport, run_async
from tests.handlers.wire import Event, as_bytes

ENDPOINT = Endpoint("http://local.test/v1")
SSE = (("content-type", "text/event-stream"), ("x-request-id", "req_1"))
CALLBACKS = sorted(name for name in vars(AssistantEventHandler) if name[:3] == "on_")

Told = tuple[Any, ...]


@define
class Played:
    """What a handler was told, and what came of it."""

    told: list[Told] = field(factory=list)
    error: Exception | None = None
    handler: Any = None
    transport: Any = None

    def of(self, *names: str) -> list[Told]:
        """Return what it was told under these names."""
        return [told for told in self.told if told[0] in names]

    @property
    def names(self) -> list[str]:
        return [told[0] for told in self.told if told[0] != "on_event"]


class Play(Protocol):
    def __call__(
        self,
        events: Iterable[Event | bytes | Exception],
        overrides: dict[str, Callable[..., Any]] | None = None,
        **params: Any,
    ) -> Played: ...


def exchange_of(events: Iterable[Event | bytes | Exception]) -> Exchange:
    body = [e if isinstance(e, bytes | Exception) else as_bytes([e]) for e in events]
    return Exchange(200, SSE, body)


def noting(base: type, played: Played, overrides: Any) -> Any:
    """Return a handler that notes each call: the name, and what it was given."""

    def callback(name: str) -> Callable[..., Any]:
        override = (overrides or {}).get(name)

        def note(self: Any, *args: Any) -> None:
            if name != "on_event":
                played.told.append((name, *map(plain, args)))
            else:
                played.told.append((name, args[0].event))
            if override is not None:
                override(self, *args)

        if base is AssistantEventHandler:
            return note

        async def note_async(self: Any, *args: Any) -> None:
            note(self, *args)

        return note_async

    return type("Noting", (base,), {name: callback(name) for name in CALLBACKS})()


def plain(given: Any) -> Any:
    """Return what tells objects apart, as they are now."""
    if isinstance(given, Text):
        return given.value
    if isinstance(given, Message):
        return given.id, "".join(
            b.text.value for b in given.content if b.type == "text"
        )
    if isinstance(given, RunStep):
        return given.id, given.status
    if isinstance(given, WireObject):
        return given.to_dict()
    return given


def play(
    events: Iterable[Event | bytes | Exception],
    overrides: dict[str, Callable[..., Any]] | None = None,
    **params: Any,
) -> Played:
    """Play the stream to a handler of a blocking client."""
    played = Played()
    played.transport = FakeTransport(exchange_of(events))
    client = Client(played.transport, ENDPOINT, max_retries=0)
    played.handler = noting(AssistantEventHandler, played, overrides)
    try:
        with client.beta.threads.runs.stream(
            "thread_1", assistant_id="a", event_handler=played.handler, **params
        ) as stream:
            stream.until_done()
    except (RunsError, ValueError) as error:
        played.error = error
    return played


def play_async(
    events: Iterable[Event | bytes | Exception],
    overrides: dict[str, Callable[..., Any]] | None = None,
    **params: Any,
) -> Played:
    """Play the stream to a handler of an async client."""
    played = Played()
    played.transport = AsyncFakeTransport(exchange_of(events))
    client = AsyncClient(played.transport, ENDPOINT, max_retries=0)
    played.handler = noting(AsyncAssistantEventHandler, played, overrides)

    async def main() -> None:
        async with client.beta.threads.runs.stream(
            "thread_1", assistant_id="a", event_handler=played.handler, **params
        ) as stream:
            await stream.until_done()

    try:
        run_async(main())
    except (RunsError, ValueError) as error:
        played.error = error
    return played
