"""Ids that look like the real service's and are the same in every run of a test."""

from __future__ import annotations

import string
from collections import Counter

from attrs import define, field

__all__ = ["Ids"]

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 24
_SPACE = len(_ALPHABET) ** _LENGTH
# Has no common factor with the size of the space, so that no id repeats, and is large
# enough that neighbours look unrelated.
_STEP = 0x5DEECE66D_1F83D9ABFB41BD6B_5BE0CD19137E2179


@define
class Ids:
    """Issues ids, counted for each prefix."""

    _given: Counter[str] = field(factory=Counter)

    def next(self, prefix: str) -> str:
        """Return an id: the prefix, an underscore and 24 letters and digits."""
        number = self._number(prefix) % _SPACE
        letters = []
        for _ in range(_LENGTH):
            number, index = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[index])
        return f"{prefix}_{''.join(letters)}"

    def next_hex(self, prefix: str) -> str:
        """Return an id: the prefix, an underscore and 32 hexadecimal digits."""
        return f"{prefix}_{self._number(prefix) % 16**32:032x}"

    def _number(self, prefix: str) -> int:
        self._given[prefix] += 1
        # Adding the prefix keeps run 1 from ending like thread 1.
        return (self._given[prefix] + int.from_bytes(prefix.encode(), "big")) * _STEP
