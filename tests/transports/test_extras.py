"""Where a library is missing, the error says which extra it comes with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runs_transports._extras import comes_with
from tests.cli.command import environment

# As in an environment without these: each is importable by no name.
IMPORT = """
import sys
from importlib import import_module
module, *blocked = sys.argv[1:]
for name in blocked:
    sys.modules[name] = None
try:
    import_module(module)
except ModuleNotFoundError as error:
    print(error.name, error, sep="|")
"""


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
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
    ],
)
def test_a_module_says_in_one_sentence_which_extra_it_needs(
    module: str, library: str, extra: str
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", IMPORT, f"runs_transports.{module}", library],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )

    name, said = result.stdout.strip().split("|")
    assert name == library
    assert said == (
        f"runs_transports.{module} needs {library}, which is not installed:"
        f" pip install 'runs-core[{extra}]'"
    )


def test_any_other_error_of_an_import_stays_as_it_is() -> None:
    with pytest.raises(ImportError, match=r"^broken$"), comes_with("trio", "a_module"):
        raise ImportError("broken")
