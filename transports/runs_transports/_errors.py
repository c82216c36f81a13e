"""What to say when a connection fails, in the same words on every transport.

Messages name host and port. They never quote the URL, a header or a body; nor do the
exceptions that are chained to them.
"""

from __future__ import annotations

import socket
import ssl

from runs_core.errors import NotSent, TransportTimeout
from runs_transports._request import Address

__all__ = ["not_sent", "timed_out"]


def not_sent(
    address: Address, error: BaseException, connect_timeout: float | None
) -> NotSent:
    """Give the error for a connection that could not be made."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = (
                f"the certificate of {address.host} was not accepted"
                f" ({error.verify_message.rstrip('.')})"
            )
        case ssl.SSLError():
            reason = f"no TLS with {address} ({error.reason or 'handshake failed'})"
        case socket.gaierror():
            reason = f"the host {address.host} was not found ({error.strerror})"
        case TimeoutError() if error.errno is None and connect_timeout is not None:
            reason = f"connect to {address} timed out after {connect_timeout:g} s"
        case OSError() if error.strerror:
            reason = f"cannot connect to {address} ({error.strerror})"
        case _:
            reason = f"cannot connect to {address}"
    return NotSent(f"{reason}; nothing was sent")


def timed_out(address: Address, seconds: float | None) -> TransportTimeout:
    """Give the error for a peer that neither took nor sent anything for `seconds`."""
    after = "" if seconds is None else f" after {seconds:g} s"
    return TransportTimeout(f"{address} timed out{after}")
