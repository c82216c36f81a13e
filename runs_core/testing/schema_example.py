"""One value that fits a JSON schema, always the same one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from attrs import frozen

__all__ = ["schema_example"]

# Deeper than this, optional properties and items are left out, so that recursive
# schemas end; and twice as deep, a schema without an end is given up.
_MAX_DEPTH = 6

_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def schema_example(schema: object) -> Any:
    """Give a JSON value that `schema` accepts.

    Knows type, enum, const, default, examples, format, the bounds of numbers, strings
    and arrays, items, properties, required, anyOf, oneOf, allOf and local $ref. Does
    not know pattern, not, if. For a schema that accepts nothing the value is a guess.
    """
    return _Generator(root=schema).value(schema, 0, "value")


@frozen
class _Generator:
    root: object

    def value(self, schema: object, depth: int, name: str) -> Any:
        """Give a value; `name` is what strings say that may say anything."""
        if not isinstance(schema, Mapping) or depth > 2 * _MAX_DEPTH:
            return name if schema is True else None
        schema = self._resolved(schema)
        for keyword in ("const", "default"):
            if keyword in schema:
                return schema[keyword]
        for keyword in ("enum", "examples"):
            if choices := schema.get(keyword):
                return choices[0]
        for keyword in ("anyOf", "oneOf"):
            if choices := schema.get(keyword):
                return self._choose(schema, keyword, choices, depth, name)
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth, name)
            case "string":
                return _string(schema, name)
            case "integer":
                return _number(schema, whole=True)
            case "number":
                return _number(schema, whole=False)
            case "boolean":
                return True
            case _:
                return None

    def _choose(
        self,
        schema: Mapping[str, Any],
        keyword: str,
        choices: list[Any],
        depth: int,
        name: str,
    ) -> Any:
        rest = {key: value for key, value in schema.items() if key != keyword}
        # A choice that is a leaf ends a recursion; the first is the most likely meant.
        order = sorted(choices, key=self._is_deep) if depth >= _MAX_DEPTH else choices
        choice = next((c for c in order if c is not False), None)
        if not isinstance(choice, Mapping):
            return self.value(rest, depth + 1, name)
        merged = _merge(rest, self._resolved(choice))
        return self.value(merged, depth + 1, name)

    def _is_deep(self, choice: object) -> bool:
        if not isinstance(choice, Mapping):
            return False
        return "$ref" in choice or _type(choice) in ("object", "array")

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the schema with its $ref and allOf merged into it."""
        for _ in range(_MAX_DEPTH):
            if "$ref" in schema:
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                schema = _merge(self._target(schema["$ref"]), rest)
            elif parts := schema.get("allOf"):
                schema = {k: value for k, value in schema.items() if k != "allOf"}
                for part in parts:
                    if isinstance(part, Mapping):
                        schema = _merge(schema, self._resolved(part))
            else:
                break
        return schema

    def _target(self, reference: object) -> Mapping[str, Any]:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}
        target: Any = self.root
        for segment in unquote(reference[1:]).split("/")[1:]:
            key = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(target, Mapping):
                target = target.get(key)
            elif isinstance(target, list) and key.isdigit() and int(key) < len(target):
                target = target[int(key)]
            else:
                return {}
        return target if isinstance(target, Mapping) else {}

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required = schema.get("required") or []
        names = [*properties, *(name for name in required if name not in properties)]
        result = {}
        for name in names:
            part = properties.get(name, True)
            if name in required or (depth < _MAX_DEPTH and part is not False):
                result[name] = self.value(part, depth + 1, name)
        missing = schema.get("minProperties", 0) - len(result)
        for number in range(missing):
            extra = schema.get("additionalProperties", True)
            result[f"key_{number}"] = self.value(extra, depth + 1, "value")
        return result

    def _array(self, schema: Mapping[str, Any], depth: int, name: str) -> list[Any]:
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", math.inf)
        first = schema.get("prefixItems") or []
        items = schema.get("items", True)
        wanted = least
        if depth < _MAX_DEPTH:
            wanted = max(least, min(most, len(first) or (items is not False)))
        result: list[Any] = []
        for index in range(int(wanted)):
            part = first[index] if index < len(first) else items
            result.append(self.value(part, depth + 1, name))
        if schema.get("uniqueItems"):
            result = self._unique(result, items)
        return result

    def _unique(self, values: list[Any], items: object) -> list[Any]:
        """Make equal items differ, where their kind leaves room."""
        choices = items.get("enum") if isinstance(items, Mapping) else None
        if choices:
            return list(choices[: len(values)])
        result: list[Any] = []
        for index, value in enumerate(values):
            if value in result and isinstance(value, str):
                value = f"{value}_{index}"
            elif value in result and type(value) in (int, float):
                value = max(result) + _granule(items)
            result.append(value)
        return result


def _granule(schema: object) -> float:
    return schema.get("multipleOf", 1) if isinstance(schema, Mapping) else 1


def _type(schema: Mapping[str, Any]) -> str | None:
    """Give the type, or what the other keywords are about."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((k for k in kind if k != "null"), "null")
    if isinstance(kind, str):
        return kind
    for keyword, meant in (
        ("properties", "object"),
        ("required", "object"),
        ("items", "array"),
        ("prefixItems", "array"),
        ("minimum", "number"),
        ("maximum", "number"),
    ):
        if keyword in schema:
            return meant
    return "string"


def _merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema that asks for what both ask for."""
    result = {**first, **second}
    if "properties" in first and "properties" in second:
        result["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        result["required"] = list(dict.fromkeys(first["required"] + second["required"]))
    if "enum" in first and "enum" in second:
        result["enum"] = [v for v in first["enum"] if v in second["enum"]]
    for keyword in ("minimum", "exclusiveMinimum", "minLength", "minItems"):
        if keyword in first and keyword in second:
            result[keyword] = max(first[keyword], second[keyword])
    for keyword in ("maximum", "exclusiveMaximum", "maxLength", "maxItems"):
        if keyword in first and keyword in second:
            result[keyword] = min(first[keyword], second[keyword])
    return result


def _string(schema: Mapping[str, Any], name: str) -> str:
    text = _FORMATS.get(schema.get("format", ""), name)
    text = text.ljust(schema.get("minLength", 0), "x")
    most = schema.get("maxLength")
    return text if most is None else text[:most]


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    """Give the number of least size within the bounds that is a multiple."""
    granule = schema.get("multipleOf", 1)
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    above = schema.get("exclusiveMinimum", -math.inf)
    below = schema.get("exclusiveMaximum", math.inf)

    def fits(value: float) -> bool:
        return bool(low <= value <= high and above < value < below)

    # 1 where it may be: 0 reads like something forgotten.
    candidates = [granule, 0, 2 * granule, -granule]
    for bound in (low, above):
        if math.isfinite(bound):
            multiple = math.ceil(bound / granule)
            candidates += [multiple * granule, (multiple + 1) * granule]
    for bound in (high, below):
        if math.isfinite(bound):
            multiple = math.floor(bound / granule)
            candidates += [multiple * granule, (multiple - 1) * granule]
    if not whole:
        ends = (max(low, above), min(high, below))
        if all(map(math.isfinite, ends)):
            candidates.append(sum(ends) / 2)
    value = next((c for c in candidates if fits(c)), granule)
    return int(value) if whole else value
