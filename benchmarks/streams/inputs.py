"""The inputs by name: streams, and what is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random

from attrs import frozen

from benchmarks.streams.conversations import Conversation, texts, tools, words
from benchmarks.streams.cuts import cut
from benchmarks.streams.styles import (
    Frame,
    Style,
    Written,
    block,
    commented,
    crlf,
    erratic,
    identified,
    multiline,
    occasional,
    plain,
    unpredictable,
    unspaced,
)

__all__ = ["GENERATED", "Input", "calls", "generate", "pieces_of_json"]


@frozen
class Input:
    """Streams that are decoded one after the other, and the frames of each."""

    name: str
    streams: tuple[bytes, ...]
    frames: tuple[tuple[Frame, ...], ...]

    @classmethod
    def of(cls, name: str, written: Iterable[Written]) -> Input:
        streams, frames = zip(*written, strict=True)
        return cls(name, streams, tuple(map(tuple, frames)))

    @property
    def size(self) -> int:
        return sum(map(len, self.streams))

    @property
    def events(self) -> int:
        return sum(map(len, self.frames))

    @property
    def digest(self) -> str:
        """Identifies the bytes that results are about."""
        return hashlib.sha256(b"\0".join(self.streams)).hexdigest()[:16]

    def cut(self, where: str) -> list[list[bytes]]:
        return [cut(stream, where) for stream in self.streams]

    def without(self, *names: str) -> Input:
        """Return the same events, except those with these names, written plainly."""
        written = []
        for frames in self.frames:
            kept = [f for f in frames if f.event not in names]
            written.append((b"".join(map(block, kept)), kept))
        return Input.of(self.name, written)

    def well_formed(self) -> Input | None:
        """Return the streams whose data is JSON or an end marker, or None if none is.

        Examples in documentation have dots in them.
        """
        kept = [
            (stream, list(frames))
            for stream, frames in zip(self.streams, self.frames, strict=True)
            if all(map(_is_json, frames))
        ]
        return Input.of(self.name, kept) if kept else None


def _is_json(frame: Frame) -> bool:
    try:
        json.loads(frame.data)
    except ValueError:
        return frame.data == "[DONE]"
    return True


def pieces_of_json(size: int, seed: int = 3) -> list[str]:
    """Return a function's arguments as a model streams them: pieces of JSON text."""
    random = Random(seed)
    fields = {f"field_{at}": word for at, word in enumerate(words(size // 4 + 1, seed))}
    text = json.dumps(fields)
    cuts = sorted(random.sample(range(1, len(text)), size - 1))
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


def calls(number: int, deltas: int) -> Conversation:
    return tools([pieces_of_json(deltas, seed) for seed in range(number)])


def _text(deltas: int) -> Conversation:
    return texts([words(deltas)])


def _tools(deltas: int) -> Conversation:
    return calls(3, deltas // 3)


def _nonascii(deltas: int) -> Conversation:
    return texts([words(deltas, foreign=True)])


def _messages(deltas: int) -> Conversation:
    return texts(words(50, seed) for seed in range(max(1, deltas // 50)))


# For each input, how the run goes and how it is written.
GENERATED: dict[str, tuple[Callable[[int], Conversation], Style]] = {
    "text": (_text, plain),
    "tools": (_tools, plain),
    "non-ASCII": (_nonascii, plain),
    "CRLF": (_text, crlf),
    "no spaces": (_text, unspaced),
    "comments": (_text, commented),
    "ids": (_text, identified),
    "multi-line": (_text, multiline),
    "messages": (_messages, plain),
    "unpredictable text": (_text, unpredictable),
    "unpredictable tools": (_tools, unpredictable),
    "erratic": (_text, erratic),
    "one in ten": (_text, occasional),
}


def generate(name: str, deltas: int) -> Input:
    """Return the input of that name with about as many deltas."""
    conversation, style = GENERATED[name]
    return Input.of(name, [style(conversation(deltas))])
