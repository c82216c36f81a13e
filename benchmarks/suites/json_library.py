"""JSON parsers: what each costs on the content of streams, and what each refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure.clock import take_turns
from benchmarks.measure.resident import available, kept_in_file, resident_growth
from benchmarks.measure.workers import in_process
from benchmarks.peers.candidate import RAISED, fault_of, sampling
from benchmarks.peers.snapshot import expected_state, state_of
from benchmarks.peers.versions import load
from benchmarks.results import Figure
from benchmarks.streams.conversations import texts, words
from benchmarks.streams.growing import huge_event
from benchmarks.streams.inputs import calls
from benchmarks.streams.objects import identifier, message, run
from runs_core.stream import RunEventDecoder, RunSnapshot

__all__ = ["PARSERS", "REFUSALS", "json_library", "parse_huge"]

Parse = Callable[[bytes], Any]


def _json() -> Parse:
    return json.loads


def _orjson() -> Parse:
    found: Parse = load("orjson").loads
    return found


def _msgspec() -> Parse:
    found: Parse = load("msgspec").json.Decoder().decode
    return found


def _jiter() -> Parse:
    found: Parse = load("jiter").from_json
    return found


PARSERS = {"json": _json, "orjson": _orjson, "msgspec": _msgspec, "jiter": _jiter}
# What the standard library's parser, and so openai-python, accepts.
REFUSALS = {
    "NaN": b'{"a": NaN}',
    "half of an emoji": b'{"a": "\\ud83d"}',
    "an integer of 25 digits": b'{"a": 1234567890123456789012345}',
    "invalid UTF-8": b'{"a": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "the same key twice": b'{"a": 1, "a": 2}',
}


def json_library(bench: Bench) -> Iterator[Figure]:
    """Parsing alone, decoding to a snapshot with each parser, and memory."""
    found = {name: bench.made(name, make) for name, make in PARSERS.items()}
    parsers = {name: parse for name, parse in found.items() if parse is not None}
    for what, document in _documents():
        bench.step(f"json: {what}")
        yield from _compare(bench, f"parse {what}", parsers, document)
    bench.step("json: to a snapshot")
    yield from _to_snapshot(bench, parsers)
    if available():
        yield from _memory(bench, parsers)
    for what, document in REFUSALS.items():
        for name, parse in parsers.items():
            yield _figure(f"accepts {what}", name, "", [0.0], _verdict(parse, document))


def _documents() -> Iterator[tuple[str, bytes]]:
    text = texts([words(3)])
    tool = calls(1, 8)
    foreign = message(identifier("msg", 1), "completed", "".join(_foreign(2000)))
    yield "a text delta", _bytes(text[7][1])
    yield "a tool-call delta", _bytes(tool[6][1])
    yield "a run", _bytes(run("completed"))
    yield "a message of 2000 words, not ASCII", _bytes(foreign)
    yield "a message of 1 MiB", _data(huge_event(1 << 20))


def _foreign(number: int) -> list[str]:
    return words(number, foreign=True)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _data(event: bytes) -> bytes:
    return event.partition(b"data: ")[2].strip()


def _compare(
    bench: Bench, what: str, parsers: dict[str, Parse], document: bytes
) -> Iterator[Figure]:
    right = json.loads(document)
    found = _timed(bench, parsers, document, lambda value: value == right)
    for name, (seconds, fault) in found.items():
        yield _figure(what, name, "us", [s * 1e6 for s in seconds], fault)


def _to_snapshot(bench: Bench, parsers: dict[str, Parse]) -> Iterator[Figure]:
    """Our stream decoder with each parser, on a stream that it cannot predict."""
    input = bench.input("unpredictable text", 150 if bench.quick else 600)
    (chunks,) = input.cut("1 event")

    def decode(parse: Any, chunks: list[bytes]) -> RunSnapshot:
        decoder, snapshot = RunEventDecoder(loads=parse), RunSnapshot()
        for chunk in chunks:
            for event in decoder.feed(chunk):
                snapshot.apply(event)
        for event in decoder.close():
            snapshot.apply(event)
        return snapshot

    right = expected_state(input.frames[0])
    runs = {name: partial(decode, parse) for name, parse in parsers.items()}

    def is_right(made: RunSnapshot) -> bool:
        return state_of(made.run, made.messages, made.steps) == right

    found = _timed(bench, runs, chunks, is_right)
    for name, (seconds, fault) in found.items():
        samples = [s / input.events * 1e6 for s in seconds]
        what = "unpredictable stream to snapshot"
        yield _figure(what, name, "us/event", samples, fault)


def _timed(
    bench: Bench,
    runs: Mapping[str, Callable[[Any], Any]],
    given: Any,
    right: Callable[[Any], bool],
) -> dict[str, tuple[Sequence[float], str]]:
    """Return the seconds that each takes, by round, and its fault."""
    faults = {name: _fault(run, given, right) for name, run in runs.items()}
    going = {n: run for n, run in runs.items() if not faults[n].startswith("raises")}
    samples = {name: sampling(run, [given]) for name, run in going.items()}
    taken = take_turns(samples, bench.pace, faults)
    return {name: (taken.get(name, ()), faults[name]) for name in runs}


def _fault(run: Callable[[Any], Any], given: Any, right: Callable[[Any], bool]) -> str:
    try:
        return "" if right(run(given)) else "reads something else"
    except RAISED as error:
        return fault_of(error)


def _memory(bench: Bench, parsers: dict[str, Parse]) -> Iterator[Figure]:
    with kept_in_file(_data(huge_event(8 << 20))) as file:
        for name in parsers:
            bench.step(f"json: memory, {name}")
            samples = [
                in_process(__name__, "parse_huge", parser=name, file=file)
                for _ in range(1 if bench.quick else 5)
            ]
            yield _figure("growth of resident memory, 8 MiB", name, "MiB", samples)


def parse_huge(parser: str, file: str) -> float:
    """Return by how many MiB this process grows while it parses a document."""
    parse = PARSERS[parser]()
    document = Path(file).read_bytes()
    parse(_data(huge_event(10_000)))
    grown = resident_growth()
    value = parse(document)
    del value
    return grown() / (1 << 20)


def _verdict(parse: Parse, document: bytes) -> str:
    try:
        value = parse(document)
    except (ValueError, RecursionError):
        return "refuses"
    if repr(value) == repr(json.loads(document)):
        return "as json"
    return "reads something else"


def _figure(
    input: str, candidate: str, unit: str, samples: list[float], fault: str = ""
) -> Figure:
    return Figure(
        suite="json",
        input=input,
        variant="",
        candidate=candidate,
        unit=unit,
        samples=samples,
        fault=fault,
    )
