"""What the pages say about installing is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
OF_CONTRIBUTORS = {"test", "bench", "lint", "docs"}
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


def test_the_tutorial_says_what_each_extra_is_for() -> None:
    table = TUTORIAL.partition("| extra |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.M)

    assert listed == [name for name in listed if name in EXTRAS]
    assert set(listed) == EXTRAS.keys() - OF_CONTRIBUTORS


def test_all_is_every_extra_of_users_but_the_suite() -> None:
    (everything,) = EXTRAS["all"]
    named = re.fullmatch(r"runs-core\[(.*)\]", everything)

    assert named
    assert set(named[1].split(",")) == (
        EXTRAS.keys() - OF_CONTRIBUTORS - {"all", "conformance"}
    )


@pytest.mark.parametrize("page", ["tutorial.md", "howto/command-line.md"])
def test_a_page_begins_with_what_can_be_installed_today(page: str) -> None:
    """Nothing is on the package index before the first release."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    first = re.search(r"pip install .*", text)

    assert first
    assert first[0].startswith("pip install -e '.[")
