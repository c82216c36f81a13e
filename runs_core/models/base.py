"""What the models have in common, besides what `WireObject` provides.

Field names are the wire's. Servers must send only `id`, the key that tells variants
apart, and what a variant is about. Every other field is None if a server leaves it out,
even if its type is never None because the API promises it; lists are then empty.

Values are passed on as received. An enumeration is a `Literal` type widened by `str`: a
word that this library does not know stays a plain string. Timestamps are integers as
received: seconds since 1970, or milliseconds from some servers.
"""

from __future__ import annotations

from typing import Any, ClassVar

from runs_core.wire.codec import Unknown, Value, WireObject

__all__ = ["PROMISED", "Resource", "UnknownDelta", "Value", "id_rule"]

# The default of a field that the API promises. Not ABSENT: receiving is the hot path,
# and None needs no check there.
PROMISED: Any = None


class Resource(WireObject):
    """An object that an operation returns.

    Like everything that is received and not sent, it is not frozen, because freezing
    triples the cost of making one. It is not meant to be changed: it may be shared.
    """

    __slots__ = ("_answered_as",)

    _required: ClassVar[tuple[str, ...]] = ("object",)

    _answered_as: str | None

    @property
    def _request_id(self) -> str | None:
        """The server's id for the exchange that the object came in, or None.

        Not on the wire, and not part of equality.
        """
        try:
            return self._answered_as
        except AttributeError:
            return None

    @_request_id.setter
    def _request_id(self, value: str | None) -> None:
        self._answered_as = value


def id_rule(cls: type) -> str:
    """Return the rule for the id of an object, with the JSONPath `$.id`."""
    return f"the id of a {cls.__name__} must be a string that is not empty @ $.id"


class UnknownDelta(Unknown):
    """An unknown member of a list that deltas write to by index."""

    __slots__ = ()

    @property
    def index(self) -> int | None:
        """Where in the list the delta belongs."""
        index = self.get("index")
        return index if type(index) is int else None
