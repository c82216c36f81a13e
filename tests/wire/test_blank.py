"""Classes whose empty instances are created in C behave like any other class."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
from attrs import define, evolve, fields, has

from runs_core import models
from runs_core.stream.events import EVENT_CLASSES
from runs_core.wire._blank import Blank, blank_of
from runs_core.wire.sse import ServerSentEvent

CLASSES: list[type[Any]] = [
    ServerSentEvent,
    *EVENT_CLASSES.values(),
    *(c for c in vars(models).values() if isinstance(c, Blank) and has(c)),
]


@define
class Point(metaclass=Blank):
    x: int
    y: int = 0


@define
class Point3(Point):
    z: int = 0


class Diagonal(Point):
    def __init__(self, at: int) -> None:
        self.__attrs_init__(at, at)  # type: ignore[attr-defined]


@define(init=False)
class Origin(Point):
    def __init__(self) -> None:
        self.__attrs_init__(0)


def test_there_are_enough_of_them() -> None:
    assert len(CLASSES) > 80


def test_a_class_has_no_init_and_shows_its_signature() -> None:
    shown = {cls: sorted(inspect.signature(cls).parameters) for cls in CLASSES}

    assert {cls for cls in CLASSES if cls.__init__ is not object.__init__} == set()
    assert shown == {cls: sorted(f.alias for f in fields(cls)) for cls in CLASSES}


def test_an_empty_one_is_of_exactly_that_class() -> None:
    made = {cls: blank_of(cls)() for cls in CLASSES}
    filled = {
        f"{cls.__name__}.{field.name}"
        for cls, empty in made.items()
        for field in fields(cls)
        if field.name != "data" and hasattr(empty, field.name)
    }

    assert {cls: type(empty) for cls, empty in made.items()} == {c: c for c in CLASSES}
    assert filled == set()


def test_arguments_are_checked_as_ever() -> None:
    assert (Point(1, y=2).x, Point(1, y=2).y) == (1, 2)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)  # type: ignore[call-arg]


def test_one_can_be_copied_pickled_and_evolved() -> None:
    point = Point3(1, 2, 3)
    assert copy.copy(point) == copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point
    assert evolve(point, z=4) == Point3(1, 2, 4)


def test_a_subclass_of_attrs_takes_more() -> None:
    assert str(inspect.signature(Point3)) == (
        "(x: 'int', y: 'int' = 0, z: 'int' = 0) -> None"
    )
    assert Point3(1, z=3) == Point3(1, 0, 3)


@pytest.mark.parametrize(
    ("cls", "arguments", "shown"), [(Diagonal, (2,), ["at"]), (Origin, (), [])]
)
def test_a_subclass_can_have_an_init_of_its_own(
    cls: type[Point], arguments: tuple[int, ...], shown: list[str]
) -> None:
    made = cls(*arguments)
    assert made.x == made.y == sum(arguments)
    assert list(inspect.signature(cls).parameters) == shown
    empty = blank_of(cls)()
    assert type(empty) is cls
    assert not hasattr(empty, "x")
