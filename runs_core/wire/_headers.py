"""Header fields, and what they may contain: RFC 9110 section 5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Self, TypeAlias, TypeVar

from runs_core._sealed import sealed, sealed_init
from runs_core.errors import InvalidHeader

__all__ = [
    "SHORTEST_SECRET",
    "TOKEN",
    "ChangedHeaders",
    "Fields",
    "FieldsByName",
    "Headers",
    "check_header",
    "check_str",
    "is_header_value",
    "keys_in",
]

# The header fields whose values a repr may show. A list of those to hide would not do:
# a key can be under any name.
_HARMLESS = re.compile(
    r"accept(-encoding)?|connection|content-(encoding|length|type)|date|server|vary"
    r"|openai-(beta|poll-after-ms|processing-ms|version)|retry-after(-ms)?|user-agent"
    r"|transfer-encoding|x-should-retry|x-ratelimit-.*|(x|apim|x-ms)-request-id"
)
# A shorter value, such as "local", is not a secret, and may well occur in any text.
SHORTEST_SECRET = 8

# Fields whose value must not be shown, even if a server repeats it.
_SECRET = re.compile(r"auth|key|token|secret|cookie|password|signature|credential")
# A header's name, and a method: RFC 9110 section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Visible ASCII, with single spaces or tabs inside: RFC 9110 section 5.5, without
# obs-text, which peers decode in different ways.
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")


@sealed
def check_header(name: str, value: str) -> tuple[str, str]:
    """Return the field with its name in lower case, or raise `InvalidHeader`.

    A line break in a value would start another header (or another request). The error
    does not quote what is wrong: it may be a key.
    """
    if not isinstance(name, str) or not TOKEN.fullmatch(name):
        raise InvalidHeader(
            "a header's name must be a token of RFC 9110: letters, digits and symbols"
            " such as '-', without spaces or a colon"
        )
    if not is_header_value(value):
        raise InvalidHeader(
            f"the value of header {name!r} must be a str of visible ASCII, without"
            " line breaks and without spaces at its ends"
        )
    return name.lower(), value


def is_header_value(value: object) -> bool:
    """Return whether `value` can be the value of a header field."""
    return isinstance(value, str) and _HEADER_VALUE.fullmatch(value) is not None


def keys_in(credentials: Iterable[tuple[str, str]]) -> list[str]:
    """Return the keys in fields that are credentials: what no text may show.

    A server can repeat a field's whole value, what follows its scheme (`Bearer`,
    `basic`, …) or one cookie's value. The longest come first: one can hold another.
    """
    keys = set()
    for name, value in credentials:
        keys |= {value, *value.split(None, 1)[1:]}
        if "cookie" in name:
            values = (pair.partition("=")[2] for pair in value.split(";"))
            keys |= {value.strip(' \t"') for value in values}
    long = [key for key in keys if len(key) >= SHORTEST_SECRET]
    return sorted(long, key=lambda key: (-len(key), key))


def check_str(texts: Iterable[object]) -> None:
    """Raise TypeError unless all of these names or values are str."""
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(
                "names and values of headers must be str, not"
                f" {type(text).__name__}: decode bytes as latin-1"
            )


V_co = TypeVar("V_co", str, str | None, covariant=True)


@sealed_init
class _Pairs(Generic[V_co]):
    """Header fields: names in lower case, each with its value.

    The repr and a pickle show only the values that cannot be a credential.
    """

    # Not an attrs class: rich shows the fields of those, `attrs.asdict` returns them.
    __slots__ = ("_pairs",)

    _pairs: tuple[tuple[str, V_co], ...]

    def __init__(
        self, fields: Mapping[str, V_co] | Iterable[tuple[str, V_co]] = ()
    ) -> None:
        if isinstance(fields, type(self)):
            # It never changes, and has been through this.
            self._pairs = fields._pairs
            return
        given: Any = fields.items() if isinstance(fields, Mapping) else fields
        pairs = [(name, value) for name, value in given]
        check_str([name for name, _ in pairs])
        self._pairs = tuple([(name.lower(), value) for name, value in pairs])

    def __iter__(self) -> Iterator[tuple[str, V_co]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def _shown(self) -> tuple[tuple[str, str | None], ...]:
        return tuple(
            (
                name,
                value if value is None or _HARMLESS.fullmatch(name) else "[redacted]",
            )
            for name, value in self._pairs
        )

    def __repr__(self) -> str:
        shown = (f"{name}: {value}" for name, value in self._shown())
        return f"<{type(self).__name__} {', '.join(shown)}>"

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        # A pickle is written to disk and sent elsewhere: it holds what a repr shows.
        return type(self), (self._shown(),)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class ChangedHeaders(_Pairs[str | None]):
    """Header fields to set, and, with None, those to remove."""

    __slots__ = ()


Fields: TypeAlias = "Headers | Mapping[str, str] | Iterable[tuple[str, str]]"


class Headers(_Pairs[str]):
    """Header fields in order, names in lower case.

    Iterating yields pairs, so `dict(headers)` and `list(headers)` both work.
    The repr names fields and shows only the values that cannot be a credential.
    """

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> str:
        """Return the field's first value, or raise KeyError."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def items(self) -> tuple[tuple[str, str], ...]:
        """Return the fields as pairs, as iterating does."""
        return self._pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the field's first value, or `default`."""
        wanted = name.lower()
        for key, value in self._pairs:
            if key == wanted:
                return value
        return default

    def merged(self, changes: Iterable[tuple[str, str | None]]) -> Headers:
        """Return headers in which each named field is replaced, or removed by None.

        What is not named stays as it is, even if it is there more than once.
        """
        named = {name.lower(): value for name, value in changes}
        kept = [pair for pair in self._pairs if pair[0] not in named]
        new = [(name, value) for name, value in named.items() if value is not None]
        return Headers([*kept, *new])

    def secret(self) -> list[tuple[str, str]]:
        """Return the fields that are credentials, judging by their names."""
        return [pair for pair in self._pairs if _SECRET.search(pair[0])]


class FieldsByName(Mapping[str, str]):
    """Header fields by name, ignoring case; the first field of each name.

    This is what an error keeps of a response's headers. It iterates over names in lower
    case. The repr and a pickle hide the values of cookies and other credentials.
    """

    __slots__ = ("_values",)

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _shown(self) -> dict[str, str]:
        return {
            name: "[redacted]"
            if _SECRET.search(name) and not _HARMLESS.fullmatch(name)
            else value
            for name, value in self._values.items()
        }

    def __repr__(self) -> str:
        return repr(self._shown())

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (tuple(self._shown().items()),)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
