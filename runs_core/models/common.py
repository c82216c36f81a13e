"""Pages of lists, and errors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from attrs import define

from runs_core.models.base import PROMISED, Resource
from runs_core.wire.codec import Reads, TextOf, WireObject

__all__ = ["ErrorObject", "Page", "code_as_text"]

T = TypeVar("T")


@define(eq=False, repr=False)
class Page(Resource, Generic[T]):
    """A part of a list. The next part comes after the last element's id."""

    _required: ClassVar[tuple[str, ...]] = ()

    data: list[T]
    """The elements."""
    has_more: bool | None = None
    """Whether there is a next part; None if the server does not say."""
    first_id: str | None = None
    """The id of the first element."""
    last_id: str | None = None
    """The id of the last element."""
    object: str = "list"


def code_as_text(code: Any) -> Any:
    """Return a numeric code as its digits; it encodes back as the number."""
    return TextOf(code) if type(code) in (int, float) else code


@define(eq=False, repr=False)
class ErrorObject(WireObject):
    """What went wrong, in a server's words."""

    message: str = PROMISED
    """The error in words."""
    code: Annotated[str | None, Reads(code_as_text)] = None
    """The error's name. A number, which some servers send, reads as its digits."""
    param: str | None = None
    """The parameter that is at fault."""
    type: str = PROMISED
    """The kind of error."""
