"""JSON on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any

from runs_core.stream import RunStreamEvent
from runs_core.wire.codec import unstructure
from runs_transports.cli.errors import CommandError

__all__ = ["write_event", "write_json"]

# JSON allows these in strings unescaped; some terminals take them for commands.
_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def write_json(value: Any, *, indent: int | None = None) -> None:
    """Write a value (plain or a model) as JSON text and a line feed, and flush."""
    if sys.stdout is None:
        raise CommandError("standard output is closed")
    raw = unstructure(value)
    text = json.dumps(raw, ensure_ascii=False, indent=indent)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(raw, indent=indent)
    print(text.translate(_CONTROLS), flush=True)


def write_event(event: RunStreamEvent) -> None:
    """Write an event as a line of JSON, which `Recording` reads again."""
    write_json(event.to_dict())
