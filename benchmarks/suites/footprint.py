"""What it costs to import a library, and how much it puts on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.results import Figure

__all__ = ["IMPORT", "SIZE", "footprint"]

IMPORT = "CPU to import"
SIZE = "installed, with all that it needs, without .pyc"
# Name, what is imported, and the distribution that is installed for it with its extra.
_IMPORTS = (
    ("runs-core", "runs_core", "runs-core"),
    ("runs-core, sockets", "runs_transports.sockets, runs_core", "runs-core[sockets]"),
    ("runs-core, trio", "runs_transports.trio, runs_core", "runs-core[trio]"),
    (
        "runs-core, requests",
        "runs_transports.requests, runs_core",
        "runs-core[requests]",
    ),
    ("openai-python", "openai", "openai"),
    ("anthropic", "anthropic", "anthropic"),
    ("azure-ai-agents", "azure.ai.agents", "azure-ai-agents"),
    ("httpx-sse", "httpx_sse", "httpx-sse"),
    ("sseclient-py", "sseclient", "sseclient-py"),
    ("launchdarkly-eventsource", "ld_eventsource", "launchdarkly-eventsource"),
    ("aiosseclient", "aiosseclient", "aiosseclient"),
)
_NOT_QUICK = ("anthropic", "azure-ai-agents", "aiosseclient", "httpx-sse")
_TIMED = "from time import process_time as t; a = t(); import {}; print(t() - a)"


def footprint(bench: Bench) -> Iterator[Figure]:
    """New interpreters in turns; the modules are compiled, and in the disk's cache."""
    found = [
        (name, modules, distribution)
        for name, modules, distribution in _IMPORTS
        if find_spec(modules.partition(",")[0].partition(".")[0]) is not None
        and not (bench.quick and name in _NOT_QUICK)
    ]
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in found}
    for turn in range(4 if bench.quick else 10):
        bench.step(f"import: round {turn + 1}")
        for name, modules, _ in found:
            taken = _import(modules)
            # The first round compiles.
            if turn:
                seconds[name].append(taken)
    for name, _, distribution in found:
        yield _figure(IMPORT, name, "s", seconds[name])
        yield _figure(SIZE, name, "MB", [size_of(distribution) / 1e6])


def _import(modules: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(modules)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def size_of(requirement: str) -> int:
    """Give the bytes of a distribution and of all that it requires."""
    from packaging.requirements import Requirement

    sizes: dict[str, int] = {}
    waiting = [Requirement(requirement)]
    asked: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        try:
            found = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:
            continue
        name = found.name.lower()
        sizes.setdefault(name, _files(found))
        for extra in wanted.extras or {""}:
            if (name, extra) in asked:
                continue
            asked.add((name, extra))
            for text in found.requires or ():
                required = Requirement(text)
                marker = required.marker
                if marker is None or marker.evaluate({"extra": extra}):
                    waiting.append(required)
    return sum(sizes.values())


def _files(distribution: metadata.Distribution) -> int:
    if distribution.name == "runs-core":
        # Perhaps installed in place, where the distribution has no files of its own.
        specs = (find_spec("runs_core"), find_spec("runs_transports"))
        folders = (Path(spec.origin).parent for spec in specs if spec and spec.origin)
        paths = [path for folder in folders for path in folder.rglob("*")]
    else:
        paths = [Path(str(file.locate())) for file in distribution.files or ()]
    return sum(p.stat().st_size for p in paths if p.suffix != ".pyc" and p.is_file())


def _figure(input: str, candidate: str, unit: str, samples: list[float]) -> Figure:
    return Figure(
        suite="footprint",
        input=input,
        variant="",
        candidate=candidate,
        unit=unit,
        samples=samples,
    )
