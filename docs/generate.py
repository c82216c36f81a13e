"""Write the pages that are generated from the code: `python -m docs.generate`.

The tests compare the committed pages with the generated ones.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from runs_core import (
    assistants,
    lifecycle,
    messages,
    models,
    runs,
    steps,
    stream,
    testing,
    threads,
)
from runs_core.api.params import RequestOptions
from runs_core.lifecycle import MESSAGE, RUN, STEP, Lifecycle
from runs_transports.cli.parameter_help import described, parameter_help

DOCS = Path(__file__).parent
NOUNS = (runs, steps, threads, messages, assistants)
PACKAGES = (models, stream, testing)


def pages() -> dict[str, str]:
    """Return each generated page's text by its path below docs/."""
    return {
        "reference/operations.md": operations_page(),
        "reference/types.md": types_page(),
        "topics/lifecycle.md": lifecycle_page(),
    }


OPERATIONS = """\
# Operations

Each operation is one function of `runs_core.api`, and the method of the same name on
the clients.
The function returns a `Call` (one request), a `Paged` (a call that can go on through
all pages), a `Flow` (a conversation) or a `RunFeed` (a conversation that emits events).
A parameter that is left out is not sent, and None is JSON `null`.

All of them also take:

{options}
"""

TYPES = """\
# Types

The names that stand for several classes or values, and what they stand for.
"""

LIFECYCLE = """\
# Lifecycle

The statuses of a run, a run step and a message, and what changes them, drawn from the
tables in `runs_core.lifecycle`. The local service makes every change of status through
them. A client does not hold a server to them, and keeps polling while a run's status is
unknown.
"""


def operations_page() -> str:
    options = "\n".join(_listed(RequestOptions.__annotations__, runs.cancel))
    nouns = (line for noun in NOUNS for line in _noun(noun))
    return "\n".join([OPERATIONS.format(options=options), *nouns])


def _noun(module: ModuleType) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2]
    yield f"## {name}"
    yield ""
    for operation in sorted(module.__all__):
        yield from _operation(name, operation, getattr(module, operation))


def _operation(noun: str, name: str, function: Any) -> Iterator[str]:
    signature = inspect.signature(function)
    text = inspect.getdoc(function) or ""
    ids, required, optional = _parameters(signature)
    yield f"### {noun}.{name}"
    yield ""
    yield text
    yield ""
    result = str(signature.return_annotation).strip("'\"")
    yield f"Returns: `{result}`"
    if ids:
        yield ""
        yield "Ids: " + ", ".join(f"`{n}`" for n in ids)
    for title, names in (("Required", required), ("Optional", optional)):
        if names:
            yield ""
            yield f"{title}:"
            yield ""
            yield from _listed(names, function)
    yield ""


def _listed(names: Iterable[str], function: Any) -> Iterator[str]:
    said = parameter_help(function)
    for name in names:
        yield f"- `{name}`: {said[name]}"


def _parameters(
    signature: inspect.Signature,
) -> tuple[list[str], list[str], list[str]]:
    ids: list[str] = []
    required: list[str] = []
    optional: list[str] = []
    for name, parameter in signature.parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            ids.append(name)
        elif parameter.default is parameter.empty:
            required.append(name)
        elif name not in RequestOptions.__annotations__:
            optional.append(name)
    return ids, required, optional


def types_page() -> str:
    return "\n".join([TYPES, *(line for p in PACKAGES for line in _types_of(p))])


def _types_of(package: ModuleType) -> Iterator[str]:
    yield f"## {package.__name__}"
    yield ""
    yield "```{eval-rst}"
    yield f".. py:currentmodule:: {package.__name__}"
    found = {ast.unparse(node.target): (node, text) for node, text in _named(package)}
    for name in package.__all__:
        if name in found:
            yield ""
            yield from _type(name, *found[name])
    yield "```"
    yield ""


def _named(package: ModuleType) -> Iterator[tuple[ast.AnnAssign, str]]:
    for name, module in sorted(sys.modules.items()):
        if name.startswith(f"{package.__name__}."):
            yield from described(ast.parse(inspect.getsource(module)).body)


def _type(name: str, node: ast.AnnAssign, text: str) -> Iterator[str]:
    if ast.unparse(node.annotation) == "TypeAlias":
        yield f".. py:type:: {name}"
        yield f"   :canonical: {_bare(node.value)}"
    else:
        yield f".. py:data:: {name}"
        yield f"   :type: {_bare(node.annotation)}"
    yield ""
    yield f"   {text}"


def _bare(node: ast.expr | None) -> str:
    """Return the type without its hints for type checkers and the codec."""
    match node:
        case ast.Subscript(ast.Name("Annotated"), ast.Tuple([kind, *_])):
            return ast.unparse(kind)
        case ast.Subscript(ast.Name("Final"), kind):
            return ast.unparse(kind)
    assert node is not None
    return ast.unparse(_Spelled().visit(node))


class _Spelled(ast.NodeTransformer):
    """Replaces `lifecycle.…` by the status words that it names."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        words = getattr(lifecycle, node.attr)
        return ast.parse(repr(words).removeprefix("typing."), mode="eval").body


def lifecycle_page() -> str:
    drawn = (line for table in (RUN, STEP, MESSAGE) for line in _drawn(table))
    return "\n".join([LIFECYCLE, *drawn])


def _drawn(table: Lifecycle[Any, Any]) -> Iterator[str]:
    yield f"## A {table.name}"
    yield ""
    yield "```{mermaid}"
    yield "stateDiagram-v2"
    yield f"    [*] --> {table.initial}"
    for (status, trigger), after in table.transitions.items():
        yield f"    {status} --> {after}: {trigger.replace('_', ' ')}"
    for status in table.statuses:
        if status in table.terminal:
            yield f"    {status} --> [*]"
    yield "```"
    yield ""


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        (DOCS / path).write_text(text.rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
