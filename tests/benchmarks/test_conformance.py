import pytest

from benchmarks.bench import Bench
from benchmarks.conformance.cases import CASES, Case
from benchmarks.conformance.matrix import matrix
from benchmarks.streams.styles import Frame
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
    assert min(verdict.cuts for verdict in verdicts) >= 1


def test_a_decoder_that_fails_in_some_cuts_is_told_so() -> None:
    bench = Bench(decoder="tests.benchmarks.test_candidates:Sloppy")
    (verdict,) = [
        v
        for v in matrix(bench)
        if v.decoder == bench.decoder and v.case == "an empty name, too"
    ]

    assert verdict.fault
    assert 0 < verdict.failed < verdict.cuts
