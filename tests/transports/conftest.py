from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transports.rigs import RIGS, Rig

DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(params=RIGS, ids=lambda rig: rig.name)
def rig(request: pytest.FixtureRequest) -> Rig:
    result: Rig = request.param
    return result


@pytest.fixture(autouse=True)
def _no_descriptor_is_leaked() -> Iterator[None]:
    """Count at both ends of every test here; nothing is collected in between."""
    if not DESCRIPTORS.exists():
        yield
        return
    before = len(os.listdir(DESCRIPTORS))
    yield
    assert len(os.listdir(DESCRIPTORS)) == before
