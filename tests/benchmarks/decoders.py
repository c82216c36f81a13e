"""Decoders like a user's own: light, because separate processes import them."""

from __future__ import annotations

from typing import Any

from benchmarks.streams.styles import Frame

SLOPPY = f"{__name__}:Sloppy"
RAISING = f"{__name__}:Raising"


class Sloppy:
    """Gives every line of data as an event, and cannot have it cut."""

    def feed(self, data: bytes) -> list[Any]:
        lines = [line[6:] for line in data.split(b"\n") if line.startswith(b"data: ")]
        return [Frame("message", line.decode()) for line in lines]

    def close(self) -> list[Any]:
        return []


class Raising(Sloppy):
    def feed(self, data: bytes) -> list[Any]:
        raise KeyError("data")
