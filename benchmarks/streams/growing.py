"""Streams that grow in one respect, doubling from size to size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from attrs import frozen

from benchmarks.streams.conversations import annotated, texts, words
from benchmarks.streams.cuts import ONE_EVENT, cut
from benchmarks.streams.inputs import calls
from benchmarks.streams.objects import message
from benchmarks.streams.styles import Frame, block, plain

__all__ = ["FRAMED", "PUT_TOGETHER", "Growing", "Slices", "huge_event"]

MIB = 1 << 20


@frozen(kw_only=True)
class Growing:
    """What grows, in which unit, and the chunks of the stream of each size."""

    name: str
    sizes: tuple[float, ...]
    quick_sizes: tuple[float, ...]
    make: Callable[[float], list[bytes]]


@frozen
class Slices:
    """Chunks that are cut as they are needed, so that they take no memory."""

    data: bytes
    size: int = 1024

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.data), self.size):
            yield self.data[at : at + self.size]


def huge_event(size: int) -> bytes:
    """Return a stream of one event of this many bytes: a message with a long text."""
    empty = len(_message(""))
    text = "All work and no play makes a dull stream. " * (size // 42 + 1)
    return _message(text[: size - empty])


def _message(text: str) -> bytes:
    value = json.dumps(message("msg_1", "completed", text))
    return block(Frame("thread.message.completed", value))


def _one_line(mib: float) -> list[bytes]:
    return list(Slices(huge_event(int(mib * MIB))))


def _many_lines(mib: float) -> list[bytes]:
    # JSON, broken where it may be; each line is 64 bytes, including the field's name.
    items = int(mib * MIB) // 64
    item = "data: " + json.dumps("x" * 54) + ",\n"
    data = "event: lines\ndata: [\n" + item * items + "data: null]\n\n"
    return list(Slices(data.encode()))


def _events(thousands: float) -> list[bytes]:
    return list(Slices(plain(texts([words(int(thousands * 1000))]))[0]))


def _deltas(thousands: float) -> list[bytes]:
    return cut(plain(texts([words(int(thousands * 1000))]))[0], ONE_EVENT)


def _tool_deltas(thousands: float) -> list[bytes]:
    return cut(plain(calls(1, int(thousands * 1000)))[0], ONE_EVENT)


def _annotations(number: float) -> list[bytes]:
    return cut(plain(annotated(int(number)))[0], ONE_EVENT)


def _calls(number: float) -> list[bytes]:
    return cut(plain(calls(int(number), 20))[0], ONE_EVENT)


def _messages(number: float) -> list[bytes]:
    pieces = [words(5, seed) for seed in range(int(number))]
    return cut(plain(texts(pieces))[0], ONE_EVENT)


def _doubling(first: float, last: float) -> tuple[float, ...]:
    sizes = [first]
    while sizes[-1] < last:
        sizes.append(sizes[-1] * 2)
    return tuple(sizes)


def _growing(
    name: str, make: Callable[[float], list[bytes]], *limits: float
) -> Growing:
    first, last, quick_last = limits
    return Growing(
        name=name,
        sizes=_doubling(first, last),
        quick_sizes=_doubling(first, quick_last),
        make=make,
    )


# The first size, the last, and the last in a quick run.
FRAMED = (
    _growing("one event of one line, MiB", _one_line, 0.25, 32, 4),
    _growing("one event of 64-byte lines, MiB", _many_lines, 0.25, 16, 2),
    _growing("events, thousands", _events, 1, 64, 8),
)
PUT_TOGETHER = (
    _growing("text deltas, thousands", _deltas, 1, 32, 4),
    _growing("tool-call deltas, thousands", _tool_deltas, 1, 32, 4),
    _growing("annotations", _annotations, 125, 4000, 1000),
    _growing("tool calls of 20 deltas", _calls, 8, 512, 64),
    _growing("messages of 5 deltas", _messages, 32, 2048, 256),
)
