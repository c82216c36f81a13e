"""What the annotations of a class say about reading it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from attrs import NOTHING, Attribute, fields

from runs_core.wire._objects import Tagged, Unknown, WireObject

__all__ = [
    "FieldPlan",
    "UnionPlan",
    "class_name",
    "is_tagged_union",
    "is_wire_class",
    "plan_fields",
    "plan_union",
]


def is_wire_class(tp: Any) -> bool:
    """Return whether it is a class of the wire, or one with its type arguments."""
    origin = get_origin(tp) or tp
    return isinstance(origin, type) and issubclass(origin, WireObject)


def is_tagged_union(tp: Any) -> bool:
    """Return whether it is a union marked with `Tagged`."""
    return get_origin(tp) is Annotated and isinstance(tp.__metadata__[0], Tagged)


def class_name(tp: Any) -> str:
    """Return the name of a class, without its type arguments."""
    cls: type[Any] = get_origin(tp) or tp
    return cls.__name__


class UnionPlan(NamedTuple):
    """How the members of a tagged union are told apart."""

    key: str
    members: dict[str, Any]
    """Tag to class."""
    unknown: type[Unknown]
    keeps_text: bool
    """Whether a string is a member, too."""


@cache
def plan_union(tp: Any) -> UnionPlan:
    """Return the plan of a tagged union."""
    (marker,) = tp.__metadata__
    members: dict[str, Any] = {}
    unknown: type[Unknown] = Unknown
    keeps_text = False
    for member in _members(tp.__origin__):
        if not is_wire_class(member):
            keeps_text = True
        elif issubclass(member, Unknown):
            unknown = member
        else:
            tag = get_type_hints(member)[marker.key]
            members |= dict.fromkeys(get_args(tag), member)
    return UnionPlan(marker.key, members, unknown, keeps_text)


class FieldPlan(NamedTuple):
    """How one field is read."""

    name: str
    kind: Literal["scalar", "read", "object", "list", "tagged"]
    of: Any
    """A function, a class, the type of a list's elements, or a union, by `kind`."""
    nullable: bool
    required: bool
    checked: bool
    """Whether a value that is not null must be an object."""


@cache
def plan_fields(tp: Any) -> tuple[FieldPlan, ...]:
    """Return the plans of a class's fields, in the order of its constructor."""
    cls = get_origin(tp) or tp
    hints = get_type_hints(cls, include_extras=True)
    bound = dict(zip(getattr(cls, "__parameters__", ()), get_args(tp), strict=False))
    return tuple(_plan_field(cls, field, hints, bound) for field in fields(cls))


def _plan_field(
    cls: type[WireObject],
    field: Attribute[Any],
    hints: dict[str, Any],
    bound: dict[Any, Any],
) -> FieldPlan:
    hint = hints[field.name]
    kind, of = _kind(hint, bound)
    return FieldPlan(
        field.name,
        kind,
        of,
        nullable=NoneType in get_args(hint),
        required=field.default is NOTHING or field.name in cls._required,
        checked=field.name in cls._objects,
    )


def _kind(hint: Any, bound: dict[Any, Any]) -> tuple[Any, Any]:
    for member in _members(hint):
        if get_origin(member) is Annotated:
            (marker,) = member.__metadata__
            if isinstance(marker, Tagged):
                return "tagged", member
            return "read", marker.read
        if get_origin(member) is list:
            (item,) = get_args(member)
            return "list", bound.get(item, item)
        if is_wire_class(member):
            return "object", member
    return "scalar", None


def _members(tp: Any) -> Iterator[Any]:
    """Yield the members of a union, or the type itself, without None."""
    if get_origin(tp) in (Union, UnionType):
        for member in get_args(tp):
            yield from _members(member)
    elif tp is not NoneType:
        yield tp
