"""Which step a failure occurred at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["noting"]


@contextmanager
def noting(step: int) -> Iterator[None]:
    """Add a note to any exception that says at which step it was raised."""
    try:
        yield
    # pytest's own failures are not an `Exception`.
    except BaseException as error:
        error.add_note(f"at step {step} of cancel_at_each_step")
        raise
