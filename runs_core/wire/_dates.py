"""Dates of HTTP header fields, in the three forms of RFC 9110 section 5.6.7."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["http_date", "read_http_date"]

# As all servers send them now; as those of RFC 850 did; and as C's `asctime` does.
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"\w{3}, (?P<day>\d{2}) (?P<month>\w{3}) (?P<year>\d{4}) (?P<time>\S{8}) GMT",
        r"\w{6,9}, (?P<day>\d{2})-(?P<month>\w{3})-(?P<year>\d{2}) (?P<time>\S{8}) GMT",
        r"\w{3} (?P<month>\w{3}) (?P<day>[ \d]\d) (?P<time>\S{8}) (?P<year>\d{4})",
    )
)
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})", re.ASCII)
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
    """Return the moment that a date names, or None if it is not a date.

    A year of two digits is one from 1970 to 2069; a leap second is read as the next.
    """
    matches = (form.fullmatch(text.strip()) for form in _FORMS)
    match = next(filter(None, matches), None)
    time = match and _TIME.fullmatch(match["time"])
    if match is None or time is None or match["month"] not in _MONTHS:
        return None
    year, month, day = match["year"], _MONTHS.index(match["month"]) + 1, match["day"]
    if len(year) == 2:
        year = f"{20 if year < '70' else 19}{year}"
    hour, minute, second = map(int, time.groups())
    leap = second == 60
    try:
        moment = datetime(int(year), month, int(day), hour, minute, second - leap)
        return moment.replace(tzinfo=UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        return None


def http_date(seconds: float) -> str:
    """Return the date of a moment, given in seconds since 1970."""
    at = _EPOCH + timedelta(seconds=int(seconds))
    # By hand, because `strftime` writes names in the language of the locale.
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at:%d} {month} {at:%Y %H:%M:%S} GMT"
