"""What the figures were measured on, as pyperf collects it, without names and paths."""

from __future__ import annotations

import os
import platform
import sysconfig
from typing import Any

from benchmarks.peers.versions import load

__all__ = ["describe"]

_TOLD = (
    "cpu_model_name",
    "cpu_affinity",
    "cpu_config",
    "aslr",
    "load_avg_1min",
    "platform",
    "python_compiler",
    "python_implementation",
    "python_version",
)


def describe(core: int | None) -> dict[str, Any]:
    try:
        # The tests do not need it, and run without it.
        pyperf = load("pyperf")
    except ImportError:
        collected = {"python_version": platform.python_version()}
    else:
        collected = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    told = {name: collected[name] for name in _TOLD if name in collected}
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return {
        "cpu_count": os.cpu_count(),
        "system": platform.system(),
        "pinned_to_core": core,
        "garbage_collector": "on, with what is old frozen",
        "python_built_with_pgo": "--enable-optimizations" in options,
        **told,
    }
