"""What the parameters of operations mean, as the lists in `params` say.

Python keeps no text that stands below a name, so it is read from the source here, for
the command's help and for the reference that `docs/generate.py` writes.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from runs_core.api import params

__all__ = ["described", "parameter_help"]


def parameter_help(operation: Callable[..., Any]) -> dict[str, str]:
    """Return a line of text for each parameter of an operation.

    It is the text below the parameter in its list; there is none if the source is not
    available.
    """
    signature = inspect.signature(inspect.unwrap(operation))
    (listed,) = [
        parameter.annotation.removeprefix("Unpack[").removesuffix("]")
        for parameter in signature.parameters.values()
        if parameter.kind is parameter.VAR_KEYWORD
    ]
    return _said_of(listed)


def _said_of(listed: str) -> dict[str, str]:
    lists = _lists()
    found: dict[str, str] = {}
    if listed in lists:
        for base in lists[listed].bases:
            found |= _said_of(ast.unparse(base))
        found |= {
            ast.unparse(p.target): text for p, text in described(lists[listed].body)
        }
    return found


@cache
def _lists() -> dict[str, ast.ClassDef]:
    try:
        source = inspect.getsource(params)
    except OSError:
        return {}
    body = ast.parse(source).body
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def described(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.AnnAssign, str]]:
    """Yield the annotated names that have text below them, each with its text."""
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(), ast.Expr(value=ast.Constant(value=str(said))):
                yield field, " ".join(said.split())
