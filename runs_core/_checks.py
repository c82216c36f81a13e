"""Checks of the options that callers set, as attrs validators.

Messages show a wrong value only if it is a number: any other may have been meant for
another parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any

from attrs import Attribute

from runs_core.errors import InvalidOption, UsageError

__all__ = [
    "boolean",
    "check_amount",
    "check_whole",
    "instance_of",
    "mapping_of",
    "one_of",
    "optional_amount",
    "optional_function",
    "optional_whole",
    "whole",
]

# The largest float: a larger int cannot be added to a time.
_LARGEST = math.nextafter(math.inf, 0.0)

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def optional_amount(owner: Any, attribute: Attribute[Any], value: Any) -> None:
    """Accept None or an amount of time: see `check_amount`."""
    check_amount(attribute.name, value)


def check_amount(name: str, value: Any) -> None:
    """Raise TypeError unless it is a number, `InvalidOption` if below 0 or not finite.

    None is accepted.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, not {_kind(value)}")
    if not 0 <= value <= _LARGEST:
        raise InvalidOption(f"{name} must be 0 or more, or None, not {_shown(value)}")


def mapping_of(name: str, value: Any) -> Mapping[str, Any]:
    """Return a mapping, an empty one for None; raise `UsageError` for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{name} must be a mapping, not of type {type(value).__name__}"
        )
    return value


def whole(least: int) -> Validator:
    """Return the validator for a whole number that is `least` or more."""

    def check(owner: Any, attribute: Attribute[Any], value: Any) -> None:
        check_whole(attribute.name, value, least)

    return check


def optional_whole(owner: Any, attribute: Attribute[Any], value: Any) -> None:
    """Accept None or a whole number that is 0 or more."""
    if value is not None:
        check_whole(attribute.name, value, 0)


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise TypeError unless it is a whole number, `InvalidOption` if too small."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {_kind(value)}")
    if value < least:
        raise InvalidOption(f"{name} must be {least} or more, not {_shown(value)}")


def one_of(*choices: str | None) -> Validator:
    """Return the validator for a value that is one of these."""
    listed = " or ".join(map(repr, choices))

    def check(owner: Any, attribute: Attribute[Any], value: Any) -> None:
        if value not in choices:
            raise InvalidOption(f"{attribute.name} must be {listed}")

    return check


def optional_function(owner: Any, attribute: Attribute[Any], value: Any) -> None:
    """Accept None or something callable."""
    if value is not None and not callable(value):
        raise TypeError(f"{attribute.name} must be a function, not {_kind(value)}")


def instance_of(kind: type | UnionType, words: str) -> Validator:
    """Return the validator for a value of this type, or of one of this union."""

    def check(owner: Any, attribute: Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind):
            raise TypeError(f"{attribute.name} must be {words}, not {_kind(value)}")

    return check


# Nothing else: the string "no" would be true.
boolean = instance_of(bool, "True or False")


def _shown(number: float) -> str:
    try:
        return repr(number)
    except ValueError:  # Python writes out no number of over 4300 digits.
        return "a number of thousands of digits"


def _kind(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
