"""Removing credentials from what a server sends back: some servers echo them."""

from __future__ import annotations

import re
from collections.abc import Callable

from runs_core.wire.http import Headers, Request, keys_in

__all__ = ["cleaned", "without"]


def cleaned(headers: Headers, clean: Callable[[bytes], bytes]) -> Headers:
    """Return the fields with `clean` applied to their names and values."""

    def text(value: str) -> str:
        return clean(value.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    return Headers([(text(name), text(value)) for name, value in headers])


def without(body: bytes, credentials: Headers, sent: Request) -> bytes:
    """Return an error's body without the credentials, wherever they are from."""
    for key in keys_in((*credentials, *sent.headers.secret())):
        body = body.replace(key.encode(), _REDACTED)
        if b"\\" in body:
            body = _escaped(key).sub(_REDACTED, body)
    return body


_REDACTED = b"[redacted]"


def _escaped(key: str) -> re.Pattern[bytes]:
    """Return a pattern for a key in JSON, where any character may be escaped.

    RFC 8259 section 7. Some servers write `\\/` for a slash, and others `\\u003d` for
    an equals sign.
    """
    spelled = (rf"(?:\\?{re.escape(c)}|(?i:\\u00{ord(c):02x}))" for c in key)
    return re.compile("".join(spelled).encode())
