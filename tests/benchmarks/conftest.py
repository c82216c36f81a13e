from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _tests_are_frozen_again() -> Iterator[None]:
    """Freeze what a test of `only_own_garbage` has thawed: all tests that there are."""
    yield
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()
