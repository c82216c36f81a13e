"""JSON text to plain values to objects, and back.

`loads` and `dumps` are for the text, `structure` and `unstructure` for the objects.
Nothing here knows the models, only what they are made of (`WireObject`, `Tagged`, …).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, overload

from runs_core.errors import MalformedResponse
from runs_core.wire._objects import (
    ABSENT,
    SCALARS,
    Irregular,
    Reads,
    Tagged,
    TextOf,
    Unknown,
    Value,
    WireObject,
    field_names,
    unstructure,
)
from runs_core.wire._plan import is_tagged_union, is_wire_class
from runs_core.wire._structure import tagged_reader, wire_reader

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "ABSENT",
    "MAX_DEPTH",
    "SCALARS",
    "Irregular",
    "Reads",
    "Tagged",
    "TextOf",
    "Unknown",
    "Value",
    "WireObject",
    "dumps",
    "field_names",
    "loads",
    "make_converter",
    "make_loads",
    "parse_json",
    "structure",
    "structure_hook",
    "unstructure",
]

T = TypeVar("T")

# The API's own objects are about ten levels deep, a JSON schema in them some dozens.
# Python's recursion limit, which a hostile server would otherwise reach, is 1000.
MAX_DEPTH = 128


# --- Text to values ----------------------------------------------------------------

_FAILED = object()


def make_loads(
    parse: Callable[[bytes | str], Any] | None = None,
) -> Callable[[bytes | str], Any]:
    """Return a `loads` that tries `parse` first, and `parse_json` if that raises.

    `parse` may refuse what is valid (lone surrogates, bad UTF-8); what it accepts it
    must read as `parse_json` does. None is msgspec, if it is installed (the extra
    `fast`); it is looked for at the first call.
    """

    def loads(data: bytes | str) -> Any:
        """Return the value of a JSON text, or raise `MalformedResponse`.

        Bytes are UTF-8; a byte order mark is skipped, and each bad sequence reads as
        U+FFFD, as in an event stream. Of equal keys, the last wins. NaN, infinities,
        numbers too long to be read and more than `MAX_DEPTH` levels are refused. If it
        is not JSON, the error says at which byte. Neither an error nor its context
        holds the text.
        """
        nonlocal parse
        if parse is None:
            parse = _fast_parser()
        try:
            value = parse(data)
        except Exception:
            value = _FAILED
        # Outside `except`: the fast parser's error holds text, and must not become
        # the context of ours.
        if value is _FAILED:
            value = parse_json(data)
        # A shorter text cannot open and close too many levels.
        if len(data) > 2 * MAX_DEPTH and _may_be_deep(data) and _is_deep(value):
            raise MalformedResponse(f"unreadable JSON: {_TOO_DEEP} @ $")
        return value

    return loads


loads = make_loads()


def _fast_parser() -> Callable[[bytes | str], Any]:
    try:
        from msgspec.json import Decoder
    except ImportError:
        return parse_json
    return Decoder().decode


def parse_json(data: bytes | str) -> Any:
    """Return the value of a JSON text as `loads` does, with the standard library."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    start = 1 if text.startswith("\ufeff") else 0
    at: int | None = None
    try:
        return _decoder.decode(text[start:])
    except json.JSONDecodeError as error:
        why, at = error.msg, error.pos + start
    except RecursionError:
        why = _TOO_DEEP
    except ValueError:
        why = "a number is not finite, or has too many digits"
    # Outside `except`: a JSONDecodeError holds the whole text.
    if at is None:
        raise MalformedResponse(f"unreadable JSON: {why} @ $")
    where = f"byte {_offset_of(data, at)}"
    raise MalformedResponse(f"not JSON: {why} @ {where}", where=where)


def _offset_of(data: bytes | str, at: int) -> int:
    """Return the byte offset of a character at which the text is not JSON."""
    if isinstance(data, str):
        return len(data[:at].encode("utf-8", "surrogatepass"))
    # Read as one character each, bad bytes break the text in the same place.
    text = data.decode("utf-8", "surrogateescape")
    start = 1 if text.startswith("\ufeff") else 0
    try:
        _decoder.decode(text[start:])
    except json.JSONDecodeError as error:
        at = error.pos + start
    except RecursionError:
        # This is one call deeper than the first time: the place found then has to do.
        pass
    return len(text[:at].encode("utf-8", "surrogateescape"))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


_TOO_DEEP = f"more than {MAX_DEPTH} levels"


def _may_be_deep(data: bytes | str) -> bool:
    if isinstance(data, str):
        return data.count("[") + data.count("{") > MAX_DEPTH
    return data.count(b"[") + data.count(b"{") > MAX_DEPTH


def _is_deep(value: Any) -> bool:
    """Return whether more than `MAX_DEPTH` containers are inside one another."""
    level: list[Any] = [value] if value.__class__ in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if parent.__class__ is dict else parent)
            if child.__class__ in _CONTAINERS
        ]
        if not level:
            return False
    return True


_CONTAINERS = frozenset({dict, list})


# --- Values to text ----------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """Return a value as compact UTF-8 JSON; models become what they are on the wire.

    Models, mappings, sequences and iterators may be nested in one another. Raises
    TypeError for what JSON cannot express, and ValueError for a number that is not
    finite or has over 4300 digits, and for more than `MAX_DEPTH` levels, with the
    JSONPath of the culprit and not its value.
    """
    try:
        raw = unstructure(value)
    except RecursionError:
        raise ValueError(f"{_TOO_DEEP}, or a cycle @ $") from None
    _check(raw, [])
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate: a server can send one, escaped, but UTF-8 cannot encode it.
        return json.dumps(raw, separators=(",", ":")).encode()


# Python neither writes nor reads a number of more digits, nor does `parse_json`.
_TOO_LONG = 10**4300


def _check(raw: Any, path: list[str | int]) -> None:
    """Raise for what JSON cannot express; `path` has the keys and places above it.

    Only an error writes it out: written for each value, a long key would be copied as
    often as there are values under it.
    """
    children: Iterable[tuple[Any, Any]]
    match raw:
        case None | str():
            return
        case int():
            if abs(raw) >= _TOO_LONG:
                raise ValueError(f"a number has too many digits @ {_where(path)}")
            return
        case float():
            if not math.isfinite(raw):
                raise ValueError(f"a number must be finite @ {_where(path)}")
            return
        case dict():
            children = raw.items()
            if not all(isinstance(key, str) for key in raw):
                raise TypeError(f"the keys of an object must be str @ {_where(path)}")
        case list():
            children = enumerate(raw)
        case _:
            kind = type(raw).__name__
            where = _where(path)
            raise TypeError(f"JSON cannot express a value of type {kind} @ {where}")
    if len(path) == MAX_DEPTH:
        raise ValueError(f"{_TOO_DEEP} @ {_where(path)}")
    path.append("")
    for path[-1], child in children:
        if child.__class__ is not str:
            _check(child, path)
    path.pop()


def _where(path: list[str | int]) -> str:
    """Return the JSONPath of what is under these keys and places in lists."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"${''.join(steps)}"


# --- Values to objects and back ----------------------------------------------------


@overload
def structure(raw: Any, cls: type[T]) -> T: ...
@overload
def structure(raw: Any, cls: object) -> Any: ...
def structure(raw: Any, cls: Any) -> Any:
    """Return decoded JSON as an object of a class, of `Page[Run]`, or of a union.

    Raises `MalformedResponse` with a JSONPath if it is not an object or lacks what the
    class requires. The object shares dicts and lists with `raw`.
    """
    return structure_hook(cls)(raw)


@overload
def structure_hook(cls: type[T]) -> Callable[[Any], T]: ...
@overload
def structure_hook(cls: object) -> Callable[[Any], Any]: ...
def structure_hook(cls: Any) -> Callable[[Any], Any]:
    """Return the function that `structure` calls for a class, for use in a hot loop."""
    if is_wire_class(cls):
        return wire_reader(cls)
    if is_tagged_union(cls):
        return tagged_reader(cls)
    converter = _converter()
    return lambda raw: converter.structure(raw, cls)


def make_converter() -> Converter:
    """Return a cattrs converter that knows the classes of the wire and their unions.

    Add to it your own classes that hold some of ours.
    """
    # Not at the top: importing cattrs takes longer than the rest of this package,
    # and the classes of the wire do without it.
    from cattrs import Converter

    # Without exception groups: what a class of the wire raises comes out as it is.
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_factory(is_wire_class, wire_reader)
    converter.register_structure_hook_factory(is_tagged_union, tagged_reader)
    converter.register_unstructure_hook_func(is_wire_class, unstructure)
    return converter


@cache
def _converter() -> Converter:
    return make_converter()
