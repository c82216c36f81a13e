"""The pages that are drawn from the code are up to date."""

from __future__ import annotations

import re

import pytest

from docs.generate import DOCS, pages


@pytest.mark.parametrize("path", pages())
def test_a_generated_page_is_what_the_code_gives(path: str) -> None:
    committed = (DOCS / path).read_text("utf-8")

    assert committed == pages()[path].rstrip() + "\n", "run: python -m docs.generate"


def test_every_operation_is_listed_with_its_http_line() -> None:
    _, *operations = re.split(r"^### ", pages()["reference/operations.md"], flags=re.M)

    assert len(operations) == 33
    for operation in operations:
        assert re.search(r"`(GET|POST|DELETE) /(threads|assistants)", operation)
