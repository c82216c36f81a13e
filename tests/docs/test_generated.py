"""The pages that are drawn from the code are up to date."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from docs.generate import DOCS, NOUNS, pages
from runs_core.api.params import RequestOptions


@pytest.mark.parametrize("path", pages())
def test_a_generated_page_is_what_the_code_gives(path: str) -> None:
    committed = (DOCS / path).read_text("utf-8")

    assert committed == pages()[path].rstrip() + "\n", "run: python -m docs.generate"


def test_every_operation_is_listed_with_its_http_line() -> None:
    _, *operations = re.split(r"^### ", pages()["reference/operations.md"], flags=re.M)

    assert len(operations) == 33
    for operation in operations:
        assert re.search(r"`(GET|POST|DELETE) /(threads|assistants)", operation)


def test_every_parameter_of_every_operation_says_what_it_means() -> None:
    _, *operations = re.split(r"^### ", pages()["reference/operations.md"], flags=re.M)
    functions = {f"{noun}.{name}": function for noun, name, function in all_functions()}

    assert len(functions) == len(operations)
    for operation in operations:
        function = functions[operation.partition("\n")[0]]
        said = dict(re.findall(r"^- `(\w+)`: (.+\.)$", operation, re.M))
        keywords = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        ]
        assert set(said) == set(keywords) - RequestOptions.__annotations__.keys()


def all_functions() -> Iterator[tuple[str, str, Any]]:
    for noun in NOUNS:
        for name in noun.__all__:
            yield noun.__name__.rpartition(".")[2], name, getattr(noun, name)


def test_what_every_operation_takes_is_said_once() -> None:
    beginning = pages()["reference/operations.md"].partition("\n## ")[0]

    said = re.findall(r"^- `(\w+)`: .+\.$", beginning, re.M)
    assert said == list(RequestOptions.__annotations__)
