"""Promise 1: the core does no I/O, and knows no environment, clock or chance."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import runs_core

CORE = Path(runs_core.__file__).parent
MODULES = sorted(CORE.rglob("*.py"))

# What only computes. A module may join if nothing in it does I/O, or asks for the time.
PURE = {
    "__future__",
    "bisect",
    "collections",
    "contextlib",
    "copy",
    "datetime",
    "enum",
    "functools",
    "inspect",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "sys",
    "types",
    "typing",
    "urllib.parse",
    "weakref",
}
DEPENDENCIES = {"attrs", "cattrs", "msgspec", "runs_core"}
# The driver has time and chance as arguments with these as defaults, and it logs.
DRIVER = {"logging", "random", "time"}
# The package loads its own modules when they are first used.
LOADER = ("importlib", "import_module")
# Modules that are pure only in part.
PURE_NAMES = {
    "io": {"BytesIO", "StringIO"},
    "sys": {"exception", "intern", "maxsize", "modules", "version_info"},
}
IMPURE_CALLS = {"open", "print", "input", "breakpoint", "__import__"}
CLOCKS = {"now", "utcnow", "today"}

# What a process must not have loaded because it imported the core.
IMPURE_MODULES = {
    "_socket",
    "_ssl",
    "asyncio",
    "concurrent",
    "email",
    "h11",
    "http",
    "multiprocessing",
    "requests",
    "runs_transports",
    "secrets",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "trio",
    "urllib.request",
    "urllib3",
    "uuid",
}


def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imported(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each module that is imported, and the name from it, if it is a single one."""
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"imports are absolute: {path}"
            assert node.module is not None
            for alias in node.names:
                yield node.module, alias.name


def is_allowed(module: str, name: str | None, path: Path) -> bool:
    if path.name == "drive.py" and module in DRIVER:
        return True
    if path == CORE / "__init__.py" and (module, name) == LOADER:
        return True
    if name is not None and module in PURE_NAMES:
        return name in PURE_NAMES[module]
    top = module.partition(".")[0]
    return module in PURE or top in PURE - {"urllib"} or top in DEPENDENCIES


def test_promise_1_a_module_of_the_core_imports_only_what_computes() -> None:
    wrong = {
        (str(path.relative_to(CORE)), *pair)
        for path in MODULES
        for pair in imported(path)
        if not is_allowed(*pair, path)
    }

    assert wrong == set()


def test_promise_1_a_module_of_the_core_calls_nothing_that_acts() -> None:
    wrong = {
        (str(path.relative_to(CORE)), ast.unparse(node))
        for path in MODULES
        for node in nodes_of(path)
        if (isinstance(node, ast.Call) and is_name_of_an_act(node.func))
        or (isinstance(node, ast.Attribute) and is_impure(node))
    }

    assert wrong == set()


def is_name_of_an_act(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in IMPURE_CALLS


def is_impure(node: ast.Attribute) -> bool:
    owner = ast.unparse(node.value)
    if owner.rpartition(".")[2] in ("datetime", "date"):
        return node.attr in CLOCKS
    return owner in PURE_NAMES and node.attr not in PURE_NAMES[owner]


LOADED = """
import sys
before = set(sys.modules)
import importlib, pkgutil, runs_core
for module in pkgutil.walk_packages(runs_core.__path__, "runs_core."):
    importlib.import_module(module.name)
print(*sorted(set(sys.modules) - before))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a new process has loaded after importing all of the core."""
    result = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        check=True,
        cwd=CORE.parent,
    )
    return set(result.stdout.split())


def test_promise_1_importing_the_core_loads_nothing_that_does_io(
    loaded: set[str],
) -> None:
    assert "runs_core.client" in loaded
    assert "runs_core.testing.service" in loaded
    tops = {name.partition(".")[0] for name in loaded} | loaded
    assert tops & IMPURE_MODULES == set()


def test_importing_the_core_waits_for_no_heavy_dependency(loaded: set[str]) -> None:
    assert {"cattrs", "msgspec"} & loaded == set()


FIRST = """
import sys
from importlib import import_module
wrong = []
for name in sys.argv[1:]:
    for loaded in [m for m in sys.modules if m.partition(".")[0] == "runs_core"]:
        del sys.modules[loaded]
    try:
        import_module(name)
    except ImportError as error:
        wrong.append(f"{name}: {error}")
print(*wrong, sep=chr(10))
"""


def test_any_module_can_be_the_first_that_is_imported() -> None:
    # Below these, modules import what they need, and nothing from the package itself.
    paths = [path.relative_to(CORE.parent).with_suffix("") for path in MODULES]
    names = [".".join(path.parts) for path in paths if len(path.parts) == 2]
    names += ["runs_core.errors", "runs_core.flows.status", "runs_core.wire.sse"]
    result = subprocess.run(
        [sys.executable, "-c", FIRST, *names],
        capture_output=True,
        text=True,
        check=True,
        cwd=CORE.parent,
    )

    assert result.stdout.strip() == ""


def every_source() -> list[Path]:
    root = CORE.parent
    folders = ["runs_core", "transports", "tests", "benchmarks", "docs"]
    return [path for name in folders for path in sorted((root / name).rglob("*.py"))]


def test_the_folder_transports_is_never_imported_as_a_package() -> None:
    """`transports.runs_transports` would be a second copy of every class."""
    wrong = [
        (str(path), module)
        for path in every_source()
        # No need to parse what does not have the word.
        if re.search(r"\btransports\b", path.read_text("utf-8"))
        for module, _ in imported(path)
        if module.partition(".")[0] == "transports"
    ]

    assert wrong == []


@pytest.mark.parametrize("module", ["", ".sockets", ".conformance"])
def test_and_cannot_be(module: str) -> None:
    with pytest.raises(ImportError, match="import runs_transports, not transports"):
        importlib.import_module(f"transports.runs_transports{module}")
