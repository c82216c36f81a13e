"""How an operation is defined: its parameter list checked, its request built."""

from __future__ import annotations

import functools
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, ParamSpec, Required, TypeVar, get_args, get_origin

from attrs import frozen

from runs_core._checks import mapping_of
from runs_core._sealed import forget_frames, name_frames
from runs_core.api.omit import Omit, omit
from runs_core.api.params import RequestOptions
from runs_core.errors import UsageError
from runs_core.flows.request import TEMPLATES, ApiRequest, Repeat
from runs_core.wire import codec
from runs_core.wire.http import ChangedHeaders, Timeouts, check_header, encode_query

__all__ = ["alternatives", "build", "check_not_streamed", "operation", "split"]

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS = RequestOptions.__annotations__.keys()


def operation(
    params: type, *, instead: Mapping[str, str] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check a function's `**params: Unpack[params]`, and list them in its signature.

    A name that the TypedDict does not have, or one that it requires and the call lacks,
    raises `TypeError` at the call. An argument that is `omit` counts as not given.
    `instead` has, for a required name, another that a call may give in its place.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = _signature(function, params)
        accepted = _Accepted.of(function, signature, instead or {})

        # The arguments can hold keys (in extra_headers): no error of ours keeps a frame
        # that holds them.
        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            callers = sys.exception()
            for name in [n for n, v in kwargs.items() if isinstance(v, Omit)]:
                del kwargs[name]
            if (wrong := accepted.problem(len(args), kwargs.keys())) is not None:
                del args, kwargs
                raise TypeError(wrong)
            try:
                return function(*args, **kwargs)
            except Exception as error:
                del args, kwargs
                if not isinstance(error, UsageError):
                    # It may be a mistake in an iterator of the caller's.
                    name_frames(error)
                forget_frames(error, callers)
                raise error

        vars(checked)["__signature__"] = signature
        vars(checked)["_instead"] = accepted.instead
        return checked

    return decorate


def alternatives(function: Callable[..., Any]) -> Mapping[str, str]:
    """Return the required names of an operation that another may be given for."""
    found: Mapping[str, str] = vars(function)["_instead"]
    return found


def _signature(function: Callable[..., Any], params: type) -> inspect.Signature:
    """Return the function's signature, with the TypedDict's names for `**params`."""
    plain = inspect.signature(function)
    # Their annotations are strings, because the modules postpone them.
    ids = [
        p.replace(annotation=str)
        for p in plain.parameters.values()
        if p.kind is not p.VAR_KEYWORD
    ]
    required: frozenset[str] = params.__required_keys__  # type: ignore[attr-defined]
    keywords = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if name in required else omit,
            annotation=annotation,
        )
        for name, annotation in _annotations(params).items()
    ]
    keywords.sort(key=lambda p: p.default is omit)
    return plain.replace(parameters=[*ids, *keywords])


@frozen
class _Accepted:
    """The names of an operation's arguments, for the check of each call."""

    label: str
    ids: tuple[str, ...]
    """Those that may be positional."""
    known: frozenset[str]
    required: frozenset[str]
    """The required keyword arguments."""
    instead: Mapping[str, str]
    """What may be given in place of one of these."""

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        signature: inspect.Signature,
        instead: Mapping[str, str],
    ) -> _Accepted:
        parameters = signature.parameters.values()
        keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        return cls(
            f"{function.__module__.rpartition('.')[2]}.{function.__name__}()",
            tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY),
            frozenset(signature.parameters),
            frozenset(p.name for p in keywords if p.default is p.empty),
            instead,
        )

    def problem(self, placed: int, given: Set[str]) -> str | None:
        """Return what is wrong with a call, or None."""
        if placed > len(self.ids):
            nameless = ", ".join(self.ids) or "none"
            return (
                f"{self.label} got {placed} positional arguments; it takes {nameless}"
                " by position"
            )
        if unknown := given - self.known:
            return (
                f"{self.label} got an unexpected keyword argument {min(unknown)!r};"
                " pass what only this server knows in extra_body"
            )
        for missing in self.ids[placed:]:
            if missing not in given:
                return f"{self.label} is missing the argument {missing!r}"
        for missing in sorted(self.required - given):
            other = self.instead.get(missing)
            if other not in given:
                hint = "" if other is None else f" (or {other!r})"
                return f"{self.label} is missing the argument {missing!r}{hint}"
        return None


def _annotations(params: type) -> dict[str, Any]:
    """Return the parameters as they are listed, but a call's own first."""
    types = {n: _unmarked(a) for n, a in params.__annotations__.items()}
    return {n: a for n, a in types.items() if n not in _OPTIONS} | types


def _unmarked(annotation: Any) -> Any:
    origin: Any = get_origin(annotation)
    return get_args(annotation)[0] if origin is Required else annotation


def build(
    operation: str,
    method: str,
    ids: Mapping[str, str],
    params: Mapping[str, Any],
    *,
    query: Iterable[str] = (),
    has_body: bool = True,
    repeat: Repeat = Repeat.SAFE,
) -> ApiRequest:
    """Return the request, with each parameter where it belongs.

    Those of a GET, and those named by `query`, go into the URL, the `RequestOptions`
    where they say, and the rest into a JSON body. A POST has one even if it is `{}`,
    unless `has_body` is false.
    Raises `UsageError` for ids, headers and query parameters that cannot be sent, and
    TypeError or ValueError for values that JSON cannot represent.
    """
    own = {n: v for n, v in params.items() if n not in _OPTIONS}
    in_url = own.keys() if method == "GET" else own.keys() & set(query)
    extra_query = mapping_of("extra_query", params.get("extra_query"))
    in_query = [(n, v) for n, v in own.items() if n in in_url and n not in extra_query]
    in_query += extra_query.items()
    body = {n: v for n, v in own.items() if n not in in_url}
    body |= mapping_of("extra_body", params.get("extra_body"))
    headers = ChangedHeaders(_headers(params))
    if params.get("idempotency_key") is not None and repeat is Repeat.ONCE:
        repeat = Repeat.KEYED
    request = ApiRequest(
        operation=operation,
        method=method,
        template=TEMPLATES[operation],
        ids=tuple(ids.items()),
        query=tuple(_query(in_query, codec.MAX_DEPTH)),
        body=codec.dumps(body) if body or (has_body and method == "POST") else None,
        headers=headers,
        timeouts=_timeouts(params),
        repeat=repeat,
    )
    # Refuses what cannot be sent now, at the call.
    encode_query(request.query)
    request.path  # noqa: B018
    return request


def check_not_streamed(params: Mapping[str, Any], streaming: str) -> None:
    """Refuse `stream=True` if the response is read as one object."""
    if params.get("stream"):
        raise UsageError(
            f"this returns one object: for a stream of events, call {streaming}"
        )


def split(
    params: Mapping[str, Any], options: type
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters that the TypedDict `options` names, and the others."""
    names = options.__annotations__
    named = {n: v for n, v in params.items() if n in names}
    return named, {n: v for n, v in params.items() if n not in names}


def _headers(params: Mapping[str, Any]) -> Iterable[tuple[str, str | None]]:
    for name, value in mapping_of("extra_headers", params.get("extra_headers")).items():
        if isinstance(value, Omit):
            value = None
        yield check_header(name, "" if value is None else value)[0], value
    if (key := params.get("idempotency_key")) is not None:
        if key == "":
            raise UsageError("idempotency_key is empty: leave it out to send none")
        yield check_header("idempotency-key", key)


def _query(pairs: Iterable[tuple[str, Any]], depth: int) -> Iterable[tuple[str, str]]:
    """Yield a list's items each as `name[]=…`, as the API's servers read them.

    A mapping's items become `name[key]=…`, as in openai-python, at most `depth` levels
    deep.
    """
    for name, value in pairs:
        if isinstance(value, str) and name == "include":
            # To the type checkers, a str is an iterable of str.
            raise UsageError("include must be a list of names, not one name")
        if isinstance(value, Mapping):
            if depth == 0:
                raise UsageError(
                    f"the query parameter {name.partition('[')[0]!r} has more than"
                    f" {codec.MAX_DEPTH} levels, or holds itself"
                )
            inner = ((f"{name}[{key}]", item) for key, item in value.items())
            yield from _query(inner, depth - 1)
        elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
            yield from ((f"{name}[]", _text(name, item)) for item in value)
        elif value is not None and not isinstance(value, Omit):
            yield name, _text(name, value)


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case float() if not math.isfinite(value):
            raise UsageError(f"the query parameter {name!r} must be finite")
        case int() | float():
            try:
                return str(value)
            except ValueError:  # Python writes out no number of over 4300 digits.
                raise UsageError(
                    f"the query parameter {name!r} has too many digits"
                ) from None
    raise UsageError(
        f"the query parameter {name!r} must be a str, a number or a list of these,"
        f" not {type(value).__name__}"
    )


def _timeouts(params: Mapping[str, Any]) -> Timeouts | None:
    return Timeouts.of(params["timeout"]) if "timeout" in params else None
