"""A run as it happens: from the request to the end that the server reports."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import partial
from typing import Literal, TypeVar

from attrs import define, evolve, field, frozen

from runs_core._checks import boolean, one_of, optional_amount, optional_whole
from runs_core._words import one_line
from runs_core.errors import (
    DeadlineExceeded,
    OutcomeUnknown,
    ProtocolError,
    RunsError,
    StreamEnded,
    StreamError,
    StreamIdle,
    StreamTruncated,
    TransportError,
    TransportTimeout,
    UnexpectedContentType,
)
from runs_core.flows.effects import Emit, Flow, Now, Open, Read
from runs_core.flows.once import OnceFeed
from runs_core.flows.outcome import as_unknown
from runs_core.flows.polling import Answered, is_over, nothing_answered
from runs_core.flows.progress import Progress
from runs_core.flows.redaction import cleaned_text, cleaned_value
from runs_core.flows.request import ApiRequest
from runs_core.flows.resume import ids_of, missed_events
from runs_core.flows.run_requests import RunRequests
from runs_core.flows.seen import Ids, cancelled_on_exit
from runs_core.flows.status import refusal
from runs_core.lifecycle import RUN_ENDS
from runs_core.models import ErrorObject, Run
from runs_core.stream import (
    EVENT_CLASSES,
    ErrorEvent,
    RunEventDecoder,
    RunSnapshot,
    RunStreamEvent,
)
from runs_core.wire import codec
from runs_core.wire.http import Head, shorter
from runs_core.wire.sse import MAX_EVENT_BYTES

__all__ = [
    "IDLE_TIMEOUT",
    "RunFeed",
    "StreamOptions",
    "run_feed",
    "stream_flow",
    "streamed_run",
]

StreamEndedT = TypeVar("StreamEndedT", bound=StreamEnded)

# Code interpreter and file search can work for minutes between two events.
IDLE_TIMEOUT = 300.0
# After the run's end only `done` is to come: worth a short wait, so that the connection
# can be used again, but not worth an error.
_DONE_GRACE = 2.0

_RUN_END_EVENTS = frozenset(
    EVENT_CLASSES[f"thread.run.{status}"] for status in RUN_ENDS
)


@frozen(kw_only=True)
class StreamOptions:
    """How long a stream may take, and how large an event may be.

    `idle_timeout` is the longest wait for an event once the response has begun (until
    then, the read timeout applies), `deadline` the longest time for the whole stream,
    in seconds; None for no limit. Comments are not events. `resume="poll"` finishes a
    stream that broke or fell silent by polling the same run. `cancel_on_exit` cancels
    the run at the server if its caller leaves before its end.
    """

    idle_timeout: float | None = field(default=IDLE_TIMEOUT, validator=optional_amount)
    deadline: float | None = field(default=None, validator=optional_amount)
    max_event_bytes: int | None = field(
        default=MAX_EVENT_BYTES, validator=optional_whole
    )
    resume: Literal["poll"] | None = field(default=None, validator=one_of(None, "poll"))
    cancel_on_exit: bool = field(default=False, validator=boolean)


class RunFeed(OnceFeed[RunStreamEvent, Run]):
    """A feed of a run's events whose result is the run; `progress` follows it."""

    __slots__ = ("progress",)

    def __init__(self, flow: Flow[Run], progress: Progress) -> None:
        super().__init__(flow)
        self.progress = progress


def run_feed(
    request: ApiRequest, options: StreamOptions, requests: RunRequests
) -> RunFeed:
    """Return the feed of the run that the request starts or continues."""
    progress = Progress()
    feed = RunFeed(stream_flow(request, progress, options, requests), progress)
    if options.cancel_on_exit:
        # A run that waits for its caller was not abandoned: they continue it.
        still_open = partial(streamed_run, request, progress, RUN_ENDS)
        cancelled_on_exit(feed, still_open, requests)
    return feed


def streamed_run(
    request: ApiRequest, progress: Progress, ends: Container[str | None]
) -> Ids | None:
    """Return the ids of a streamed run; None if it has ended in one of these ways.

    None, too, until the response has begun. From then on, a run that is continued is
    known, before any event.
    """
    if progress.head is None or progress.snapshot.outcome in ends:
        return None
    return ids_of(request, progress.snapshot)


def stream_flow(
    request: ApiRequest,
    progress: Progress,
    options: StreamOptions,
    requests: RunRequests,
    answered: Answered = nothing_answered,
) -> Flow[Run]:
    """Emit a run's events as they arrive; return the run, ended or asking for action.

    It has not ended if it asks for what was `answered` before: it is about to go on.

    Raises `StreamTruncated`, `StreamError`, `StreamIdle`, `MalformedEvent`,
    `EventTooLarge`, `InvalidDelta`, `DeadlineExceeded`, and what `Open` raises. `run`
    of each is the run as last seen.
    """
    broken: RunsError | None = None
    try:
        start = yield from Now()
        head = yield from Open(request, timeout=options.deadline)
        yield from _check_head(head, request)
        progress.head = evolve(head, redact=None)
        progress.redact = head.redact
        # Tells a caller who waits for the stream to begin that it has.
        yield Emit(())
        progress.told = False
        try:
            yield from _events(progress, options, start, answered)
        except RunsError as error:
            broken = _named(error, request, progress)
            if options.resume is None or not isinstance(
                broken, StreamTruncated | StreamIdle
            ):
                if broken is error:
                    raise
                raise broken from error.__cause__
            until = None if options.deadline is None else start + options.deadline
            events = yield from missed_events(
                broken,
                request,
                progress.snapshot,
                requests,
                until,
                answered,
            )
            yield from _hand_out(events, progress)
    except RunsError as error:
        error.run = error.run or progress.snapshot.run
        raise
    finally:
        broken = None  # It would otherwise hold its own traceback.
    run = progress.snapshot.run
    assert run is not None, "a stream that has ended well has seen its run's end"
    return run


def _named(error: RunsError, request: ApiRequest, progress: Progress) -> RunsError:
    """Return the error, naming the run or thread that it leaves behind.

    It is an `OutcomeUnknown`, unless an event has shown that there is a run.
    """
    if isinstance(error, StreamEnded) and error.run_id is None:
        error.run_id = dict(request.ids).get("run_id")
    if progress.told and progress.snapshot.run_id is not None:
        return error
    unknown = as_unknown(error, request)
    thread = progress.snapshot.thread
    if isinstance(unknown, OutcomeUnknown) and thread is not None:
        unknown.thread_id = unknown.thread_id or thread.id
    return unknown


def _check_head(head: Head, request: ApiRequest) -> Flow[None]:
    if not 200 <= head.status < 300:
        raise (yield from refusal(head, request))
    if head.content_type not in ("text/event-stream", ""):
        wrong = UnexpectedContentType(
            f"{request.operation}: the server answered with"
            f" {one_line(head.content_type)}, not an event stream: check the base URL,"
            " and whether this server can stream",
            content_type=head.content_type,
        )
        raise as_unknown(wrong, request)


def _events(
    progress: Progress, options: StreamOptions, start: float, answered: Answered
) -> Flow[None]:
    """Emit every event; return once the run's end has been handed out.

    What goes wrong after a run has ended for good does not change its result: a broken
    connection, bytes that cannot be read, an event that does not fit, and an `error`
    event, which ends the stream. A run that waits for its caller can still fail: there,
    an `error` event is raised.
    """
    decoder = RunEventDecoder(max_event_bytes=options.max_event_bytes)
    time = _Time(progress, options, start, last=(yield from Now()))
    now = time.last
    # Not the snapshot's outcome alone: if a stream continues a run, that is at first
    # still the outcome of the stream before it.
    told = ended = False
    while not decoder.done:
        limit = time.grace(now) if ended else time.left(now)
        if limit == 0:
            return
        try:
            decoder.feed(b"")  # Raises what is wrong after the events just taken.
            piece = yield from Read(limit)
            batch = decoder.feed(piece) if piece else decoder.close()
        except TransportError as error:
            if ended:
                return
            raise time.broken(error, (yield from Now())) from error
        except (ProtocolError, DeadlineExceeded):
            # The deadline is the client's, which has had what it waited for.
            if ended:
                return
            piece = b""  # No frame may hold a key that a server echoes.
            raise
        if batch and (failed := (yield from _hand_out(batch, progress))):
            # No frame of the error may hold what was received, nor the error itself,
            # which would hold its own traceback.
            batch, piece = [], b""
            if progress.is_final:
                return
            raise failed.pop()
        now = yield from Now()
        if batch:
            told = told or not _RUN_END_EVENTS.isdisjoint(map(type, batch))
            before, ended = ended, told and _is_over(progress.snapshot, answered)
            if not (before and ended):
                time.last = now
        if not piece:
            break
    if not ended:
        raise _ended(StreamTruncated, "the stream ended before its run did", progress)


def _is_over(snapshot: RunSnapshot, answered: Answered) -> bool:
    """Return whether the run has ended; one that waited may have gone on."""
    run = snapshot.run
    return run is not None and is_over(snapshot.outcome, run, answered)


def _hand_out(
    batch: Sequence[RunStreamEvent], progress: Progress
) -> Flow[list[StreamError]]:
    """Emit the events up to an `error` event; return what is to be raised, if any.

    Raises `InvalidDelta` after the events before one that does not fit.
    """
    error: ErrorEvent | None = None
    if ErrorEvent in map(type, batch):
        index, error = next(
            (i, e) for i, e in enumerate(batch) if isinstance(e, ErrorEvent)
        )
        batch = batch[:index]
    yield from Emit(progress.begin(batch))
    progress.finish()
    return [] if error is None else [_stream_error(error, progress)]


@define
class _Time:
    """What is left of a stream's time.

    `last` is when the last event was taken, up to that of the run's end.
    """

    progress: Progress
    options: StreamOptions
    start: float
    last: float

    def left(self, now: float) -> float | None:
        """Return the longest wait for the next piece, or raise if no time is left."""
        idle = deadline = None
        if self.options.deadline is not None:
            deadline = self.start + self.options.deadline - now
            if deadline <= 0:
                raise DeadlineExceeded(
                    "the stream did not end by the deadline; its run goes on at the"
                    " server: poll it, cancel it, or give a longer deadline"
                )
        if self.options.idle_timeout is not None:
            idle = self.last + self.options.idle_timeout - now
            if idle <= 0:
                raise _ended(
                    StreamIdle,
                    f"no event came for {self.options.idle_timeout:g} s; poll the run,"
                    " or give a longer idle_timeout",
                    self.progress,
                )
        return shorter(idle, deadline)

    def grace(self, now: float) -> float:
        """Return how long to wait for `done` after the run's end."""
        end = self.last + _DONE_GRACE
        if self.options.deadline is not None:
            end = min(end, self.start + self.options.deadline)
        return max(0.0, end - now)

    def broken(self, error: TransportError, now: float) -> RunsError:
        """Return what a failed read means."""
        if not isinstance(error, TransportTimeout):
            message = "the connection broke before the stream's run ended"
            return _ended(StreamTruncated, message, self.progress)
        try:
            self.left(now)
        except RunsError as late:
            return late
        return _ended(
            StreamIdle,
            "no byte came within the read timeout; poll the run, or give a longer"
            " timeout",
            self.progress,
        )


def _ended(cls: type[StreamEndedT], message: str, progress: Progress) -> StreamEndedT:
    after = _last_event(progress)
    last = f"last event: {one_line(after)}" if after else "no event came"
    return cls(
        f"{message} ({last})",
        run_id=progress.snapshot.run_id,
        last_event=after,
        snapshot=progress.snapshot,
    )


def _last_event(progress: Progress) -> str | None:
    """Return the last event's name, which is the server's word, without credentials."""
    name = progress.last_event
    if name is None or progress.redact is None:
        return name
    return cleaned_text(name, progress.redact)


def _stream_error(event: ErrorEvent, progress: Progress) -> StreamError:
    error = event.data
    if progress.redact is not None:
        shown = cleaned_value(error.to_dict(), progress.redact)
        error = codec.structure(shown, ErrorObject)
    said = one_line(error.message) if isinstance(error.message, str) else ""
    return StreamError(
        "the server sent an error event" + (f": {said}" if said else ""),
        error=error,
        run_id=progress.snapshot.run_id,
        last_event=_last_event(progress),
        snapshot=progress.snapshot,
        body=error.to_dict(),
    )
