"""What the assistant of the local service does, as data.

A `Script` is a sequence of turns, and a turn a sequence of actions. Every run plays the
script from its first turn; when a turn has called functions and their outputs have
arrived, the next turn plays.

    Script([Call("get_weather", {"city": "Paris"}), Say("It rains in Paris.")])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from types import UnionType
from typing import Any, TypeAlias

from attrs import converters, field, frozen, validators

from runs_core.errors import UsageError
from runs_core.testing.exchange import Pause

__all__ = [
    "Action",
    "Call",
    "CodeInterpreter",
    "Cut",
    "Fail",
    "FileSearch",
    "Hang",
    "Incomplete",
    "Interruption",
    "Raw",
    "RunContext",
    "Say",
    "Script",
    "ScriptLike",
    "SendError",
    "ToolOutput",
    "Turn",
    "TurnLike",
    "as_turn",
]


def _of(kind: type, what: str) -> Callable[[object, Any, Any], None]:
    def check(instance: object, attribute: Any, value: Any) -> None:
        if not isinstance(value, kind):
            raise UsageError(f"{attribute.name} must be {what}")

    return check


_text = _of(str, "a str")
_flag = _of(bool, "True or False")


def _tuple(given: Iterable[Any]) -> Any:
    """Return a tuple; leave a str, or what is not iterable, to the validator."""
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return tuple(given) if several else given


def _all_of(kind: type | UnionType, what: str) -> Callable[[object, Any, Any], None]:
    def check(instance: object, attribute: Any, value: Any) -> None:
        if type(value) is not tuple or not all(isinstance(v, kind) for v in value):
            raise UsageError(f"{attribute.name} must be a sequence of {what}")

    return check


@frozen
class Cut:
    """The stream ends here, without a terminal event; the run goes on at the server.

    Polling does not see it.
    """


@frozen
class Raw:
    """These bytes go into the stream as they are. Polling does not see them."""

    data: bytes = field(validator=_of(bytes, "bytes"))


@frozen(kw_only=True)
class SendError:
    """The stream ends with an `error` event; the run goes on at the server.

    Polling does not see it. `nested` puts the error object under an `error` key, as
    some servers do.
    """

    message: str = "The server had an error while processing your request."
    code: str | int | None = "server_error"
    type: str | None = "server_error"
    param: str | None = None
    nested: bool = False


@frozen
class Hang:
    """Nothing happens any more, until the run is cancelled or expires."""


Interruption: TypeAlias = Pause | Cut | Raw | SendError | Hang
Piece: TypeAlias = str | Interruption


def _split(text: str, every: int) -> tuple[str, ...]:
    return tuple(text[at : at + every] for at in range(0, len(text), every))


def _words(text: str) -> tuple[str, ...]:
    """Return the words, each with the space before it, like a model's tokens."""
    words = text.split(" ")
    return tuple(p for p in (words[0], *(f" {word}" for word in words[1:])) if p)


def _positive(instance: object, attribute: Any, value: Any) -> None:
    if value is not None and (type(value) is not int or value < 1):
        raise UsageError(f"{attribute.name} must be a whole number, at least 1")


def _can_be_json(instance: object, attribute: Any, value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise UsageError(f"{attribute.name} must be serializable as JSON") from None


_pieces = validators.optional(_all_of(Piece, "str and of interruptions"))
_objects = (_all_of(dict, "objects, as on the wire"), _can_be_json)


@frozen
class Say:
    """The assistant writes a message.

    It comes in `pieces`, with interruptions between them if wanted. Without `pieces`,
    the text is split after every `every` characters, or else into words. If `Fail` or
    `Incomplete` follows, the message stays incomplete.

    `annotations` come with the last piece, `image_file_ids` as blocks before the text.
    With `refusal`, the text is a refusal.
    """

    text: str = field(default="", validator=_text)
    pieces: tuple[Piece, ...] | None = field(
        default=None,
        kw_only=True,
        converter=converters.optional(_tuple),
        validator=_pieces,
    )
    every: int | None = field(default=None, kw_only=True, validator=_positive)
    annotations: tuple[Mapping[str, Any], ...] = field(
        default=(),
        kw_only=True,
        converter=_tuple,
        validator=_objects,
    )
    image_file_ids: tuple[str, ...] = field(
        default=(), kw_only=True, converter=_tuple, validator=_all_of(str, "str")
    )
    refusal: bool = field(default=False, kw_only=True, validator=_flag)

    def __attrs_post_init__(self) -> None:
        if self.refusal and self.annotations:
            raise UsageError("a refusal has no annotations")
        if self.text and self.pieces is not None:
            joined = "".join(p for p in self.pieces if isinstance(p, str))
            if joined != self.text:
                raise UsageError("pieces do not add up to text: leave one of them out")

    def parts(self) -> tuple[Piece, ...]:
        """Return the pieces that the message comes in."""
        if self.pieces is not None:
            return self.pieces
        return (
            _words(self.text) if self.every is None else _split(self.text, self.every)
        )


@frozen
class Call:
    """The assistant calls a function; adjacent calls are made at once.

    `arguments` are JSON text, or values to be encoded as JSON. They are streamed in
    `pieces`, by default of eight characters. A run then shows the call as a
    `FunctionToolCall` of `runs_core.models`; `runs_core.Call` is something else, an
    operation's request.
    """

    name: str = field(validator=_text)
    arguments: Mapping[str, Any] | str = field(factory=dict, validator=_can_be_json)
    pieces: tuple[Piece, ...] | None = field(
        default=None,
        kw_only=True,
        converter=converters.optional(_tuple),
        validator=_pieces,
    )

    def parts(self) -> tuple[Piece, ...]:
        """Return the pieces that the arguments come in."""
        if self.pieces is not None:
            return self.pieces
        if isinstance(self.arguments, str):
            return _split(self.arguments, 8)
        return _split(json.dumps(self.arguments, ensure_ascii=False), 8)


@frozen
class CodeInterpreter:
    """The assistant runs code, which writes `logs` and draws an image.

    A step then shows it as a `CodeInterpreter` of `runs_core.models`.
    """

    input: str = field(validator=_text)
    logs: str | None = field(default=None, kw_only=True)
    image_file_id: str | None = field(default=None, kw_only=True)

    def parts(self) -> tuple[str, ...]:
        """Return the pieces that the code comes in."""
        return _words(self.input)


@frozen
class FileSearch:
    """The assistant searches files.

    `results` are as on the wire; their `content` is sent only if it is asked for with
    `include`. A step then shows it as a `FileSearchCall` of `runs_core.models`; the
    `FileSearch` there has the settings of the tool.
    """

    results: tuple[Mapping[str, Any], ...] = field(
        default=(), converter=_tuple, validator=_objects
    )


@frozen
class Fail:
    """The run fails. `code` is `server_error`, `rate_limit_exceeded`, …"""

    code: str = "server_error"
    message: str = "Sorry, something went wrong."


@frozen
class Incomplete:
    """The run stops short: `max_completion_tokens` or `max_prompt_tokens`."""

    reason: str = field(default="max_completion_tokens", validator=_text)


Action: TypeAlias = (
    Say | Call | CodeInterpreter | FileSearch | Fail | Incomplete | Interruption
)
"""One thing that the assistant does, or that happens to its stream."""
TurnLike: TypeAlias = Action | Iterable[Action]
"""What can be passed as a turn: one action, or several."""

_ACTIONS = (
    *(Say, Call, CodeInterpreter, FileSearch, Fail, Incomplete),
    *(Pause, Cut, Raw, SendError, Hang),
)


@frozen
class Turn:
    """What the assistant does until it waits for tool outputs or the run ends."""

    actions: tuple[Action, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """The function calls that the turn ends in."""
        return tuple(a for a in self.actions if isinstance(a, Call))


def as_turn(turn: Turn | TurnLike) -> Turn:
    """Return the turn, or raise `UsageError` if it cannot be played."""
    given = turn.actions if isinstance(turn, Turn) else turn
    _refuse_namesakes(given)
    if isinstance(given, _ACTIONS):
        actions: tuple[Action, ...] = (given,)
    elif isinstance(given, Iterable):
        actions = tuple(given)
    else:
        kind = type(given).__name__
        raise UsageError(f"a turn is an action, or a list of actions, not a {kind}")
    for action in actions:
        _refuse_namesakes(action)
        if not isinstance(action, _ACTIONS):
            raise UsageError(f"{type(action).__name__} is not an action of a script")
    called = False
    for action, following in zip_longest(actions, actions[1:]):
        called = called or isinstance(action, Call)
        if following is None:
            break
        if isinstance(action, (Fail, Incomplete, Hang)):
            raise UsageError(f"nothing can follow {type(action).__name__} in a turn")
        if called and isinstance(following, (Say, CodeInterpreter, FileSearch)):
            raise UsageError(
                f"{type(following).__name__} cannot follow Call in one turn: the run"
                " waits for tool outputs, so put it into the next turn"
            )
    return Turn(actions)


def _refuse_namesakes(given: object) -> None:
    """Raise `UsageError` for another class with an action's name (`runs_core.Call`)."""
    name = type(given).__name__
    if not isinstance(given, _ACTIONS) and name in (a.__name__ for a in _ACTIONS):
        raise UsageError(
            f"this {name} is not an action of a script: did you mean"
            f" runs_core.testing.{name}?"
        )


def _turns(turns: TurnLike | Iterable[Turn | TurnLike]) -> tuple[Turn, ...]:
    each = turns if isinstance(turns, Iterable) else (turns,)
    return tuple(as_turn(turn) for turn in each)


@frozen
class Script:
    """Turns, each an action or a sequence of actions.

    A run that has tool outputs and no turn left completes without saying more.
    """

    turns: tuple[Turn, ...] = field(converter=_turns)


@frozen(kw_only=True)
class ToolOutput:
    """One function call of a run and what came back for it.

    The `ToolOutput` of `runs_core.models` is what a client sends.
    """

    tool_call_id: str
    name: str
    arguments: str
    output: str


@frozen(kw_only=True)
class RunContext:
    """What a script function receives at the beginning of each turn.

    All objects are copies, as on the wire. `messages` are the thread's, oldest first,
    `tool_outputs` those of this run so far. `turn` counts the run's turns and
    `run_number` the runs of the service, both from 0.
    """

    run: Mapping[str, Any]
    assistant: Mapping[str, Any]
    messages: tuple[Mapping[str, Any], ...]
    tool_outputs: tuple[ToolOutput, ...]
    turn: int
    run_number: int

    @property
    def functions(self) -> tuple[Mapping[str, Any], ...]:
        """The functions that the run may call: name, description, parameters."""
        return tuple(
            tool["function"] for tool in self.run["tools"] if tool["type"] == "function"
        )

    @property
    def last_user_text(self) -> str:
        """The text of the user's last message; empty if there is none."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return "\n".join(
                    block["text"]["value"]
                    for block in message["content"]
                    if block["type"] == "text"
                )
        return ""


ScriptLike: TypeAlias = Script | Callable[[RunContext], Turn | TurnLike]
"""A script, or a function that returns the turn for a `RunContext`."""
