"""Event streams: from bytes, however they are split, to server-sent events.

WHATWG HTML, section 9.2 "Server-sent events" ("Parsing an event stream",
"Interpreting an event stream").
"""

from runs_core.wire._sse_decoder import MAX_EVENT_BYTES, EventStreamDecoder
from runs_core.wire._sse_events import ServerSentEvent
from runs_core.wire._sse_iter import iter_sse

__all__ = ["MAX_EVENT_BYTES", "EventStreamDecoder", "ServerSentEvent", "iter_sse"]
