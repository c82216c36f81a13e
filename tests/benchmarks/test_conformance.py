from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.conformance.cases import CASES, Case
from benchmarks.conformance.matrix import Rules, Verdict, cuts_of, matrix
from benchmarks.peers.registry import make
from benchmarks.report.page import page
from benchmarks.streams.styles import Frame
from tests.benchmarks.decoders import SLOPPY
from tests.benchmarks.made import results
from tests.wire.sse_reference import decode


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about)
def test_a_case_says_what_the_reference_says(case: Case) -> None:
    """The events of the cases are written by hand; here they are decoded."""
    found = [
        Frame(event.event, event.data.decode("utf-8", "replace"), event.id)
        for event in decode(case.stream).events
    ]

    assert list(case.events) == found


def test_ours_passes_every_case_in_every_cut() -> None:
    verdicts = [v for v in matrix(Bench()) if v.decoder == "runs-core"]

    assert len(verdicts) == len(CASES)
    assert [verdict for verdict in verdicts if verdict.fault] == []
    # Whole, byte by byte, and at each place.
    assert [v.cuts for v in verdicts] == [
        max(1, len(case.stream) - 1) + 1 + bool(case.stream) for case in CASES
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about)
def test_httpx_sse_without_httpx_gives_what_it_gives_with_it(case: Case) -> None:
    httpx = pytest.importorskip("httpx")
    source = pytest.importorskip("httpx_sse").EventSource
    adapter = make("framing", "httpx-sse")
    headers = {"content-type": "text/event-stream"}

    for chunks in cuts_of(case.stream):
        answer = httpx.Response(200, headers=headers, content=iter(chunks))
        real = [(e.event, e.data, e.id) for e in source(answer).iter_sse()]
        assert adapter.outcome(chunks) == real


def test_each_cut_is_another_one_of_the_same_bytes() -> None:
    cuts = [tuple(chunks) for chunks in cuts_of(b"data: x\n\n")]

    assert {b"".join(chunks) for chunks in cuts} == {b"data: x\n\n"}
    assert len(set(cuts)) == len(cuts)


def test_a_decoder_that_fails_in_some_cuts_is_told_so() -> None:
    bench = Bench(decoder=SLOPPY)
    (verdict,) = [
        v
        for v in matrix(bench)
        if v.decoder == bench.decoder and v.case == "an empty name, too"
    ]

    assert verdict.fault
    assert 0 < verdict.failed < verdict.cuts


def test_a_file_of_verdicts_says_when_and_on_what_they_are(tmp_path: Path) -> None:
    made = Rules(
        date="2026-11-23",
        machine={"python_version": "3.11"},
        versions={"good": "1"},
        verdicts=[Verdict("easy", "good", "", 3, 0)],
    )
    made.write(tmp_path / "deep" / "rules.json")

    assert Rules.read(tmp_path / "deep" / "rules.json") == made
    assert "Run on 2026-11-23, with Python 3.11." in page(results(), made, [])
