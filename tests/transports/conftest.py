from __future__ import annotations

from collections.abc import Iterator

import pytest

from runs_transports.torture import open_descriptors
from tests.transports.rigs import TRANSPORTS, AnyRig


@pytest.fixture(params=TRANSPORTS, ids=lambda rig: rig.name)
def rig(request: pytest.FixtureRequest) -> AnyRig:
    result: AnyRig = request.param
    return result


@pytest.fixture(autouse=True)
def _no_descriptor_is_leaked() -> Iterator[None]:
    """Count at both ends of every test here; nothing is collected in between."""
    before = open_descriptors()
    yield
    assert open_descriptors() == before
