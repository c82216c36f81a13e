"""What to say when a connection fails, in the same words on every transport.

Messages name host and port. Neither they nor the exceptions chained to them ever quote
the URL, a header or a body.
"""

from __future__ import annotations

import os
import socket
import ssl

from runs_core.errors import NotSent, TransportTimeout
from runs_transports._request import MAX_HEAD_BYTES, Address

__all__ = [
    "CUT_BODY",
    "CUT_HEAD",
    "ENDLESS_INTERIM",
    "LONG_HEAD",
    "SWITCHED",
    "TWO_FRAMINGS",
    "no_connection",
    "not_sent",
    "timed_out",
]

# What a peer did wrong: each follows the peer's address.
CUT_HEAD = "closed the connection before the end of the response head"
CUT_BODY = "closed the connection before the end of the response body"
LONG_HEAD = f"sent a head of more than {MAX_HEAD_BYTES} bytes"
ENDLESS_INTERIM = "sent too many interim (1xx) responses"
SWITCHED = "switched to another protocol"
TWO_FRAMINGS = "broke HTTP/1.1: both Content-Length and Transfer-Encoding"

# What OpenSSL calls a first answer that is no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")


def not_sent(
    address: Address, error: BaseException, connect_timeout: float | None
) -> NotSent:
    """Return the error for a connection that could not be made."""
    reason = no_connection(address, error, connect_timeout)
    return NotSent(f"{reason}; nothing was sent")


def no_connection(
    address: Address, error: BaseException, connect_timeout: float | None
) -> str:
    """Say why a connection could not be made."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = (
                f"the certificate of {address.host} was not accepted"
                f" ({error.verify_message.rstrip('.')})"
            )
        case ssl.SSLError():
            what = error.reason or "handshake failed"
            if what in _NO_TLS:
                what += ": is it an http:// server?"
            reason = f"cannot establish TLS with {address} ({what})"
        case socket.gaierror():
            reason = f"the host {address.host} was not found ({error.strerror})"
        case TimeoutError() if error.errno is None and connect_timeout is not None:
            reason = f"connecting to {address} timed out after {connect_timeout:g} s"
        case OSError(errno=int(number)):
            reason = f"cannot connect to {address} ({os.strerror(number)})"
        case _:
            reason = f"cannot connect to {address}"
    return reason


def timed_out(address: Address, seconds: float | None) -> TransportTimeout:
    """Return the error for a peer that took and sent nothing for `seconds`."""
    after = "" if seconds is None else f" after {seconds:g} s"
    return TransportTimeout(f"{address} timed out{after}")
