"""Memory that a candidate takes, measured in a separate process."""

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
    """Return the chunks that a decoder learns from before memory is measured."""
    some = cut(plain(texts([words(20)]))[0], ONE_EVENT)
    return [some, list(Slices(huge_event(10_000)))]


def peak(kind: str, candidate: str, file: str) -> float:
    """Return by how many MiB resident memory grows while the file is decoded.

    It is read beforehand, and cut into chunks of 1 KiB as they are needed.
    """
    decoder = make(kind, candidate)
    # Twice: what a decoder learns from one stream, it uses for the next.
    for _ in range(2):
        for chunks in small_streams():
            decoder.run(chunks)
    data = Slices(Path(file).read_bytes())
    grown = resident_growth()
    decoder.run(data)
    return grown() / (1 << 20)


def kept(kind: str, candidate: str, streams: int) -> float:
    """Return the KiB that a stream keeps after 20 events and half of another."""
    hold = make(kind, candidate).hold
    assert hold is not None
    chunks = cut(plain(texts([words(40)]))[0], ONE_EVENT)
    half = len(chunks[20]) // 2
    begin = [*chunks[:19], chunks[19] + chunks[20][:half]]

    # Fresh bytes, so that only those that the stream needs stay alive.
    def received() -> Iterator[bytes]:
        for chunk in begin:
            yield bytes(bytearray(chunk))

    # The first one creates what all of them share.
    alive = [hold(received(), 20)]
    gc.collect()
    tracemalloc.start()
    for _ in range(streams):
        alive.append(hold(received(), 20))
    gc.collect()
    bytes_kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return bytes_kept / streams / 1024
