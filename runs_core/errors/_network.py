"""What went wrong below the protocol."""

from __future__ import annotations

from runs_core.errors._base import APIConnectionError, APITimeoutError, OutcomeUnknown

__all__ = [
    "ConnectionOutcomeUnknown",
    "NotSent",
    "TimeoutOutcomeUnknown",
    "TransportError",
    "TransportProtocolError",
    "TransportTimeout",
]


class TransportError(APIConnectionError):
    """The exchange failed below the protocol, and the request was perhaps sent."""


class NotSent(TransportError):
    """No byte of the request left: it is safe to send again."""


class TransportTimeout(TransportError, APITimeoutError):
    """The transport waited for as long as its timeout allowed."""


class TransportProtocolError(TransportError):
    """The peer broke HTTP itself, or answered in an encoding that was not asked for."""


class ConnectionOutcomeUnknown(TransportError, OutcomeUnknown):
    """The connection failed after the request was perhaps sent."""


class TimeoutOutcomeUnknown(ConnectionOutcomeUnknown, TransportTimeout):
    """The response to a request that was perhaps sent took too long."""
