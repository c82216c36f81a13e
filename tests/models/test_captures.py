"""Recorded traffic of real servers decodes, and encodes back equal."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from runs_core.errors import MalformedResponse
from runs_core.models import Unknown
from runs_core.wire.codec import (
    WireObject,
    dumps,
    field_names,
    loads,
    make_loads,
    parse_json,
    structure,
)
from tests.models.samples import class_of, needs_recordings, recorded

pytestmark = needs_recordings

# Folder: how many whole objects it holds at least, and how many texts are broken (the
# published examples have a stray bracket).
FOLDERS = {
    "live_nginx": (15, 0),
    "live_open-assistant-api": (60, 0),
    "openai-spec": (60, 15),
    "openllmetry": (700, 0),
    "ruby-openai": (120, 0),
}


def objects(folder: str) -> Iterator[tuple[str, Any, Any]]:
    for name, text in recorded(folder):
        try:
            raw = json.loads(text)
        except ValueError:
            continue
        cls = class_of(raw)
        assert cls or "object" not in raw, name
        if cls:
            yield name, raw.get("error", raw), cls


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_servers_sent_encodes_back_equal(folder: str) -> None:
    seen = 0
    for name, raw, cls in objects(folder):
        made = structure(raw, cls)

        assert raw == made.to_dict(), name
        assert made == structure(loads(dumps(made)), cls), name
        seen += 1
    assert seen >= FOLDERS[folder][0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_servers_sent_has_no_unknown_variant(folder: str) -> None:
    for name, raw, cls in objects(folder):
        assert list(unknown_in(structure(raw, cls))) == [], name


@pytest.mark.parametrize("folder", FOLDERS)
def test_both_parsers_read_what_servers_sent_alike(folder: str) -> None:
    slowly = make_loads(parse_json)
    broken = 0
    for name, text in recorded(folder):
        try:
            expected = slowly(text.encode())
        except MalformedResponse:
            broken += 1
            with pytest.raises(MalformedResponse):
                loads(text.encode())
        else:
            assert expected == loads(text.encode()), name
    assert broken == FOLDERS[folder][1]


def unknown_in(value: object) -> Iterator[Unknown]:
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, WireObject):
        for name in field_names(type(value)):
            yield from unknown_in(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from unknown_in(item)
