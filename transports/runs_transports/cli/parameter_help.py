"""What the parameters of operations mean, as their lists say it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from runs_core.api import params

__all__ = ["parameter_help"]


def parameter_help(operation: Callable[..., Any]) -> dict[str, str]:
    """Give a line for each parameter of an operation.

    It is the text below the parameter in its list, which Python does not keep: read
    from the source, and empty where there is none.
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
        found |= _described(lists[listed])
    return found


@cache
def _lists() -> dict[str, ast.ClassDef]:
    try:
        source = inspect.getsource(params)
    except OSError:
        return {}
    body = ast.parse(source).body
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def _described(listed: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(listed.body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                yield name, " ".join(said.split())
