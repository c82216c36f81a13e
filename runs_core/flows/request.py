"""A request before it has an endpoint: what to do, not where or as whom."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from runs_core.wire.http import ChangedHeaders, Timeouts, encode_path

__all__ = ["TEMPLATES", "ApiRequest", "Repeat"]

_ASSISTANT = "/assistants/{assistant_id}"
_THREAD = "/threads/{thread_id}"
_MESSAGES = f"{_THREAD}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_RUNS = f"{_THREAD}/runs"
_RUN = f"{_RUNS}/{{run_id}}"
_STEPS = f"{_RUN}/steps"

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "assistants.create": "/assistants",
        "assistants.retrieve": _ASSISTANT,
        "assistants.update": _ASSISTANT,
        "assistants.list": "/assistants",
        "assistants.delete": _ASSISTANT,
        "threads.create": "/threads",
        "threads.retrieve": _THREAD,
        "threads.update": _THREAD,
        "threads.delete": _THREAD,
        "threads.create_and_run": "/threads/runs",
        "messages.create": _MESSAGES,
        "messages.retrieve": _MESSAGE,
        "messages.update": _MESSAGE,
        "messages.list": _MESSAGES,
        "messages.delete": _MESSAGE,
        "runs.create": _RUNS,
        "runs.retrieve": _RUN,
        "runs.update": _RUN,
        "runs.list": _RUNS,
        "runs.cancel": f"{_RUN}/cancel",
        "runs.submit_tool_outputs": f"{_RUN}/submit_tool_outputs",
        "steps.retrieve": f"{_STEPS}/{{step_id}}",
        "steps.list": _STEPS,
    }
)
"""The path of each operation, with a `{name}` for each of its ids."""


class Repeat(enum.Enum):
    """Whether a request that was perhaps sent may be sent again."""

    SAFE = "safe"
    """Sent twice, it does no more than once: reads, `cancel`, updates, deletions."""

    ONCE = "once"
    """Sent twice, it could be done twice: whatever creates something, tool outputs."""

    KEYED = "keyed"
    """Sent twice, it is done once if the server knows `Idempotency-Key`."""


@frozen(kw_only=True)
class ApiRequest:
    """One operation of the API as method, path, query and body.

    `template` holds a `{name}` for each of `ids`. `body` is JSON text, or None.
    `headers` are changes to what the endpoint sends; None removes a header.
    `timeouts` replace the endpoint's.
    """

    operation: str
    method: str
    template: str
    ids: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: ChangedHeaders = field(
        factory=ChangedHeaders, converter=ChangedHeaders, repr=False
    )
    timeouts: Timeouts | None = None
    repeat: Repeat = Repeat.ONCE

    @property
    def path(self) -> str:
        """The path below the base URL, each id encoded as one segment."""
        return encode_path(self.template, **dict(self.ids))
