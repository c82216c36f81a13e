"""Dates of header fields."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

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


@given(st.text())
def test_any_other_text_is_no_moment(text: str) -> None:
    assert read_http_date(text) is None
