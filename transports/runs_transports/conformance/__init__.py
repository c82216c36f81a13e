"""The suite that any transport can be put through, for pytest.

What a transport must do, on loopback sockets, with a peer whose every byte is written
down. Yours is in it with these lines::

    import pytest
    from runs_transports.conformance import TransportSuite

    class TestMyTransport(TransportSuite):
        @pytest.fixture
        def transport(self, ssl_context):
            return MyTransport(ssl_context=ssl_context)

Async transports are run by asyncio, unless the class has a `run` of its own::

        def run(self, scenario, transport):
            return trio.run(scenario, transport)

`TransportSuite` is the contract. `StrictSuite` is what the project's own transports
promise besides. For those that speak TLS, `runs_transports.conformance.tls.TlsSuite` is
the contract and `.strict_tls.StrictTlsSuite` what ours promise besides; async ones have
`.cancellation.CancellationSuite`. These three need the library `trustme`.

What answers a transport must and must not take is in `runs_core.testing.scenarios`.
"""

# ruff: noqa: E402
from runs_transports._extras import comes_with

with comes_with("conformance", __name__):
    import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in (
            "cancellation",
            "event_loop",
            "face",
            "once",
            "peer",
            "rig",
            "sending",
            "strict",
            "strict_tls",
            "suite",
            "tls",
            "waiting",
        )
    )
)

from runs_transports.conformance.strict import StrictSuite
from runs_transports.conformance.suite import TransportSuite

__all__ = ["StrictSuite", "TransportSuite"]
