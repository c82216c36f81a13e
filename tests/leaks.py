"""Plant a key, make something fail, and look for the key in whatever shows why."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.traceback import Traceback

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
    """Everything that tools print of an error, the locals of its frames included."""
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    output = StringIO()
    rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True
    )
    Console(file=output, width=4000).print(rich)
    parts = (str(error), repr(error), *plain.format(), output.getvalue())
    return "\n".join(parts)
