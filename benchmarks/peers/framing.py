"""Bytes to server-sent events: name, data as text, last event id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from attrs import evolve

from benchmarks.peers.candidate import (
    RAISED,
    Candidate,
    Chunks,
    Run,
    fed,
    hold_fed,
    hold_pulled,
    pulled,
)
from benchmarks.peers.versions import load
from benchmarks.results import COMPILED, FED, OURS
from benchmarks.streams.styles import Frame
from runs_core.wire.sse import EventStreamDecoder, iter_sse

__all__ = [
    "FRAMING",
    "custom",
    "lacking",
    "ours",
    "ours_bytes",
    "ours_compiled",
    "ours_fed",
]

_READ = attrgetter("event", "data")
_READ_TEXT = attrgetter("event", "text")


def ours() -> Candidate:
    return _ours(OURS, _READ_TEXT)


def ours_bytes() -> Candidate:
    return _ours("runs-core, data as bytes", _READ)


def _ours(name: str, read: Callable[[Any], Any]) -> Candidate:
    return evolve(_peer(name, "runs-core", iter_sse, read=read), ours=True)


def ours_fed() -> Candidate:
    return _ours_fed(FED, EventStreamDecoder)


def ours_compiled() -> Candidate:
    return _ours_fed(COMPILED, load("runs_core.wire.compiled").EventStreamDecoder)


def _ours_fed(name: str, make: Callable[[], Any]) -> Candidate:
    return Candidate(
        name=name,
        distribution="runs-core",
        run=fed(make, _READ_TEXT),
        hold=hold_fed(make),
        outcome=lambda chunks: _fed_frames(make(), chunks),
        ours=True,
    )


def custom(name: str, make: Callable[[], Any]) -> Candidate:
    """Return a user's decoder; `feed(bytes)` and `close()` return iterables of events.

    Its events have `event`, `id`, and `text` or `data` (str, or bytes that are decoded
    here).
    """

    def read(event: Any) -> tuple[str, str]:
        data = event.data
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        return event.event, text

    @cache
    def reading() -> Run:
        return fed(make, _READ_TEXT if hasattr(_first_event(make), "text") else read)

    return Candidate(
        name=name,
        distribution=None,
        run=lambda chunks: reading()(chunks),
        hold=hold_fed(make),
        outcome=lambda chunks: _fed_frames(make(), chunks),
    )


def lacking(make: Callable[[], Any]) -> list[str]:
    """Return the attributes that the events of a user's decoder lack.

    A decoder that gives no event, or raises, is judged where it takes part.
    """
    event = _first_event(make)
    if event is None:
        return []
    lacks = [name for name in ("event", "id") if not hasattr(event, name)]
    if not (hasattr(event, "text") or hasattr(event, "data")):
        lacks.append("text or data")
    return lacks


def _first_event(make: Callable[[], Any]) -> Any:
    """Return what a decoder makes of an event that has everything; None if nothing."""
    try:
        decoder = make()
        fed = list(decoder.feed(b"event: a\nid: 1\ndata: x\n\n"))
        return next(iter([*fed, *decoder.close()]), None)
    except RAISED:  # The user's code: it may raise anything.
        return None


def _fed_frames(decoder: Any, chunks: Chunks) -> list[Frame]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return _frames([*events, *decoder.close()])


def _frames(events: Iterable[Any]) -> list[Frame]:
    """Return plain frames with the last id, also for peers that give only an own id."""
    frames, last = [], ""
    for event in events:
        text = event.text if hasattr(event, "text") else event.data
        data = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        last = last if event.id is None else event.id
        frames.append(Frame(event.event or "message", data, last))
    return frames


def _peer(
    name: str,
    distribution: str,
    events: Callable[[Chunks], Iterable[Any]],
    note: str = "",
    read: Callable[[Any], Any] = _READ,
) -> Candidate:
    return Candidate(
        name=name,
        distribution=distribution,
        run=pulled(events, read),
        hold=hold_pulled(events),
        outcome=lambda chunks: _frames(events(iter(chunks))),
        note=note,
    )


def openai() -> Candidate:
    decoder = load("openai._streaming").SSEDecoder
    return _peer("openai-python", "openai", lambda chunks: decoder().iter_bytes(chunks))


def anthropic() -> Candidate:
    decoder = load("anthropic._streaming").SSEDecoder
    return _peer("anthropic", "anthropic", lambda chunks: decoder().iter_bytes(chunks))


def httpx_sse() -> Candidate:
    module = load("httpx_sse._decoders")
    utf8 = load("codecs").getincrementaldecoder("utf-8")

    # Its `iter_sse` without httpx, which decodes the text for it, with U+FFFD for bytes
    # that are not UTF-8.
    def events(chunks: Chunks) -> Iterator[Any]:
        lines, decoder = module.SSELineDecoder(), module.SSEDecoder()
        text = utf8("replace")
        for chunk in chunks:
            for line in lines.decode(text.decode(chunk)):
                event = decoder.decode(line)
                if event is not None:
                    yield event
        for line in [*lines.decode(text.decode(b"", True)), *lines.flush()]:
            event = decoder.decode(line)
            if event is not None:
                yield event

    return _peer("httpx-sse", "httpx-sse", events, "without httpx")


def sseclient() -> Candidate:
    client = load("sseclient").SSEClient
    return _peer("sseclient-py", "sseclient-py", lambda chunks: client(chunks).events())


def launchdarkly() -> Candidate:
    reader = load("ld_eventsource.reader")
    kind = load("ld_eventsource.actions").Event

    # Its client without reconnection.
    def events(chunks: Chunks) -> Iterator[Any]:
        lines = reader._BufferedLineReader.lines_from(chunks)
        for action in reader._SSEReader(lines).events_and_comments():
            if isinstance(action, kind):
                yield action

    return _peer(
        "launchdarkly-eventsource",
        "launchdarkly-eventsource",
        events,
        "without reconnection",
    )


def azure() -> Candidate:
    base = load("azure.ai.agents.models").BaseAgentEventHandler

    class Blocks(base):  # type: ignore[misc, valid-type]
        # Like its `_parse_event`, before it reads JSON.
        def _process_event(self, event_data_str: str) -> Frame:
            name, data = "", ""
            for line in event_data_str.strip().split("\n"):
                if line.startswith("event:"):
                    name = line.split(":", 1)[1].strip()
                elif line.startswith("data:"):
                    data = line.split(":", 1)[1].strip()
            return Frame(name, data)

    def events(chunks: Chunks) -> Iterator[Frame]:
        handler = Blocks()
        handler.initialize(chunks, None)
        return handler

    return _peer(
        "azure-ai-agents",
        "azure-ai-agents",
        events,
        "knows no ids, comments or data in several lines",
        itemgetter(0, 1),
    )


def aiosseclient() -> Candidate:
    # Imported late, because it needs aiohttp.
    from benchmarks.peers.aio import aiosseclient_events

    return _peer(
        "aiosseclient",
        "aiosseclient",
        aiosseclient_events(),
        "on aiohttp's stream reader, without event loop or socket",
    )


FRAMING: dict[str, Callable[[], Candidate]] = {
    OURS: ours,
    "runs-core, data as bytes": ours_bytes,
    FED: ours_fed,
    COMPILED: ours_compiled,
    "openai-python": openai,
    "httpx-sse": httpx_sse,
    "sseclient-py": sseclient,
    "launchdarkly-eventsource": launchdarkly,
    "anthropic": anthropic,
    "azure-ai-agents": azure,
    "aiosseclient": aiosseclient,
}
