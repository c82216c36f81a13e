"""Each suite run once, on small inputs, with the peers that are installed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from benchmarks.bench import Bench
from benchmarks.measure.memory import kept
from benchmarks.measure.replay import replaying, sent
from benchmarks.measure.resident import available, kept_in_file
from benchmarks.measure.workers import ROOT, in_process
from benchmarks.peers.candidate import Candidate, Sample
from benchmarks.peers.clients import CLIENTS, Seen
from benchmarks.peers.framing import custom
from benchmarks.peers.registry import EXPECTED, make
from benchmarks.report.tables import growth_table
from benchmarks.streams.captures import frames_in
from benchmarks.streams.growing import FRAMED, PUT_TOGETHER, Growing, huge_event
from benchmarks.streams.inputs import generate
from benchmarks.suites.decoding import measured
from benchmarks.suites.footprint import footprint, of_a_wheel, size_of
from benchmarks.suites.growth import _grow
from benchmarks.suites.json_library import _compare, _to_snapshot
from benchmarks.suites.many import many
from benchmarks.suites.memory import _fault, _kept
from benchmarks.suites.sockets import _in_turns, _To
from tests.benchmarks.decoders import RAISING, SLOPPY, Sloppy
from tests.benchmarks.made import results

# What processes of their own are asked to do.
WORK = "tests.benchmarks.work"


def test_a_cell_has_a_figure_for_each_candidate_and_says_who_is_wrong() -> None:
    bench = Bench(quick=True, decoder=SLOPPY)
    candidates = [c for c in bench.candidates("framing") if c.ours or ":" in c.name]
    input = generate("text", 20)
    figures = list(measured(bench, "framing", candidates, list, input, "1 event"))

    assert [figure.candidate for figure in figures] == [c.name for c in candidates]
    assert {figure.candidate: bool(figure.fault) for figure in figures} == {
        SLOPPY: True,
        **{candidate.name: False for candidate in candidates if candidate.ours},
    }
    assert all(len(figure.samples) == 3 for figure in figures)
    assert all(0 < figure.median < 1000 for figure in figures)


# Not so few that memory is given back more often than anything is decoded.
FEW = Growing(
    name="events",
    sizes=(1000, 2000),
    quick_sizes=(1000, 2000),
    make=lambda size: [b"event: a\ndata: x\n\n"] * int(size),
)


def test_who_is_wrong_where_things_grow_is_said_beside_the_figures() -> None:
    candidates = [make("framing", name) for name in ("runs-core", SLOPPY)]
    made = results(*_grow(Bench(quick=True), FEW, "framing", candidates))
    table = growth_table(made)

    assert [figure.fault for figure in made.figures] == [
        *("", ""),
        *("1000 of 1000 events wrong", "1000 of 1000 events wrong"),
    ]
    assert all(figure.samples for figure in made.figures)
    assert table is not None
    assert table.rows[0][2].endswith(" ms at 2000 †")
    assert table.notes[1:] == [f"† {SLOPPY} on events: 1000 of 1000 events wrong."]


def test_who_raises_where_things_grow_is_not_measured() -> None:
    candidate = make("framing", RAISING)
    found = list(_grow(Bench(quick=True), FEW, "framing", [candidate]))

    assert [figure.samples for figure in found] == [(), ()]
    assert {figure.fault for figure in found} == {"raises KeyError"}


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        *(pytest.param("framing", g, id=g.name) for g in FRAMED),
        *(pytest.param("snapshot", g, id=g.name) for g in PUT_TOGETHER),
    ],
)
def test_ours_is_right_where_things_grow(kind: str, what: Growing) -> None:
    chunks = what.make(what.sizes[0] / 4)
    right = EXPECTED[kind](frames_in(b"".join(chunks)))

    make(kind, "runs-core").check([chunks], [right])


def test_a_worker_gives_what_its_function_gives() -> None:
    size = in_process(WORK, "double", number=21)

    assert size == 42


def test_a_worker_that_fails_says_the_first_line_of_its_exception() -> None:
    with pytest.raises(RuntimeError, match=r"^ValueError: got too much:$"):
        in_process(WORK, "fail")
    with pytest.raises(RuntimeError, match=r"^SystemExit: 3$"):
        in_process(WORK, "leave")


def test_a_worker_finds_the_modules_that_this_process_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_alone.py").write_text("def answer(): return 42")
    monkeypatch.syspath_prepend(tmp_path)

    assert in_process("mine_alone", "answer") == 42


def test_a_decoder_that_raises_has_a_fault_instead_of_what_a_stream_keeps() -> None:
    candidate = make("framing", RAISING)
    late = _kept("framing", candidate, "")
    fault = _fault("framing", candidate)
    early = _kept("framing", candidate, fault)

    assert fault == "raises KeyError"
    assert early.samples == late.samples == ()
    assert early.fault == "raises KeyError"
    assert late.fault == "raises KeyError: 'data'"


def test_a_decoder_that_is_wrong_is_said_to_be_so_where_memory_is_told() -> None:
    candidate = make("framing", SLOPPY)
    found = _kept("framing", candidate, _fault("framing", candidate))

    assert found.samples
    assert re.fullmatch(r"\d+ of \d+ events wrong", found.fault)


def test_a_decoder_that_is_a_generator_decodes_where_it_is_held() -> None:
    fed: list[bytes] = []

    class Lazy(Sloppy):
        def feed(self, data: bytes) -> Iterator[Any]:  # type: ignore[override]
            fed.append(data)
            yield from super().feed(data)

    hold = custom("lazy", Lazy).hold
    assert hold is not None
    hold([b"data: 1\n\n", b"data: 2\n\n"], 2)

    assert fed == [b"data: 1\n\n", b"data: 2\n\n"]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_who_is_interrupted_need_not_read_what_the_server_makes_of_it() -> None:
    code = (
        "import os, signal; from benchmarks.measure.replay import replaying\n"
        "with replaying(1, {0}): os.killpg(0, signal.SIGINT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        # Where tests run in the background, it is ignored, which is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )

    assert done.stderr.count("KeyboardInterrupt") == 1


def test_who_is_not_installed_is_missing_where_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent() -> Any:
        raise ImportError("No module named 'nobody'")

    monkeypatch.setattr("benchmarks.suites.many.TRIO_CLIENTS", {"nobody": absent})
    bench = Bench(quick=True)

    assert list(many(bench)) == []
    assert bench.missing == {"nobody": "No module named 'nobody'"}


def test_where_memory_cannot_be_told_many_streams_are_only_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def together(bench: Bench, client: str, streams: int, deltas: int) -> object:
        return {"cpu": 1.0, "wall": 2.0, "events": streams * sent(deltas, "together")}

    bench = Bench(quick=True)
    monkeypatch.setattr("benchmarks.suites.many.available", lambda: False)
    monkeypatch.setattr("benchmarks.suites.many._together", together)

    found = list(many(bench))

    assert {(figure.unit, *figure.samples) for figure in found} == {
        ("us/event", 1.0),
        ("us/event", 2.0),
    }
    assert not any(figure.fault for figure in found)
    assert "many: memory" in bench.missing


def test_a_worker_is_not_waited_for_too_long() -> None:
    with pytest.raises(TimeoutError):
        in_process(WORK, "double", patience=0.001, number=1)


class _Metronome(Candidate):
    """Takes 0.1 s, whatever it is asked."""

    def prepare(self, streams: Sequence[Sequence[bytes]]) -> Sample:
        return lambda loops: 0.1 * loops


def test_a_figure_is_in_microseconds_an_event() -> None:
    candidate = _Metronome(
        name="metronome", distribution=None, run=list, outcome=list, floor=True
    )
    input = generate("text", 40)
    (found,) = measured(Bench(), "framing", [candidate], list, input, "all")

    assert found.samples == pytest.approx([0.1e6 / input.events] * 7)
    assert found.unit == "us/event"


@pytest.mark.skipif(not available(), reason="only Linux tells the peak of a process")
def test_a_peak_from_before_is_forgotten() -> None:
    assert in_process(WORK, "peak_after_a_peak") < 16 << 20


@pytest.mark.skipif(not available(), reason="only Linux tells the peak of a process")
def test_an_event_grows_memory_by_its_size_and_not_by_many_times_that() -> None:
    with kept_in_file(huge_event(4 << 20)) as file:
        grown = in_process(
            "benchmarks.measure.memory",
            "peak",
            kind="framing",
            candidate="runs-core, data as bytes",
            file=file,
        )

    assert 3 < grown < 12


def test_an_open_stream_keeps_something() -> None:
    assert 0 < kept("framing", "runs-core", 5) < 100


OURS = [name for name in CLIENTS if name.startswith("runs-core")]


def test_every_transport_of_ours_reads_what_is_replayed() -> None:
    with replaying(30, {0}) as url:
        seen = {name: CLIENTS[name]().read(f"{url}/each/v1", 2) for name in OURS}
        flood = CLIENTS["runs-core, sockets"]().read(f"{url}/flood/v1", 1)
        first = CLIENTS["runs-core, sockets"]().read(f"{url}/first/v1", 1)

    # 30 deltas, 7 events before and 3 behind them; the end marker is none.
    assert {name: found.events for name, found in seen.items()} == dict.fromkeys(
        OURS, 80
    )
    assert flood.events == 40
    assert first.events == 9
    assert all(len(found.firsts) == 2 for found in seen.values())
    assert all(found.cpu > 0 for found in seen.values())


def test_a_parser_that_reads_something_else_is_said_to() -> None:
    parsers = {
        "json": json.loads,
        "deaf": lambda document: None,
        "cross": lambda document: document["a"],
    }
    parsed = list(_compare(Bench(quick=True), "parse", parsers, b"[1]"))
    decoded = list(_to_snapshot(Bench(quick=True), {"json": json.loads}))

    assert [figure.fault for figure in (*parsed, *decoded)] == [
        "",
        "reads something else",
        "raises TypeError",
        "",
    ]
    assert [len(figure.samples) for figure in (*parsed, *decoded)] == [3, 3, 0, 3]


def test_what_no_wheel_has_does_not_count_as_installed(tmp_path: Path) -> None:
    """In a checkout the compiled decoder, and what it is made of, is beside ours."""
    for name in ("fast.py", "fast.pyx", "fast.c", "_fast.pxi", "fast.cpython-311.so"):
        (tmp_path / name).touch()

    assert [path.name for path in of_a_wheel(tmp_path)] == ["fast.py"]


def test_who_cannot_be_imported_does_not_take_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = (
        ("runs-core", "import runs_core", "runs-core"),
        ("broken", "import json; json.no_more", "attrs"),
    )
    monkeypatch.setattr("benchmarks.suites.footprint._IMPORTS", programs)
    monkeypatch.setattr("benchmarks.suites.footprint._CLIENTS", ())
    bench = Bench(quick=True)
    found = {figure.candidate for figure in footprint(bench)}

    assert "runs-core" in found
    assert "broken" not in found
    assert bench.missing["broken"].startswith("importing it fails: AttributeError: ")


def test_what_is_imported_counts_also_where_it_is_not_declared() -> None:
    pytest.importorskip("httpx_sse")
    pytest.importorskip("httpx")

    assert size_of("httpx-sse") > size_of("httpx")


def test_an_extra_counts_with_what_it_installs() -> None:
    pytest.importorskip("msgspec")

    assert size_of("runs-core[fast]") > size_of("runs-core")


def test_who_sees_something_else_over_sockets_is_said_to() -> None:
    def blind(url: str, streams: int) -> Seen:
        return Seen(events=0)

    def raising(url: str, streams: int) -> Seen:
        raise ConnectionResetError

    ours = CLIENTS["runs-core, sockets"]()
    ways = [ours, evolve(ours, name="blind", read=blind)]
    ways.append(evolve(ours, name="raising", read=raising))
    bench = Bench(quick=True)
    with replaying(30, bench.other_cores) as url:
        right = _To(f"{url}/first/v1", 2, sent(30, "first"))
        good, bad, worse = _in_turns(bench, ways, right)
        wrong = _To(f"{url}/each/v1", 1, sent(30, "each") + 1)
        ((_, seen, fault),) = _in_turns(bench, ways[:1], wrong)

    assert [len(good[1]), len(bad[1]), len(worse[1]), len(seen)] == [3, 0, 0, 3]
    assert [good[2], bad[2]] == ["", "sees 0 of 18 events"]
    assert worse[2] == "raises ConnectionResetError"
    assert fault == "sees 40 of 41 events"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="pins nothing")
def test_a_server_that_does_not_begin_is_said_to() -> None:
    nowhere = {(os.cpu_count() or 1) + 1000}
    with (
        pytest.raises(RuntimeError, match="the server did not start"),
        replaying(1, nowhere),
    ):
        pass


def test_the_other_cores_are_those_that_may_be_used() -> None:
    """Not all that the machine has: a container may have few of them."""
    assert Bench(core=5, cores=frozenset({2, 5})).other_cores == {2}
    assert Bench(core=5, cores=frozenset({5})).other_cores == {5}
    assert Bench(cores=frozenset({2, 5})).other_cores == {2, 5}


def test_the_tests_import_no_peer() -> None:
    """What only the extra `bench` installs is imported where it is used."""
    code = (
        "import sys, benchmarks.cli;"
        "print([n for n in ('pyperf', 'matplotlib', 'openai') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
