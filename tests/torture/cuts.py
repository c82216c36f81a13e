"""Streams of runs, and how each must end when it is cut.

`python -m tests.torture.cuts` cuts every recorded stream, and every script of the local
service, at every byte.
"""

from __future__ import annotations

import json
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

from attrs import frozen

from runs_core import Client, Endpoint, StreamError, StreamTruncated, runs
from runs_core.errors import EventTooLarge, MalformedEvent, RunsError, TransportError
from runs_core.flows.effects import Emit, Now, Open, Read
from runs_core.lifecycle import RUN_ENDS
from runs_core.models import Run
from runs_core.testing import (
    Call,
    CodeInterpreter,
    Cut,
    Fail,
    FileSearch,
    InMemoryTransport,
    LocalService,
    Pause,
    Raw,
    Say,
    Script,
    SendError,
    ServiceReply,
    ServiceRequest,
    Turn,
)
from runs_core.testing import Incomplete as Short
from runs_core.wire.http import Head, Request
from runs_transports.http1 import Http1Exchange
from tests.models.samples import CAPTURES

__all__ = ["Stream", "ended_in", "recorded_streams", "scripted_streams"]

HEAD = Head(200, {"content-type": "text/event-stream"})
ENDS = {f"thread.run.{status}": "complete" for status in RUN_ENDS}


@frozen
class Stream:
    """A stream's bytes, whole, and where in them its outcome is decided.

    `ends` is where each event ends. `decided` is the end of the first event that ends
    the stream, and the outcome.
    """

    name: str
    data: bytes
    ends: tuple[int, ...]
    decided: tuple[int, str] | None

    @classmethod
    def of(cls, name: str, data: bytes) -> Stream:
        """Read the bytes in a way of our own, as simple as these streams allow."""
        ends, decided, start = [], None, 0
        # A line ends with its CR: the LF that may follow decides nothing.
        for blank in re.finditer(rb"(?<=[\r\n])\r(?=\n)|(?<=\n)\n", data):
            outcome = _outcome(data[start : blank.end()])
            start = blank.end()
            if outcome is not None:
                ends.append(blank.end())
                if outcome and decided is None:
                    decided = blank.end(), outcome
        return cls(name, data, tuple(ends), decided)

    def expected(self, length: int) -> str:
        """Return what the stream must end in when it is cut to this length."""
        if self.decided is not None and length >= self.decided[0]:
            return self.decided[1]
        return "StreamTruncated"

    def events(self, length: int) -> int:
        """Return how many events a beginning of this length holds."""
        return bisect_right(self.ends, length)

    def __str__(self) -> str:
        return self.name


def _outcome(block: bytes) -> str | None:
    """Return what an event ends the stream in, "" if it goes on; None for no event."""
    fields = dict(
        line.partition(b": ")[::2] for line in block.split() and block.splitlines()
    )
    name, data = fields.get(b"event", b"").decode(), fields.get(b"data")
    if data is None:
        return None
    if data == b"[DONE]":
        return "done"
    try:
        json.loads(data)
    except ValueError:
        return "MalformedEvent"
    return "StreamError" if name == "error" else ENDS.get(name, "")


def ended_in(
    data: Iterable[bytes],
    *,
    broken: bool = False,
    max_event_bytes: int | None = None,
) -> str:
    """Return what a stream of these pieces ends in: "complete", or an error's name.

    It is `broken` by the connection's failure, or ends as if that were all.
    """
    feed = runs.stream(
        "thread_1", assistant_id="asst_1", max_event_bytes=max_event_bytes
    )
    end = TransportError("reset") if broken else b""
    answers = chain(data, repeat(end))
    answer: Any = None
    try:
        while True:
            if isinstance(answer, Exception):
                ask = feed.throw(answer)
            else:
                ask = feed.send(answer)
            match ask:
                case Open():
                    answer = HEAD
                case Read():
                    answer = next(answers)
                case Now():
                    answer = 0.0
                case Emit():
                    answer = None
                case _:
                    raise AssertionError(f"a stream has no use for {ask}")
    except StopIteration as stop:
        run: Run = stop.value
        assert run.status in RUN_ENDS
        return "complete"
    except (StreamTruncated, StreamError, MalformedEvent, EventTooLarge) as error:
        return type(error).__name__


# --- Where the streams are from ----------------------------------------------------


def recorded_streams() -> Iterator[Stream]:
    """Yield every recorded stream that is at hand."""
    for path in sorted(CAPTURES.glob("*/*.sse")):
        yield Stream.of(f"{path.parent.name}/{path.stem}", path.read_bytes())
    for path in sorted(CAPTURES.glob("*/*.response.raw")):
        head, body = _answer(path.read_bytes())
        if head is not None and head.content_type == "text/event-stream":
            name = path.name.removesuffix(".response.raw")
            yield Stream.of(f"{path.parent.name}/{name}", body)


def _answer(raw: bytes) -> tuple[Head | None, bytes]:
    exchange = Http1Exchange(Request(method="GET", url="http://recorded/"))
    body = b""
    with suppress(RunsError):  # Compressed, or cut by the server itself.
        exchange.receive(raw)
        exchange.receive(b"")
        while piece := exchange.next_piece():
            body += piece
    return exchange.head, body


def _call(name: str = "look_up") -> Call:
    return Call(name, {"word": "tide", "deep": [1, {"a": "ü"}]})


SCRIPTS: dict[str, tuple[Turn, ...]] = {
    "say": (Turn((Say("The tide is in."),)),),
    "unicode": (Turn((Say("Ebb\u2028und \u0085Flut \U0001f30a", every=3),)),),
    "refusal": (Turn((Say("No.", refusal=True),)),),
    "image": (Turn((Say("See", image_file_ids=("file_1",)),)),),
    "two messages": (Turn((Say("One."), Say("Two."))),),
    "call": (Turn((_call(),)), Turn((Say("In."),))),
    "two calls": (Turn((_call(), _call("wait"))), Turn((Say("In."),))),
    "code": (Turn((CodeInterpreter("1 + 1", logs="2"), Say("Two."))),),
    "search": (Turn((FileSearch(), Say("Found."))),),
    "comments": (
        Turn((Say(pieces=("a", Raw(b": ping\n\n"), "b")), Raw(b":\n\nid: 1\n\n"))),
    ),
    "pause": (Turn((Pause(1.0), Say("Late."))),),
    "fail": (Turn((Say("Hm"), Fail())),),
    "incomplete": (Turn((Say("Too lo"), Short())),),
    "error": (Turn((Say("Hm"), SendError())),),
    "nested error": (Turn((SendError(nested=True),)),),
    "cut": (Turn((Say("Hm"), Cut())),),
    "junk": (Turn((Say("Hm"), Raw(b"event: thread.run.failed\ndata: {]\n\n"))),),
    "unknown": (Turn((Raw(b'event: thread.run.new\ndata: {"id": 1}\n\n'), Say("x"))),),
}


class _Recording(LocalService):
    """Keeps what it streamed."""

    def __init__(self, turns: tuple[Turn, ...]) -> None:
        super().__init__(Script(turns))
        self.streams: list[bytes] = []

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        reply = super().handle(request, now)
        chunks = list(reply.chunks)
        if "content-length" not in dict(reply.headers):
            self.streams.append(b"".join(c for c in chunks if isinstance(c, bytes)))
        return ServiceReply(status=reply.status, headers=reply.headers, chunks=chunks)


def scripted_streams() -> Iterator[Stream]:
    """Yield every stream of every script of the local service."""
    for name, turns in SCRIPTS.items():
        service = _Recording(turns)
        client = Client(InMemoryTransport(service), Endpoint("http://l.test/v1"))
        names = {call.name for turn in turns for call in turn.calls}
        assistant = client.beta.assistants.create(
            model="m",
            tools=[{"type": "function", "function": {"name": n}} for n in names],
        )
        thread = client.beta.threads.create()
        feed = runs.stream_tools(
            thread.id,
            assistant_id=assistant.id,
            functions={n: lambda **_: "in" for n in names},
        )
        with suppress(RunsError):
            client.stream(feed).until_done()
        for number, data in enumerate(service.streams):
            yield Stream.of(f"{name} {number}" if number else name, data)


def main() -> None:
    for stream in (*recorded_streams(), *scripted_streams()):
        outcomes: Counter[str] = Counter()
        for length in range(len(stream.data) + 1):
            outcome = ended_in([stream.data[:length]], broken=length % 2 == 1)
            if outcome != stream.expected(length):
                sys.exit(f"{stream}: cut to {length} bytes it ends in {outcome}")
            outcomes[outcome] += 1
        counted = ", ".join(f"{name} {count}" for name, count in outcomes.items())
        print(f"{stream.name}: {len(stream.data)} bytes: {counted}", flush=True)


if __name__ == "__main__":
    main()
