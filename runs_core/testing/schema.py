"""Reads JSON schemas that may be anything; values of the wrong type are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["Schema", "merged"]

# Beyond this, arithmetic on bounds overflows.
_LARGEST = 1e300

# The type that a schema without one means, by its first keyword here.
_MEANT = {
    "properties": "object",
    "required": "object",
    "minProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}


@frozen
class Schema:
    """The keywords of one schema, by the type that each must have."""

    keywords: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The type; of several, the first that is not null; of none, what is meant."""
        kind = self.keywords.get("type")
        if isinstance(kind, list):
            return next((k for k in kind if k != "null" and isinstance(k, str)), "null")
        if isinstance(kind, str):
            return kind
        return next((_MEANT[k] for k in _MEANT if k in self.keywords), "string")

    def without(self, keyword: str) -> Schema:
        """Return the schema without a keyword."""
        return Schema({k: v for k, v in self.keywords.items() if k != keyword})

    def items(self, keyword: str) -> list[Any]:
        """Return the keyword's array, or an empty one."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, list) else []

    def fields(self, keyword: str) -> Mapping[str, Any]:
        """Return the keyword's object, or an empty one."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, Mapping) else {}

    def count(self, keyword: str, default: int) -> int:
        """Return the keyword's whole number from 0 on, or the default."""
        value = self.keywords.get(keyword)
        return value if type(value) is int and value >= 0 else default

    def number(self, keyword: str, default: float = 0) -> float:
        """Return the keyword's number, or the default; `multipleOf` is above 0."""
        value = self.keywords.get(keyword)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return default
        least = 0 if keyword == "multipleOf" else -_LARGEST
        return value if least < value < _LARGEST else default


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that demands what both demand."""
    result = {**first, **second}
    a, b = Schema(first), Schema(second)
    if both := {**a.fields("properties"), **b.fields("properties")}:
        result["properties"] = both
    if names := [*a.items("required"), *b.items("required")]:
        result["required"] = names
    if a.items("enum") and b.items("enum"):
        result["enum"] = [
            value for value in a.items("enum") if value in b.items("enum")
        ]
    for keyword, choose in _BOUNDS.items():
        values = [s.keywords[keyword] for s in (a, b) if keyword in s.keywords]
        numbers = [value for value in values if type(value) in (int, float)]
        if len(numbers) == 2:
            result[keyword] = choose(numbers)
    return result


_BOUNDS: dict[str, Any] = {
    "minimum": max,
    "exclusiveMinimum": max,
    "minLength": max,
    "minItems": max,
    "minProperties": max,
    "maximum": min,
    "exclusiveMaximum": min,
    "maxLength": min,
    "maxItems": min,
}
