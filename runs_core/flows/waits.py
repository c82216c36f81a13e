"""How long servers ask their callers to wait."""

from __future__ import annotations

import re

from runs_core.wire._dates import read_http_date
from runs_core.wire.http import Headers

__all__ = ["finite_number", "retry_after"]

# No more digits than a float can hold.
_NUMBER = re.compile(r"\d{1,300}(?:\.\d{0,300})?", re.ASCII)


def finite_number(text: str | None) -> float | None:
    """Read a header's number: plain decimal digits; anything else is None."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    return float(text)


def retry_after(headers: Headers) -> float | None:
    """Return the wait in seconds that the server asks for, or None; junk is ignored.

    `retry-after-ms` wins over `Retry-After` (RFC 9110 section 10.2.3). A date there is
    compared with the response's own `Date`, so that no clock has to be right; drivers
    add a `Date` if there is none.
    """
    milliseconds = finite_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = finite_number(text)
    if seconds is not None or text is None:
        return seconds
    until, sent = read_http_date(text), read_http_date(headers.get("date") or "")
    if until is None or sent is None:
        return None
    wait = (until - sent).total_seconds()
    return wait if wait >= 0 else None
