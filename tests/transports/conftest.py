from __future__ import annotations

from collections.abc import Iterator

import pytest
import trustme

from runs_transports.conformance.tls import Authority
from runs_transports.torture import open_descriptors
from tests.transports.rigs import TRANSPORTS, AnyRig


@pytest.fixture(scope="session", autouse=True)
def system_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """The one authority that is trusted by default from the first test here on.

    To read those of a real system takes 20 ms for each transport.
    """
    authority = Authority(trustme.CA())
    place = tmp_path_factory.mktemp("system") / "authorities.pem"
    authority.ca.cert_pem.write_to_path(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(place))
        patch.setenv("SSL_CERT_DIR", str(place.parent / "none"))
        yield authority


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
