from typing import Literal

from runs_core.wire.sse import ServerSentEvent

__all__ = ["EventStreamDecoder"]

class EventStreamDecoder:
    def __init__(
        self,
        max_event_bytes: int | None = ...,
        *,
        on_eof: Literal["discard", "flush"] = ...,
    ) -> None: ...
    @property
    def offset(self) -> int: ...
    def feed(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]: ...
    def close(self) -> list[ServerSentEvent]: ...
