"""Paths and queries of URLs, percent-encoded: RFC 3986."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from runs_core.errors import InvalidPathParameter, UsageError

__all__ = ["Query", "encode_path", "encode_query", "places_of"]

# RFC 3986 pchar without "%": unreserved, sub-delims, ":" and "@".
_PCHAR = "-._~!$&'()*+,;=:@"

Query: TypeAlias = Iterable[tuple[str, str]]


def encode_query(pairs: Query) -> str:
    """Return the query string; a name may occur more than once.

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


def places_of(template: str) -> list[str]:
    """Return the names of the ids that a path template has places for."""
    return _PLACE.findall(template)


def encode_path(template: str, /, **ids: Any) -> str:
    """Put each id into its place in a path template, as exactly one segment.

    Raises `InvalidPathParameter` for an id that is not a str, is empty, or is a dot
    segment: such a request would reach another resource (RFC 3986 section 5.2.4).
    The error does not quote the id.
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
        raise InvalidPathParameter(f"{name} is empty: pass the id the server gave you")
    # Encoded ones, too: a proxy that decodes twice would resolve them.
    if unquote(id) in (".", ".."):
        raise InvalidPathParameter(f"{name} is a dot segment, which is not an id")
    try:
        return quote(id, safe=_PCHAR)
    except UnicodeEncodeError:
        raise InvalidPathParameter(f"{name} holds a lone surrogate") from None
