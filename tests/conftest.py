"""Settings for all tests."""

from hypothesis import settings

# The suite gives the same verdict every time: examples are the same in every run, and
# none is judged by the clock. `python -m tests.fuzz` looks for new ones.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")
