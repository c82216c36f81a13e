"""A process that forks: its children have the same sockets."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from runs_core.testing import ServiceReply, ServiceRequest
from tests.transports.serving import serving, whole

# Forks in a process without other threads, which a child would not have.
FORKING = """
import os
import sys

from runs_core import Request
from runs_transports.requests import RequestsTransport

transport = RequestsTransport()

def connection():
    with transport.open(Request(method="GET", url=sys.argv[1])) as opened:
        return b"".join(iter(opened.read, b""))

before = connection()
child = os.fork()
if child == 0:
    print("the child's", connection() == before, flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("the parent's", connection() == before)
transport.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_connection_that_was_kept_is_not_shared_with_a_child() -> None:
    def connection(request: ServiceRequest, now: float) -> ServiceReply:
        return whole(b"%d" % threading.get_ident())

    with serving(connection) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORKING, server.base_url],
            capture_output=True,
            text=True,
            check=True,
        )

    assert done.stdout.splitlines() == ["the child's False", "the parent's True"]
