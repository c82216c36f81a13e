"""Settings for all tests."""

import gc
import signal

import pytest
from hypothesis import settings

# The suite gives the same verdict every time: examples are the same in every run, and
# none is judged by the clock. `python -m tests.fuzz` looks for new ones.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Spare each collection of garbage to look through all tests that there are."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted() -> None:
    """Let Ctrl-C reach the processes that tests start.

    Shells have it ignored in what they run in the background, and it is inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
