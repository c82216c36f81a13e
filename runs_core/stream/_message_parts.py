"""One message of a snapshot: the last whole object and the deltas since."""

from __future__ import annotations

from typing import Any

from runs_core.models import (
    Message,
    MessageContent,
    MessageDelta,
    TextContentBlock,
    TextDelta,
    TextDeltaBlock,
)
from runs_core.stream._accumulate import Entries, add, entries, plain, text_writer
from runs_core.stream._copy import copied, state_of
from runs_core.stream._parts import Parts, Shown, Write
from runs_core.stream._received import Received
from runs_core.wire.codec import structure

__all__ = ["MessageParts"]


class MessageParts(Parts[Message, MessageContent]):
    """A message as far as it has come."""

    __slots__ = (
        "_content",
        "_id",
        "_role",
        "_whole",
        "_writers",
        "ended",
    )

    def __init__(self, id: str) -> None:
        self._id = id
        self._whole: Received[Message] | None = None
        self.ended = False
        self._content: Entries | None = None  # what deltas have made, if any came
        self._role: str | None = None
        # Text blocks that have begun: nearly all deltas append to one.
        self._writers: dict[int, Write] = {}
        self._shown = None

    def __getstate__(self) -> object:
        # The writers write to the original's texts: `add` makes new ones. What was
        # shown belongs to the callers who have looked at it.
        return state_of(self, _writers={}, _shown=None)

    def replace(self, message: Received[Message], *, last: bool) -> None:
        """Take a whole message."""
        if self.ended and not last:
            return
        self.ended = last
        self._whole = message
        # One that comes late, and has no content yet, takes none away.
        if self._content is not None and (last or message.look().content):
            self._content = None
            self._writers = {}
        self._shown = None

    def extend(self, delta: MessageDelta) -> Write | None:
        """Add a delta, if all it has is more of a text that has begun.

        Return what appends to that text, valid until anything else is done to the
        message; None if the delta was not added.
        """
        if delta.__class__ is not MessageDelta:
            return None
        content: Any = delta.content
        if content.__class__ is not list or len(content) != 1:
            return None
        if delta.role is not None and self._role is None:
            return None
        block = content[0]
        if block.__class__ is not TextDeltaBlock:
            return None
        text = block.text
        index = block.index
        # Not `True`, which would find what is under 1.
        if text.__class__ is not TextDelta or index.__class__ is not int:
            return None
        write = self._writers.get(index)
        if write is None or text.annotations:
            return None
        value = text.value
        if value.__class__ is not str:
            return None
        write(value)
        self._shown = None
        return write

    def add(self, delta: MessageDelta) -> None:
        """Add a delta, or raise `InvalidDelta` and stay as it was."""
        if self.ended:
            return
        where = "$.delta.content"
        new = entries(delta.content or [], where)
        old: Any = self._content
        if old is None and self._whole is not None:
            old = self._whole.plain("content")
            # An object instead of a list is its only entry.
            old = old if old is None or isinstance(old, list) else [old]
        self._content = content = add(old, new, where)
        for index in new.by_index:
            self._writers.pop(index, None)
            write = text_writer(content.by_index[index], "text", "value")
            if write is not None:
                self._writers[index] = write
        if self._role is None:
            self._role = copied(delta.role)
        self._shown = None

    def _make(self, shown: Shown[Message, MessageContent]) -> Message:
        if self._content is None:
            assert self._whole is not None
            return self._whole.look()
        made = self._of(plain(self._content))
        shown.share(self._content, made.content)
        if self._whole is None:
            return made
        whole = copied(self._whole.look())
        whole.content = made.content
        if whole.role is None and self._role:
            whole.role = self._role
        return whole

    def _written(self) -> Entries | None:
        return self._content

    def _of(self, parts: list[Any]) -> Message:
        raw = {"id": self._id, "object": "thread.message", "content": parts}
        return structure(raw | ({"role": self._role} if self._role else {}), Message)

    def _parts_of(self, whole: Message) -> list[MessageContent]:
        return whole.content

    def text(self) -> str:
        """Return the texts of the message's text blocks, joined."""
        shown = self._so_far()
        if shown.text is None:
            shown.text = "".join(
                block.text.value
                for block in self.model().content
                if isinstance(block, TextContentBlock)
                and isinstance(block.text.value, str)
            )
        return shown.text
