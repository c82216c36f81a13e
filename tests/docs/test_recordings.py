"""The page on recorded traffic names what the tests read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.test_replay import BROKEN
from tests.models.test_captures import FOLDERS

ROOT = Path(__file__).parents[2]


def test_the_page_says_where_each_folder_of_recordings_is_from() -> None:
    text = (ROOT / "tests" / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| `([\w-]+)` \|", text, re.M)

    assert set(listed) == FOLDERS.keys()
    assert {name.partition("/")[0] for name in BROKEN} <= set(listed)


def test_recordings_are_looked_for_only_where_the_environment_says() -> None:
    code = "from tests.models.samples import CAPTURES; print(*CAPTURES.glob('*'))"
    kept = {n: v for n, v in os.environ.items() if n != "RUNS_CORE_CAPTURES"}
    path = os.pathsep.join([str(ROOT), str(ROOT / "transports")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**kept, "PYTHONPATH": path},
    )

    assert result.stdout.strip() == ""
