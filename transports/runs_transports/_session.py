"""What becomes of a request in a session."""

from __future__ import annotations

from attrs import frozen

from runs_transports._request import Address

__all__ = ["Way"]


@frozen(kw_only=True)
class Way:
    """Where an exchange goes, and how long it may take."""

    address: Address
    connect_timeout: float | None
    read_timeout: float | None
