"""Checks of the limits that callers set."""

from __future__ import annotations

import math
from typing import Any

from attrs import Attribute

__all__ = ["not_negative"]


def not_negative(owner: Any, attribute: Attribute[Any], value: Any) -> None:
    """Refuse what is no amount (seconds, milliseconds, bytes); None means no limit."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{attribute.name} must be a number, not {value!r}")
    if not value >= 0 or math.isinf(value):
        raise ValueError(
            f"{attribute.name} must be 0 or more, not {value!r}; None means no limit"
        )
