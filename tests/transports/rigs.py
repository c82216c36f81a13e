"""The four transports, for tests about all of them; the guide's; and a correct one to
break."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import trio
from attrs import frozen

from runs_core.transport import Opened
from runs_core.wire.http import Request
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.rig import Rig, Runner, Scenario, run_on_asyncio
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport

__all__ = [
    "TRANSPORTS",
    "AnyRig",
    "Correct",
    "Exchange",
    "guides_async_transport",
    "guides_transport",
]

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "transport.md"

T = TypeVar("T")


@frozen
class AnyRig:
    """Runs scenarios, each on a new transport."""

    name: str
    make: Callable[[ssl.SSLContext | None], AbstractContextManager[Any]]
    runner: Runner = run_on_asyncio

    def run(
        self, scenario: Scenario[T], ssl_context: ssl.SSLContext | None = None
    ) -> T:
        with self.make(ssl_context) as transport:
            return Rig(transport, self.runner).run(scenario)


TRANSPORTS = (
    AnyRig("requests", lambda context: RequestsTransport(ssl_context=context)),
    AnyRig(
        "sockets", lambda context: nullcontext(SocketTransport(ssl_context=context))
    ),
    AnyRig(
        "trio",
        lambda context: nullcontext(TrioTransport(ssl_context=context)),
        trio.run,
    ),
    AnyRig(
        "asyncio", lambda context: nullcontext(AsyncioTransport(ssl_context=context))
    ),
)


def guides_transport() -> type[Any]:
    """Return the class that the guide writes, from the standard library alone."""
    return _written("StdlibTransport")


def guides_async_transport() -> type[Any]:
    """Return the async class that the guide writes."""
    return _written("StreamsTransport")


@cache
def _written(name: str) -> type[Any]:
    snippets = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.S | re.M)
    (snippet,) = (text for text in snippets if f"class {name}:" in text)
    names: dict[str, Any] = {}
    exec(snippet, names)
    guides: type[Any] = names[name]
    return guides


Exchange = Opened[bytes]


class Correct:
    """A correct transport; the others break one thing in it."""

    def __init__(self) -> None:
        self.below = SocketTransport()
        self.errors: tuple[type[BaseException], ...] = self.below.errors

    @contextmanager
    def open(self, request: Request) -> Iterator[Exchange]:
        with self.below.open(request) as opened:
            yield Opened(opened.head, self.reading(opened), opened.set_timeout)

    def reading(self, opened: Exchange) -> Callable[[], bytes]:
        return opened.read

    def sleep(self, seconds: float) -> None:
        self.below.sleep(seconds)
