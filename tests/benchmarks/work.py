"""What a worker is asked to do: light, because a process of its own imports it."""

from __future__ import annotations

import sys

from benchmarks.measure.resident import resident_growth


def double(number: int) -> int:
    print("doubling")
    return 2 * number


def fail() -> None:
    raise ValueError("got too much:\n  b'data: x'")


def leave() -> None:
    sys.exit(3)


def peak_after_a_peak() -> int:
    before = bytearray(64 << 20)
    before[:: 1 << 12] = b"x" * len(before[:: 1 << 12])
    del before
    return resident_growth()()
