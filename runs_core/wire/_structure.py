"""Decoded JSON to objects: one generated function for each class.

The function for a class reads its fields and those of the objects inside it, with no
call between them, in the way one would write it by hand; stock cattrs hooks take more
than twice as long, and raise on a union member that they do not know. Functions are
made when first asked for.

Nothing is checked but what an object cannot be without. A scalar is passed on as it
came; where an object should be, so is what is not one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

from runs_core.errors import MalformedResponse
from runs_core.wire._shape import (
    ABSENT,
    Irregular,
    Tagged,
    Unknown,
    WireObject,
    note,
)

__all__ = ["is_tagged_union", "is_wire_class", "tagged_reader", "wire_reader"]

Reader = Callable[..., Any]


def is_wire_class(tp: Any) -> bool:
    """Whether `tp` is a class of the wire, or one with its type arguments."""
    origin = get_origin(tp) or tp
    return isinstance(origin, type) and issubclass(origin, WireObject)


def is_tagged_union(tp: Any) -> bool:
    """Whether `tp` is a union marked with `Tagged`."""
    return get_origin(tp) is Annotated and isinstance(tp.__metadata__[0], Tagged)


@cache
def wire_reader(tp: Any) -> Reader:
    """Give the function that makes a `tp` of decoded JSON.

    It raises `MalformedResponse` when that is not an object, or lacks what a `tp`
    cannot be without.
    """
    if issubclass(get_origin(tp) or tp, Unknown):
        return lambda raw, _=None: tp(raw)
    return _compiled(tp, checked=True)


@cache
def tagged_reader(tp: Any) -> Reader:
    """Give the function that makes a member of a tagged union. It never raises."""
    write = _Writer()
    write("def read(raw, _=None):")
    _tagged(write, _union(tp), "raw", "made", 1)
    write("    return made")
    return write.function(str(tp))


def malformed(why: str, where: str) -> MalformedResponse:
    return MalformedResponse(f"{why} @ {where}", where=where)


def under(error: MalformedResponse, step: str) -> MalformedResponse:
    """Give the error as it looks from one level further out."""
    why = str(error).rpartition(" @ ")[0]
    return malformed(why, "$" + step + error.where[1:])


# --- What the annotations say ------------------------------------------------------


class _UnionPlan(NamedTuple):
    key: str
    members: dict[str, Any]
    unknown: type[Unknown] | None
    keeps_text: bool


def _members(tp: Any) -> Iterator[Any]:
    """Give the members of a union, or the type itself, without None."""
    if get_origin(tp) in (Union, UnionType):
        for member in get_args(tp):
            yield from _members(member)
    elif tp is not NoneType:
        yield tp


@cache
def _union(tp: Any) -> _UnionPlan:
    (marker,) = tp.__metadata__
    members: dict[str, Any] = {}
    unknown = None
    keeps_text = False
    for member in _members(tp.__origin__):
        if not is_wire_class(member):
            keeps_text = True
        elif issubclass(member, Unknown):
            unknown = member
        else:
            hint = get_type_hints(member)[marker.key]
            members |= dict.fromkeys(get_args(hint), member)
    return _UnionPlan(marker.key, members, unknown, keeps_text)


class _Field(NamedTuple):
    name: str
    kind: Literal["scalar", "read", "object", "list", "tagged"]
    # What the kind is about: a function, a class, the type of the elements, a union.
    of: Any
    nullable: bool
    required: bool
    keyword: bool


@cache
def _fields(tp: Any) -> tuple[_Field, ...]:
    cls = get_origin(tp) or tp
    hints = get_type_hints(cls, include_extras=True)
    bound = dict(zip(getattr(cls, "__parameters__", ()), get_args(tp), strict=False))
    return tuple(_field(cls, at, hints[at.name], bound) for at in fields(cls))


def _field(
    cls: type[WireObject], at: Attribute[Any], hint: Any, bound: dict[Any, Any]
) -> _Field:
    members = list(_members(hint))
    kind, of = _kind(members, bound)
    required = at.default is NOTHING or at.name in cls._required
    nullable = NoneType in get_args(hint)
    return _Field(at.name, kind, of, nullable, required, at.kw_only)


def _kind(members: list[Any], bound: dict[Any, Any]) -> tuple[Any, Any]:
    for member in members:
        if get_origin(member) is Annotated:
            marker = member.__metadata__[0]
            if isinstance(marker, Tagged):
                return "tagged", member
            return "read", marker.read
        if get_origin(member) in (list, Sequence):
            (item,) = get_args(member)
            return "list", bound.get(item, item)
        if is_wire_class(member):
            return "object", member
    return "scalar", None


@cache
def _can_fail(tp: Any) -> bool:
    return any(
        field.required or (field.kind == "object" and _can_fail(field.of))
        for field in _fields(tp)
    )


# --- The functions -----------------------------------------------------------------


class _Writer:
    """The text of a function, and the names that it uses."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {
            "MalformedResponse": MalformedResponse,
            "missing": _missing,
            "no_list": _no_list,
            "no_object": _no_object,
            "note": note,
            "under": under,
        }
        self.count = 0

    def __call__(self, line: str, depth: int = 0) -> None:
        self.lines.append("    " * depth + line)

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def use(self, prefix: str, value: Any) -> str:
        name = self.new(prefix)
        self.scope[name] = value
        return name

    def function(self, about: str) -> Reader:
        code = compile("\n".join(self.lines), f"<runs_core reads {about}>", "exec")
        exec(code, self.scope)
        read: Reader = self.scope["read"]
        return read


def _compiled(tp: Any, *, checked: bool, tag: str | None = None) -> Reader:
    """Give a function for a class.

    `checked`: what it is given may not be an object. `tag`: the key that has already
    been seen to hold the class's own tag.
    """
    write = _Writer()
    write("def read(raw, _=None):")
    if checked:
        write("    if raw.__class__ is not dict:")
        write(f"        raise no_object({_name(tp)!r}, raw)")
    _object(write, tp, "raw", "made", 1, tag)
    write("    return made")
    return write.function(_name(tp))


@cache
def _member_reader(tp: Any, tag: str) -> Reader:
    return _compiled(tp, checked=False, tag=tag)


def _object(
    write: _Writer, tp: Any, raw: str, made: str, depth: int, tag: str | None = None
) -> None:
    """Write what makes a `tp` of the dict `raw`.

    `left` counts down to zero when every key of `raw` became a field that is not None.
    Otherwise there were nulls or unknown keys, and `note` keeps them.
    """
    cls = get_origin(tp) or tp
    left = write.new("left")
    write(f"{left} = len({raw})" + (" - 1" if tag else ""), depth)
    arguments = []
    for field in _fields(tp):
        if field.name == tag:
            value = f"{raw}[{tag!r}]"
        else:
            value = write.new("v")
            _read_field(write, field, _name(tp), (raw, value, left), depth)
        arguments.append(f"{field.name}={value}" if field.keyword else value)
    write(f"{made} = {write.use('Class', cls)}({', '.join(arguments)})", depth)
    # A class that counts nulls itself, when built by keyword, takes None for null.
    if hasattr(cls, "__attrs_post_init__"):
        write(f"note({made}, {raw})", depth)
    else:
        write(f"if {left}: note({made}, {raw})", depth)


def _read_field(
    write: _Writer, field: _Field, owner: str, names: tuple[str, str, str], depth: int
) -> None:
    """Write what reads one field of `raw` into a variable."""
    raw, value, left = names
    key = repr(field.name)
    is_there = f"{key} in {raw} and ({value} := {raw}[{key}])"
    if field.required and field.kind in ("object", "list"):
        wanted = "dict" if field.kind == "object" else "list"
        write(f"if {is_there}.__class__ is {wanted}:", depth)
    else:
        write(f"if {is_there} is not None:", depth)
    write(f"{left} -= 1", depth + 1)
    match field.kind:
        case "scalar":
            pass
        case "read":
            write(f"{value} = {write.use('read', field.of)}({value})", depth + 1)
        case "object":
            _read_object(write, field, value, depth + 1)
        case "list":
            _read_list(write, field, value, depth + 1)
        case "tagged":
            _tagged(write, _union(field.of), value, value, depth + 1)
    write("else:", depth)
    write(_instead(write, field, owner, names), depth + 1)


def _instead(
    write: _Writer, field: _Field, owner: str, names: tuple[str, str, str]
) -> str:
    """Give the statement for a field that is absent, or null, or of no use."""
    raw, value, _ = names
    key = repr(field.name)
    if field.required and field.kind == "list":
        return f"{value} = no_list({raw}, {key}, {owner!r}, {_item(write, field)})"
    if field.required:
        return f"raise missing({raw}, {key}, {owner!r})"
    if field.kind == "list" and not field.nullable:
        form = f"'null' if {key} in {raw} else 'absent'"
        return f"{value} = {write.use('Irregular', Irregular)}((), {form})"
    if field.kind == "tagged" and not field.nullable:
        unknown = write.use("Unknown", _union(field.of).unknown)
        return f"{value} = {unknown}({raw}.get({key}, {write.use('absent', ABSENT)}))"
    return f"{value} = None"


def _read_object(write: _Writer, field: _Field, value: str, depth: int) -> None:
    if _can_fail(field.of):
        read = write.use("read", wire_reader(field.of))
        write("try:", depth)
        write(f"{value} = {read}({value})", depth + 1)
        write("except MalformedResponse as error:", depth)
        write(f"raise under(error, '.{field.name}') from None", depth + 1)
        return
    raw = write.new("raw")
    if not field.required:
        write(f"if {value}.__class__ is dict:", depth)
        depth += 1
    write(f"{raw} = {value}", depth)
    _object(write, field.of, raw, value, depth)


def _read_list(write: _Writer, field: _Field, value: str, depth: int) -> None:
    """Write what reads a list; without one, a value is the list's only element."""
    item, raw, made = write.new("item"), write.new("raw"), write.new("made")
    if is_tagged_union(field.of):
        if not field.required:
            single = write.use("Irregular", Irregular)
            read = write.use("read", tagged_reader(field.of))
            write(f"if {value}.__class__ is not list:", depth)
            write(f"{value} = {single}(({read}({value}),), 'single')", depth + 1)
            write("else:", depth)
            depth += 1
        write(f"{raw} = {value}", depth)
        write(f"{value} = []", depth)
        write(f"for {item} in {raw}:", depth)
        _tagged(write, _union(field.of), item, made, depth + 1)
        write(f"{value}.append({made})", depth + 1)
    elif is_wire_class(field.of):
        if _can_fail(field.of):
            each, step = write.use("each", _each), f", '.{field.name}'"
        else:
            each, step = write.use("each", _each_object), ""
        write(f"{value} = {each}({value}, {_item(write, field)}{step})", depth)


def _item(write: _Writer, field: _Field) -> str:
    return write.use("read", wire_reader(field.of))


def _tagged(write: _Writer, union: _UnionPlan, raw: str, made: str, depth: int) -> None:
    """Write what finds the member of a union by its tag."""
    readers = {
        tag: _member_reader(member, union.key) for tag, member in union.members.items()
    }
    unknown = write.use("Unknown", union.unknown)
    reader = write.new("reader")
    write("try:", depth)
    write(
        f"{reader} = {write.use('readers', readers)}[{raw}[{union.key!r}]]", depth + 1
    )
    # No such tag, no tag, or not an object.
    write("except (KeyError, TypeError):", depth)
    otherwise = f"{unknown}({raw})"
    if union.keeps_text:
        otherwise = f"{raw} if {raw}.__class__ is str else {otherwise}"
    write(f"{made} = {otherwise}", depth + 1)
    write("else:", depth)
    if any(_can_fail(member) for member in union.members.values()):
        write("try:", depth + 1)
        write(f"{made} = {reader}({raw})", depth + 2)
        write("except MalformedResponse:", depth + 1)
        write(f"{made} = {unknown}({raw})", depth + 2)
    else:
        write(f"{made} = {reader}({raw})", depth + 1)


# --- What the functions call where the regular shape ends --------------------------


def _name(tp: Any) -> str:
    cls: type[Any] = get_origin(tp) or tp
    return cls.__name__


def _no_object(owner: str, raw: object) -> MalformedResponse:
    return malformed(f"a {owner} must be an object, not {_json_kind(raw)}", "$")


def _missing(raw: dict[str, Any], key: str, owner: str) -> MalformedResponse:
    if raw.get(key) is None:
        return malformed(f"a {owner} must have {key!r}", f"$.{key}")
    kind = _json_kind(raw[key])
    return malformed(f"{key!r} of a {owner} must be an object, not {kind}", f"$.{key}")


def _no_list(raw: dict[str, Any], key: str, owner: str, read: Reader) -> Any:
    if key not in raw:
        raise malformed(f"a {owner} must have {key!r}", f"$.{key}")
    if raw[key] is None:
        return Irregular((), "null")
    return _each(raw[key], read, f".{key}")


def _each(raw: Any, read: Reader, step: str) -> Any:
    """Give a list of objects; without one, an object is the list's only element."""
    if raw.__class__ is not list:
        return Irregular(_each([raw], read, step), "single")
    made = []
    try:
        for item in raw:
            made.append(read(item))
    except MalformedResponse as error:
        raise under(error, f"{step}[{len(made)}]") from None
    return made


def _each_object(raw: Any, read: Reader) -> Any:
    """The same for objects that need nothing: what is not one stays as it is."""
    if raw.__class__ is list:
        return [read(item) if item.__class__ is dict else item for item in raw]
    return Irregular((read(raw),), "single") if raw.__class__ is dict else raw


def _json_kind(raw: object) -> str:
    """Give JSON's word for a value, never the value."""
    match raw:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(raw).__name__
