"""The TLS settings of the transports that make their own connections."""

from __future__ import annotations

import ssl

__all__ = ["default_context"]


def default_context() -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, from TLS 1.2 on.

    It trusts what the system trusts, as OpenSSL finds it. As in all Python programs,
    SSL_CERT_FILE and SSL_CERT_DIR say where, and SSLKEYLOGFILE is honoured.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
