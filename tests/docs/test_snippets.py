"""Every Python snippet of the README and the documentation runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def with_snippets() -> list[Path]:
    return [page for page in PAGES if SNIPPET.search(page.read_text("utf-8"))]


@pytest.mark.usefixtures("short_polls")
@pytest.mark.parametrize("page", with_snippets(), ids=lambda page: page.stem)
def test_the_snippets_of_a_page_run_one_after_the_other(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page.read_text("utf-8")
    names: dict[str, object] = {"__name__": "snippet"}
    for match in SNIPPET.finditer(text):
        # The line numbers of a traceback are the page's.
        blank = "\n" * (text.count("\n", 0, match.start()) + 1)
        exec(compile(blank + match[1], str(page), "exec"), names)


def test_the_pages_link_to_files_that_are_there() -> None:
    pages = [*PAGES, ROOT / "tests" / "README.md", ROOT / "benchmarks" / "README.md"]
    missing = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert missing == []
