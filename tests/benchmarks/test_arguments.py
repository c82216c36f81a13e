"""What is asked on the command line, and what is refused before it is begun."""

import re

import pytest

from benchmarks.arguments import ASIDE, DOCS, parse

DECODER = "tests.benchmarks.test_candidates:Sloppy"


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
    assert "Only a whole run is published" in printed
