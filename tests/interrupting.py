"""Ctrl-C, which Python raises at whatever point the main thread has reached."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest


@contextmanager
def interrupted_in(function: str) -> Iterator[None]:
    """Press Ctrl-C as soon as the function of that qualified name is called."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals are for the main thread")

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_qualname == function:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
