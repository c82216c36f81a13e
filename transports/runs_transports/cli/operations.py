"""The API's operations on a real endpoint; each command is derived from its function.

The ids in a function's signature become positional arguments, its parameters options.
"""

from __future__ import annotations

import argparse
import inspect
import types
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from runs_core.api import assistants, messages, runs, steps, threads
from runs_core.api.operation import alternatives
from runs_core.errors import InvalidOption, MalformedResponse, UsageError
from runs_core.flows.call import Call, Paged
from runs_core.flows.effects import Flow
from runs_core.flows.streaming import RunFeed
from runs_core.models import Page
from runs_core.wire import codec
from runs_transports.cli.driving import DEFAULT_TRANSPORT, drive
from runs_transports.cli.errors import (
    OK,
    USAGE,
    CommandError,
    as_typed,
    explained,
)
from runs_transports.cli.options import (
    Parser,
    add_endpoint_options,
    add_transport_option,
    endpoint_of,
)
from runs_transports.cli.output import write_event, write_json
from runs_transports.cli.parameter_help import parameter_help

__all__ = ["OPERATIONS", "add_commands"]

Operation: TypeAlias = Callable[..., "Call[Any] | Flow[Any] | RunFeed"]

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "runs": (
        runs.create,
        runs.create_and_poll,
        runs.stream,
        runs.retrieve,
        runs.update,
        runs.list,
        runs.cancel,
        runs.poll,
        runs.submit_tool_outputs,
        runs.submit_tool_outputs_and_poll,
        runs.submit_tool_outputs_stream,
    ),
    "steps": (steps.retrieve, steps.list),
    "messages": (
        messages.create,
        messages.retrieve,
        messages.update,
        messages.list,
        messages.delete,
    ),
    "threads": (
        threads.create,
        threads.create_and_run,
        threads.create_and_run_poll,
        threads.create_and_run_stream,
        threads.retrieve,
        threads.update,
        threads.delete,
    ),
    "assistants": (
        assistants.create,
        assistants.retrieve,
        assistants.update,
        assistants.list,
        assistants.delete,
    ),
}

_SHORT_NAMES = {"submit_tool_outputs": ["submit"]}
_PARAMETER = "parameter:"
_ALL_PAGES = "Without --limit, all pages are read; with it, one page."


# --- The grammar -------------------------------------------------------------------


def add_commands(commands: Any) -> None:
    """Add a command for each noun, with a subcommand for each operation."""
    for noun, functions in OPERATIONS.items():
        summary = f"operations on {noun}"
        parser = commands.add_parser(noun, help=summary, description=summary)
        parser.fill = partial(_add_operations, functions)


def _add_operations(functions: Iterable[Operation], parser: Parser) -> None:
    verbs = parser.add_subparsers(metavar="OPERATION", required=True)
    for function in functions:
        _add_operation(verbs, function)


def _add_operation(verbs: Any, function: Operation) -> None:
    name = function.__name__
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    parser = verbs.add_parser(
        name.replace("_", "-"),
        aliases=_SHORT_NAMES.get(name, ()),
        help=summary,
        description=inspect.getdoc(function),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_ALL_PAGES if name == "list" else None,
    )
    parser.fill = partial(_add_parameters, function)


def _add_parameters(function: Operation, parser: Parser) -> None:
    ids, keywords = _parameters(function)
    instead = alternatives(function)
    for parameter in ids:
        parser.add_argument(parameter.name, metavar=parameter.name.upper(), type=_text)
    group = parser.add_argument_group("parameters")
    said = parameter_help(function)
    for parameter in keywords:
        members = _members(parameter.annotation)
        group.add_argument(
            f"--{parameter.name.replace('_', '-')}",
            dest=f"{_PARAMETER}{parameter.name}",
            help=as_typed(said.get(parameter.name, "")).replace("%", "%%"),
            metavar=_metavar(members),
            type=partial(_value, members),
            required=parameter.default is inspect.Parameter.empty
            and parameter.name not in instead,
            default=argparse.SUPPRESS,
        )
    add_endpoint_options(parser)
    add_transport_option(
        parser, f"the one to use ({DEFAULT_TRANSPORT})", default=DEFAULT_TRANSPORT
    )
    parser.set_defaults(command=partial(_run, function, [p.name for p in ids]))


def _parameters(
    function: Operation,
) -> tuple[list[inspect.Parameter], list[inspect.Parameter]]:
    """Return the ids, and the parameters that can be given on a command line."""
    parameters = inspect.signature(function).parameters.values()
    ids = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    keywords = [
        p
        for p in parameters
        if p.kind is p.KEYWORD_ONLY
        and get_origin(p.annotation) is not _CALLABLE
        # Streaming is an operation of its own.
        and p.name != "stream"
    ]
    return ids, keywords


_CALLABLE = get_origin(Callable[[], Any])


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _metavar(members: Iterable[Any]) -> str:
    names: list[str] = []
    for member in members:
        if get_origin(member) is Literal:
            names += map(str, get_args(member))
        elif member in _NAMES:
            names.append(_NAMES[member])
        elif get_origin(member) is not None or member is Any:
            names.append("JSON")
    return "|".join(dict.fromkeys(names))


_NAMES = {str: "TEXT", int: "INTEGER", float: "NUMBER", bool: "true|false"}


def _text(text: str) -> str:
    """Read an argument; reject one that Python could not decode (PEP 383)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(
            "this is not text in this terminal's encoding"
        ) from None
    return text


def _value(members: tuple[Any, ...], text: str) -> Any:
    """Read an argument: as text if the parameter takes text, otherwise as JSON.

    If it takes both, JSON objects and lists are read as JSON.
    """
    _text(text)
    takes_text = any(m is str or get_origin(m) is Literal for m in members)
    if takes_text and set(members) <= {str, type(None)}:
        return None if text == "null" and type(None) in members else text
    is_scalar = set(members) <= {*_NAMES, type(None)}
    try:
        value = codec.loads(text)
    except MalformedResponse as error:
        if takes_text:
            return text
        if is_scalar:
            raise _wrong_type(members) from None
        why = str(error).removesuffix(" @ $")
        raise argparse.ArgumentTypeError(f"this is {why}") from None
    is_null = value is None and type(None) in members
    if takes_text and not is_null and not isinstance(value, dict | list):
        return text
    if is_scalar and not _is_one_of(members, value):
        raise _wrong_type(members)
    return value


def _is_one_of(members: tuple[Any, ...], value: Any) -> bool:
    # Python's types differ: here True is not an integer, and 1 is a number.
    return type(value) in members or (float in members and type(value) is int)


def _wrong_type(members: tuple[Any, ...]) -> argparse.ArgumentTypeError:
    null = " or null" if type(None) in members else ""
    return argparse.ArgumentTypeError(f"this must be {_metavar(members)}{null}")


# --- What it does ------------------------------------------------------------------


def _run(function: Operation, ids: list[str], options: argparse.Namespace) -> int:
    endpoint = endpoint_of(options)
    params = {
        name.removeprefix(_PARAMETER): value
        for name, value in vars(options).items()
        if name.startswith(_PARAMETER)
    }
    try:
        asked = function(**{name: getattr(options, name) for name in ids}, **params)
    except (TypeError, ValueError, UsageError) as error:
        if isinstance(error, UsageError) and not isinstance(error, InvalidOption):
            raise
        # A value that can never be sent, or an invalid limit. It is not quoted.
        raise CommandError(as_typed(explained(error)), status=USAGE) from None
    drive_on = partial(
        drive, options.transport, endpoint, max_retries=options.max_retries
    )
    if isinstance(asked, RunFeed):
        drive_on(asked, write_event)
    elif isinstance(asked, Paged) and "limit" not in params:
        drive_on(asked.items(), write_json)
    else:
        _write_result(drive_on(asked))
    return OK


def _write_result(result: Any) -> None:
    if isinstance(result, Page):
        for item in result.data:
            write_json(item)
    else:
        write_json(result, indent=2)
