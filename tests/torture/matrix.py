"""The fault matrix: every operation, on every transport, while the server dies.

`python -m tests.torture.matrix` prints it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import trio
from attrs import frozen

from runs_core import Endpoint, Policy, bound
from runs_core.drive import AsyncDriver, Driver
from runs_core.errors import RunsError
from runs_core.flows.effects import Flow
from runs_transports.asyncio import AsyncioTransport
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.trio import TrioTransport
from tests.torture.dying import Moment, dying
from tests.torture.world import OPERATIONS, Operation, World

__all__ = ["TRANSPORTS", "Cell", "cell", "table"]

Revive = Callable[[], None]


@frozen
class Cell:
    """What came of one operation: `outcome` is "ok" or an error's name, with the number
    of retries; `executions` is the most often that anything was carried out."""

    outcome: str
    retries: int
    executions: int

    def __str__(self) -> str:
        retried = f" +{self.retries}" if self.retries else ""
        return f"{self.outcome}{retried}, {self.executions}x"


# --- Transports whose sleep is the server's revival ---------------------------------


def requests(flow: Flow[Any], revive: Revive) -> None:
    class Quick(RequestsTransport):
        def sleep(self, seconds: float) -> None:
            revive()

    with Quick() as transport:
        Driver[Any, Any](flow, transport).run()


def sockets(flow: Flow[Any], revive: Revive) -> None:
    class Quick(SocketTransport):
        def sleep(self, seconds: float) -> None:
            revive()

    Driver[Any, Any](flow, Quick()).run()


def on_trio(flow: Flow[Any], revive: Revive) -> None:
    class Quick(TrioTransport):
        async def sleep(self, seconds: float) -> None:
            revive()

    trio.run(AsyncDriver[Any, Any](flow, Quick()).run)


def on_asyncio(flow: Flow[Any], revive: Revive) -> None:
    class Quick(AsyncioTransport):
        async def sleep(self, seconds: float) -> None:
            revive()

    async def main() -> None:
        await AsyncDriver[Any, Any](flow, Quick()).run()

    asyncio.run(main())


TRANSPORTS: dict[str, Callable[[Flow[Any], Revive], None]] = {
    "requests": requests,
    "sockets": sockets,
    "trio": on_trio,
    "asyncio": on_asyncio,
}


def cell(operation: Operation, moment: Moment, transport: str) -> Cell:
    """Carry the operation out while the server dies at the moment."""
    world = World()
    waits = 0

    def sleeping() -> None:
        nonlocal waits
        waits += 1
        server.revive()

    with dying(world.service, moment) as server:
        endpoint = Endpoint(server.base_url, "key")
        flow = bound(operation.flow(world), endpoint, Policy(max_retries=2))
        try:
            TRANSPORTS[transport](flow, sleeping)
        except RunsError as error:
            outcome, retries = type(error).__name__, error.retries_taken
        else:
            outcome, retries = "ok", 0
    return Cell(outcome, retries, max(world.executions.values(), default=0))


def table(
    operations: Iterable[Operation] = OPERATIONS,
    transports: Iterable[str] = tuple(TRANSPORTS),
) -> Iterator[list[str]]:
    """Yield the rows: an operation, and what came of it at each moment.

    Where the transports agree, once for all of them.
    """
    yield ["", *(moment.value for moment in Moment)]
    for operation in operations:
        row = [operation.name]
        for moment in Moment:
            cells = {t: str(cell(operation, moment, t)) for t in transports}
            same = set(cells.values())
            row.append(
                same.pop()
                if len(same) == 1
                else ", ".join(f"{t}: {c}" for t, c in cells.items())
            )
        yield row


def main() -> None:
    for row in table():
        print("| " + " | ".join(row) + " |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
