"""The TLS settings of the transports that make their own connections.

What they demand of a server is in `runs_transports.conformance.tls`.
"""

from __future__ import annotations

import ssl

from runs_transports._tls import default_context


def test_hazard_14_the_default_verifies_and_asks_for_tls_1_2() -> None:
    context = default_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
