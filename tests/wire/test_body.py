"""A whole body from its pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import ResponseTooLarge, TransportTimeout
from runs_core.wire.body import BODY_LIMIT, ERROR_BODY_LIMIT, Body
from runs_core.wire.http import Head, Response


def gathered(status: int, limit: int, pieces: list[bytes]) -> tuple[bytes, int]:
    """The body, and how many pieces were taken."""
    body = Body(Head(status, {"a": "b"}), limit, None)
    taken = 0
    for piece in [*pieces, b""]:
        taken += 1
        if not body.add(piece):
            break
    response = body.response()
    assert response == Response(status, {"a": "b"}, response.body)
    return response.body, taken


@given(st.lists(st.binary(min_size=1)))
def test_a_body_is_its_pieces_joined_however_it_was_cut(pieces: list[bytes]) -> None:
    assert gathered(200, BODY_LIMIT, pieces) == (b"".join(pieces), len(pieces) + 1)


def test_promise_2_a_body_may_be_as_long_as_its_limit_and_no_longer() -> None:
    assert gathered(200, 4, [b"ab", b"cd"]) == (b"abcd", 3)
    with pytest.raises(ResponseTooLarge, match=r"is longer than 4 bytes$"):
        gathered(200, 4, [b"ab", b"cd", b"e"])


@pytest.mark.parametrize("status", [300, 404, 503])
def test_promise_2_of_an_error_body_64_kib_are_kept(status: int) -> None:
    piece = b"x" * 60_000

    body, taken = gathered(status, BODY_LIMIT, [piece] * 10)

    assert ERROR_BODY_LIMIT == 64 * 1024
    assert body == b"x" * ERROR_BODY_LIMIT
    assert taken == 2


def test_an_error_body_keeps_the_limit_of_its_request_if_that_is_lower() -> None:
    assert gathered(500, 3, [b"abcdef", b"g"]) == (b"abc", 1)
    assert gathered(500, 6, [b"abcdef"]) == (b"abcdef", 2)


def test_promise_6_the_time_for_a_body_runs_out() -> None:
    body = Body(Head(200), BODY_LIMIT, 10.0)

    assert body.left(7.5) == 2.5
    for late in (10.0, 11.0):
        with pytest.raises(TransportTimeout, match="did not end in time"):
            body.left(late)
    assert Body(Head(200), BODY_LIMIT, None).left(1e9) is None
