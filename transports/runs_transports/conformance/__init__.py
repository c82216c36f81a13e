"""A pytest suite that tests any transport.

It checks what a transport must do, on loopback sockets, with a peer whose every byte is
written down. To test yours::

    import pytest
    from runs_transports.conformance import TransportSuite

    class TestMyTransport(TransportSuite):
        @pytest.fixture
        def transport(self, ssl_context):
            return MyTransport(ssl_context=ssl_context)

Async transports run on asyncio, unless the class has its own `run`::

        def run(self, scenario, transport):
            return trio.run(scenario, transport)

`TransportSuite` is the contract. `StrictSuite` is what the project's own transports
promise beyond it. For transports that speak TLS, the contract is
`runs_transports.conformance.tls.TlsSuite`, and `.strict_tls.StrictTlsSuite` what ours
promise beyond it; async ones have `.cancellation.CancellationSuite`. These three need
the library `trustme`.

The responses that a transport must and must not accept are in
`runs_core.testing.scenarios`.
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
            "left_open",
            "once",
            "peer",
            "rig",
            "sending",
            "strict",
            "strict_tls",
            "suite",
            "tls",
            "verbatim",
            "waiting",
        )
    )
)

from runs_transports.conformance.strict import StrictSuite
from runs_transports.conformance.suite import TransportSuite

__all__ = ["StrictSuite", "TransportSuite"]
