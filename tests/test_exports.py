"""What is public: each module's `__all__`, and what the package re-exports."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import runs_core
from runs_core import errors

CORE = Path(runs_core.__file__).parent


def name_of(path: Path) -> str:
    parts = path.relative_to(CORE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {name_of(path): path for path in sorted(CORE.rglob("*.py"))}
# Packages that only hold others.
NO_LIST = {
    "runs_core._version",
    "runs_core.api",
    "runs_core.flows",
    "runs_core.wire",
}


def test_a_module_lists_what_is_public() -> None:
    modules = [importlib.import_module(n) for n in sorted(SOURCES.keys() - NO_LIST)]
    listed = {module.__name__: list(module.__all__) for module in modules}

    assert listed == {n: sorted(set(names), key=rank) for n, names in listed.items()}
    assert {
        f"{module.__name__}.{name}"
        for module in modules
        for name in module.__all__
        if not hasattr(module, name)
    } == set()


def rank(name: str) -> tuple[int, str]:
    """The order that ruff keeps: constants, classes, then the rest."""
    if name.isupper():
        return 0, name
    return (1 if name[0].isupper() else 2), name


def imports(name: str) -> list[tuple[str, str]]:
    """The names that a module imports, each after the module it has it from."""
    return [
        (str(node.module), alias.name)
        for node in ast.parse(SOURCES[name].read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def test_what_another_module_uses_is_listed() -> None:
    listing = SOURCES.keys() - NO_LIST
    unlisted = {
        f"{source}.{used} in {name}"
        for name in SOURCES
        for source, used in imports(name)
        if source in listing and f"{source}.{used}" not in SOURCES
        if used not in importlib.import_module(source).__all__
    }

    assert unlisted == set()


@pytest.mark.parametrize(
    "package",
    [
        "runs_core._public",
        "runs_core.errors",
        "runs_core.models",
        "runs_core.stream",
        "runs_core.testing",
    ],
)
def test_a_package_re_exports_what_is_public_where_it_comes_from(package: str) -> None:
    names = [name for _, name in imports(package)]

    assert sorted(names) == sorted(importlib.import_module(package).__all__)


def test_the_package_itself_loads_nothing_before_it_is_used() -> None:
    code = """
import sys, runs_core
print(*[name for name in sys.modules if name.startswith("runs_core.")])
assert {"Client", "runs", "__version__"} <= set(dir(runs_core))
assert set(runs_core.__all__) <= set(dir(runs_core))
runs_core.runs.list, runs_core.errors.NotSent, runs_core.models.Run
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == []


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "runs_core.endpoint", raising=False)
    monkeypatch.delattr(runs_core, "endpoint", raising=False)
    monkeypatch.setitem(sys.modules, "attrs", None)

    with pytest.raises(ModuleNotFoundError) as caught:
        runs_core.endpoint  # noqa: B018

    assert caught.value.name == "attrs"


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="'nothing'"):
        runs_core.nothing  # noqa: B018


# The names that are held stable, and where they are had from.
STABLE = {
    "runs_core": [
        "AsyncClient",
        "AsyncEventStream",
        "AsyncTransport",
        "Call",
        "Client",
        "Endpoint",
        "EventStream",
        "EventStreamDecoder",
        "Head",
        "Opened",
        "Request",
        "Response",
        "RunEventDecoder",
        "RunSnapshot",
        "ServerSentEvent",
        "Transport",
        "assistants",
        "messages",
        "runs",
        "steps",
        "threads",
    ],
    "runs_core.wire.sse": ["EventStreamDecoder", "ServerSentEvent"],
    "runs_core.stream": [
        "RunEventDecoder",
        "RunSnapshot",
        "RunStreamEvent",
        "UnknownEvent",
    ],
    "runs_core.api.runs": [
        "cancel",
        "create",
        "create_and_poll",
        "create_and_stream",
        "list",
        "poll",
        "retrieve",
        "run_tools",
        "stream",
        "stream_tools",
        "submit_tool_outputs",
        "submit_tool_outputs_and_poll",
        "submit_tool_outputs_stream",
        "update",
    ],
    "runs_core.api.steps": ["list", "retrieve"],
    "runs_core.flows.call": ["Call", "Paged"],
    "runs_core.testing": ["LocalService"],
}


@pytest.mark.parametrize("module", STABLE)
def test_the_stable_names_are_public(module: str) -> None:
    assert set(STABLE[module]) <= set(importlib.import_module(module).__all__)


def test_every_error_is_had_from_the_package() -> None:
    names = {
        name
        for name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.RunsError)
    }

    assert names - set(runs_core.__all__) == set()


def test_a_name_is_the_same_thing_wherever_it_is_had_from() -> None:
    """A module that was imported twice would make two classes of one."""
    seen: dict[str, object] = {}
    for module in map(importlib.import_module, sorted(SOURCES)):
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__.startswith("runs_core"):
                key = f"{value.__module__}.{value.__qualname__}"
                assert seen.setdefault(key, value) is value, (module, name)
