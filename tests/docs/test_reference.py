"""Every public name is in the reference."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from docs.generate import DOCS, NOUNS
from runs_core.client import ClientOptions
from runs_core.errors import ThreadBusy
from runs_core.wire.sse import ServerSentEvent

pytest.importorskip("sphinx")

# Everything that the pages of the reference describe, by where they say it is. They are
# only read: links, types in signatures and quotation marks take as long, and add none.
BUILD = """
import sys
from sphinx.application import Sphinx

docs, out = sys.argv[1:]
only = {"exclude_patterns": ["*.md", "topics", "howto"], "root_doc": "reference/types"}
only |= {"autodoc_typehints": "none", "smartquotes": False}
app = Sphinx(docs, docs, out, out, "dummy", only, status=None, warning=None)
app.builder.read()
print(*app.env.get_domain("py").objects, sep="\\n")
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", BUILD, DOCS, tmp_path_factory.mktemp("docs")],
        capture_output=True,
        text=True,
        check=True,
        # Sphinx changes the directory before it imports: another copy may be installed.
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return result.stdout.split()


def value_of(path: str) -> Any:
    """What a dotted path leads to; None where that is an attribute of instances."""
    module, _, rest = path.rpartition(".")
    try:
        owner: Any = import_module(module)
    except ModuleNotFoundError:
        owner = value_of(module)
    return getattr(owner, rest, None)


@pytest.mark.parametrize(
    "package",
    [
        "runs_core",
        "runs_core.api.params",
        "runs_core.auth",
        "runs_core.errors",
        "runs_core.faces",
        "runs_core.lifecycle",
        "runs_core.models",
        "runs_core.stream",
        "runs_core.testing",
    ],
)
def test_every_public_name_is_in_the_reference(
    package: str, described: list[str]
) -> None:
    module = import_module(package)
    names = set(module.__all__) - {"__version__"}
    found = {
        path.rpartition(".")[2]
        for path in described
        if (name := path.rpartition(".")[2]) in names
        and value_of(path) is getattr(module, name)
    }
    # Of each operation's module, the page of operations has a section.
    nouns = {n for n in names if getattr(module, n) in NOUNS}

    assert names - found - nouns == set()


@pytest.mark.parametrize(
    "name",
    [
        "runs_core.flows.streaming.RunFeed",
        "runs_core.flows.toolbox.Functions",
        "runs_core.wire.codec.structure",
    ],
)
def test_what_other_pages_speak_of_is_in_the_reference(
    name: str, described: list[str]
) -> None:
    assert name in described


@pytest.mark.parametrize("cls", [ClientOptions, ServerSentEvent, ThreadBusy])
def test_what_an_object_holds_is_in_the_reference(
    cls: type, described: list[str]
) -> None:
    """In the docstring, or where Sphinx finds that of the attribute."""
    path = f"{cls.__module__}.{cls.__qualname__}"
    unsaid = [
        name
        for name in cls.__annotations__
        if f"`{name}`" not in (cls.__doc__ or "") and f"{path}.{name}" not in described
    ]

    assert path in described
    assert unsaid == []


@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
def test_what_a_client_has_is_in_the_reference(
    client: str, described: list[str]
) -> None:
    has = ["beta", "endpoint", "policy", "transport", "run", "stream", "with_options"]

    assert {f"runs_core.client.{client}.{name}" for name in has} <= set(described)
