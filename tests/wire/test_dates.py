"""Dates of header fields."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.wire._dates import http_date, read_http_date

# Up to the end of the year 9999.
SECONDS = st.integers(0, 253402300799)


@given(SECONDS, st.sampled_from([0, 0.5]))
def test_a_moment_is_written_as_the_standard_library_does(at: int, more: float) -> None:
    written = http_date(at + more)

    assert written == formatdate(at, usegmt=True)
    assert read_http_date(written) == datetime.fromtimestamp(at, UTC)


# All four name this moment.
@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        " Sun Nov 06 08:49:37 1994 ",
    ],
)
def test_the_three_forms_are_read(text: str) -> None:
    assert read_http_date(text) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(("digits", "year"), [("69", 2069), ("70", 1970), ("99", 1999)])
def test_a_year_of_two_digits_is_one_of_a_hundred(digits: str, year: int) -> None:
    moment = read_http_date(f"Monday, 02-Jan-{digits} 00:00:00 GMT")

    assert moment == datetime(year, 1, 2, tzinfo=UTC)


def test_a_leap_second_is_the_next_one() -> None:
    moment = read_http_date("Sat, 31 Dec 2016 23:59:60 GMT")

    assert moment == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08-49-37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",
        "Sun Nov 6 08:49:37 1994 GMT",
    ],
)
def test_what_names_no_moment(text: str) -> None:
    assert read_http_date(text) is None


@given(st.text())
def test_any_other_text_is_no_moment(text: str) -> None:
    assert read_http_date(text) is None
