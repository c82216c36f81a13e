"""What the library should reach, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

from benchmarks.results import OURS, Results
from benchmarks.suites.footprint import CLIENT, IMPORT
from benchmarks.suites.memory import HUGE

__all__ = ["TARGETS", "Reached", "Target", "reached"]

_OPENAI = "openai-python"
_FLOOR = "floor: our framing, and msgspec"
_BYTES = "runs-core, data as bytes"
# Of all recorded streams, which are short, the one with the worst figure.
_RECORDED = "the worst of the recorded"
# The Python decoders that framing is compared with.
_PYTHON = (
    _OPENAI,
    "httpx-sse",
    "sseclient-py",
    "launchdarkly-eventsource",
    "anthropic",
    "azure-ai-agents",
    "aiosseclient",
)


_OfResults = Callable[[Results, str], float | None]
_OfInput = Callable[[Results, str, str], float | None]


@frozen
class Target:
    """A figure to reach: at least `least`, or at most if smaller is better.

    `figure` returns it for one of our decoders, by name. For a ratio to a peer, `fault`
    says what the peer gets wrong on that input, if anything.
    """

    what: str
    least: float
    aim: float
    figure: _OfResults
    smaller: bool = False
    unit: str = "x"
    fault: Callable[[Results, str], str] = lambda results, ours: ""


@frozen
class Reached:
    """What was reached for a target; no figure if it was not measured."""

    target: Target
    figure: float | None
    fault: str = ""

    @property
    def verdict(self) -> str:
        if self.figure is None:
            return "not measured"
        sign = -1 if self.target.smaller else 1
        if sign * self.figure >= sign * self.target.aim:
            return "aim met"
        if sign * self.figure >= sign * self.target.least:
            return "met"
        return "MISSED"


def reached(results: Results, ours: str = OURS) -> Iterator[Reached]:
    """Yield what one of our decoders reaches, for each target."""
    for target in TARGETS:
        fault = target.fault(results, ours)
        yield Reached(target, target.figure(results, ours), fault)


def _against_openai(
    suite: str, input: str, cut: str, least: float, aim: float
) -> Target:
    """The time of openai-python over ours."""

    def figure(results: Results, ours: str, input: str) -> float | None:
        return results.ratio(suite, input, cut, _OPENAI, ours)

    def fault(results: Results, ours: str) -> str:
        for _, at in _figures(results, ours, suite, input, figure)[:1]:
            peer = results.find(suite, at, cut, _OPENAI)
            if peer is not None and peer.fault:
                return f"{_OPENAI} on {at}, {cut}, {suite}: {peer.fault}"
        return ""

    what = f"{suite}, {input}, {cut}, against openai-python"
    return Target(what, least, aim, _worst(suite, input, figure), fault=fault)


def _against_fastest(input: str, cut: str, least: float, aim: float) -> Target:
    """The time of the fastest peer that gets this input right, over ours."""

    def figure(results: Results, ours: str, input: str) -> float | None:
        found = [
            ratio
            for name in _PYTHON
            if (peer := results.find("framing", input, cut, name)) and not peer.fault
            if (ratio := results.ratio("framing", input, cut, name, ours)) is not None
        ]
        return min(found, default=None)

    what = f"framing, {input}, {cut}, against the fastest other in Python"
    return Target(what, least, aim, _worst("framing", input, figure))


def _worst(suite: str, input: str, figure: _OfInput) -> _OfResults:
    """The figure of an input, or, for `_RECORDED`, the least of all recorded ones."""

    def worst(results: Results, ours: str) -> float | None:
        found = _figures(results, ours, suite, input, figure)
        return found[0][0] if found else None

    return worst


def _figures(
    results: Results, ours: str, suite: str, input: str, figure: _OfInput
) -> list[tuple[float, str]]:
    """Return the figures of the input or inputs meant, each with its input, sorted."""
    inputs = {input}
    if input == _RECORDED:
        inputs = {
            found.input
            for found in results.of(suite)
            if found.input.startswith("recorded: ")
        }
    return sorted(
        (ratio, one)
        for one in inputs
        if (ratio := figure(results, ours, one)) is not None
    )


def _over_floor(input: str, cuts: Sequence[str]) -> _OfResults:
    """Our time over the floor's, in the worst of these cuts."""

    def figure(results: Results, ours: str) -> float | None:
        found = [
            ratio
            for cut in cuts
            if (ratio := results.ratio("snapshot", input, cut, ours, _FLOOR))
        ]
        return max(found, default=None)

    return figure


def _exponent(input: str) -> _OfResults:
    return lambda results, ours: results.exponent("growth", input, ours)


def _median(suite: str, input: str, variant: str, candidate: str) -> _OfResults:
    """The figure of a candidate; None for decoders other than the Python one."""

    def figure(results: Results, ours: str) -> float | None:
        if ours != OURS:
            return None
        found = results.find(suite, input, variant, candidate)
        return found.median if found else None

    return figure


def _growth(what: str, input: str) -> Target:
    return Target(f"growth with {what}", 1.1, 1.05, _exponent(input), True, "exponent")


def _memory(what: str, least: float, aim: float, *figure: str) -> Target:
    name = f"growth of resident memory, one event of 8 MiB, {what}"
    return Target(name, least, aim, _median("memory", HUGE, *figure), True, "MiB")


def _framing(input: str) -> Iterator[Target]:
    for cut, least, aim in (
        ("1 event", 10, 12),
        ("1460 B", 7.5, 9),
        ("16 KiB", 10, 13),
        ("64 B", 4, 5),
    ):
        yield _against_openai("framing", input, cut, least, aim)
    for cut, least, aim in (
        ("1 event", 2.5, 3.2),
        ("1460 B", 2, 2.5),
        ("16 KiB", 2.5, 3.5),
        ("64 B", 1.2, 1.5),
        ("1 B", 0.9, 1.2),
    ):
        yield _against_fastest(input, cut, least, aim)


def _typed(input: str) -> Iterator[Target]:
    yield _against_openai("typed", input, "1 event", 45, 70)
    yield _against_openai("typed", input, "1460 B", 40, 60)


_FEW = ("1 event", "1460 B", "16 KiB")

TARGETS = (
    *_framing("text"),
    *_framing("tools"),
    *_framing(_RECORDED),
    _against_fastest("CRLF", "1 event", 1.5, 2.5),
    *_typed("text"),
    *_typed("tools"),
    *_typed(_RECORDED),
    _against_openai("snapshot", "text", "1 event", 50, 80),
    _against_openai("snapshot", "tools", "1 event", 80, 110),
    _against_openai("snapshot", "unpredictable text", "1 event", 25, 45),
    _against_openai("snapshot", "unpredictable tools", "1 event", 40, 65),
    Target(
        "snapshot, text, over our framing with the fastest JSON parser alone",
        2,
        1.5,
        _over_floor("text", _FEW),
        True,
    ),
    _growth("the bytes of one event", "one event of one line, MiB"),
    _growth("the lines of one event", "one event of 64-byte lines, MiB"),
    _growth("text deltas", "text deltas, thousands"),
    _growth("tool-call deltas", "tool-call deltas, thousands"),
    _growth("annotations", "annotations"),
    _growth("tool calls", "tool calls of 20 deltas"),
    _growth("messages", "messages of 5 deltas"),
    _memory("framing, data left as bytes", 12, 9, "framing", _BYTES),
    _memory("typed", 24, 18, "typed", OURS),
    Target(
        "CPU seconds to import all names",
        0.25,
        0.15,
        _median("footprint", IMPORT, "", OURS),
        True,
        "s",
    ),
    Target(
        "import and have a client's runs, against openai-python",
        5,
        8,
        lambda results, ours: results.ratio(
            "footprint", CLIENT, "", _OPENAI, f"{ours}, sockets"
        ),
    ),
)
