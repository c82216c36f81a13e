"""The user's functions, and the outputs of a run's calls of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attrs import evolve, field, frozen

from runs_core._checks import one_of, whole
from runs_core._words import one_line
from runs_core.errors import (
    MalformedResponse,
    ToolArgumentsInvalid,
    ToolError,
    ToolOutputsInvalid,
    UnknownTool,
    UsageError,
)
from runs_core.flows.effects import Flow, Invoke, InvokeTimeout, function_name
from runs_core.models import RequiredActionFunctionToolCall, ToolOutput
from runs_core.wire import codec

__all__ = ["Functions", "ToolCalls", "Toolbox"]

ToolCalls: TypeAlias = list[RequiredActionFunctionToolCall]
"""All calls of one round."""

Functions: TypeAlias = (
    Mapping[str, Callable[..., Any]]
    | Sequence[Callable[..., Any]]  # Not Iterable: a mapping is one, too.
    | Callable[[ToolCalls], Any]
)
"""The user's functions: by name, or several that are called by their own names; or one
that takes all of a round's calls and returns their outputs by call id."""


Named: TypeAlias = Mapping[str, Callable[..., Any]]


def _named_or_batch(functions: Functions) -> Named | Callable[[ToolCalls], Any]:
    if callable(functions):
        return functions
    given: Any = functions
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        given = [*given]  # An iterator can be looked through only once.
    several = given.values() if isinstance(given, Mapping) else given
    if not isinstance(several, Iterable) or not all(map(callable, several)):
        raise UsageError(
            "functions must be a list of functions, a mapping of names to functions,"
            " or one function that takes all of a round's calls"
        )
    if isinstance(given, Mapping):
        if not all(isinstance(name, str) for name in given):
            raise UsageError(
                "the names of functions must be str, as the run calls them"
            )
        return dict(given)
    named: dict[str, Callable[..., Any]] = {}
    for function in given:
        name = getattr(function, "__name__", None)
        if name is None or name in named:
            raise UsageError(
                "each function must have a name of its own: pass a mapping of names to"
                " functions"
            )
        named[name] = function
    return named


@frozen(kw_only=True)
class Toolbox:
    """The user's functions, and what happens when one fails.

    `on_tool_error="raise"` cancels the run and raises `ToolError`; `"output"` sends the
    error's text to the model instead (for each call, if one function takes them all).
    `max_rounds` bounds how many times the run may ask for tools.
    """

    functions: Named | Callable[[ToolCalls], Any] = field(converter=_named_or_batch)
    on_tool_error: Literal["raise", "output"] = field(
        default="raise", validator=one_of("raise", "output")
    )
    max_rounds: int = field(default=10, validator=whole(1))

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        """The functions, without their names."""
        given = self.functions
        return (given,) if callable(given) else tuple(given.values())

    def outputs(
        self, calls: ToolCalls, until: float | None = None
    ) -> Flow[list[ToolOutput]]:
        """Call the functions, and return the output of each call.

        Raises `ToolError` if a function fails, `ToolOutputsInvalid` if the one that
        takes all calls does not answer exactly these, and `InvokeTimeout` if one was
        cancelled, or not called, at `until` on the clock.
        """
        functions = self.functions
        if callable(functions):
            return (yield from _batch(functions, calls, until, self.on_tool_error))
        outputs = []
        for call in calls:
            text = yield from _output(call, functions, until, self.on_tool_error)
            outputs.append(ToolOutput(tool_call_id=call.id, output=text))
        return outputs


def _batch(
    function: Callable[[ToolCalls], Any],
    calls: ToolCalls,
    until: float | None,
    on_tool_error: Literal["raise", "output"],
) -> Flow[list[ToolOutput]]:
    try:
        ask = yield from _in_time(Invoke(function, (calls,)), until)
        given = _complete((yield from ask))
    except InvokeTimeout:
        raise
    except Exception as raised:
        error = _own(raised)
        if on_tool_error == "output" and not _is_mistake(error):
            text = _told(error)
            return [ToolOutput(tool_call_id=call.id, output=text) for call in calls]
        raise _failed(function_name(function), error) from error
    outputs = _as_outputs(given)
    # Odd servers and functions can give ids of any type, even an unhashable one.
    wanted = [str(call.id) for call in calls]
    ids = [str(output.tool_call_id) for output in outputs]
    if sorted(ids) != sorted(wanted):
        missing = len(set(wanted) - set(ids))
        unasked = len(set(ids) - set(wanted))
        raise ToolOutputsInvalid(
            f"{len(wanted)} calls wait for outputs: {missing} are missing, {unasked}"
            f" are for other calls, {len(ids) - len(set(ids))} are there twice"
        )
    return outputs


def _complete(given: Any) -> Any:
    """Return an iterable's items as a list: the function may do its work in that."""
    if isinstance(given, Iterable) and not isinstance(given, Mapping | str):
        return list(given)
    return given


def _as_outputs(given: Any) -> list[ToolOutput]:
    outputs: list[Any] | None = None
    if isinstance(given, Mapping):
        outputs = [ToolOutput(tool_call_id=i, output=o) for i, o in given.items()]
    elif isinstance(given, Iterable):
        outputs = [_as_output(output) for output in given]
    if outputs is None or not all(isinstance(o, ToolOutput) for o in outputs):
        raise ToolOutputsInvalid(
            "the function that takes all calls must return a mapping of call ids to"
            f" outputs, or ToolOutput objects, not {type(given).__name__}"
        )
    try:
        return [evolve(output, output=_text(output.output)) for output in outputs]
    except (TypeError, ValueError) as error:
        raise ToolOutputsInvalid(
            "the function that takes all calls returned an output that cannot be"
            " written as JSON"
        ) from error


def _as_output(given: Any) -> Any:
    """Return a `ToolOutput` for a dict that `submit_tool_outputs` accepts as one."""
    if isinstance(given, dict) and given.keys() == {"tool_call_id", "output"}:
        return ToolOutput(**given)
    return given


def _output(
    call: RequiredActionFunctionToolCall,
    functions: Named,
    until: float | None,
    on_tool_error: Literal["raise", "output"],
) -> Flow[str]:
    function, how = None, "raised"
    try:
        function, arguments = _prepared(call, functions)
        ask = yield from _in_time(Invoke(function, kwargs=arguments), until)
        result = yield from ask
        how = "returned a value that JSON cannot express:"
        return _text(result)
    except InvokeTimeout:
        raise
    except Exception as raised:
        error = _own(raised)
        if on_tool_error == "output" and not _is_mistake(error):
            return _told(error)
        # If the function raised it, it is about another run, which that one made.
        if isinstance(error, ToolError) and function is None:
            raise
        raise _failed(call.function.name, error, how) from error


def _in_time(ask: Invoke, until: float | None) -> Flow[Invoke]:
    """Return the effect with the time left, or raise `InvokeTimeout` if none is."""
    ask = yield from ask.until(until)
    if ask.timeout == 0:
        raise InvokeTimeout(f"no time is left for {function_name(ask.function)}")
    return ask


def _own(error: Exception) -> BaseException:
    """Return what a function raised: generators make StopIteration a RuntimeError."""
    cause = error.__cause__
    if isinstance(error, RuntimeError) and isinstance(
        cause, StopIteration | StopAsyncIteration
    ):
        return cause
    return error


def _is_mistake(error: BaseException) -> bool:
    """Return whether the caller has to fix something that no model can know about.

    Such as an async function where none can be awaited. Subclasses are about values,
    which the model may have written.
    """
    return type(error) is UsageError


def _told(error: BaseException) -> str:
    """Return what the model reads about an error."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception:
        return name  # Its text cannot be made: `__str__` failed.


def _failed(name: str, error: BaseException, how: str = "raised") -> ToolError:
    message = f"the function {_shown(name)} {how} {type(error).__name__}"
    return ToolError(message, name=name)


def _shown(name: str) -> str:
    # It is the server's: of any length, and in odd responses not even a str.
    return one_line(repr(name))


def _prepared(
    call: RequiredActionFunctionToolCall, functions: Named
) -> tuple[Callable[..., Any], dict[str, Any]]:
    name = call.function.name
    # In odd responses it can be of a type that has no hash.
    function = functions.get(name) if isinstance(name, str) else None
    if function is None:
        raise UnknownTool(
            f"the run calls {_shown(name)}, which is not among the functions given: "
            + (", ".join(sorted(functions)) or "none"),
            name=name,
        )
    # Some servers send the object itself.
    arguments: Any = call.function.arguments
    if arguments is None or isinstance(arguments, str):
        try:
            arguments = codec.loads(arguments or "{}")
        except MalformedResponse as error:
            raise ToolArgumentsInvalid(
                f"the arguments of the call to {_shown(name)} are not JSON, at"
                f" {error.where}",
                name=name,
            ) from None
    if not isinstance(arguments, dict):
        raise ToolArgumentsInvalid(
            f"the arguments of the call to {_shown(name)} are not a JSON object",
            name=name,
        )
    return function, arguments


def _text(result: Any) -> str:
    """Return what the model reads: text as it is, anything else as JSON."""
    if isinstance(result, str):
        return result
    return codec.dumps(result).decode()
