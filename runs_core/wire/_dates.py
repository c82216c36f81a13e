"""Dates of HTTP header fields: RFC 9110 section 5.6.7, as all servers send them now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["http_date", "read_http_date"]

_DATE = re.compile(
    r"\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT", re.ASCII
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_http_date(text: str) -> datetime | None:
    """Give the moment that a date names, or None if it is none."""
    match = _DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    try:
        return datetime(
            int(year),
            _MONTHS.index(match[2]) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def http_date(seconds: float) -> str:
    """Give the date of a moment, which is in seconds since 1970."""
    at = _EPOCH + timedelta(seconds=int(seconds))
    # By hand, for `strftime` writes the names in the language of the locale.
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at:%d} {month} {at:%Y %H:%M:%S} GMT"
