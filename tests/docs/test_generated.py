"""The pages that are drawn from the code are up to date."""

from __future__ import annotations

import pytest

from docs.generate import DOCS, pages


@pytest.mark.parametrize("path", pages())
def test_a_generated_page_is_what_the_code_gives(path: str) -> None:
    committed = (DOCS / path).read_text("utf-8")

    assert committed == pages()[path].rstrip() + "\n", "run: python -m docs.generate"
