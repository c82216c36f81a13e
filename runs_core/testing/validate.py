"""Checks of JSON values, each of which refuses in the real service's words.

A check takes the name of the parameter, as in `tools[0].function.name`, and its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from runs_core.testing.refusal import Refusal

__all__ = [
    "Check",
    "any_of",
    "anything",
    "array",
    "boolean",
    "fields",
    "integer",
    "metadata",
    "nullable",
    "number",
    "string",
    "tagged",
]

Check: TypeAlias = Callable[[str, Any], None]

_MAX_PAIRS = 16
_MAX_KEY = 64
_MAX_VALUE = 512


def anything(name: str, value: Any) -> None:
    """Accept every value."""


def boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _invalid_type(name, "a boolean", value)


def string(
    *,
    max_length: int | None = None,
    choices: Sequence[str] | None = None,
    pattern: str | None = None,
) -> Check:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, str):
            raise _invalid_type(name, "a string", value)
        if max_length is not None and len(value) > max_length:
            raise Refusal(
                f"Invalid '{name}': string too long. Expected a string with maximum"
                f" length {max_length}, but got a string with length {len(value)}"
                " instead.",
                param=name,
                code="string_above_max_length",
            )
        if choices is not None and value not in choices:
            raise _invalid_value(name, value, choices)
        if pattern is not None and not re.fullmatch(pattern, value):
            raise Refusal(
                f"Invalid '{name}': string does not match pattern. Expected a string"
                f" that matches the pattern '{pattern}'.",
                param=name,
                code="invalid_value",
            )

    return check


def integer(*, least: int | None = None, most: int | None = None) -> Check:
    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _invalid_type(name, "an integer", value)
        _check_bounds(name, value, least, most, "integer")

    return check


def number(*, least: float | None = None, most: float | None = None) -> Check:
    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _invalid_type(name, "a decimal", value)
        _check_bounds(name, value, least, most, "decimal")

    return check


def _check_bounds(
    name: str, value: float, least: float | None, most: float | None, kind: str
) -> None:
    if least is not None and value < least:
        raise Refusal(
            f"Invalid '{name}': {kind} below minimum value. Expected a value >="
            f" {least}, but got {value} instead.",
            param=name,
            code=f"{kind}_below_min_value",
        )
    if most is not None and value > most:
        raise Refusal(
            f"Invalid '{name}': {kind} above maximum value. Expected a value <="
            f" {most}, but got {value} instead.",
            param=name,
            code=f"{kind}_above_max_value",
        )


def array(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, list):
            raise _invalid_type(name, "an array", value)
        if len(value) < least:
            raise Refusal(
                f"Invalid '{name}': empty array. Expected an array with minimum length"
                f" {least}, but got an empty array instead.",
                param=name,
                code="empty_array",
            )
        if most is not None and len(value) > most:
            raise Refusal(
                f"Invalid '{name}': array too long. Expected an array with maximum"
                f" length {most}, but got an array with length {len(value)} instead.",
                param=name,
                code="array_above_max_length",
            )
        for index, element in enumerate(value):
            item(f"{name}[{index}]", element)

    return check


def fields(
    checks: Mapping[str, Check], *, required: Iterable[str] = (), closed: bool = True
) -> Check:
    """Check an object by its fields; if it is not closed, others are allowed."""
    needed = tuple(required)

    def check(name: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise _invalid_type(name, "an object", value)
        prefix = f"{name}." if name else ""
        for key in value:
            if closed and key not in checks:
                raise Refusal(
                    f"Unknown parameter: '{prefix}{key}'.",
                    param=prefix + key,
                    code="unknown_parameter",
                )
        for key in needed:
            if key not in value:
                raise Refusal(
                    f"Missing required parameter: '{prefix}{key}'.",
                    param=prefix + key,
                    code="missing_required_parameter",
                )
        for key, element in value.items():
            checks.get(key, anything)(prefix + key, element)

    return check


def tagged(variants: Mapping[str, Check]) -> Check:
    """Check an object whose `type` says which variant it is."""
    kind = fields(
        {"type": string(choices=tuple(variants))}, required=["type"], closed=False
    )

    def check(name: str, value: Any) -> None:
        kind(name, value)
        variants[value["type"]](name, value)

    return check


def nullable(other: Check) -> Check:
    def check(name: str, value: Any) -> None:
        if value is not None:
            other(name, value)

    return check


def any_of(by_type: Mapping[type, Check]) -> Check:
    """Check by the JSON type of the value."""
    expected = ", ".join(_TYPE_NAMES[kind] for kind in by_type)

    def check(name: str, value: Any) -> None:
        if (other := by_type.get(type(value))) is None:
            raise _invalid_type(name, f"one of {expected}", value)
        other(name, value)

    return check


def metadata(name: str, value: Any) -> None:
    """Check pairs of strings: at most 16, keys of 64 and values of 512 characters."""
    fields({}, closed=False)(name, value)
    if len(value) > _MAX_PAIRS:
        raise Refusal(
            f"Invalid '{name}': too many properties. Expected an object with at most"
            f" {_MAX_PAIRS} properties, but got an object with {len(value)} properties"
            " instead.",
            param=name,
            code="object_above_max_properties",
        )
    for key, element in value.items():
        if len(key) > _MAX_KEY:
            raise Refusal(
                f"Invalid '{name}': property name too long. Expected a property name"
                f" with maximum length {_MAX_KEY}, but got one with length {len(key)}"
                " instead.",
                param=name,
                code="property_name_above_max_length",
            )
        string(max_length=_MAX_VALUE)(f"{name}.{key}", element)


_TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def _invalid_type(name: str, expected: str, value: Any) -> Refusal:
    got = _TYPE_NAMES[type(value)]
    article = got if got == "null" else f"{got} instead"
    return Refusal(
        f"Invalid type for '{name or 'body'}': expected {expected}, but got {article}.",
        param=name or None,
        code="invalid_type",
    )


def _invalid_value(name: str, value: str, choices: Sequence[str]) -> Refusal:
    quoted = [f"'{choice}'" for choice in choices]
    supported = (
        " and ".join(quoted)
        if len(quoted) < 3
        else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    )
    return Refusal(
        f"Invalid value: '{value}'. Supported values are: {supported}.",
        param=name,
        code="invalid_value",
    )
