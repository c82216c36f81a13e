"""One example value for a JSON schema, always the same one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from attrs import define, evolve, field, frozen

from runs_core.testing.schema import Schema, merged

__all__ = ["schema_example"]

# Below this depth, what is optional is left out; a recursion is cut at its first turn.
_MAX_DEPTH = 8
# So that no schema, however it recurs or counts, produces an endless value.
_GIVE_UP_DEPTH = 4 * _MAX_DEPTH
_MAX_VALUES = 2000
_MAX_LENGTH = 10_000

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
    """Return a JSON value that `schema` accepts.

    Knows type, enum, const, default, examples, format, the bounds of numbers, strings
    and arrays, items, properties, required, anyOf, oneOf, allOf and local $ref. Does
    not know pattern, not, if. For something that is not a schema, and for a schema that
    accepts nothing, the value is a guess.
    """
    return _Generator(schema).value(schema, _Place("value"))


@frozen
class _Place:
    """Where a value goes: the text of a string there, and what is around it."""

    name: str
    depth: int = 0
    references: frozenset[str] = frozenset()

    @property
    def is_deep(self) -> bool:
        return self.depth >= _MAX_DEPTH

    def below(self, name: str) -> _Place:
        return evolve(self, name=name, depth=self.depth + 1)

    def inside(self, reference: str) -> _Place:
        depth = max(self.depth, _MAX_DEPTH * (reference in self.references))
        return evolve(self, depth=depth, references=self.references | {reference})

    def around(self, inner: _Place) -> _Place:
        """Return this place, with what was found on the way to `inner`, just below."""
        return evolve(self, depth=inner.depth - 1, references=inner.references)


@define
class _Generator:
    root: object
    values_left: int = field(default=_MAX_VALUES, init=False)

    def value(self, schema: object, place: _Place) -> Any:
        self.values_left -= 1
        if self.values_left < 0 or place.depth > _GIVE_UP_DEPTH:
            return None
        if isinstance(schema, bool):
            return place.name if schema else None
        if not isinstance(schema, Mapping):
            return None
        plain, place = self._resolved(schema, place)
        for keyword in ("const", "default"):
            if keyword in plain.keywords:
                return plain.keywords[keyword]
        for keyword in ("enum", "examples"):
            if choices := plain.items(keyword):
                return choices[0]
        for keyword in ("anyOf", "oneOf"):
            if choices := plain.items(keyword):
                return self._choose(plain.without(keyword), choices, place)
        match plain.type:
            case "object":
                return self._object(plain, place)
            case "array":
                return self._array(plain, place)
            case "string":
                return _string(plain, place.name)
            case "integer":
                return _number(plain, whole=True)
            case "number":
                return _number(plain, whole=False)
            case "boolean":
                return True
            case _:
                return None

    def _choose(self, rest: Schema, choices: list[Any], place: _Place) -> Any:
        # The first is most likely what is meant, but a leaf ends a recursion.
        order = sorted(choices, key=lambda choice: _leads_on(choice, place))
        choice = next((c for c in order if isinstance(c, Mapping)), {})
        plain, place = self._resolved(choice, place)
        together = merged(rest.keywords, plain.keywords)
        return self.value(together, place.below(place.name))

    def _resolved(
        self, keywords: Mapping[str, Any], place: _Place
    ) -> tuple[Schema, _Place]:
        """Return the schema with its $ref and allOf merged into it."""
        while place.depth <= _GIVE_UP_DEPTH:
            schema = Schema(keywords)
            reference = keywords.get("$ref")
            if isinstance(reference, str):
                place = place.inside(reference).below(place.name)
                target = self._target(reference)
                keywords = merged(target, schema.without("$ref").keywords)
            elif parts := schema.items("allOf"):
                keywords = schema.without("allOf").keywords
                for part in parts:
                    if isinstance(part, Mapping):
                        below = place.below(place.name)
                        plain, inner = self._resolved(part, below)
                        place = place.around(inner)
                        keywords = merged(keywords, plain.keywords)
            else:
                break
        return Schema(keywords), place

    def _target(self, reference: str) -> Mapping[str, Any]:
        """Resolve a JSON pointer in a URI fragment (RFC 6901 section 6)."""
        if not reference.startswith("#"):
            return {}
        target: Any = self.root
        for segment in unquote(reference[1:]).split("/")[1:]:
            key = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(target, list):
                target = dict(zip(map(str, range(len(target))), target, strict=True))
            target = target.get(key) if isinstance(target, Mapping) else None
        return target if isinstance(target, Mapping) else {}

    def _object(self, schema: Schema, place: _Place) -> dict[str, Any]:
        properties = schema.fields("properties")
        required = [name for name in schema.items("required") if isinstance(name, str)]
        result = {}
        for name in dict.fromkeys([*properties, *required]):
            part = properties.get(name, True)
            if name in required or not (place.is_deep or part is False):
                result[name] = self.value(part, place.below(name))
        extra = schema.keywords.get("additionalProperties", True)
        for number in range(schema.count("minProperties", 0) - len(result)):
            if self.values_left <= 0:
                break
            result[f"key_{number}"] = self.value(extra, place.below("value"))
        return result

    def _array(self, schema: Schema, place: _Place) -> list[Any]:
        first = schema.items("prefixItems")
        items = schema.keywords.get("items", True)
        usual = 0 if place.is_deep else len(first) or int(items is not False)
        wanted = max(
            schema.count("minItems", 0), min(usual, schema.count("maxItems", usual))
        )
        result: list[Any] = []
        for index in range(wanted):
            if self.values_left <= 0:
                break
            part = first[index] if index < len(first) else items
            result.append(self.value(part, place.below(place.name)))
        if schema.keywords.get("uniqueItems") is True:
            return _unique(result, items)
        return result


def _leads_on(choice: object, place: _Place) -> bool:
    """Return whether a choice leads further down a recursion."""
    if not isinstance(choice, Mapping):
        return False
    if place.is_deep:
        return "$ref" in choice or Schema(choice).type in ("object", "array")
    reference = choice.get("$ref")
    return isinstance(reference, str) and reference in place.references


def _unique(values: list[Any], items: object) -> list[Any]:
    """Make equal items differ, if their kind allows it."""
    schema = Schema(items if isinstance(items, Mapping) else {})
    if choices := schema.items("enum"):
        return choices[: len(values)]
    result: list[Any] = []
    for index, value in enumerate(values):
        if value in result and isinstance(value, str):
            value = f"{value}_{index}"
        elif value in result and type(value) in (int, float):
            numbers = [other for other in result if type(other) in (int, float)]
            step = schema.number("multipleOf") or 1
            value = max(numbers, default=value) + step
        result.append(value)
    return result


def _string(schema: Schema, name: str) -> str:
    kind = schema.keywords.get("format")
    text = _FORMATS.get(kind, name) if isinstance(kind, str) else name
    text = text.ljust(min(schema.count("minLength", 0), _MAX_LENGTH), "x")
    return text[: schema.count("maxLength", len(text))]


def _number(schema: Schema, *, whole: bool) -> int | float:
    """Return a small number within the bounds, a multiple of `multipleOf` if any."""
    granule = schema.number("multipleOf") or 1
    least = schema.number("minimum", -math.inf)
    most = schema.number("maximum", math.inf)
    above = schema.number("exclusiveMinimum", -math.inf)
    below = schema.number("exclusiveMaximum", math.inf)
    # Prefer 1: 0 looks like something forgotten.
    candidates = [granule, 0, 2 * granule, -granule]
    for bound in (least, above, most, below):
        if math.isfinite(bound / granule):
            nearest = round(bound / granule)
            candidates += [(nearest + n) * granule for n in (0, 1, -1)]
    if not whole and "multipleOf" not in schema.keywords:
        candidates.append(max(least, above) / 2 + min(most, below) / 2)
    for value in candidates:
        inside = least <= value <= most and above < value < below
        if inside and (not whole or value == int(value)):
            return int(value) if whole else value
    return 0
