"""Memory that a candidate takes, measured in a process of its own."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure.resident import resident_growth
from benchmarks.peers.registry import make
from benchmarks.streams.conversations import texts, words
from benchmarks.streams.cuts import ONE_EVENT, cut
from benchmarks.streams.growing import Slices, huge_event
from benchmarks.streams.styles import plain

__all__ = ["kept", "peak", "small_streams"]


def small_streams() -> list[list[bytes]]:
    """Give chunks of what a decoder is to know before memory is looked at."""
    some = cut(plain(texts([words(20)]))[0], ONE_EVENT)
    return [some, list(Slices(huge_event(10_000)))]


def peak(kind: str, candidate: str, file: str) -> float:
    """Give by how many MiB resident memory grows while the file is decoded.

    It is read before, and cut into chunks of 1 KiB when they are asked for.
    """
    decoder = make(kind, candidate)
    # Twice: what is learned from a stream is used for the next.
    for _ in range(2):
        for chunks in small_streams():
            decoder.run(chunks)
    data = Slices(Path(file).read_bytes())
    grown = resident_growth()
    decoder.run(data)
    return grown() / (1 << 20)


def kept(kind: str, candidate: str, streams: int) -> float:
    """Give the KiB that a stream keeps after 20 events and the half of one more."""
    hold = make(kind, candidate).hold
    assert hold is not None
    chunks = cut(plain(texts([words(40)]))[0], ONE_EVENT)
    half = len(chunks[20]) // 2
    begin = [*chunks[:19], chunks[19] + chunks[20][:half]]

    # Of bytes of its own, and none that are no longer needed.
    def received() -> Iterator[bytes]:
        for chunk in begin:
            yield bytes(bytearray(chunk))

    # The first makes what all of them share.
    alive = [hold(received(), 20)]
    gc.collect()
    tracemalloc.start()
    for _ in range(streams):
        alive.append(hold(received(), 20))
    gc.collect()
    bytes_kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return bytes_kept / streams / 1024
