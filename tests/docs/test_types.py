"""Every Python snippet of the README and the documentation type-checks, page by page.

Without annotations, functions are not checked: the snippets are what a user has who
begins with mypy's defaults.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_snippets import ROOT, SNIPPET, with_snippets

pytest.importorskip("mypy")

# Beside the cache of the project's own code, which is checked more strictly.
CACHE = ROOT / ".mypy_cache" / "docs"


def code_of(page: Path) -> str:
    """The page's snippets, on the page's lines."""
    text = page.read_text("utf-8")
    code, end = "", 0
    for match in SNIPPET.finditer(text):
        code += "\n" * text.count("\n", end, match.start(1)) + match[1]
        end = match.end(1)
    return code


def test_the_snippets_of_the_pages_type_check(tmp_path: Path) -> None:
    pages = {f"page_{page.stem}".replace("-", "_"): page for page in with_snippets()}
    for name, page in pages.items():
        (tmp_path / f"{name}.py").write_text(code_of(page), "utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "transports")])
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={CACHE}", "."],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": path},
        capture_output=True,
        text=True,
    )

    assert len(pages) == len(with_snippets())
    assert result.returncode == 0, result.stdout + result.stderr
