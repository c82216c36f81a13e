from __future__ import annotations

import pytest
import trio

from runs_transports.conformance.peer import Connection, peer
from runs_transports.conformance.rig import fetch, get, in_time
from runs_transports.trio import TrioTransport
from tests.interrupting import interrupted_in


@pytest.mark.parametrize(
    "function", ["_Wire._received", "open_tcp_stream.<locals>.attempt_connect"]
)
def test_ctrl_c_while_trio_connects_or_listens_is_raised_as_it_is(
    function: str,
) -> None:
    """Not in a group, although it comes in a task of a nursery."""

    def script(connection: Connection) -> None:
        connection.wait_until_left()

    async def main(url: str) -> None:
        with interrupted_in(function):
            await fetch(TrioTransport(), get(url))

    with peer(script) as silent, in_time(), pytest.raises(KeyboardInterrupt):
        trio.run(main, silent.url)
