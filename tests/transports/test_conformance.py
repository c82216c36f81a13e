"""The four transports, and the guide's, in the suites that are for every transport."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import trio

from runs_core.transport import AsyncTransport
from runs_transports.asyncio import AsyncioTransport
from runs_transports.conformance import StrictSuite, TransportSuite
from runs_transports.conformance.cancellation import CancellationSuite
from runs_transports.conformance.rig import RigFixture
from runs_transports.conformance.strict_tls import StrictTlsSuite
from runs_transports.conformance.tls import TlsSuite
from runs_transports.requests import RequestsTransport
from runs_transports.sockets import SocketTransport
from runs_transports.torture import asyncio as asyncio_torture
from runs_transports.torture import trio as trio_torture
from runs_transports.trio import TrioTransport
from tests.transports.rigs import guides_async_transport, guides_transport

Context = ssl.SSLContext | None


class TestSockets(TransportSuite, StrictSuite):
    @pytest.fixture
    def transport(self, ssl_context: Context) -> SocketTransport:
        return SocketTransport(ssl_context=ssl_context)


class TestSocketsTls(TlsSuite, StrictTlsSuite):
    transport = TestSockets.transport


class TestRequests(TransportSuite, StrictSuite):
    @pytest.fixture
    def transport(self, ssl_context: Context) -> RequestsTransport:
        return RequestsTransport(ssl_context=ssl_context)


class TestRequestsTls(TlsSuite, StrictTlsSuite):
    transport = TestRequests.transport


class OnTrio(RigFixture):
    cancel_at_each_step = trio_torture.cancel_at_each_step

    @pytest.fixture
    def transport(self, ssl_context: Context) -> TrioTransport:
        return TrioTransport(ssl_context=ssl_context)

    def run(self, scenario: Any, transport: AsyncTransport) -> Any:
        return trio.run(scenario, transport)


class TestTrio(OnTrio, TransportSuite, StrictSuite):
    pass


class TestTrioTls(OnTrio, TlsSuite, StrictTlsSuite):
    pass


class TestTrioCancellation(OnTrio, CancellationSuite):
    pass


class OnAsyncio(RigFixture):
    cancel_at_each_step = asyncio_torture.cancel_at_each_step

    @pytest.fixture
    def transport(self, ssl_context: Context) -> AsyncioTransport:
        return AsyncioTransport(ssl_context=ssl_context)


class TestAsyncio(OnAsyncio, TransportSuite, StrictSuite):
    pass


class TestAsyncioTls(OnAsyncio, TlsSuite, StrictTlsSuite):
    pass


class TestAsyncioCancellation(OnAsyncio, CancellationSuite):
    pass


class TestGuide(TransportSuite):
    """The transport that the guide writes, in some forty lines."""

    @pytest.fixture
    def transport(self, ssl_context: Context) -> Any:
        return guides_transport()(ssl_context)


class TestGuideTls(TlsSuite):
    transport = TestGuide.transport


class TestGuideAsync(TransportSuite):
    """The async one, of asyncio's streams."""

    @pytest.fixture
    def transport(self, ssl_context: Context) -> Any:
        return guides_async_transport()(ssl_context)


class TestGuideAsyncTls(TlsSuite):
    transport = TestGuideAsync.transport


class TestGuideAsyncCancellation(CancellationSuite):
    cancel_at_each_step = asyncio_torture.cancel_at_each_step
    transport = TestGuideAsync.transport
