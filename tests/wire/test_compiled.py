"""The compiled decoder: where it is, and what it leaves behind.

Its results are tested wherever those of the Python decoder are: `DECODERS` has both.
"""

from __future__ import annotations

import inspect
import tracemalloc

import pytest

import runs_core
from runs_core.errors import EventTooLarge
from runs_core.wire.sse import EventStreamDecoder
from tests.wire.decoding import DECODERS, KIB, CompiledDecoder

compiled = pytest.mark.skipif(
    CompiledDecoder is None, reason="the compiled decoder has not been built"
)


def test_the_decoder_in_python_is_the_default() -> None:
    assert runs_core.EventStreamDecoder is EventStreamDecoder
    assert EventStreamDecoder.__module__ == "runs_core.wire.sse"
    assert EventStreamDecoder.feed.__code__.co_filename.endswith(".py")


@compiled
@pytest.mark.parametrize(
    "stream",
    [
        b"event: a\nid: 7\ndata: 1\n\n",
        b"id: 77\ndata: " + b"y" * KIB + b"\ndata\n\nretry: 999999999\ndata: x\n\n",
        b"event: " + b"y" * KIB + b"\nid: " + b"z" * KIB,
        b"data: " + b"y" * KIB + b"\ndata: ",
        b"data: " + b"y" * 5 * KIB + b"\n\n",
    ],
    ids=["an event", "events", "an unfinished line", "unfinished data", "too large"],
)
@pytest.mark.parametrize("size", [7, 10_000])
def test_it_leaves_nothing_behind(stream: bytes, size: int) -> None:
    pieces = [stream[i : i + size] for i in range(0, len(stream), size)]

    def decode() -> None:
        decoder = DECODERS["compiled"](4 * KIB)
        try:
            for piece in pieces:
                decoder.feed(piece)
        except EventTooLarge:
            pass

    decode()
    tracemalloc.start()
    try:
        for _ in range(300):
            decode()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert left < 2 * KIB


@compiled
@pytest.mark.parametrize("name", ["feed", "close"])
def test_its_methods_say_what_they_take(name: str) -> None:
    ours = inspect.signature(getattr(EventStreamDecoder, name))
    compiled = inspect.signature(getattr(DECODERS["compiled"], name))

    assert list(compiled.parameters) == list(ours.parameters)


@compiled
def test_a_subclass_that_does_not_call_init_has_no_room() -> None:
    class Careless(DECODERS["compiled"]):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

    decoder = Careless()

    assert decoder.feed(b"data: 1\ndata\n\nid: 2\n\n") == []
    with pytest.raises(EventTooLarge):
        decoder.close()
