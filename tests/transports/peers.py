"""Scripts of peers that several tests need, and no suite."""

from __future__ import annotations

import ssl

import pytest

from runs_transports.conformance.peer import Connection, Script
from runs_transports.conformance.tls import Authority

__all__ = ["demanding_a_certificate"]


def demanding_a_certificate(authority: Authority) -> Script:
    """Return a script that demands a certificate of a client which has none."""
    context = authority.server("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(context)

    def script(connection: Connection) -> None:
        with pytest.raises(ssl.SSLError):
            connection.secure(context)

    return script
