"""The hand-written objects in `tests/samples`, and recorded ones where there are any.

`tests/samples/Run.json` is a list of runs, and so for each class of the models.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runs_core import models
from runs_core.models import Page, Run

ROOT = Path(__file__).parents[2]

SAMPLES: list[tuple[Any, Any]] = [
    (Page[Run] if path.stem == "Page" else getattr(models, path.stem), raw)
    for path in sorted((ROOT / "tests" / "samples").glob("*.json"))
    if hasattr(models, path.stem)
    for raw in json.loads(path.read_text("utf-8"))
]

# Below os.devnull there is nothing. A folder that is named and wrong fails the tests.
CAPTURES = Path(os.environ.get("RUNS_CORE_CAPTURES") or os.devnull)

needs_recordings = pytest.mark.skipif(
    str(CAPTURES) == os.devnull,
    reason="no recorded traffic: tests/README.md says how to have it",
)

BY_OBJECT = {
    "assistant": models.Assistant,
    "assistant.deleted": models.AssistantDeleted,
    "thread": models.Thread,
    "thread.deleted": models.ThreadDeleted,
    "thread.message": models.Message,
    "thread.message.deleted": models.MessageDeleted,
    "thread.message.delta": models.MessageDeltaEvent,
    "thread.run": models.Run,
    "thread.run.step": models.RunStep,
    "thread.run.step.delta": models.RunStepDeltaEvent,
}


def class_of(raw: Any) -> Any:
    """Return the model class for a whole body or event, or None."""
    if not isinstance(raw, dict):
        return None
    if isinstance(raw.get("error"), dict):
        return models.ErrorObject
    if raw.get("object") != "list":
        return BY_OBJECT.get(raw.get("object", ""))
    kinds = {BY_OBJECT.get(item["object"]) for item in raw["data"]} or {Run}
    (kind,) = kinds
    return Page[kind] if kind else None  # type: ignore[valid-type]


def recorded(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the JSON texts recorded in a folder, each with where it is from."""
    for path in sorted((CAPTURES / folder).iterdir()):
        if path.name.endswith(".response.raw"):
            body = _body(path.read_bytes())
        elif path.suffix in (".json", ".sse") and ".meta." not in path.name:
            body = path.read_bytes()
        else:
            continue
        if body.lstrip().startswith(b"{"):
            yield path.name, body.decode("utf-8")
        # Lines of bytes: those of a str also end at U+2028, which stands in texts.
        for line in body.splitlines():
            if line.startswith(b"data:") and line[5:].strip() != b"[DONE]":
                yield path.name, line[5:].decode("utf-8")


class _Bytes(io.BytesIO):
    def makefile(self, mode: str) -> _Bytes:
        return self


def _body(raw: bytes) -> bytes:
    response = http.client.HTTPResponse(_Bytes(raw))  # type: ignore[arg-type]
    response.begin()
    try:
        body = response.read()
    except http.client.IncompleteRead as error:
        body = error.partial
    if response.headers["content-encoding"] == "gzip":
        body = zlib.decompressobj(31).decompress(body)
    return body
