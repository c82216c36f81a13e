"""What goes into the local service and comes out of it: HTTP without the wire."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from attrs import field, frozen

from runs_core.errors import UsageError

__all__ = ["Pause", "Received", "ServiceReply", "ServiceRequest", "check_seconds"]


def check_seconds(name: str, value: Any, *, for_ever: bool = False) -> None:
    """Raise `UsageError` if not a number of seconds; `for_ever` allows infinity."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (0 <= value < math.inf or (for_ever and value > 0)):
        raise UsageError(f"{name} must be a number of seconds, not {value!r}")


def _wait(instance: object, attribute: Any, value: Any) -> None:
    check_seconds(attribute.name, value, for_ever=True)


@frozen
class Pause:
    """A request to wait `seconds` before what follows.

    In a script, it is the time that the assistant takes. Among the chunks of a reply,
    it asks the host to wait; the host decides whether it does.
    """

    seconds: float = field(validator=_wait)


@frozen(kw_only=True)
class ServiceRequest:
    """One HTTP request as a server reads it.

    `target` is path and query as on the wire (origin form, RFC 9112 section 3.2.1).
    Header names are in lower case.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")


@frozen(kw_only=True)
class ServiceReply:
    """A response: a JSON body is one chunk; an event stream has one for each event.

    The chunks of an event stream are produced as they are taken, and the run advances
    with them; they can be taken once. Any other reply has a content-length.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: Iterable[bytes | Pause] = field(repr=False)

    def abandon(self) -> None:
        """Say that no more chunks will be taken: the client has left.

        Closing the chunks' iterator does the same. The run goes on at the server: the
        next look plays its turn to the end, or starts it if it was queued.
        """
        if close := getattr(self.chunks, "close", None):
            close()


@frozen(kw_only=True)
class Received:
    """A request as the local service keeps it for tests; the repr shows no payload.

    `path` is percent-encoded as it came, and `query` is decoded.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")

    @classmethod
    def of(cls, request: ServiceRequest) -> Received:
        """Return the request with its target split into path and query."""
        # Not urlsplit, which takes what follows two slashes for a host.
        path, _, query = request.target.partition("?")
        return cls(
            method=request.method,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
            body=request.body,
        )

    def header(self, name: str) -> str | None:
        """Return the first value of a header field, or None."""
        wanted = name.lower()
        return next((v for key, v in self.headers if key.lower() == wanted), None)

    @property
    def json(self) -> Any:
        """The decoded body; None if it is empty. Raises ValueError if not JSON."""
        return json.loads(self.body) if self.body else None
