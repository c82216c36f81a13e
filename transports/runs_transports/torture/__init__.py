"""Cancelling tasks at every step, to test what is left behind.

`runs_transports.torture.trio` and `.asyncio` have the same function, each for its
framework; `runs_core.testing.torture` breaks bytes and flows in the same way.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["descriptors", "open_descriptors"]

_FOLDERS = (Path("/proc/self/fd"), Path("/dev/fd"))


def open_descriptors() -> int:
    """Return how many file descriptors this process has open, 0 if unknown."""
    return len(descriptors())


def descriptors() -> list[int]:
    """Return the numbers of this process's open file descriptors, [] if unknown.

    One of them was that of the list, which is closed again.
    """
    folder = next((folder for folder in _FOLDERS if folder.exists()), None)
    return [] if folder is None else [int(name) for name in os.listdir(folder)]
