"""The shape of a delta, and functions that make others of the same shape from a text.

Such a function is generated once for a shape, as `runs_core.wire._structure` does for a
class. For a delta of one text, whose text was the mark, it is written like this:

    def factory(v0, v1, v2, v3):
      def build(text):
        o3 = new_o3()
        o3.value = text
        o3.annotations = None
        o2 = new_o2()
        o2.index = v1
        o2.type = v2
        o2.text = o3
        o1 = new_o1()
        o1.role = None
        o1.content = [o2]
        o0 = new_o0()
        o0.id = v0
        o0.delta = o1
        o0.object = v3
        return o0
      return build

`v0` to `v3` are the values in the delta that was seen; `new_o0` and so on make empty
objects of its classes. `_shape_readers` has the functions that read JSON of a shape.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from runs_core.models import (
    CodeInterpreterDelta,
    CodeInterpreterLogs,
    FunctionDelta,
    RefusalDeltaBlock,
    TextDelta,
)
from runs_core.wire._blank import blank_of
from runs_core.wire.codec import SCALARS, WireObject

__all__ = [
    "DICT",
    "EMPTY",
    "NONE",
    "TEXT",
    "TEXTS",
    "VALUE",
    "Build",
    "Builds",
    "NoShape",
    "Shape",
    "Writer",
    "builds_of",
    "shape_of",
]

# Makes the data of an event from a text.
Build: TypeAlias = Callable[[str], Any]
# Makes such a function for an id.
Builds: TypeAlias = Callable[[str], Build]

# The texts of deltas. Nothing depends on what they say. `_accumulate._PARTS` names
# them, too, so that none is absent in what is shown; `MessageParts.extend` and
# `StepParts.extend` name those that come most.
TEXTS: dict[type, str] = {
    TextDelta: "value",
    RefusalDeltaBlock: "refusal",
    FunctionDelta: "arguments",
    CodeInterpreterDelta: "input",
    CodeInterpreterLogs: "logs",
}

# An object without its values: its class, and each slot with the shape of what is in
# it. A list has one element; its shape is `list` and the shape of the element.
Shape: TypeAlias = "tuple[Any, ...] | str"
# What is in a slot that holds no object: the marked text, a null, a value, a dict of
# values, an empty list. The words for the first, the second and the last are also the
# code that puts it there.
TEXT, NONE, VALUE, DICT, EMPTY = "text", "None", "value", "dict", "[]"
_LEAVES = SCALARS | {tuple}


class NoShape(Exception):
    """The event has something that these functions cannot make."""


def builds_of(event: Any, mark: str) -> Builds | None:
    """Return a function of an id that returns what makes such data from a text.

    The text takes the place of the mark, which is in the event once. None if the mark
    is not the whole of one of `TEXTS`.
    """
    values: list[Any] = []
    try:
        factory = _builder(shape_of(event.data, values, mark))
    except NoShape:
        return None
    if factory is None:
        return None
    id, *others = values
    assert id is event.data.id, "the first field of a delta is its id"
    return lambda id: factory(id, *others)


def shape_of(value: Any, values: list[Any], mark: str) -> Shape:
    """Return an object's shape, and append its values to `values`."""
    cls = value.__class__
    text = TEXTS.get(cls)
    shape = [cls]
    # Every slot that is filled, including those that are not fields.
    for slot, item in object.__getstate__(value)[1].items():  # type: ignore[index]
        shape.append(slot)
        if mark and slot == text and item == mark:
            shape.append(TEXT)
        else:
            shape.append(_shape_of_item(item, values, mark))
    return tuple(shape)


def _shape_of_item(item: Any, values: list[Any], mark: str) -> Shape:
    if item is None:
        return NONE
    cls = item.__class__
    if cls in _LEAVES:
        values.append(item)
        return VALUE
    if isinstance(item, WireObject):
        return shape_of(item, values, mark)
    if cls is list and not item:
        return EMPTY
    if cls is list and len(item) == 1:
        return list, _shape_of_item(item[0], values, mark)
    if cls is dict and all(v is None or v.__class__ in _LEAVES for v in item.values()):
        values.append(item)
        return DICT
    raise NoShape


class Writer:
    """The lines that make an object of a shape; `item` says what is in its slots."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {}
        self.values = 0
        self.has_text = False

    def object(self, shape: Any) -> str:
        """Write what makes an object of this shape; return its name."""
        made = f"o{len(self.scope)}"
        self.scope[f"new_{made}"] = blank_of(shape[0])
        lines = [f"    {made} = new_{made}()"]
        for slot, item in zip(shape[1::2], shape[2::2], strict=True):
            lines.append(f"    {made}.{slot} = {self.item(item)}")
        self.lines += lines
        return made

    def item(self, shape: Any) -> str:
        if shape is TEXT:
            self.has_text = True
        if shape is VALUE or shape is DICT:
            self.values += 1
            return f"v{self.values - 1}" + (".copy()" if shape is DICT else "")
        if isinstance(shape, str):
            return shape
        if shape[0] is list:
            return f"[{self.item(shape[1])}]"
        return self.object(shape)

    def function(self, name: str, *lines: str) -> Any:
        code = compile("\n".join(lines), "<runs_core makes deltas>", "exec")
        exec(code, self.scope)
        return self.scope[name]


# There are few different shapes: no list in them has more than one element.
@lru_cache(maxsize=64)
def _builder(shape: Shape) -> Callable[..., Build] | None:
    """Return what makes the function from the values; None if there is no text."""
    writer = Writer()
    made = writer.object(shape)
    if not writer.has_text:
        return None
    names = ", ".join(f"v{at}" for at in range(writer.values))
    factory: Callable[..., Build] = writer.function(
        "factory",
        f"def factory({names}):",
        "  def build(text):",
        *writer.lines,
        f"    return {made}",
        "  return build",
    )
    return factory
