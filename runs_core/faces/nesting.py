"""Nouns as attributes of others: `threads.runs`, `runs.with_raw_response`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Self, TypeVar, overload

from runs_core.faces.face import AnyFace, AsyncFace, AsyncRawFace, Face, RawFace

__all__ = ["Noun", "RawNoun"]

A_co = TypeVar("A_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)
D_co = TypeVar("D_co", covariant=True)


class _Nested:
    """A descriptor of a noun below another; the same object each time."""

    _name: str

    def __init__(self, kinds: Mapping[type, Callable[[Any], Any]]) -> None:
        self._kinds = kinds

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def _below(self, face: AnyFace) -> Any:
        make = next(
            make for kind, make in self._kinds.items() if isinstance(face, kind)
        )
        # Found there from now on: an object's own names come before descriptors that
        # have no `__set__`.
        noun = face.__dict__[self._name] = make(face._client)
        return noun


class Noun(_Nested, Generic[A_co, B_co, C_co, D_co]):
    """A noun below another, with the same face; the same object each time."""

    def __init__(
        self,
        face: Callable[[Any], A_co],
        async_face: Callable[[Any], B_co],
        raw_face: Callable[[Any], C_co],
        async_raw_face: Callable[[Any], D_co],
    ) -> None:
        super().__init__(
            {
                Face: face,
                AsyncFace: async_face,
                RawFace: raw_face,
                AsyncRawFace: async_raw_face,
            }
        )

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Face, owner: type) -> A_co: ...
    @overload
    def __get__(self, face: AsyncFace, owner: type) -> B_co: ...
    @overload
    def __get__(self, face: RawFace, owner: type) -> C_co: ...
    @overload
    def __get__(self, face: AsyncRawFace, owner: type) -> D_co: ...
    def __get__(self, face: AnyFace | None, owner: type) -> Any:
        return self if face is None else self._below(face)


class RawNoun(_Nested, Generic[A_co, B_co]):
    """The same noun with methods that return responses; the same object each time."""

    def __init__(
        self, raw_face: Callable[[Any], A_co], async_raw_face: Callable[[Any], B_co]
    ) -> None:
        super().__init__({Face: raw_face, AsyncFace: async_raw_face})

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Face, owner: type) -> A_co: ...
    @overload
    def __get__(self, face: AsyncFace, owner: type) -> B_co: ...
    def __get__(self, face: Face | AsyncFace | None, owner: type) -> Any:
        return self if face is None else self._below(face)
