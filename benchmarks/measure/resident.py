"""Resident memory of this process, as the kernel counts it."""

from __future__ import annotations

import ctypes.util
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

__all__ = ["UNAVAILABLE", "available", "kept_in_file", "resident_growth", "trim"]

# Why figures are missing where it is not `available`.
UNAVAILABLE = "this system does not report the peak of a process"

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def available() -> bool:
    """Whether the kernel reports the peak, and can reset it."""
    return _RESET.exists()


def resident_growth() -> Callable[[], int]:
    """Begin; return a function for the growth in bytes up to the peak since then."""
    gc.collect()
    trim()
    # Reset the high-water mark.
    _RESET.write_text("5")
    before = _kib("VmRSS")
    return lambda: (_kib("VmHWM") - before) * 1024


def _kib(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(name)


@contextmanager
def kept_in_file(data: bytes) -> Iterator[str]:
    """Write data for another process: creating it there would leave free memory."""
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.name


def trim() -> None:
    """Return free memory to the system, so that growth is not hidden in it."""
    libc = ctypes.util.find_library("c")
    if libc is not None:
        trim = getattr(ctypes.CDLL(libc), "malloc_trim", None)
        if trim is not None:
            trim(0)
