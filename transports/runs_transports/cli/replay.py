"""`runs-core replay`: show recordings as they unfold."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from typing import Any, Protocol

from attrs import evolve

from runs_core.api import runs, threads
from runs_core.client import Client
from runs_core.endpoint import Endpoint
from runs_core.errors import (
    APIStatusError,
    MalformedEvent,
    RunsError,
    StreamError,
    StreamTruncated,
)
from runs_core.flows.outcome import how_to_find_out
from runs_core.models import (
    Assistant,
    AssistantDeleted,
    Message,
    MessageDeleted,
    Page,
    Run,
    RunStep,
    Thread,
    ThreadDeleted,
)
from runs_core.stream import RunSnapshot, RunStreamEvent
from runs_core.wire import codec
from runs_core.wire.http import Response
from runs_core.wire.sse import MAX_EVENT_BYTES
from runs_transports.cli.errors import (
    FAILED,
    OK,
    CommandError,
    complain,
    explained,
    printable,
)
from runs_transports.cli.options import count
from runs_transports.cli.output import write_event, write_json
from runs_transports.cli.recording import Recording

__all__ = ["add_commands"]

_RESOURCES: dict[object, Any] = {
    "assistant": Assistant,
    "assistant.deleted": AssistantDeleted,
    "thread": Thread,
    "thread.deleted": ThreadDeleted,
    "thread.message": Message,
    "thread.message.deleted": MessageDeleted,
    "thread.run": Run,
    "thread.run.step": RunStep,
}


def add_commands(commands: Any) -> None:
    """Add `replay`."""
    summary = "show a recorded stream or response as it unfolds"
    parser = commands.add_parser(
        "replay",
        help=summary,
        description=f"{summary.capitalize()}: an event stream, the events that 'runs"
        " stream' writes, an HTTP response (as from 'curl -i'; chunked and gzip are"
        " decoded), or JSON. The format is detected from how it begins. The exit status"
        " is 1 if a stream did not end with its run, if an HTTP response has an error"
        " status, or if something could not be read.",
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a recording; - is standard input"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--events", action="store_true", help="write each event as a line of JSON"
    )
    form.add_argument(
        "--snapshot",
        action="store_true",
        help="write the final snapshot of the stream as JSON",
    )
    parser.add_argument(
        "--max-event-bytes",
        metavar="N",
        type=_limit,
        default=MAX_EVENT_BYTES,
        help=f"how long an event may be ({MAX_EVENT_BYTES}); null for no limit",
    )
    parser.set_defaults(command=_run)


def _limit(text: str) -> int | None:
    return None if text == "null" else count(text)


def _run(options: argparse.Namespace) -> int:
    form = _form(options)
    status = OK
    for name in options.files:
        if len(options.files) > 1:
            form.title(name)
        try:
            unread = _replay(name, form, options.max_event_bytes)
        except BrokenPipeError:
            raise
        except (CommandError, RunsError, OSError) as error:
            print(end="", flush=True)
            complain(_located(name, error))
            status = FAILED
        else:
            if unread:
                complain(
                    f"{_place(name)}: {unread} bytes after the stream's [DONE] were not"
                    " read"
                )
    return status


def _located(name: str, error: Exception) -> str:
    # Without the operation, which was not really called, and advice about it.
    line = re.sub(r"^(runs|threads)\.\w+: ", "", explained(error, advise=False))
    played = runs.create("recording", assistant_id="recording")
    line = line.removesuffix(f"; {how_to_find_out(played.request)}")
    in_line = isinstance(error, OSError) and error.filename is not None
    return line if in_line else f"{_place(name)}: {line}"


def _place(name: str) -> str:
    return "standard input" if name == "-" else printable(name)


def _replay(name: str, form: Form, max_event_bytes: int | None) -> int:
    """Show a recording; return how many bytes of it were not read."""
    with contextlib.ExitStack() as stack:
        file: Any
        if name != "-":
            file = stack.enter_context(open(name, "rb"))
        elif sys.stdin is None:
            raise CommandError("it is closed")
        else:
            file = sys.stdin.buffer
        # One system call for each read, so that a pipe is shown as it fills.
        recording = Recording(file.read1)
        client = Client(recording, Endpoint("http://recording"), max_retries=0)
        if recording.is_stream:
            _replay_stream(client, form, max_event_bytes)
            return recording.unread()
        _replay_answer(client, form)
        return 0


def _replay_answer(client: Client, form: Form) -> None:
    try:
        answer = client.run(evolve(threads.retrieve("recording"), decode=_read_answer))
    except APIStatusError as error:
        if isinstance(error.body, dict):
            form.answer({"error": error.body})
        raise
    form.answer(answer)


def _replay_stream(client: Client, form: Form, max_event_bytes: int | None) -> None:
    feed = runs.stream(
        "recording",
        assistant_id="recording",
        idle_timeout=None,
        max_event_bytes=max_event_bytes,
    )
    with client.stream(feed) as stream:
        try:
            for event in stream:
                form.event(event)
        except RunsError as error:
            form.ended(stream.snapshot, _outcome(error))
            raise
        form.ended(stream.snapshot, stream.result.status)


def _outcome(error: RunsError) -> str:
    match error:
        case StreamTruncated():
            return "truncated"
        case StreamError():
            return "error event"
        case MalformedEvent(offset=int(offset)):
            return f"malformed at byte {offset}"
        case _:
            return f"broken: {type(error).__name__}"


def _read_answer(response: Response) -> Any:
    """Return a model, a page of models, or whatever else the JSON is."""
    content_type = response.head.content_type
    if "json" not in content_type:
        raise CommandError(
            f"the recorded response is {content_type}: neither JSON nor an event stream"
        )
    raw = codec.loads(response.body)
    if _kind(raw) == "list":
        items = raw.get("data")
        first = items[0] if isinstance(items, list) and items else None
        page: Any = Page
        return codec.structure(raw, page[_RESOURCES.get(_kind(first), Any)])
    if cls := _RESOURCES.get(_kind(raw)):
        return codec.structure(raw, cls)
    return raw


def _kind(raw: Any) -> str:
    kind = raw.get("object") if isinstance(raw, dict) else None
    return kind if isinstance(kind, str) else ""


# --- Forms -------------------------------------------------------------------------


class Form(Protocol):
    """How a recording is shown."""

    def title(self, name: str) -> None:
        """Say which recording begins."""

    def event(self, event: RunStreamEvent) -> None:
        """Show an event of a stream."""

    def ended(self, snapshot: RunSnapshot, outcome: str) -> None:
        """Show what a stream led to, however it ended."""

    def answer(self, answer: Any) -> None:
        """Show a response that is not a stream."""


class _Events:
    def title(self, name: str) -> None:
        pass

    def event(self, event: RunStreamEvent) -> None:
        write_event(event)

    def ended(self, snapshot: RunSnapshot, outcome: str) -> None:
        pass

    def answer(self, answer: Any) -> None:
        write_json(answer)


class _Snapshot:
    def title(self, name: str) -> None:
        pass

    def event(self, event: RunStreamEvent) -> None:
        pass

    def ended(self, snapshot: RunSnapshot, outcome: str) -> None:
        names = ("run", "messages", "steps", "text")
        led_to = {name: getattr(snapshot, name) for name in names}
        write_json({**led_to, "outcome": outcome}, indent=2)

    def answer(self, answer: Any) -> None:
        write_json(answer, indent=2)


def _form(options: argparse.Namespace) -> Form:
    if options.events:
        return _Events()
    if options.snapshot:
        return _Snapshot()
    from runs_transports.cli.show import Show

    return Show(every_event=True)
