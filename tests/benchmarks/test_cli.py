"""The command as a whole, where it takes no time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from benchmarks.bench import Bench
from benchmarks.cli import main
from benchmarks.conformance.matrix import Rules
from benchmarks.measure.workers import ROOT
from benchmarks.results import Figure
from benchmarks.run import SUITES
from tests.benchmarks.made import figure, results


@pytest.fixture(autouse=True)
def _all_cores() -> Iterator[None]:
    """The command pins its process to one core, which here is that of all tests."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture(autouse=True)
def _bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No packages of Node are in the cache, and nobody wants colours."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_rules_are_written_to_the_folder_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", "--out", str(tmp_path)]) == 0

    printed = capsys.readouterr().out
    assert f"wrote {tmp_path / 'benchmarks' / 'conformance.json'}" in printed
    assert not (tmp_path / "benchmarks.md").exists()
    rules = Rules.read(tmp_path / "benchmarks" / "conformance.json")
    assert rules.date
    assert "python_version" in rules.machine
    assert "runs-core" in rules.versions
    assert "Node did not take part: " in printed


def test_node_that_cannot_be_installed_is_no_reason_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match=r"--node: cannot install .* npm is not"):
        main(["conformance", "--node", "--out", str(tmp_path)])


def test_who_is_interrupted_says_so_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cli.conformance", interrupt)

    assert main(["conformance", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("line", "name"),
    [("--quick", "matplotlib"), ("--quick --pyperf {}/file", "pyperf")],
)
def test_what_is_needed_at_the_end_is_asked_for_first(
    line: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="draws the plots")
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(SystemExit, match=f"^{name} is not installed; "):
        main([part.format(tmp_path) for part in line.split()])


def test_what_it_begins_with_is_asked_for_in_one_line() -> None:
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONPATH"}
    # Without any library that is installed.
    asked = [sys.executable, "-S", "-m", "benchmarks", "--help"]
    done = subprocess.run(
        asked, cwd=ROOT, env=environment, capture_output=True, text=True
    )

    told = "rich is not installed; install runs-core with its extra `bench`\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_compare_prints_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, ours in (("old", 2.0), ("new", 1.0)):
        peer = figure("httpx-sse", 9, fault=f"raises [{name}]")
        made = results(figure("runs-core", ours), figure("openai-python", 10), peer)
        made.figures += [figure(name, 1)]
        made.machine["platform"] = f"[/{name}]"
        made.write(tmp_path / f"{name}.json")

    assert (
        main(["compare", str(tmp_path / "old.json"), str(tmp_path / "new.json")]) == 0
    )
    # Lines end where the terminal's do.
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith("differs: platform: [/old] and [/new] ")
    assert "-50%" in printed
    assert "0 of 1 figures of ours did not change" in printed
    assert "fault: framing, text, httpx-sse: raises [old] to raises [new]" in printed
    assert "figures in one file only: framing, old: 1 before, 0 after" in printed
    assert "figures in one file only: framing, new: 0 before, 1 after" in printed
    assert "5.00 (MISSED) to 10.0 (met)" in printed


def test_a_run_that_lost_a_suite_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyperf", reason="describes the machine")
    pytest.importorskip("matplotlib", reason="draws the plots")

    def lost(bench: Bench) -> Iterator[Figure]:
        yield figure("runs-core", 1)
        raise KeyError("peer")

    monkeypatch.setitem(SUITES, "framing", lost)
    monkeypatch.setattr("benchmarks.cli.DOCS", tmp_path / "docs")
    monkeypatch.setattr("benchmarks.cli.ASIDE", tmp_path / "aside")
    line = ["--only", "framing", "--out"]

    assert main([*line, str(tmp_path / "docs")]) == 1
    assert not (tmp_path / "docs").exists()
    assert (tmp_path / "aside" / "benchmarks.md").exists()
    assert main([*line, str(tmp_path / "mine")]) == 1
    assert (tmp_path / "mine" / "benchmarks.md").exists()


def test_who_stops_reading_loses_nothing_of_the_run(tmp_path: Path) -> None:
    # With our decoders only: to import the others takes long.
    code = (
        "from benchmarks.cli import main; from benchmarks.peers.registry import TABLES;"
        "ours = {n: c for n, c in TABLES['framing'].items() if n.startswith('runs-')};"
        "TABLES['framing'] = ours; main()"
    )
    line = [sys.executable, "-c", code, "conformance", "--out", str(tmp_path)]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        progress = process.stderr.read()

    assert "conformance" in progress
    assert Rules.read(tmp_path / "benchmarks" / "conformance.json").verdicts


@pytest.mark.parametrize(
    ("unit", "file", "told"),
    [
        ("MiB", "out.json", "no times were measured"),
        ("ms", "gone/out.json", "No such file or directory"),
        ("ms", "out.json", ""),
    ],
)
def test_a_run_is_published_also_where_pyperfs_file_cannot_be_written(
    unit: str,
    file: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("pyperf", reason="describes the machine")
    pytest.importorskip("matplotlib", reason="draws the plots")
    (tmp_path / "gone").mkdir()

    def suite(bench: Bench) -> Iterator[Figure]:
        (tmp_path / "gone").rmdir()
        yield evolve(figure("runs-core", 1), unit=unit)
        yield evolve(figure("openai-python", 0), unit=unit)

    monkeypatch.setitem(SUITES, "framing", suite)
    line = f"--only framing --out {tmp_path} --pyperf {tmp_path / file}"

    assert main(line.split()) == bool(told)
    assert (tmp_path / "benchmarks.md").exists()
    assert (tmp_path / "out.json").exists() == (not told)
    printed = capsys.readouterr().err
    assert told in printed
    assert printed.count("--pyperf: ") == bool(told)
