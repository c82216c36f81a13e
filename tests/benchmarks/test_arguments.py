"""The arguments of the command line, and what is refused before anything begins."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.arguments import ASIDE, DOCS, parse
from benchmarks.measure.workers import ROOT
from tests.benchmarks.decoders import SLOPPY
from tests.benchmarks.made import figure, results

DECODER = SLOPPY


@pytest.mark.parametrize(
    "line",
    [
        "--quick",
        "--only framing",
        f"--decoder {DECODER}",
        "conformance",
        "conformance --node",
        f"conformance --decoder {DECODER}",
    ],
)
def test_what_is_no_whole_run_is_not_published(line: str) -> None:
    assert parse(line.split()).out == ASIDE


def test_results_are_where_the_readme_says() -> None:
    said = (ROOT / "benchmarks" / "README.md").read_text("utf-8")

    assert "writes to `build/benchmarks.md` and `build/benchmarks/`" in said
    # Where `publish` writes, as below docs/.
    assert ASIDE / "benchmarks.md" == ROOT / "build" / "benchmarks.md"
    assert ASIDE / "benchmarks" == ROOT / "build" / "benchmarks"


@pytest.mark.parametrize("line", ["", "--node", "render"])
def test_a_whole_run_is_published(line: str) -> None:
    assert parse(line.split()).out == DOCS


@pytest.mark.parametrize("line", ["--quick", "conformance"])
def test_anything_is_published_on_request(line: str) -> None:
    assert parse([*line.split(), "--out", str(DOCS)]).out == DOCS


def test_what_is_said_before_a_command_counts_for_it() -> None:
    asked = parse(["--node", "--decoder", DECODER, "--out", "docs", "conformance"])

    assert (asked.node, asked.decoder, str(asked.out)) == (True, DECODER, "docs")


def test_the_help_says_what_each_command_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    printed = capsys.readouterr().out
    listed = re.findall(r"^    ([a-z]+) {2,}\S", printed, re.M)

    assert listed == ["compare", "conformance", "render"]
    assert "Only a full run is published" in printed


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line that is printed, which says all that is wrong."""
    with pytest.raises(SystemExit) as stopped:
        parse(shlex.split(line))
    printed = capsys.readouterr().err

    assert stopped.value.code == 2
    assert printed.count("error: ") == 1
    return printed.splitlines()[-1]


class Blunt:
    """Has none of the methods of a decoder but one."""

    def feed(self, data: bytes) -> list[object]:
        return []


class Giving:
    """Gives events that have some of the attributes."""

    has: tuple[str, ...] = ()

    def feed(self, data: bytes) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(**dict.fromkeys(self.has, "x"))

    def close(self) -> tuple[()]:
        return ()


class GivingNoId(Giving):
    has = ("event", "data")


class GivingOther(Giving):
    has = ("type", "payload")


class GivingText(Giving):
    has = ("event", "text", "id")


class GivingData(Giving):
    has = ("event", "data", "id")


class GivingNothing(Giving):
    def feed(self, data: bytes) -> Iterator[SimpleNamespace]:
        return iter(())


class RaisingWhenFed(Giving):
    def feed(self, data: bytes) -> Iterator[SimpleNamespace]:
        raise ValueError("not today")


@pytest.mark.parametrize(
    "decoder", [GivingText, GivingData, GivingNothing, RaisingWhenFed]
)
def test_a_decoder_takes_part_whatever_its_events_are(decoder: type[Giving]) -> None:
    path = f"{__name__}:{decoder.__name__}"

    assert parse(["--decoder", path]).decoder == path


@pytest.mark.parametrize("before", ["", "conformance "])
@pytest.mark.parametrize(
    ("decoder", "why"),
    [
        ("nope:Dec", "No module named 'nope'"),
        ("mydec", "module:factory, not 'mydec'"),
        (":Dec", "Empty module name"),
        ("tests.benchmarks.made:Nope", "has no attribute 'Nope'"),
        ("tests.benchmarks.made:figure", "missing 1 required positional argument"),
        ("tests.benchmarks.made:results", "it has no feed and no close"),
        (f"{__name__}:Blunt", "(it has no close)"),
        (f"{__name__}:GivingNoId", "(its events have no id)"),
        (
            f"{__name__}:GivingOther",
            "(its events have no event and no id and no text or data)",
        ),
    ],
)
def test_a_decoder_that_cannot_be_made_is_refused(
    before: str, decoder: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(f"{before}--decoder {decoder}", capsys)

    assert f"argument --decoder: {decoder} makes no decoder (" in line
    assert why in line
    assert "pass module:factory" in line


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("compare {0}/x {0}/y", "cannot read {0}/x: No such file or directory; pass"),
        ("compare {0}/full {0}/y", "cannot read {0}/full: Is a directory; pass"),
        ("compare {0}/broken {0}/y", "{0}/broken is not a result file of schema 1"),
        ("render --out {0}", "nothing to render: cannot read {0}/benchmarks/results"),
        ("--captures {0}/nonexist", "{0}/nonexist is not a folder; pass one"),
        ("--captures {0}/empty", "is no event stream below {0}/empty: put *.sse"),
        ("--out {0}/broken/deep", "{0}/broken is a file; pass a folder"),
        ("conformance --out {0}/broken", "{0}/broken is a file; pass a folder"),
        ("--pyperf {0}/no/file", "cannot write {0}/no/file; pass a file in a folder"),
        ("--pyperf {0}/empty", "cannot write {0}/empty; pass a file"),
        ("--captures {0}/silent", "is no event in the streams below {0}/silent"),
    ],
)
def test_paths_that_are_of_no_use_are_refused(
    line: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "server").mkdir(parents=True)
    (tmp_path / "silent" / "server").mkdir(parents=True)
    (tmp_path / "silent" / "server" / "one.sse").write_bytes(b": hello\n\n")
    (tmp_path / "broken").write_text('{"schema": 1, ')

    line = line.format(shlex.quote(str(tmp_path)))
    assert told.format(tmp_path) in refused(line, capsys)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[]", "it holds no object"),
        (b"\x89PNG\r\n\xff", "it is not text"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"schema": 2}', "it has another schema, or none"),
    ],
)
def test_of_a_file_that_holds_no_results_it_is_said_why(
    content: bytes, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd").write_bytes(content)
    line = refused(f"compare {shlex.quote(str(tmp_path / 'odd'))} nowhere", capsys)

    assert line.endswith(
        f"odd is not a result file of schema 1: {why}; pass the results.json of a run"
    )


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc")
def test_where_nothing_is_written_nothing_has_to_be_writable(tmp_path: Path) -> None:
    results(figure("runs-core", 1)).write(tmp_path / "r.json")
    made = str(tmp_path / "r.json")

    assert parse(["--out", "/proc", "compare", made, made]).command == "compare"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--out /proc/results", "--out: cannot write to /proc/results: "),
        ("conformance --out /proc", "--out: cannot write to /proc: "),
        ("--pyperf /proc/file", "--pyperf: cannot write /proc/file: "),
    ],
)
def test_where_nothing_can_be_written_is_said_before_anything_is_measured(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in refused(line, capsys)


def test_a_folder_of_recorded_streams_is_taken(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "one.sse").write_bytes(b"data: x\n\n")

    assert parse(["--captures", str(tmp_path)]).captures == tmp_path
