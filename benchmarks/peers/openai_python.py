"""openai-python's stream on bytes in memory: the real classes, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from benchmarks.peers.candidate import Chunks
from benchmarks.peers.versions import load

__all__ = ["handlers", "streams"]


@frozen
class _Response:
    """What its stream needs of an HTTP response."""

    chunks: Chunks
    request: None = None

    def iter_bytes(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None: ...


def streams() -> Callable[[Chunks], Any]:
    """Return a function that makes a `Stream[AssistantStreamEvent]` from bytes."""
    stream = load("openai._streaming").Stream
    event = load("openai.types.beta").AssistantStreamEvent
    client = load("openai").OpenAI(api_key="none", base_url="http://nowhere")

    def make(chunks: Chunks) -> Any:
        return stream(cast_to=event, response=_Response(chunks), client=client)

    return make


def handlers() -> Callable[[Chunks], Any]:
    """Return a function that makes an `AssistantEventHandler`, like `runs.stream`."""
    make = streams()
    handler = load("openai").AssistantEventHandler

    def make_handler(chunks: Chunks) -> Any:
        made = handler()
        made._init(make(chunks))
        return made

    return make_handler
