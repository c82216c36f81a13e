"""The placeholder for an argument that is not given."""

from __future__ import annotations

__all__ = ["Omit"]


class Omit:
    """A placeholder for an argument that is not given: it is not sent.

    As the value of a header, it removes the header, like None.
    """

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"
