"""The TLS settings of the transports that make their own connections."""

from __future__ import annotations

import ssl

from runs_core.errors import UsageError

__all__ = ["Trust", "default_context"]


def default_context() -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, from TLS 1.2 on.

    It trusts what the system trusts, as OpenSSL finds it. As in all Python programs,
    SSL_CERT_FILE and SSL_CERT_DIR say where, and SSLKEYLOGFILE is honoured.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class Trust:
    """The context of a transport: the caller's, or the default one.

    The default one is made when it is first needed, because that is slow: it loads all
    authorities. A copy makes its own, because contexts cannot be copied or pickled.
    """

    def __init__(self, given: ssl.SSLContext | None) -> None:
        if not isinstance(given, ssl.SSLContext | None):
            raise UsageError(
                f"ssl_context must be an ssl.SSLContext, not of type"
                f" {type(given).__name__}: for a certificate of your own, pass"
                " ssl.create_default_context(cafile=…)"
            )
        self._given = given
        self._default: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context, the same one each time."""
        if self._given is not None:
            return self._given
        if self._default is None:
            self._default = default_context()
        return self._default

    def __getstate__(self) -> dict[str, object]:
        return {"_given": self._given, "_default": None}
