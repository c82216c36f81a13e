"""The fuzz targets on their seeds, and on some more bytes.

`python -m tests.fuzz --minutes 10` goes on.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.corpus import seeds
from tests.fuzz.strategies import streams
from tests.fuzz.targets import TARGETS

SEEDS = [(target, name, data) for target in TARGETS for name, data in seeds(target)]


@pytest.mark.parametrize(
    ("target", "data"),
    [(target, data) for target, _, data in SEEDS],
    ids=[f"{target}-{name}" for target, name, _ in SEEDS],
)
def test_promise_2_each_seed_holds(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_promise_7_whatever_looks_like_a_stream_holds(target: str) -> None:
    @settings(max_examples=40)
    @given(streams())
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_hold(target: str) -> None:
    @given(st.binary(max_size=200))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()
