"""Arguments that are there and yet not given, as openai-python writes them."""

from __future__ import annotations

from typing import Any

__all__ = ["NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit"]


class Omit:
    """Stands for an argument that is not given: nothing of it is sent.

    Among `extra_headers` it removes the header, like None.
    """

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"


NotGiven = Omit

# Of any type, so that it can stand where a value of any parameter's type does.
omit: Any = Omit()
not_given: Any = omit
NOT_GIVEN: Any = omit
