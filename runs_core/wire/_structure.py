"""Decoded JSON to objects: one generated function for each class.

The function for a class reads its fields and those of the objects inside it, with no
call between them, as one would write it by hand; stock cattrs hooks take about three
times as long, and raise on a union member that they do not know. Functions are made
when first asked for.

A class's required keys, and those that must be objects, are checked only where an
object stands by itself: where reading begins, in a union (the unknown member takes an
object without them), in a list of objects. Inside another object nothing is required. A
scalar is passed on as it came, and so is a value that should be an object but is not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, get_origin

from runs_core.errors import MalformedResponse
from runs_core.wire._blank import blank_of
from runs_core.wire._objects import ABSENT, FieldNames, Irregular, Unknown, note
from runs_core.wire._plan import (
    FieldPlan,
    UnionPlan,
    class_name,
    is_tagged_union,
    is_wire_class,
    plan_fields,
    plan_union,
)

__all__ = ["Reader", "tagged_reader", "wire_reader"]

# The second argument is for cattrs: the type, which the function knows.
Reader = Callable[..., Any]


@cache
def wire_reader(tp: Any) -> Reader:
    """Return the function that makes a `tp` from decoded JSON.

    It raises `MalformedResponse` if that is not an object, or lacks what a `tp`
    requires.
    """
    cls = get_origin(tp) or tp
    if issubclass(cls, Unknown):
        return lambda raw, _=None: cls(raw)
    write = _Writer()
    write("if raw.__class__ is not dict:", 1)
    write(f"raise no_object({class_name(tp)!r}, raw)", 2)
    _object(write, tp, ("raw", "made"), 1, strict=True)
    return write.function(class_name(tp))


@cache
def tagged_reader(tp: Any) -> Reader:
    """Return the function that makes a member of a tagged union. It never raises."""
    write = _Writer()
    _tagged(write, plan_union(tp), ("raw", "made"), 1)
    return write.function(str(tp))


@cache
def _member_reader(tp: Any, tag: str) -> Reader:
    """Return the function for a dict that is known to hold the class's own tag."""
    write = _Writer()
    _object(write, tp, ("raw", "made"), 1, strict=True, tag=tag)
    return write.function(class_name(tp))


def _element_reader(tp: Any) -> Reader:
    if is_tagged_union(tp):
        return tagged_reader(tp)
    return wire_reader(tp) if is_wire_class(tp) else lambda raw, _=None: raw


@cache
def _field_names_of(cls: type[Any]) -> FieldNames:
    return FieldNames(cls)


def _can_fail(tp: Any) -> bool:
    return any(field.required for field in plan_fields(tp))


# --- Writing the functions ---------------------------------------------------------
#
# For example, this reads a `TextDeltaBlock` that a union has recognized by its `type`:
#
#     def read(raw, _=None):
#         left1 = len(raw) - 1                 # without `type`, which is there
#         if 'index' in raw and (v2 := raw['index']) is not None:
#             left1 -= 1
#         else:
#             v2 = None
#         if 'text' in raw and (v3 := raw['text']) is not None:
#             left1 -= 1
#             if v3.__class__ is dict:
#                 raw4 = v3
#                 ...                          # the same for a `TextDelta`, into `v3`
#         else:
#             v3 = None
#         made = blank17()
#         made.index = v2
#         made.type = raw['type']
#         made.text = v3
#         if left1: note(made, raw, fields18)  # there were nulls or unknown keys
#         return made


class _Writer:
    """The text of a function from `raw` to `made`, and the objects that it names."""

    def __init__(self) -> None:
        self.lines = ["def read(raw, _=None):"]
        self.scope: dict[str, Any] = {
            "ABSENT": ABSENT,
            "Irregular": Irregular,
            "MalformedResponse": MalformedResponse,
            "missing": _missing,
            "no_list": _no_list,
            "no_object": _no_object,
            "note": note,
            "put": object.__setattr__,
        }
        self.count = 0

    def __call__(self, line: str, depth: int) -> None:
        self.lines.append("    " * depth + line)

    def new(self, prefix: str) -> str:
        """Return a name that is not in use."""
        self.count += 1
        return f"{prefix}{self.count}"

    def use(self, prefix: str, value: Any) -> str:
        """Return a new name for an object."""
        name = self.new(prefix)
        self.scope[name] = value
        return name

    def function(self, about: str) -> Reader:
        self("return made", 1)
        code = compile("\n".join(self.lines), f"<runs_core reads {about}>", "exec")
        exec(code, self.scope)
        read: Reader = self.scope["read"]
        return read


def _object(
    write: _Writer,
    tp: Any,
    names: tuple[str, str],
    depth: int,
    *,
    strict: bool,
    tag: str | None = None,
) -> None:
    """Write what makes a `tp` from a dict.

    `left` counts down to zero when every key became a field that is not None.
    Otherwise there were nulls or unknown keys, and `note` keeps them.
    """
    raw, made = names
    cls = get_origin(tp) or tp
    left = write.new("left")
    sure = [field for field in plan_fields(tp) if _is_sure(field, strict, tag)]
    write(f"{left} = len({raw})" + (f" - {len(sure)}" if sure else ""), depth)
    values: list[tuple[FieldPlan, str]] = []
    for field in plan_fields(tp):
        if field.name == tag:
            value = f"{raw}[{tag!r}]"
        else:
            value = write.new("v")
            owner = class_name(tp) if strict else None
            _field(write, field, (raw, value, left), depth, owner)
        values.append((field, value))
    write(f"{made} = {write.use('blank', blank_of(cls))}()", depth)
    is_frozen = cls.__setattr__ is not object.__setattr__
    # Calling `__attrs_init__` takes a quarter longer; if frozen, thrice as long.
    for field, value in values:
        put = f"put({made}, {field.name!r}, {value})"
        write(put if is_frozen else f"{made}.{field.name} = {value}", depth)
    # The post-init of `Value`, the only one that a class has, records which fields were
    # given; for an object that is read, `note` does that.
    fields = write.use("fields", _field_names_of(cls))
    write(f"if {left}: note({made}, {raw}, {fields})", depth)


def _is_sure(field: FieldPlan, strict: bool, tag: str | None) -> bool:
    """Return whether the field is there for certain, and so need not be counted."""
    return field.name == tag or (strict and field.required and field.kind != "list")


def _field(
    write: _Writer,
    field: FieldPlan,
    names: tuple[str, str, str],
    depth: int,
    owner: str | None,
) -> None:
    """Write what reads a field of `raw`; `owner` names its class if that is strict."""
    raw, value, left = names
    key = repr(field.name)
    required = owner if field.required else None
    if required and field.kind in ("object", "list"):
        test = ".__class__ is " + ("dict" if field.kind == "object" else "list")
    else:
        test = " is not None"
    write(f"if {key} in {raw} and ({value} := {raw}[{key}]){test}:", depth)
    if not _is_sure(field, required is not None, None):
        write(f"{left} -= 1", depth + 1)
    elif field.kind == "scalar":
        write("pass", depth + 1)
    match field.kind:
        case "scalar":
            pass
        case "read":
            write(f"{value} = {write.use('read', field.of)}({value})", depth + 1)
        case "object":
            if checked := field.checked and owner is not None:
                write(f"if {value}.__class__ is not dict:", depth + 1)
                write(f"raise missing({raw}, {key}, {owner!r})", depth + 2)
            _nested(write, field, value, depth + 1, checked or required is not None)
        case "list":
            _list(write, field, value, depth + 1, required)
        case "tagged":
            _tagged(write, plan_union(field.of), (value, value), depth + 1)
    write("else:", depth)
    if required and field.kind == "list":
        read = write.use("read", _element_reader(field.of))
        write(f"{value} = no_list({raw}, {key}, {required!r}, {read})", depth + 1)
    elif required:
        write(f"raise missing({raw}, {key}, {required!r})", depth + 1)
    elif field.kind == "list" and not field.nullable:
        write(f"{value} = Irregular()", depth + 1)
    elif field.kind == "tagged" and not field.nullable:
        unknown = write.use("Unknown", plan_union(field.of).unknown)
        write(f"{value} = {unknown}({raw}.get({key}, ABSENT))", depth + 1)
    else:
        write(f"{value} = None", depth + 1)


def _nested(
    write: _Writer, field: FieldPlan, value: str, depth: int, is_object: bool
) -> None:
    """Write what reads an object inside another one; `is_object` if that is sure."""
    if not is_object:
        write(f"if {value}.__class__ is dict:", depth)
        depth += 1
    raw = write.new("raw")
    write(f"{raw} = {value}", depth)
    _object(write, field.of, (raw, value), depth, strict=False)


def _list(
    write: _Writer, field: FieldPlan, value: str, depth: int, required: str | None
) -> None:
    """Write what reads a list; what is not a list is taken for its only element."""
    if is_tagged_union(field.of):
        item, items, made = write.new("item"), write.new("items"), write.new("made")
        read = write.use("read", tagged_reader(field.of))
        write(f"if {value}.__class__ is not list:", depth)
        write(f"{value} = Irregular(({read}({value}),), single=True)", depth + 1)
        write("else:", depth)
        write(f"{items} = {value}", depth + 1)
        write(f"{value} = []", depth + 1)
        write(f"for {item} in {items}:", depth + 1)
        _tagged(write, plan_union(field.of), (item, made), depth + 2)
        write(f"{value}.append({made})", depth + 2)
    elif is_wire_class(field.of):
        read = write.use("read", wire_reader(field.of))
        if required:
            each = write.use("each", _each)
            write(f"{value} = {each}({value}, {read}, '.{field.name}')", depth)
        else:
            each = write.use("each", _each_loosely)
            write(f"{value} = {each}({value}, {read})", depth)


def _tagged(
    write: _Writer, union: UnionPlan, names: tuple[str, str], depth: int
) -> None:
    """Write what finds the member of a union by its tag."""
    raw, made = names
    readers = {
        tag: _member_reader(member, union.key) for tag, member in union.members.items()
    }
    table, reader = write.use("readers", readers), write.new("reader")
    unknown = f"{write.use('Unknown', union.unknown)}({raw})"
    if union.keeps_text:
        write(f"if {raw}.__class__ is str:", depth)
        write(f"{made} = {raw}", depth + 1)
        write("else:", depth)
        depth += 1
    write("try:", depth)
    write(f"{reader} = {table}[{raw}[{union.key!r}]]", depth + 1)
    # No such tag, no tag, or not an object.
    write("except (KeyError, TypeError):", depth)
    write(f"{made} = {unknown}", depth + 1)
    write("else:", depth)
    if any(_can_fail(member) for member in union.members.values()):
        write("try:", depth + 1)
        write(f"{made} = {reader}({raw})", depth + 2)
        write("except MalformedResponse:", depth + 1)
        write(f"{made} = {unknown}", depth + 2)
    else:
        write(f"{made} = {reader}({raw})", depth + 1)


# --- What the functions call for irregular shapes ----------------------------------


def _malformed(why: str, where: str) -> MalformedResponse:
    return MalformedResponse(f"{why} @ {where}", where=where)


def _no_object(owner: str, raw: object) -> MalformedResponse:
    return _malformed(f"a {owner} must be an object, not {_json_kind(raw)}", "$")


def _missing(raw: dict[str, Any], key: str, owner: str) -> MalformedResponse:
    if raw.get(key) is None:
        return _malformed(f"a {owner} must have {key!r}", f"$.{key}")
    kind = _json_kind(raw[key])
    return _malformed(f"{key!r} of a {owner} must be an object, not {kind}", f"$.{key}")


def _no_list(raw: dict[str, Any], key: str, owner: str, read: Reader) -> Any:
    # What calls itself a list is an empty one, unless it says that there is more.
    if key not in raw and (raw.get("object") != "list" or raw.get("has_more")):
        raise _malformed(f"a {owner} must have {key!r}", f"$.{key}")
    if raw.get(key) is None:
        return Irregular()
    return Irregular(_each([raw[key]], read, f".{key}"), single=True)


def _each(raw: list[Any], read: Reader, step: str) -> list[Any]:
    """Return a list of objects; each item must be one."""
    made: list[Any] = []
    try:
        for item in raw:
            made.append(read(item))
    except MalformedResponse as error:
        why = str(error).rpartition(" @ ")[0]
        raise _malformed(why, f"${step}[{len(made)}]{error.where[1:]}") from None
    return made


def _each_loosely(raw: Any, read: Reader) -> Any:
    """Return a list of objects in which what is not one stays as it is."""
    if raw.__class__ is list:
        return [read(item) if item.__class__ is dict else item for item in raw]
    return Irregular((read(raw),), single=True) if raw.__class__ is dict else raw


def _json_kind(raw: object) -> str:
    """Return JSON's word for a value, never the value."""
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
        case _:
            return "an object"
