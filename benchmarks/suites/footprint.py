"""What it costs to import a library, and how much disk space it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.results import OURS, Figure

__all__ = ["CLIENT", "IMPORT", "SIZE", "footprint"]

IMPORT = "CPU to import all names"
CLIENT = "CPU to import, make a client and have its runs"
SIZE = "installed, with all that it needs, without .pyc"
# Name, code to run, and the distribution to install for it, with its extra. Both
# runs_core and openai load things lazily, so all public names are imported.
_IMPORTS = (
    ("runs-core", "from runs_core import *", "runs-core"),
    (
        "runs-core, a decoder",
        "from runs_core.stream import RunEventDecoder",
        "runs-core",
    ),
    ("runs-core, bare import", "import runs_core", "runs-core"),
    ("openai-python", "import openai", "openai"),
    ("anthropic", "import anthropic", "anthropic"),
    ("azure-ai-agents", "import azure.ai.agents", "azure-ai-agents"),
    ("httpx-sse", "import httpx_sse", "httpx-sse"),
    ("sseclient-py", "import sseclient", "sseclient-py"),
    ("launchdarkly-eventsource", "import ld_eventsource", "launchdarkly-eventsource"),
    ("aiosseclient", "import aiosseclient", "aiosseclient"),
)
_RUNS = (
    "Client(Transport(), Endpoint('http://localhost/v1', auth='k')).beta.threads.runs"
)
_OURS = (
    "from runs_core import {0}Client as Client, Endpoint; "
    "from runs_transports.{1} import {2} as Transport; " + _RUNS
)
_CLIENTS = (
    (
        "runs-core, sockets",
        _OURS.format("", "sockets", "SocketTransport"),
        "runs-core[sockets]",
    ),
    (
        "runs-core, requests",
        _OURS.format("", "requests", "RequestsTransport"),
        "runs-core[requests]",
    ),
    (
        "runs-core, trio",
        _OURS.format("Async", "trio", "TrioTransport"),
        "runs-core[trio]",
    ),
    (
        "runs-core, asyncio",
        _OURS.format("Async", "asyncio", "AsyncioTransport"),
        "runs-core[sockets]",
    ),
    (
        "openai-python",
        "from openai import OpenAI; OpenAI(api_key='k').beta.threads.runs",
        "openai",
    ),
)
# Their installed size is already another candidate's figure.
_PARTS = ("runs-core, a decoder", "runs-core, bare import")
# Only installed, and not imported.
_SIZES = (("runs-core, with msgspec", "runs-core[fast]", "msgspec"),)
# What a distribution imports without saying so.
_UNDECLARED = {"httpx-sse": ("httpx",)}
# Files beside our modules in a checkout that are in no wheel.
_SOURCES = (".c", ".pxi", ".pyd", ".pyi", ".pyx", ".so")
_NOT_QUICK = ("anthropic", "azure-ai-agents", "aiosseclient", "httpx-sse")
_TIMED = "from time import process_time as t; a = t(); {}; print(t() - a)"


def footprint(bench: Bench) -> Iterator[Figure]:
    """New interpreters in turns; the modules are compiled, and in the disk cache."""
    sizes: dict[str, int] = {}
    for what, programs in ((IMPORT, _IMPORTS), (CLIENT, _CLIENTS)):
        found = [
            program
            for program in programs
            if _is_installed(program[2])
            and not (bench.quick and program[0] in _NOT_QUICK)
        ]
        seconds: dict[str, list[float]] = {name: [] for name, _, _ in found}
        for turn in range(3 if bench.quick else 10):
            bench.step(f"{what}: round {turn + 1}")
            for program in list(found):
                name, code, _ = program
                try:
                    taken = _run(code)
                except subprocess.CalledProcessError as error:
                    if name.startswith(OURS):
                        raise
                    lines = error.stderr.strip().splitlines() or ["no message"]
                    bench.missing[name] = f"importing it fails: {lines[-1]}"
                    found.remove(program)
                    continue
                # The first round compiles.
                if turn:
                    seconds[name].append(taken)
        for name, _, distribution in found:
            yield _figure(what, name, "s", seconds[name])
            if name not in _PARTS and name not in sizes:
                sizes[name] = size_of(distribution)
    for name, requirement, also in _SIZES:
        if _is_installed(requirement) and _is_installed(also):
            sizes[name] = size_of(requirement)
    for name, size in sizes.items():
        yield _figure(SIZE, name, "MB", [size / 1e6])


def _is_installed(requirement: str) -> bool:
    try:
        metadata.distribution(requirement.partition("[")[0])
    except metadata.PackageNotFoundError:
        return False
    return True


def _run(code: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(code)],
        capture_output=True,
        text=True,
        check=True,
        # Otherwise ours, if it was not installed by pip, would never be compiled.
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
    )
    return float(done.stdout)


def size_of(requirement: str) -> int:
    """Return the size in bytes of a distribution and everything that it requires."""
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
            for text in (*(found.requires or ()), *_UNDECLARED.get(name, ())):
                required = Requirement(text)
                marker = required.marker
                if marker is None or marker.evaluate({"extra": extra}):
                    waiting.append(required)
    return sum(sizes.values())


def _files(distribution: metadata.Distribution) -> int:
    if distribution.name == "runs-core":
        # Perhaps an editable install, where the distribution has no files of its own.
        specs = (find_spec("runs_core"), find_spec("runs_transports"))
        folders = (Path(spec.origin).parent for spec in specs if spec and spec.origin)
        paths = [path for folder in folders for path in of_a_wheel(folder)]
    else:
        paths = [Path(str(file.locate())) for file in distribution.files or ()]
    return sum(p.stat().st_size for p in paths if p.suffix != ".pyc" and p.is_file())


def of_a_wheel(folder: Path) -> list[Path]:
    """Return the paths in a package's folder, except those that no wheel has."""
    return [path for path in folder.rglob("*") if path.suffix not in _SOURCES]


def _figure(input: str, candidate: str, unit: str, samples: list[float]) -> Figure:
    return Figure(
        suite="footprint",
        input=input,
        variant="",
        candidate=candidate,
        unit=unit,
        samples=samples,
    )
