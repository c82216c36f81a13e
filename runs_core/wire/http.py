"""HTTP messages as values, and the rules for what they may contain.

Nothing here speaks HTTP: these are the values that a transport takes and returns.
RFC 9110 (headers), RFC 3986 (URLs).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import Attribute, evolve, field, frozen

from runs_core._checks import check_amount, instance_of, optional_amount
from runs_core._sealed import sealed_init
from runs_core.errors import InvalidEndpoint, InvalidOption, UsageError
from runs_core.wire._headers import (
    SHORTEST_SECRET,
    TOKEN,
    ChangedHeaders,
    Fields,
    FieldsByName,
    Headers,
    check_header,
    check_str,
    is_header_value,
    keys_in,
)
from runs_core.wire._urls import Query, encode_path, encode_query, places_of

__all__ = [
    "SHORTEST_SECRET",
    "ChangedHeaders",
    "FieldsByName",
    "Head",
    "Headers",
    "Query",
    "Request",
    "Response",
    "Timeouts",
    "check_header",
    "encode_path",
    "encode_query",
    "is_header_value",
    "keys_in",
    "places_of",
    "shorter",
]

# No line end, space or control character.
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


@frozen
class Timeouts:
    """How long one exchange may wait: to connect, and for each read, in seconds.

    `total` is for everything until the head of the response has come: the time that a
    deadline leaves. None waits forever. The defaults are openai-python's.
    """

    connect: float | None = field(default=5.0, validator=optional_amount)
    read: float | None = field(default=600.0, validator=optional_amount)
    total: float | None = field(default=None, validator=optional_amount)

    @classmethod
    def of(cls, timeout: float | Timeouts | None) -> Timeouts:
        """Return the timeouts that one number means: for connecting and for each read.

        Raises `InvalidOption` for 0 or less, with which nothing could be sent.
        """
        if isinstance(timeout, Timeouts):
            return timeout
        if not isinstance(timeout, int | float | None):
            # openai-python takes the timeouts of its HTTP library.
            raise TypeError(
                "timeout must be a number of seconds, or Timeouts(connect=…, read=…),"
                f" not of type {type(timeout).__name__}"
            )
        if timeout is not None and timeout <= 0:
            # Not "None", which to a client means no timeout of its own.
            raise InvalidOption(
                "timeout must be more than 0 seconds; Timeouts(None, None) waits"
                " forever"
            )
        check_amount("timeout", timeout)
        return cls(connect=timeout, read=timeout)

    def within(self, seconds: float | None) -> Timeouts:
        """Return timeouts of which none is longer than `seconds` (None: no change)."""
        return Timeouts(
            shorter(self.connect, seconds),
            shorter(self.read, seconds),
            shorter(self.total, seconds),
        )


def shorter(timeout: float | None, other: float | None) -> float | None:
    """Return the shorter of two timeouts; None is the longest."""
    if timeout is None or other is None:
        return timeout if other is None else other
    return min(timeout, other)


def _sendable(owner: object, attribute: Attribute[Headers], headers: Headers) -> None:
    for name, value in headers:
        check_header(name, value)


def _a_method(owner: object, attribute: Attribute[str], method: str) -> None:
    if not isinstance(method, str) or not TOKEN.fullmatch(method):
        raise UsageError("the request's method cannot be sent: use GET, POST or DELETE")


def _in_visible_ascii(owner: object, attribute: Attribute[str], url: str) -> None:
    if not isinstance(url, str) or not _VISIBLE_ASCII.fullmatch(url):
        raise InvalidEndpoint(
            "the URL must be visible ASCII: percent-encode its path and query, and"
            " write the host in Punycode"
        )


@sealed_init
@frozen
class Request:
    """One HTTP request as a transport gets it.

    `url` is absolute. `body` is None if the request has none. `timeouts` are for the
    transport to enforce. Raises `InvalidHeader`, and, for what would break the request
    line, `UsageError` or `InvalidEndpoint`; never quotes any of it.
    """

    method: str = field(validator=_a_method)
    url: str = field(
        validator=_in_visible_ascii, repr=lambda url: repr(url.partition("?")[0])
    )
    headers: Headers = field(factory=Headers, converter=Headers, validator=_sendable)
    body: bytes | None = field(
        default=None,
        validator=instance_of(bytes | None, "bytes or None"),
        repr=lambda body: "None" if body is None else f"<{len(body)} bytes>",
    )
    timeouts: Timeouts = field(
        default=Timeouts(),
        validator=instance_of(Timeouts, "Timeouts(connect=…, read=…)"),
    )

    def within(self, seconds: float | None) -> Request:
        """Return this request with no timeout longer than `seconds` (None: itself)."""
        if seconds is None:
            return self
        return evolve(self, timeouts=self.timeouts.within(seconds))


def _received(fields: Fields) -> Headers:
    headers = Headers(fields)
    check_str([value for _, value in headers])
    return headers


@frozen
class Head:
    """The head of a response: status and headers, whose names are in lower case.

    Names and values are str: if your I/O returns bytes, decode them as latin-1.
    `retries_taken` counts the attempts before the one that was answered. `redact`, if
    there is one, removes the request's credentials from a text.
    """

    status: int = field(validator=instance_of(int, "an int"))
    headers: Headers = field(factory=Headers, converter=_received)
    retries_taken: int = field(default=0, kw_only=True)
    redact: Callable[[bytes], bytes] | None = field(
        default=None, kw_only=True, eq=False, repr=False
    )

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; "" if there is none."""
        value = self.headers.get("content-type") or ""
        return value.partition(";")[0].strip().lower()

    @property
    def request_id(self) -> str | None:
        """The server's id for this exchange, from whichever header it uses."""
        for name in ("x-request-id", "apim-request-id", "x-ms-request-id"):
            if value := self.headers.get(name):
                return value
        return None


@frozen
class Response:
    """A whole response. `retries_taken` counts the attempts before the one answered."""

    status: int = field(validator=instance_of(int, "an int"))
    headers: Headers = field(factory=Headers, converter=_received)
    body: bytes = field(
        default=b"",
        validator=instance_of(bytes, "bytes"),
        repr=lambda body: f"<{len(body)} bytes>",
    )
    retries_taken: int = field(default=0, kw_only=True)

    @property
    def head(self) -> Head:
        """Status and headers, without the body."""
        return Head(self.status, self.headers, retries_taken=self.retries_taken)

    @property
    def request_id(self) -> str | None:
        """The server's id for this exchange, if it sent one."""
        return self.head.request_id
