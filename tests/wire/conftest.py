from __future__ import annotations

import pytest

from tests.wire.decoding import DECODERS, MakeDecoder


@pytest.fixture(params=DECODERS)
def make_decoder(request: pytest.FixtureRequest) -> MakeDecoder:
    """What makes an event-stream decoder: each that there is."""
    return DECODERS[request.param]
