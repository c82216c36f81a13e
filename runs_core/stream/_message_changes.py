"""What events change in messages, and in their texts and images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from runs_core.models import (
    ImageFile,
    ImageFileContentBlock,
    Message,
    MessageContent,
    MessageDelta,
    Text,
    TextContentBlock,
    TextDeltaBlock,
)
from runs_core.stream._tracked import Tracked, TrackedPart, always, index_of
from runs_core.stream.changes import (
    Change,
    ImageFileDone,
    MessageChanged,
    MessageCreated,
    MessageDone,
    TextChanged,
    TextCreated,
    TextDone,
)
from runs_core.stream.events import ThreadMessageDelta
from runs_core.stream.snapshot import RunSnapshot

__all__ = ["MessageChanges"]


class MessageChanges:
    """The messages of one stream, each from created to done."""

    def __init__(self, look: Callable[[], RunSnapshot]) -> None:
        self._look = look
        self._seen: dict[str, Tracked] = {}

    def _message(self, message_id: str) -> Iterator[Change]:
        if message_id not in self._seen:
            self._seen[message_id] = Tracked(message_id)
            look = partial(self._find_message, message_id)
            yield MessageCreated(message_id=message_id, look=look)

    def begun(self, event: Any) -> Iterator[Change]:
        message: Message = event.data
        yield from self._message(message.id)
        tracked = self._seen[message.id]
        if tracked.done:
            return
        indices = tracked.indices(len(message.content))
        for index, block in zip(indices, message.content, strict=True):
            yield from self._block(tracked, index, block.type)

    def delta(self, event: ThreadMessageDelta) -> Iterator[Change]:
        message_id, delta = event.data.id, event.data.delta
        yield from self._message(message_id)
        tracked = self._seen[message_id]
        if tracked.done or not isinstance(delta, MessageDelta):
            return
        for block in delta.content or ():
            index = index_of(block)
            if index != tracked.current:
                yield from self._leave_block(tracked)
                tracked.current = index
            yield from self._block(tracked, index, block.type)
            if isinstance(block, TextDeltaBlock) and block.text is not None:
                yield TextChanged(
                    message_id=message_id,
                    index=index,
                    delta=block.text,
                    look=partial(self._find_text, tracked, index),
                )
        yield MessageChanged(
            message_id=message_id,
            delta=delta,
            look=partial(self._find_message, message_id),
        )

    def ended(self, event: Any) -> Iterator[Change]:
        message: Message = event.data
        yield from self._message(message.id)
        tracked = self._seen[message.id]
        if tracked.done:
            return
        tracked.done = True
        indices = tracked.indices(len(message.content))
        for index, block in zip(indices, message.content, strict=True):
            yield from self._block(tracked, index, block.type)
            yield from self._block_done(tracked, index, always(block))
        yield MessageDone(message_id=message.id, look=always(message))

    def _block(self, tracked: Tracked, index: int, kind: str) -> Iterator[Change]:
        known = tracked.parts.get(index)
        # Another kind at a known place: a whole object has moved what was there.
        if known is not None and (kind != "text" or known.kind == "text"):
            return
        tracked.see(index, TrackedPart(kind))
        if kind == "text":
            look = partial(self._find_text, tracked, index)
            yield TextCreated(message_id=tracked.id, index=index, look=look)

    def _leave_block(self, tracked: Tracked) -> Iterator[Change]:
        if tracked.current is not None:
            find = partial(self._find_block, tracked, tracked.current)
            yield from self._block_done(tracked, tracked.current, find)

    def _block_done(
        self, tracked: Tracked, index: int, find: Callable[[], MessageContent | None]
    ) -> Iterator[Change]:
        part = tracked.parts[index]
        if part.done:
            return
        part.done = True
        if part.kind == "text":
            yield TextDone(
                message_id=tracked.id, index=index, look=lambda: _text_of(find())
            )
        # What names itself an image may hold none.
        elif part.kind == "image_file" and isinstance(find(), ImageFileContentBlock):
            yield ImageFileDone(
                message_id=tracked.id, index=index, look=lambda: _image_of(find())
            )

    def _find_message(self, message_id: str) -> Message:
        return self._look()._message(message_id).model()

    def _find_block(self, tracked: Tracked, index: int) -> MessageContent | None:
        message = self._look()._message(tracked.id)
        return message.part(index, tracked.position(index))

    def _find_text(self, tracked: Tracked, index: int) -> Text:
        return _text_of(self._find_block(tracked, index))


def _text_of(block: MessageContent | None) -> Text:
    return block.text if isinstance(block, TextContentBlock) else Text(value="")


def _image_of(block: MessageContent | None) -> ImageFile:
    if isinstance(block, ImageFileContentBlock):
        return block.image_file
    raise LookupError("the message no longer has this image file")
