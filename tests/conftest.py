"""Settings for all tests."""

import faulthandler
import gc
import os
import signal
import sys
import time

import pytest
from hypothesis import settings

# The suite gives the same verdict every time: examples are the same in every run, and
# none is judged by the clock. `python -m tests.fuzz` looks for new ones.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


# The suite takes less than this: a test that hangs says where.
HANGING_SECONDS = 120.0


class Watch:
    """Writes the stacks of all threads if no test starts or ends for too long.

    `faulthandler_timeout` does so too, but starts and ends a thread for each test: most
    tests take little more time than that.
    """

    def __init__(self) -> None:
        # No test's output is captured yet: this is where people look. What stands for
        # it in an editor may have no descriptor.
        try:
            descriptor = sys.stderr.fileno()
        except (AttributeError, OSError, ValueError):
            descriptor = 2
        self._stderr = os.dup(descriptor)
        self._until = 0.0

    def pytest_runtest_logstart(self) -> None:
        """Count anew, unless that was done a moment ago."""
        now = time.monotonic()
        if now >= self._until:
            faulthandler.dump_traceback_later(HANGING_SECONDS, file=self._stderr)
            self._until = now + HANGING_SECONDS / 20

    def pytest_exception_interact(self) -> None:
        """Count anew with the next test: pytest has ended the count."""
        self._until = 0.0

    def pytest_unconfigure(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        os.close(self._stderr)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Watch())
    # On Python 3.14 and later, hypothesis does not find who refers to its own generator
    # of random numbers, because that is frozen, too.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:It looks like `register_random`:hypothesis.errors.HypothesisWarning",
    )


def pytest_collection() -> None:
    """Collect tests, and no garbage: next to nothing of what is made here is."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare each collection of garbage to look through all tests that there are."""
    gc.enable()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted() -> None:
    """Let Ctrl-C reach the processes that tests start.

    Shells have it ignored in what they run in the background, and it is inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who look at a run on a real clock do so soon again.

    Else it is a tenth of a second at least (tests/flows/test_polling.py).
    """
    monkeypatch.setattr("runs_core.flows.polling._SHORTEST_INTERVAL", 0.005)
