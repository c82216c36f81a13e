"""The local service: a server of the Threads Runs protocol, without I/O."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from runs_core.errors import UsageError
from runs_core.testing import refusal
from runs_core.testing.answer import Answer, Asked, Stream
from runs_core.testing.default_script import default_script
from runs_core.testing.engine import Engine
from runs_core.testing.exchange import (
    Received,
    ServiceReply,
    ServiceRequest,
    check_seconds,
)
from runs_core.testing.ids import Ids
from runs_core.testing.objects import JSON
from runs_core.testing.operations import Operations
from runs_core.testing.parameters import BODIES, read_query
from runs_core.testing.progress import encode_json
from runs_core.testing.refusal import Refusal
from runs_core.testing.run_operations import RunOperations
from runs_core.testing.script import Script, ScriptLike
from runs_core.testing.store import Store

__all__ = ["LocalService"]

# Literal segments come before the ids that they would be taken for.
_ROUTES: Mapping[str, Mapping[str, str]] = {
    "/assistants": {"GET": "listAssistants", "POST": "createAssistant"},
    "/assistants/{}": {
        "GET": "getAssistant",
        "POST": "modifyAssistant",
        "DELETE": "deleteAssistant",
    },
    "/threads": {"POST": "createThread"},
    "/threads/runs": {"POST": "createThreadAndRun"},
    "/threads/{}": {
        "GET": "getThread",
        "POST": "modifyThread",
        "DELETE": "deleteThread",
    },
    "/threads/{}/messages": {"GET": "listMessages", "POST": "createMessage"},
    "/threads/{}/messages/{}": {
        "GET": "getMessage",
        "POST": "modifyMessage",
        "DELETE": "deleteMessage",
    },
    "/threads/{}/runs": {"GET": "listRuns", "POST": "createRun"},
    "/threads/{}/runs/{}": {"GET": "getRun", "POST": "modifyRun"},
    "/threads/{}/runs/{}/cancel": {"POST": "cancelRun"},
    "/threads/{}/runs/{}/submit_tool_outputs": {"POST": "submitToolOuputsToRun"},
    "/threads/{}/runs/{}/steps": {"GET": "listRunSteps"},
    "/threads/{}/runs/{}/steps/{}": {"GET": "getRunStep"},
}
# Deeper than the schema of any function; copying and encoding recurse.
_MAX_DEPTH = 64


class LocalService:
    """Answers requests as the real service did, from memory.

    `script` says what the assistants do; without one they call their functions and echo
    the user's last message. A run advances by one step at each look (a GET of the run),
    or as its stream is taken, so that nothing needs to wait; time, which the host
    passes in, matters only for `Pause` and `Hang` in a script. A run that was
    cancelled, or whose stream was left, keeps its thread until it is looked at or time
    passes.

    `poll_after_ms` is the value of `openai-poll-after-ms` in responses; None leaves the
    header out. `expires_after` is the life of a run in seconds, and `pace` the seconds
    between the events of a stream. Without `require_beta`, the beta header may be
    missing; with an `api_key`, other keys are refused, whether sent as bearer or as
    `api-key`. Without `keep_requests`, it forgets what it received, for a server that
    runs long.

    Not thread-safe: a host with threads needs a lock around `handle` and around every
    chunk that it takes.
    """

    executions: Counter[str]
    """Counts what was really created or changed: `assistants`, `threads`, `messages`
    (those of callers), `runs`, `submissions`, `cancellations`."""

    requests: list[Received]
    """Every request received, also refused ones; empty without `keep_requests`."""

    prefix: str
    """The path that all paths of the service begin with."""

    def __init__(
        self,
        script: ScriptLike | None = None,
        *,
        poll_after_ms: int | None = 5,
        expires_after: float = 600.0,
        require_beta: bool = True,
        api_key: str | None = None,
        prefix: str = "/v1",
        pace: float = 0.0,
        keep_requests: bool = True,
    ) -> None:
        check_seconds("expires_after", expires_after)
        check_seconds("pace", pace)
        if poll_after_ms is not None and not isinstance(poll_after_ms, int):
            raise UsageError("poll_after_ms must be a whole number, or None")
        if api_key is not None and not (isinstance(api_key, str) and api_key):
            # No request could have it, so all would be refused.
            raise UsageError("api_key must be a str, and not empty; None accepts any")
        if not isinstance(prefix, str):
            raise UsageError("prefix must be a str")
        prefix = prefix.strip("/")
        self.prefix = f"/{prefix}" if prefix else ""
        self.requests = []
        self._asked = 0
        self._keep_requests = keep_requests
        self._ids = Ids()
        store = Store(ids=self._ids)
        self.executions = store.executions
        if script is None:
            script = default_script
        elif not (isinstance(script, Script) or callable(script)):
            raise UsageError("script must be a Script, or a function returning a turn")
        engine = Engine(script=script, ids=self._ids, pace=pace)
        operations = Operations(store, engine)
        runs = RunOperations(store, engine, operations, expires_after)
        self._handlers = {**operations.handlers, **runs.handlers}
        self._poll_after_ms = poll_after_ms
        self._require_beta = require_beta
        self._api_key = api_key

    def handle(self, request: ServiceRequest, now: float) -> ServiceReply:
        """Return the reply. `now` is the time in Unix seconds.

        What a script function raises propagates; nothing else is raised.
        """
        received = Received.of(request)
        self._asked += 1
        if self._keep_requests:
            self.requests.append(received)
        try:
            answer = self._answer(received, now)
        except Refusal as error:
            return self._json_reply(error.status, error.body(), error.headers)
        if isinstance(answer, Stream):
            fields = [("content-type", "text/event-stream; charset=utf-8")]
            return self._reply(200, fields, answer.chunks)
        wait = self._poll_after_ms if answer.polled else None
        fields = [] if wait is None else [("openai-poll-after-ms", str(wait))]
        return self._json_reply(200, answer.body, fields)

    def _answer(self, received: Received, now: float) -> Answer | Stream:
        self._check_key(received)
        operation, ids = self._route(received)
        if self._require_beta and not _has_beta(received):
            raise refusal.missing_beta()
        query = read_query(operation, received.query)
        params = _read_body(received.body) if operation in BODIES else {}
        if check := BODIES.get(operation):
            check("", params)
        asked = Asked(ids=ids, params=params, query=query, now=now)
        return self._handlers[operation](asked)

    def _check_key(self, received: Received) -> None:
        if self._api_key is None:
            return
        key = received.header("api-key")
        scheme, _, token = (received.header("authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            key = token.strip()
        if not key:
            raise refusal.missing_key()
        if key != self._api_key:
            raise refusal.incorrect_key()

    def _route(self, received: Received) -> tuple[str, tuple[str, ...]]:
        if received.path.startswith(f"{self.prefix}/"):
            segments = received.path.removeprefix(self.prefix).split("/")
            for template, methods in _ROUTES.items():
                ids = _match(template.split("/"), segments)
                if ids is None:
                    continue
                if operation := methods.get(received.method):
                    return operation, ids
                # For any other method, `runs` is the id of a thread here.
                if template != "/threads/runs":
                    raise refusal.method_not_supported(
                        received.method, received.path, methods
                    )
        raise refusal.invalid_url(received.method, received.path)

    def _json_reply(
        self, status: int, body: JSON, fields: Iterable[tuple[str, str]]
    ) -> ServiceReply:
        # Indented, as the real service writes it.
        data = encode_json(body, indent=2).encode()
        head = [
            ("content-type", "application/json"),
            ("content-length", str(len(data))),
            *fields,
        ]
        return self._reply(status, head, (data,))

    def _reply(
        self, status: int, fields: list[tuple[str, str]], chunks: Iterable[Any]
    ) -> ServiceReply:
        common = [
            ("openai-version", "2020-10-01"),
            ("openai-processing-ms", str(10 + self._asked % 90)),
            ("x-request-id", self._ids.next_hex("req")),
        ]
        headers = (*fields, *common)
        return ServiceReply(status=status, headers=headers, chunks=chunks)


def _match(template: list[str], segments: list[str]) -> tuple[str, ...] | None:
    """Return the ids in the path, or None if it does not match the template."""
    if len(template) != len(segments):
        return None
    ids = []
    for wanted, segment in zip(template, segments, strict=True):
        if wanted == "{}" and segment:
            ids.append(unquote(segment))
        elif wanted != segment:
            return None
    return tuple(ids)


def _has_beta(received: Received) -> bool:
    # Fields with the same name are one list (RFC 9110 section 5.3).
    lists = (v for name, v in received.headers if name.lower() == "openai-beta")
    return "assistants=v2" in (v.strip() for v in ",".join(lists).split(","))


def _read_body(body: bytes) -> Any:
    try:
        params = json.loads(body or b"{}", parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise refusal.invalid_json() from None
    level = [params]
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return params
    raise refusal.invalid_json()


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _finite(text: str) -> float:
    # NaN and the infinities are not JSON, and 1e999 could not be written out again.
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number
