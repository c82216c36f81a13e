"""Plant a key, make something fail, and look for the key in whatever shows why."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.pretty import pretty_repr

_WORD = "canary"


def key() -> str:
    """A key to plant. Call it where it is used, so that no name of a test holds it."""
    return f"sk-{_WORD}-0123456789"


def leaks_in(text: str) -> list[str]:
    """The lines that show a planted key."""
    return [line for line in text.splitlines() if _WORD in line]


def assert_sealed(
    call: Callable[[], Any], expected: type[BaseException] | tuple[type[Exception], ...]
) -> Any:
    """Check that the call fails as expected and that its error shows no key."""
    with pytest.raises(expected) as caught:
        call()
    assert leaks_in(shown(caught.value)) == []
    return caught.value


def shown(error: BaseException) -> str:
    """What tools print of an error, the locals of its frames included.

    rich, unlike the others, looks into attrs objects by itself.
    """
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    # Frames hand the same objects on to each other: rich takes long for each.
    held = {
        id(value): value
        for link in chain(error)
        for frame, _ in traceback.walk_tb(link.__traceback__)
        for value in frame.f_locals.values()
    }
    parts = [str(error), repr(error), *plain.format()]
    parts += map(pretty_repr, held.values())
    return "\n".join(parts)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
