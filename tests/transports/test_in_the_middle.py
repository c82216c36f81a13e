"""Requests in the middle of other ones, as signal handlers and finalizers make them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.transports.serving import serving, whole

# In a process of its own, because what waits for itself does so for ever.
AT_EACH_STEP = """
import importlib
import itertools
import sys

from runs_core import Request

module, name, url = sys.argv[1:]
transport = getattr(importlib.import_module(module), name)()

# Where state is that requests share, and where locks are taken.
WHERE = "runs_transports", "urllib3", "queue", "threading"

def ask():
    with transport.open(Request(method="GET", url=url)) as opened:
        assert b"".join(iter(opened.read, b"")) == b"ok"

def ask_interrupted_at(step):
    came = False
    calls = itertools.count()

    def profile(frame, event, argument):
        nonlocal came
        where = frame.f_globals["__name__"].partition(".")[0]
        if event == "call" and where in WHERE and next(calls) == step:
            sys.setprofile(None)
            ask()
            came = True

    sys.setprofile(profile)
    ask()
    sys.setprofile(None)
    return came

steps = next(step for step in itertools.count() if not ask_interrupted_at(step))
print("steps:", steps)
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("runs_transports.requests", "RequestsTransport"),
        ("runs_transports.sockets", "SocketTransport"),
    ],
)
def test_a_request_may_be_made_at_each_step_of_another_one(
    module: str, name: str
) -> None:
    with serving(lambda *_: whole(b"ok")) as server:
        done = subprocess.run(
            [sys.executable, "-c", AT_EACH_STEP, module, name, server.base_url],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )

    assert int(done.stdout.removeprefix("steps:")) > 50
