"""Classes whose instances are made empty in C.

A stream makes five or six small objects for each of its events. `object.__new__(cls)`
takes 60 ns for one (CPython 3.11; 95 in 3.12), calling a class that has no `__init__`
36 (58), because it packs no arguments. So these classes have none: what attrs writes
as `__init__` is kept as `__attrs_init__`, attrs' own name for it if none is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import Signature, signature
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["Blank", "blank_of"]

T = TypeVar("T")


class Blank(type):
    """The type of such classes: calling one with arguments works as usual.

    A subclass may have an `__init__` of its own, which then calls `__attrs_init__`.
    """

    # To type checkers, they are ordinary attrs classes.
    if not TYPE_CHECKING:

        def __new__(mcls, name, bases, namespace, **kwargs):
            # attrs makes each class again, with what it has written.
            # An `__attrs_init__` is there if attrs was told to write no `__init__`.
            if "__attrs_attrs__" in namespace and "__attrs_init__" not in namespace:
                namespace["__attrs_init__"] = namespace.pop("__init__")
            return super().__new__(mcls, name, bases, namespace, **kwargs)

        def __call__(cls, *args, **kwargs):
            if cls.__init__ is not object.__init__:
                return super().__call__(*args, **kwargs)
            made = super().__call__()
            made.__attrs_init__(*args, **kwargs)
            return made

    @property
    def __signature__(cls) -> Signature:
        """What `help` and `inspect.signature` show."""
        init: Any = cls.__init__  # type: ignore[misc]
        if init is object.__init__:
            init = cls.__attrs_init__  # type: ignore[attr-defined]
        shown = signature(init)
        return shown.replace(parameters=list(shown.parameters.values())[1:])


def blank_of(cls: type[T]) -> Callable[[], T]:
    """Return the fastest function that makes an instance with empty slots."""
    if cls.__init__ is object.__init__:
        blank: Callable[[], T] = type.__call__.__get__(cls)
        return blank
    return partial(object.__new__, cls)
