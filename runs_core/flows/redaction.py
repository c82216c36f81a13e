"""Removing credentials from what a server sends back: some servers echo them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from runs_core.wire.http import Headers, Request, keys_in

__all__ = ["cleaned", "cleaned_text", "cleaned_value", "redactor"]


def cleaned(headers: Headers, clean: Callable[[bytes], bytes]) -> Headers:
    """Return the fields with `clean` applied to their names and values."""
    fields = [
        (cleaned_text(name, clean), cleaned_text(value, clean))
        for name, value in headers
    ]
    # Most responses hold nothing of a key.
    return headers if tuple(fields) == headers.items() else Headers(fields)


def cleaned_text(text: str, clean: Callable[[bytes], bytes]) -> str:
    """Return a text with `clean` applied to it."""
    # A server can send lone surrogates, in JSON's escapes.
    return clean(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def cleaned_value(value: Any, clean: Callable[[bytes], bytes]) -> Any:
    """Return a value from JSON with `clean` applied to each name, text and number.

    Not to the JSON text as a whole: if a number in it is a key, that would break it.
    """
    if isinstance(value, dict):
        return {
            cleaned_text(name, clean): cleaned_value(item, clean)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [cleaned_value(item, clean) for item in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    shown = cleaned_text(text, clean)
    return value if shown == text else shown


def redactor(credentials: Headers, sent: Request) -> Callable[[bytes], bytes]:
    """Return the function that takes a request's keys out of what a server says.

    A function, because it shows nothing of what it holds.
    """
    keys = keys_in((*credentials, *sent.headers.secret()))
    begun = [(key, key[:_SHORTEST_BEGINNING].encode()) for key in keys]

    def clean(text: bytes) -> bytes:
        for key, beginning in begun:
            # Most texts (each header of a response is one) have nothing of a key. Not
            # `in`: of bytes in bytes, it takes over twice as long.
            if text.find(beginning) >= 0 or text.find(b"\\") >= 0:
                text = _without(text, key)
        return text

    return clean


def _without(text: bytes, key: str) -> bytes:
    text = text.replace(key.encode(), _REDACTED)
    if b"\\" in text:
        text = _escaped(key).sub(_REDACTED, text)
    return _without_a_beginning(text, key)


_REDACTED = b"[redacted]"
# This much of a key, at the end of what was kept of a body, is taken for its beginning.
_SHORTEST_BEGINNING = 8
# The rest of a character that JSON escapes, of which the end has been cut off.
_CUT_ESCAPE = re.compile(rb"(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")


def _without_a_beginning(body: bytes, key: str) -> bytes:
    """Return the body without a key at its end that was cut off with the rest.

    Of an error's body only the first 64 KiB are kept, and it may break off anywhere.
    """
    begins = re.compile(b"(?=(%b))" % _escaped(key[:_SHORTEST_BEGINNING]).pattern)
    # Escaped, a character takes six bytes at most.
    for begun in begins.finditer(body, max(0, len(body) - 6 * len(key))):
        at = begun.end(1)
        for c in key[_SHORTEST_BEGINNING:]:
            if _CUT_ESCAPE.match(body, at):
                return body[: begun.start()] + _REDACTED
            if (more := _escaped(c).match(body, at)) is None:
                break
            at = more.end()
    return body


def _escaped(key: str) -> re.Pattern[bytes]:
    """Return a pattern for a key in JSON, where any character may be escaped.

    RFC 8259 section 7. Some servers write `\\/` for a slash, and others `\\u003d` for
    an equals sign.
    """
    spelled = (rf"(?:(?i:\\u00{ord(c):02x})|\\?{re.escape(c)})" for c in key)
    return re.compile("".join(spelled).encode())
