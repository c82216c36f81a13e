"""Which step a failure came at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["noting"]


@contextmanager
def noting(step: int) -> Iterator[None]:
    """Say in a note of what is raised which step it came at."""
    try:
        yield
    # pytest's own failures are no `Exception`.
    except BaseException as error:
        error.add_note(f"at step {step} of cancel_at_each_step")
        raise
