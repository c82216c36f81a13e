"""How servers write the same run as bytes, and what a decoder must make of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple, TypeAlias

from benchmarks.streams.conversations import Conversation

__all__ = [
    "Frame",
    "Style",
    "Written",
    "block",
    "commented",
    "crlf",
    "erratic",
    "identified",
    "multiline",
    "occasional",
    "plain",
    "unpredictable",
    "unspaced",
]


class Frame(NamedTuple):
    """What a server-sent event says: its type, its data, and the last event id."""

    event: str
    data: str
    id: str = ""


Written: TypeAlias = tuple[bytes, list[Frame]]
Style: TypeAlias = Callable[[Conversation], Written]

_DONE = Frame("done", "[DONE]")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def block(frame: Frame) -> bytes:
    """Write one event, without its id."""
    lines = "".join(f"data: {line}\n" for line in frame.data.split("\n"))
    return f"event: {frame.event}\n{lines}\n".encode()


def plain(conversation: Conversation, eol: str = "\n") -> Written:
    """As the real service writes: an event line, a data line, a blank line."""
    frames = [Frame(name, _compact(value)) for name, value in conversation]
    frames.append(_DONE)
    text = "".join(f"event: {f.event}{eol}data: {f.data}{eol}{eol}" for f in frames)
    return text.encode(), frames


def crlf(conversation: Conversation) -> Written:
    """As .NET and some Python servers write."""
    return plain(conversation, "\r\n")


def unspaced(conversation: Conversation) -> Written:
    """Without a space after the colon, as Spring and Gin write."""
    frames = plain(conversation)[1]
    text = "".join(f"event:{f.event}\ndata:{f.data}\n\n" for f in frames)
    return text.encode(), frames


def commented(conversation: Conversation) -> Written:
    """With a keep-alive comment before every fourth event, and a retry first."""
    frames = plain(conversation)[1]
    blocks = ["retry: 3000\n\n"]
    for number, frame in enumerate(frames):
        if number % 4 == 0:
            blocks.append(f": ping - 2026-11-23 12:00:00.{number:06}\n\n")
        blocks.append(f"event: {frame.event}\ndata: {frame.data}\n\n")
    return "".join(blocks).encode(), frames


def identified(conversation: Conversation) -> Written:
    """With an id on each event, like servers that let clients reconnect."""
    frames = [
        frame._replace(id=str(number))
        for number, frame in enumerate(plain(conversation)[1])
    ]
    text = "".join(f"id: {f.id}\nevent: {f.event}\ndata: {f.data}\n\n" for f in frames)
    return text.encode(), frames


def multiline(conversation: Conversation) -> Written:
    """With indented JSON, each of whose lines is a data line."""
    frames = []
    for name, value in conversation:
        data = json.dumps(value, ensure_ascii=False, indent=1)
        frames.append(Frame(name, data))
    frames.append(_DONE)
    return b"".join(map(block, frames)), frames


def occasional(conversation: Conversation) -> Written:
    """As most servers write, but every tenth event has its data before its name."""
    frames = plain(conversation)[1]
    blocks = []
    for number, frame in enumerate(frames):
        lines = [f"event: {frame.event}\n", f"data: {frame.data}\n"]
        if number % 10 == 9:
            lines.reverse()
        blocks.append("".join(lines) + "\n")
    return "".join(blocks).encode(), frames


def unpredictable(conversation: Conversation) -> Written:
    """With nothing that could be predicted from one event to the next.

    Ids, the order of keys, and spacing vary from event to event.
    """
    random = Random(7)
    frames, blocks = [], []
    for number, (name, value) in enumerate(conversation):
        frame = _varied(name, value, number, random)
        frames.append(frame)
        blocks.append(f"id: {frame.id}\nevent: {frame.event}\ndata: {frame.data}\n\n")
    return _ended(frames, blocks)


def erratic(conversation: Conversation) -> Written:
    """Like `unpredictable`, with lines in any order and a new field in each object."""
    random = Random(7)
    frames, blocks = [], []
    for number, (name, value) in enumerate(conversation):
        more = {**value, "event_id": f"evt_{random.getrandbits(64):x}"}
        frame = _varied(name, more, number, random)
        frames.append(frame)
        space = random.choice(("", " "))
        lines = [
            f"event:{space}{frame.event}\n",
            f"id:{space}{frame.id}\n",
            f"data: {frame.data}\n",
        ]
        random.shuffle(lines)
        blocks.append("".join(lines) + "\n")
    return _ended(frames, blocks)


def _varied(name: str, value: Any, number: int, random: Random) -> Frame:
    data = json.dumps(
        _shuffled(value, random),
        ensure_ascii=False,
        separators=random.choice(_SPACES),
    )
    return Frame(name, data, f"{number}-{random.getrandbits(32):08x}")


def _ended(frames: list[Frame], blocks: list[str]) -> Written:
    # The id is not repeated, and so stays.
    frames.append(_DONE._replace(id=frames[-1].id))
    return "".join([*blocks, "event: done\ndata: [DONE]\n\n"]).encode(), frames


_SPACES = ((",", ":"), (", ", ": "), (",", ": "), (", ", ":"), (",  ", " : "))


def _shuffled(value: Any, random: Random) -> Any:
    match value:
        case dict():
            keys = list(value)
            random.shuffle(keys)
            return {key: _shuffled(value[key], random) for key in keys}
        case list():
            return [_shuffled(item, random) for item in value]
        case _:
            return value
