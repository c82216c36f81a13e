"""The seeds: what is committed for each target, and the samples of streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["CORPUS", "SAMPLES", "seeds"]

CORPUS = Path(__file__).parent / "corpus"
SAMPLES = Path(__file__).parents[1] / "samples" / "streams"


def seeds(target: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each seed."""
    for path in sorted((CORPUS / target).iterdir()):
        yield path.name, path.read_bytes()
    for number, path in enumerate(sorted(SAMPLES.glob("*.sse"))):
        yield path.name, bytes([0, number]) + path.read_bytes()
