"""Objects as plain values and as JSON text, under openai-python's names."""

from __future__ import annotations

import json
from typing import Any, Literal

__all__ = ["Serializable"]


class Serializable:
    """An object that can be written out.

    `to_dict` returns what was received, `_dump` every field, including those that are
    None.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError

    def _dump(self) -> dict[str, Any]:
        raise NotImplementedError

    def to_json(self, indent: int | None = 2) -> str:
        """Return `to_dict()` as JSON text; compact if `indent` is None."""
        return _text(self.to_dict(), indent)

    def model_dump(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        exclude_unset: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """Return every field, including those that are None, and unknown ones.

        The values are plain ones in either `mode`. `exclude_unset` leaves out what was
        not received, as `to_dict` does; `exclude_none` leaves out None at any depth.
        """
        dumped = self.to_dict() if exclude_unset else self._dump()
        return _without_none(dumped) if exclude_none else dumped

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        exclude_unset: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """Return `model_dump()` as JSON text; compact if `indent` is None."""
        dumped = self.model_dump(exclude_unset=exclude_unset, exclude_none=exclude_none)
        return _text(dumped, indent)


def _text(value: Any, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        items = value.items()
        return {key: _without_none(item) for key, item in items if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
