"""Which versions take part."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType
from typing import Any

__all__ = ["load", "version_of"]


def version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def load(name: str) -> Any:
    """Return a module of a peer. Raises `ImportError` if the peer is not installed.

    Untyped, because none of them need be installed when types are checked.
    """
    module: ModuleType = import_module(name)
    return module
