"""What every async transport must do when its task is cancelled.

Needs `trustme`.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import pytest

from runs_core.wire.http import Request
from runs_transports.conformance.peer import (
    HEAD,
    PATIENCE,
    STILL_OPEN,
    Connection,
    Script,
    peer,
)
from runs_transports.conformance.rig import (
    Io,
    Rig,
    RigFixture,
    declared,
    eventually,
    fetch,
    get,
    post,
)
from runs_transports.conformance.tls import Authority, one_authority
from runs_transports.torture import open_descriptors

__all__ = ["CancellationSuite", "conversation", "tolerant"]

# So large that sending suspends too. TLS sends in records; without it, the sockets
# between client and server can hold a lot.
LARGE = {"http": bytes(8 * 1024 * 1024), "https": bytes(128 * 1024)}

NOT_REACHED = (
    "the exchange after a cancellation failed: the peer, which takes one connection at"
    " a time, is still waiting for the end of the cancelled one"
)

NO_SHIELD = "a cancelled task could not make an exchange in the transport's `shield()`"


def tolerant(script: Script, context: ssl.SSLContext | None) -> Script:
    """Play the script, behind TLS or not, for as long as the client is there."""

    def played(connection: Connection) -> None:
        try:
            if context is not None:
                connection.secure(context)
            script(connection)
        except (OSError, AssertionError):
            return

    return played


def conversation(connection: Connection) -> None:
    """Answer `aaa` in three chunks."""
    connection.read_request()
    # Connections may be kept in general, but here one that stays open is a fault.
    connection.send(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(3):
        connection.send(b"1\r\na\r\n")
    connection.send(b"0\r\n\r\n")
    connection.wait_until_left()


class CancellationSuite(RigFixture):
    """Cancellation; a subclass provides `transport`, and `cancel_at_each_step`: the
    function of that name for its framework, as in `runs_transports.torture`."""

    cancel_at_each_step: Callable[..., Awaitable[int]]

    @pytest.fixture
    def authority(self) -> Authority:
        return one_authority()

    @pytest.fixture
    def ssl_context(self, authority: Authority) -> ssl.SSLContext:
        return authority.trusted

    @pytest.fixture(params=["http", "https"])
    def scheme(self, request: pytest.FixtureRequest) -> str:
        """The URL's scheme; override it for a transport that does not speak TLS."""
        scheme: str = request.param
        return scheme

    def test_promise_9_an_exchange_may_be_cancelled_at_each_step(
        self, rig: Rig, scheme: str, authority: Authority
    ) -> None:
        secured = authority.server("127.0.0.1") if scheme == "https" else None

        async def scenario(io: Io) -> int:
            small = get(f"{scheme}://127.0.0.1:{server.port}")
            large: Request = post(small.url, LARGE[scheme])
            before = open_descriptors()

            async def attempt() -> None:
                await fetch(io, large)

            async def after() -> None:
                # The peer takes one connection at a time: once it has taken this one,
                # it is done with all earlier ones.
                try:
                    assert (await fetch(io, small)).body == b"aaa"
                except declared(io) as error:
                    raise AssertionError(NOT_REACHED) from error
                assert await eventually(io, server.settled, PATIENCE), STILL_OPEN
                await eventually(io, lambda: open_descriptors() <= before, PATIENCE)
                more = open_descriptors() - before
                assert more <= 0, f"{more} more sockets or files after a cancellation"

            return await type(self).cancel_at_each_step(attempt, after)

        with peer(tolerant(conversation, secured)) as server:
            assert rig.run(scenario) > 0, "it could not be cancelled at any step"

    def test_promise_9_a_cancelled_task_can_exchange_in_the_shield(
        self, rig: Rig, scheme: str, authority: Authority
    ) -> None:
        """For transports that have a `shield()`."""
        if not hasattr(rig.transport, "shield"):
            pytest.skip("the transport has no shield()")
        secured = authority.server("127.0.0.1") if scheme == "https" else None
        answers: list[bytes] = []

        async def scenario(io: Io) -> int:
            request = get(f"{scheme}://127.0.0.1:{server.port}")

            async def attempt() -> None:
                try:
                    await fetch(io, request)
                except BaseException:
                    with rig.transport.shield():
                        answers.append((await fetch(io, request)).body)
                    raise

            return await type(self).cancel_at_each_step(attempt)

        with peer(tolerant(conversation, secured)) as server:
            cancelled = rig.run(scenario)

        assert answers == [b"aaa"] * cancelled, NO_SHIELD
