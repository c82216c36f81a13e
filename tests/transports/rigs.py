"""The four transports, for tests that are of none of them alone."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import trio
from attrs import frozen

from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance.rig import Rig, Runner, Scenario, run_on_asyncio
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport

__all__ = ["TRANSPORTS", "AnyRig"]

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
