"""One event: from its name and data, or its frame's JSON, to a typed event.

Known events are checked here; anything else is an `UnknownEvent`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from runs_core.errors import MalformedResponse
from runs_core.models import ErrorObject
from runs_core.models.base import id_rule
from runs_core.stream._event import DeltaEvent, WholeEvent, model_of, model_reader
from runs_core.stream.events import (
    EVENT_CLASSES,
    ErrorEvent,
    RunStreamEvent,
    UnknownEvent,
)
from runs_core.wire._blank import blank_of
from runs_core.wire.codec import loads as _loads
from runs_core.wire.codec import structure

__all__ = ["DELTAS", "UNNAMED", "Loads", "Reader", "event_reader", "read_event"]

Loads: TypeAlias = Callable[[bytes | str], Any]
Reader: TypeAlias = Callable[[Any], RunStreamEvent]

# The names of the events that templates may make.
DELTAS: Final = tuple(
    name for name, cls in EVENT_CLASSES.items() if issubclass(cls, DeltaEvent)
)
# The name that WHATWG HTML gives to an event without one.
UNNAMED: Final = "message"
_DONE_NAMES = (UNNAMED, "done")
_DONE = b"[DONE]"
# The JSON of longer objects is not kept a second time, as text.
_KEPT_BYTES = 64 * 1024
# As much as is kept of the body of any other error, in characters here.
_ERROR_LENGTH = 64 * 1024


def read_event(name: str, data: bytes, loads: Loads) -> RunStreamEvent | None:
    """Return the event, or None for `[DONE]`.

    Raises `MalformedResponse` if a known event, or one without a name, is not what it
    must be.
    """
    if (reader := event_reader(name)) is not None:
        event = reader(loads(data))
        if (
            loads is _loads
            and len(data) <= _KEPT_BYTES
            and isinstance(event, WholeEvent)
            and event._raw is not None
        ):
            event._json = data
        return event
    if name == ErrorEvent.event:
        return ErrorEvent(_error_object(_value(data, loads)))
    if name not in _DONE_NAMES:
        return _other(name, _value(data, loads))
    if data == _DONE:
        return None
    # A broken object or list is a broken frame of the protocol.
    if not data.lstrip().startswith((b"{", b"[")):
        return UnknownEvent(name, _value(data, loads))
    return _read_frame(name, loads(data))


def _read_frame(name: str, raw: Any) -> RunStreamEvent | None:
    """Return the event of a data-only frame, such as LiteLLM sends.

    `{"event": …, "data": …}` is the event of that name.
    """
    if name == UNNAMED and isinstance(raw, dict):
        inner = raw.get("event")
        if isinstance(inner, str) and "data" in raw:
            return _read_value(inner, raw["data"])
    return _other(name, raw)


def _read_value(name: str, raw: Any) -> RunStreamEvent | None:
    if (reader := event_reader(name)) is not None:
        return reader(raw)
    if name == ErrorEvent.event:
        return ErrorEvent(_error_object(raw))
    if name in _DONE_NAMES and raw == _DONE.decode():
        return None
    return _other(name, raw)


def _other(name: str, raw: Any) -> RunStreamEvent:
    """Return an event of another name: an error if it holds one, as in both SDKs."""
    if isinstance(raw, dict) and raw.get("error") and not name.startswith("thread."):
        return ErrorEvent(_error_object(raw))
    return UnknownEvent(name, raw)


def event_reader(name: str) -> Reader | None:
    """Return what makes a `thread.…` event from its JSON; None for any other name."""
    reader = _readers.get(name)
    if reader is None and name in EVENT_CLASSES and name != ErrorEvent.event:
        reader = _readers[name] = _make_reader(EVENT_CLASSES[name])
    return reader


# Made when they are first needed, and only for names in `EVENT_CLASSES`.
_readers: dict[str, Reader] = {}


def _make_reader(event: Any) -> Reader:
    blank: Callable[[], Any] = blank_of(event)
    is_whole = issubclass(event, WholeEvent)

    def read_now(raw: Any) -> RunStreamEvent:
        read = model_reader(event)
        try:
            made = read(raw)
        except MalformedResponse:
            # Without `object`, the event's name says what the object is.
            if not isinstance(raw, dict) or raw.get("object") is not None:
                raise
            made = read({**raw, "object": ""})
            made.object = None
            # A null was sent; what is absent was not.
            sent = [key for key in getattr(made, "_sent", ()) if key != "object"]
            made._sent = (*sent, *(["object"] if "object" in raw else []))
        id = made.id
        if id.__class__ is not str or not id:
            raise MalformedResponse(id_rule(model_of(event)), where="$.id")
        # Not `event(made)`, which takes half as long again.
        known = blank()
        known._data = made
        if is_whole:
            known._json = known._raw = None
        else:
            known._build = None
        return known  # type: ignore[no-any-return]

    def read_later(raw: Any) -> RunStreamEvent:
        # This is all that a whole object must have. The rest is read as it comes.
        if (
            raw.__class__ is dict
            and "id" in raw
            and (id := raw["id"]).__class__ is str
            and id
            and raw.get("object") is not None
        ):
            known = blank()
            known._raw = raw
            known._json = None
            return known  # type: ignore[no-any-return]
        return read_now(raw)

    return read_later if is_whole else read_now


def _value(data: bytes, loads: Loads) -> Any:
    """Return the data's decoded JSON, or its text if it is not JSON."""
    try:
        return loads(data)
    except MalformedResponse:
        return data.decode("utf-8", "replace")


def _error_object(raw: Any) -> ErrorObject:
    """Return an error object for whatever a server sent as one.

    It is flat in the API's description, and under `error` in HTTP bodies; some servers
    send the latter in a stream, too. What stands beside it is kept in `extra`.
    """
    if isinstance(raw, dict):
        error = raw.get("error")
        beside = {key: value for key, value in raw.items() if key != "error"}
        if isinstance(error, dict) and error:
            return structure({**beside, **error}, ErrorObject)
        # A word or a flag beside the message is not the message.
        if error and raw.get("message") is None:
            return structure({**beside, "message": _as_text(error)}, ErrorObject)
        return structure(raw, ErrorObject)
    return ErrorObject(message=_as_text(raw))


def _as_text(raw: object) -> str:
    text = raw if isinstance(raw, str) else "" if raw is None else str(raw)
    return text[:_ERROR_LENGTH]
