"""What stands for an argument that is not given."""

from __future__ import annotations

__all__ = ["Omit"]


class Omit:
    """Stands for an argument that is not given: nothing of it is sent.

    Among headers it removes the header, like None.
    """

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"
