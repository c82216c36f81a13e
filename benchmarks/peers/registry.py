"""All candidates by what they do and by name, also for processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from benchmarks.peers.candidate import Candidate
from benchmarks.peers.framing import FRAMING, custom
from benchmarks.peers.snapshot import SNAPSHOT
from benchmarks.peers.typed import TYPED

__all__ = ["TABLES", "make", "resolve"]

TABLES: dict[str, Mapping[str, Callable[[], Candidate]]] = {
    "framing": FRAMING,
    "typed": TYPED,
    "snapshot": SNAPSHOT,
}


def make(kind: str, name: str) -> Candidate:
    """Make a candidate: one of the tables, or a user's decoder by its import path.

    Raises `ImportError` if it is not installed.
    """
    found = TABLES[kind].get(name)
    return custom(name, resolve(name)) if found is None else found()


def resolve(path: str) -> Callable[[], Any]:
    """Give what `module:name` names."""
    module, _, name = path.partition(":")
    if not name:
        raise ValueError(f"a decoder is given as module:factory, not {path!r}")
    found: Callable[[], Any] = getattr(import_module(module), name)
    return found
