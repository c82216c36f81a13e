"""Ids look like the real ones, and no two are the same."""

from __future__ import annotations

import math
import re

import pytest

from runs_core.testing.ids import _SPACE, _STEP, Ids


@pytest.mark.parametrize("prefix", ["asst", "thread", "msg", "run", "step", "call"])
def test_an_id_is_a_prefix_and_24_letters_and_digits(prefix):
    ids = Ids()

    assert all(
        re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{24}}", ids.next(prefix))
        for _ in range(100)
    )


def test_a_request_id_is_hexadecimal():
    assert re.fullmatch(r"req_[0-9a-f]{32}", Ids().next_hex("req"))


def test_no_id_comes_twice():
    ids = Ids()
    given = [ids.next(prefix) for prefix in ("run", "step") for _ in range(5000)]
    given += [ids.next_hex("req") for _ in range(5000)]

    assert len({id.partition("_")[2] for id in given}) == len(given)


def test_no_number_comes_again_before_all_have_come():
    assert math.gcd(_STEP, _SPACE) == math.gcd(_STEP, 16) == 1


def test_the_same_ids_come_every_time_and_for_each_prefix_apart():
    first, second = Ids(), Ids()
    second.next("thread")

    assert [first.next("run") for _ in range(3)] == [
        second.next("run") for _ in range(3)
    ]
