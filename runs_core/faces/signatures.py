"""The signatures of methods, as `help()`, `inspect.signature` and editors show them."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, get_args, get_origin, get_type_hints

from runs_core.faces.face import AsyncFace, AsyncRawFace, Face, RawFace
from runs_core.raw import RawResponse

__all__ = ["Looks", "lookalike", "result_type", "return_type", "typed"]


def lookalike(
    function: Callable[..., Any],
    returns: Any,
    *,
    parameters: Iterable[inspect.Parameter] = (),
    says: str = "",
) -> Callable[..., Any]:
    """Return what looks like the function with another return type, for `wraps`.

    `parameters` replace the function's own of the same name, or come before the options
    of every request.
    """

    @functools.wraps(function)
    def like(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    signature = inspect.signature(function)
    own = {p.name: p for p in parameters}
    rest = [p for name, p in signature.parameters.items() if name not in own]
    place = next(i for i, p in enumerate(rest) if p.name == "extra_headers")
    vars(like)["__signature__"] = signature.replace(
        parameters=[*rest[:place], *own.values(), *rest[place:]],
        return_annotation=returns,
    )
    like.__annotations__ = {**function.__annotations__, "return": returns}
    # Where Python runs with -OO, docstrings are None.
    if says and function.__doc__:
        like.__doc__ = f"{inspect.getdoc(function)}\n\n{says}"
    return like


def result_type(function: Callable[..., Any]) -> Any:
    """Return the type of the result of the function's call or flow."""
    # The only argument of a `Call` or a `Paged`, the last of a `Flow` (a generator).
    return get_args(get_type_hints(function)["return"])[-1]


class Looks:
    """How a method looks on each face, computed once, on first access.

    Not at import: most programs use few methods.
    """

    def __init__(self, make: Callable[[type], Callable[..., Any]]) -> None:
        self._make = make
        self._made: dict[type, Callable[..., Any]] = {}

    def on(self, face: object) -> Callable[..., Any]:
        kind = next(kind for kind in _KINDS if isinstance(face, kind))
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        made = self._made[kind]
        returned: Any = get_origin(made.__annotations__["return"])
        if returned is Coroutine:
            _mark_as_awaited(made)
        return made


def _mark_as_awaited(function: Callable[..., Any]) -> None:
    """Mark a plain function as one whose result is awaited, like an `async def`.

    `unittest.mock` asks for that before it patches a method, and so do decorators. A
    wrapper that copies the function's attributes is marked, too.
    """
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(function)
    else:
        # The mark that asyncio looks for. Each time, because whoever asks may have
        # imported it only now; the core itself does not.
        asyncio: Any = sys.modules.get("asyncio")
        if asyncio is not None:
            vars(function)["_is_coroutine"] = asyncio.coroutines._is_coroutine


_KINDS = (Face, AsyncFace, RawFace, AsyncRawFace)


def typed(generic: Any, *arguments: Any) -> Any:
    """Return the generic type with these arguments."""
    return generic[arguments]


def return_type(kind: type, result: Any, awaited: Any) -> Any:
    """Return the type that a method returns on a face of the class `kind`.

    `result` is the type of the result on a blocking face, `awaited` on an async one.
    """
    own = awaited if kind in (AsyncFace, AsyncRawFace) else result
    answer = typed(RawResponse, own) if kind in (RawFace, AsyncRawFace) else own
    return answer if kind in (Face, RawFace) else typed(Coroutine, object, None, answer)
