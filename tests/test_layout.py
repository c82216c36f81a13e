"""What is built from the repository, and that its arrows point one way."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import runs_core

ROOT = Path(runs_core.__file__).parent.parent

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").exists(), reason="needs a checkout"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (
        "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_two_packages_and_nothing_beside_them(
    wheel: list[str],
) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    (info,) = (top for top in tops if top.endswith(".dist-info"))

    assert tops == {"runs_core", "runs_transports", info}
    assert info.startswith("runs_core-")


@pytest.mark.parametrize("package", ["runs_core", "runs_transports"])
def test_both_packages_say_that_they_are_typed(wheel: list[str], package: str) -> None:
    assert f"{package}/py.typed" in wheel


def test_the_wheel_holds_every_module(wheel: list[str]) -> None:
    folders = [ROOT / "runs_core", ROOT / "transports" / "runs_transports"]
    modules = {
        str(path.relative_to(folder.parent))
        for folder in folders
        for path in folder.rglob("*.py")
    }

    assert {name for name in wheel if name.endswith(".py")} == modules


def test_a_wheel_of_pure_python_does_not_speak_of_the_compiled_decoder(
    wheel: list[str],
) -> None:
    assert [name for name in wheel if name.startswith("runs_core/wire/comp")] == []


def test_the_arrows_between_the_rooms_point_one_way() -> None:
    pytest.importorskip("importlinter")
    paths = [str(ROOT), str(ROOT / "transports")]
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 0, result.stdout
