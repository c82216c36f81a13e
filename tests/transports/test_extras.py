"""Where a library is missing, the error says which extra it comes with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runs_transports._extras import comes_with
from tests.cli.command import environment

NEEDS = [
    ("serve", "h11", "sockets"),
    ("http1", "h11", "sockets"),
    ("sockets", "h11", "sockets"),
    ("asyncio", "h11", "sockets"),
    ("trio", "trio", "trio"),
    ("trio", "h11", "trio"),
    ("torture.trio", "trio", "trio"),
    ("requests", "requests", "requests"),
    ("requests", "urllib3", "requests"),
    ("conformance", "pytest", "conformance"),
    ("conformance.tls", "trustme", "conformance"),
]

# As in an environment without this one: it is importable by no name. Before each
# import, all is forgotten that the one before it has loaded of us and of libraries.
IMPORT = """
import sys
from importlib import import_module
ours = ("runs_core", "runs_transports")
libraries = {pair.partition(":")[2] for pair in sys.argv[1:]}
for pair in sys.argv[1:]:
    for name in list(sys.modules):
        if name.partition(".")[0] in {*ours, *libraries}:
            del sys.modules[name]
    module, _, blocked = pair.partition(":")
    sys.modules[blocked] = None
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        print(error.name, error, sep="|")
    else:
        print("|")
"""


@pytest.fixture(scope="module")
def said() -> dict[tuple[str, str], list[str]]:
    """Which library each import misses, and what it says; from one new process."""
    pairs = [f"runs_transports.{module}:{library}" for module, library, _ in NEEDS]
    result = subprocess.run(
        [sys.executable, "-c", IMPORT, *pairs],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    lines = [line.split("|") for line in result.stdout.splitlines()]
    return {
        (module, library): line
        for (module, library, _), line in zip(NEEDS, lines, strict=True)
    }


@pytest.mark.parametrize(("module", "library", "extra"), NEEDS)
def test_a_module_says_in_one_sentence_which_extra_it_needs(
    module: str, library: str, extra: str, said: dict[tuple[str, str], list[str]]
) -> None:
    assert said[module, library] == [
        library,
        f"runs_transports.{module} needs {library}, which is not installed:"
        f" pip install 'runs-core[{extra}]'",
    ]


def test_any_other_error_of_an_import_stays_as_it_is() -> None:
    with pytest.raises(ImportError, match=r"^broken$"), comes_with("trio", "a_module"):
        raise ImportError("broken")
