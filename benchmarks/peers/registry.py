"""All candidates by what they do and by name, also for separate processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from benchmarks.peers.candidate import Candidate
from benchmarks.peers.framing import FRAMING, custom
from benchmarks.peers.snapshot import SNAPSHOT, expected_state
from benchmarks.peers.typed import TYPED, expected_events
from benchmarks.streams.styles import Frame

__all__ = ["EXPECTED", "TABLES", "make", "resolve"]

TABLES: dict[str, Mapping[str, Callable[[], Candidate]]] = {
    "framing": FRAMING,
    "typed": TYPED,
    "snapshot": SNAPSHOT,
}
# The expected output of each kind.
EXPECTED: dict[str, Callable[[Sequence[Frame]], Any]] = {
    "framing": list,
    "typed": expected_events,
    "snapshot": expected_state,
}


def make(kind: str, name: str) -> Candidate:
    """Make a candidate: one of the tables, or a user's decoder by its import path.

    Raises `ImportError` if it is not installed.
    """
    found = TABLES[kind].get(name)
    return custom(name, resolve(name)) if found is None else found()


def resolve(path: str) -> Callable[[], Any]:
    """Import what `module:name` names, and return it."""
    module, _, name = path.partition(":")
    if not name:
        raise ValueError(f"a decoder is given as module:factory, not {path!r}")
    found: Callable[[], Any] = getattr(import_module(module), name)
    return found
