"""HTTP messages as values, and the rules for what may stand in them.

Nothing here speaks HTTP: these are the values that a transport is given and gives
back. RFC 9110 (headers), RFC 3986 (URLs).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from attrs import Attribute, evolve, field, frozen

from runs_core._sealed import sealed, sealed_init
from runs_core.errors import InvalidHeader, InvalidPathParameter, UsageError
from runs_core.limits import check_amount, not_negative

__all__ = [
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
    "shorter",
]

# Header fields whose value a repr may show. Not the other way round: a key can be under
# any name.
_HARMLESS = re.compile(
    r"accept(-encoding)?|connection|content-(encoding|length|type)|date|server|vary"
    r"|openai-(beta|poll-after-ms|processing-ms|version)|retry-after(-ms)?|user-agent"
    r"|transfer-encoding|x-should-retry|x-ratelimit-.*|(x|apim|x-ms)-request-id"
)
# A shorter word is no secret, and may well be part of an answer.
_SHORTEST_SECRET = 8

# Those whose value must not be shown even where a server repeats it.
_SECRET = re.compile(r"auth|key|token|secret|cookie|password|signature|credential")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Visible ASCII, with single spaces or tabs inside: RFC 9110 section 5.5, without
# obs-text, which peers decode in different ways.
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
# RFC 3986 pchar without "%": unreserved, sub-delims, ":" and "@".
_PCHAR = "-._~!$&'()*+,;=:@"


@sealed
def check_header(name: str, value: str) -> tuple[str, str]:
    """Give the field with its name in lower case, or raise `InvalidHeader`.

    A line break in a value would start a header (or a request) of somebody else's
    choosing. What is wrong is not quoted in the error: it may be a key.
    """
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        raise InvalidHeader(
            "a header's name must be of letters, digits and '-' (RFC 9110), without"
            " spaces or a colon"
        )
    if not is_header_value(value):
        raise InvalidHeader(
            f"the value of header {name!r} must be a str of visible ASCII, without"
            " line breaks and without spaces at its ends"
        )
    return name.lower(), value


def is_header_value(value: object) -> bool:
    """Tell whether `value` can be the value of a header field."""
    return isinstance(value, str) and _HEADER_VALUE.fullmatch(value) is not None


def keys_in(credentials: Iterable[tuple[str, str]]) -> list[str]:
    """Give the keys of fields that are credentials: what no text may show."""
    keys = (value.removeprefix("Bearer ") for _, value in credentials)
    return [key for key in keys if len(key) >= _SHORTEST_SECRET]


Fields: TypeAlias = "Headers | Mapping[str, str] | Iterable[tuple[str, str]]"


def _in_lower_case(fields: Fields) -> tuple[tuple[str, str], ...]:
    pairs: Any = fields.items() if isinstance(fields, Mapping) else fields
    return tuple((name.lower(), value) for name, value in pairs)


@frozen(repr=False)
class Headers:
    """Header fields in order, names in lower case.

    Iterating gives pairs, so `dict(headers)` and `list(headers)` both work.
    The repr names fields and shows only the values that cannot be a credential.
    """

    # Not in a repr: rich shows the fields of attrs classes by itself.
    _pairs: tuple[tuple[str, str], ...] = field(
        default=(), converter=_in_lower_case, alias="fields", repr=False
    )

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> str:
        """Give the field's first value, or raise KeyError."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def items(self) -> tuple[tuple[str, str], ...]:
        """Give the fields as pairs, as iterating does."""
        return self._pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """Give the field's first value, or `default`."""
        wanted = name.lower()
        for key, value in self._pairs:
            if key == wanted:
                return value
        return default

    def merged(self, changes: Iterable[tuple[str, str | None]]) -> Headers:
        """Give headers in which each named field is replaced, or removed by None."""
        result = dict(self._pairs)
        for name, value in changes:
            result.pop(name.lower(), None)
            if value is not None:
                result[name.lower()] = value
        return Headers(result)

    def secret(self) -> list[tuple[str, str]]:
        """Give the fields that are credentials, going by their names."""
        return [pair for pair in self._pairs if _SECRET.search(pair[0])]

    def _shown(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, value if _HARMLESS.fullmatch(name) else "[redacted]")
            for name, value in self._pairs
        )

    def __repr__(self) -> str:
        shown = (f"{name}: {value}" for name, value in self._shown())
        return f"<Headers {', '.join(shown)}>"

    def __reduce__(self) -> tuple[type[Headers], tuple[object, ...]]:
        # A pickle is written to disk and sent elsewhere: it holds what a repr shows.
        return Headers, (self._shown(),)

    def __copy__(self) -> Headers:
        return self

    def __deepcopy__(self, memo: object) -> Headers:
        return self


class FieldsByName(Mapping[str, str]):
    """Header fields by their names, in upper or lower case; of each the first.

    What an error keeps of an answer: a mapping, whose names are in lower case.
    """

    __slots__ = ("_values",)

    def __init__(self, headers: Headers) -> None:
        self._values: dict[str, str] = {}
        for name, value in headers:
            self._values.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


@frozen
class Timeouts:
    """How long one exchange may wait: to connect, and for each read, in seconds.

    And in `total`, from the beginning until the answer's head has come: that is what a
    deadline leaves. None waits for ever. The defaults are openai-python's.
    """

    connect: float | None = field(default=5.0, validator=not_negative)
    read: float | None = field(default=600.0, validator=not_negative)
    total: float | None = field(default=None, validator=not_negative)

    @classmethod
    def of(cls, timeout: float | Timeouts | None) -> Timeouts:
        """Give what callers mean by one timeout: the same for connecting and reading.

        Raises ValueError for 0, with which nothing could be sent.
        """
        if isinstance(timeout, Timeouts):
            return timeout
        if timeout == 0:
            raise ValueError("timeout must be more than 0 seconds; None waits for ever")
        if not isinstance(timeout, int | float | None):
            # openai-python takes those of its HTTP library.
            raise TypeError(
                "timeout must be a number of seconds, or Timeouts(connect=…, read=…),"
                f" not of type {type(timeout).__name__}"
            )
        check_amount("timeout", timeout)
        return cls(connect=timeout, read=timeout)

    def within(self, seconds: float | None) -> Timeouts:
        """Give timeouts of which none is longer than `seconds` (None: no change)."""
        return Timeouts(
            shorter(self.connect, seconds),
            shorter(self.read, seconds),
            shorter(self.total, seconds),
        )


def shorter(timeout: float | None, other: float | None) -> float | None:
    """Give the shorter of two timeouts, of which None is the longest."""
    if timeout is None or other is None:
        return timeout if other is None else other
    return min(timeout, other)


def _sendable(owner: object, attribute: Attribute[Headers], headers: Headers) -> None:
    for name, value in headers:
        check_header(name, value)


@sealed_init
@frozen
class Request:
    """One HTTP request as a transport gets it.

    `url` is absolute. `body` is None where the request has none. `timeouts` are for
    the transport to enforce. Raises `InvalidHeader`.
    """

    method: str
    url: str = field(repr=lambda url: repr(url.partition("?")[0]))
    headers: Headers = field(factory=Headers, converter=Headers, validator=_sendable)
    body: bytes | None = field(
        default=None,
        repr=lambda body: "None" if body is None else f"<{len(body)} bytes>",
    )
    timeouts: Timeouts = Timeouts()

    def within(self, seconds: float | None) -> Request:
        """Give this request with no timeout longer than `seconds`."""
        return evolve(self, timeouts=self.timeouts.within(seconds))


def _a_status(owner: object, attribute: Attribute[int], status: int) -> None:
    if not isinstance(status, int):
        raise TypeError(f"status must be an int, not {type(status).__name__}")


def _received(fields: Fields) -> Headers:
    headers = Headers(fields)
    for pair in headers:
        for text in pair:
            if not isinstance(text, str):
                raise TypeError(
                    "names and values of headers must be str, not"
                    f" {type(text).__name__}: decode bytes as latin-1"
                )
    return headers


@frozen
class Head:
    """What an answer begins with. Header names are in lower case.

    Names and values are str: where your I/O gives bytes, decode them as latin-1.
    `retries_taken` counts the attempts before the one that was answered. `redact`,
    where there is one, takes the credentials of the request out of a text.
    """

    status: int = field(validator=_a_status)
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
        """The server's name for this exchange, under whichever header it uses."""
        for name in ("x-request-id", "apim-request-id", "x-ms-request-id"):
            if value := self.headers.get(name):
                return value
        return None


@frozen
class Response:
    """A whole answer. `retries_taken` counts the attempts before the one answered."""

    status: int = field(validator=_a_status)
    headers: Headers = field(factory=Headers, converter=_received)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    retries_taken: int = field(default=0, kw_only=True)

    @property
    def head(self) -> Head:
        """Status and headers, without the body."""
        return Head(self.status, self.headers, retries_taken=self.retries_taken)

    @property
    def request_id(self) -> str | None:
        """The server's name for this exchange, if it gave one."""
        return self.head.request_id


Query = Iterable[tuple[str, str]]


def encode_query(pairs: Query) -> str:
    """Give the query string; a name may stand in it more than once.

    Brackets and `*` are percent-encoded: `include[]=*` is `include%5B%5D=%2A`.
    """
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: object) -> str:
    if not isinstance(text, str):
        raise UsageError(f"a query parameter must be a str, not {type(text).__name__}")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise UsageError("a query parameter holds a lone surrogate") from None


_PLACE = re.compile(r"\{(\w+)\}")


def encode_path(template: str, /, **ids: Any) -> str:
    """Put each id into its place in a path template, as exactly one segment.

    Raises `InvalidPathParameter` for an id that is not a str, is empty, or is a dot
    segment: such a request would reach another resource (RFC 3986 section 5.2.4).
    The id itself is not quoted in the error.
    """
    segments = {name: _segment(name, id) for name, id in ids.items()}

    def segment(place: re.Match[str]) -> str:
        try:
            return segments[place[1]]
        except KeyError:
            raise UsageError(
                f"the path template {template!r} has a place for {place[1]!r}; this"
                f" operation has {', '.join(segments) or 'no ids'}"
            ) from None

    return _PLACE.sub(segment, template)


def _segment(name: str, id: object) -> str:
    if not isinstance(id, str):
        raise InvalidPathParameter(f"{name} must be a str, not {type(id).__name__}")
    if not id:
        raise InvalidPathParameter(f"{name} is empty: give the id the server gave you")
    # Also already encoded: a proxy that decodes twice would resolve it.
    if unquote(id) in (".", ".."):
        raise InvalidPathParameter(f"{name} is a dot segment, which is not an id")
    try:
        return quote(id, safe=_PCHAR)
    except UnicodeEncodeError:
        raise InvalidPathParameter(f"{name} holds a lone surrogate") from None
