"""Counts what a test leaves open, except for an event loop that the process keeps."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runs_transports.torture import descriptors

__all__ = ["closing_what_it_opens"]

# Windows may have none.
_UNIX: int | None = getattr(socket, "AF_UNIX", None)

# The suites in which a loop's descriptors have been let through once.
_have_a_loop: set[object] = set()


@contextmanager
def closing_what_it_opens(suite: object = None) -> Iterator[None]:
    """Fail if more file descriptors are open afterwards.

    Some frameworks have one event loop, which is opened at its first use and lives as
    long as the process: gevent, for example. What can only belong to a loop is let
    through the first time in each `suite`; whoever opens a loop for each test fails in
    the second. Connections and files never are.
    """
    before, loops_before = _open()
    yield
    after, loops_after = _open()
    more = after - before
    if (
        0 < more <= loops_after - loops_before
        and suite is not None
        and suite not in _have_a_loop
    ):
        _have_a_loop.add(suite)
        return
    # Fewer, if what an earlier test left open was collected in the meantime.
    assert more <= 0, (
        f"sockets or files that were left open: {more} (connections that are kept must"
        " be closed by `close()`)"
    )


def _open() -> tuple[int, int]:
    """Return how many descriptors are open, and how many could be an event loop's."""
    numbers = descriptors()
    return len(numbers), sum(map(_may_be_a_loops, numbers))


def _may_be_a_loops(number: int) -> bool:
    """Return whether it is what loops wait with (epoll, kqueue) or are woken by."""
    with suppress(OSError):
        kind = stat.S_IFMT(os.fstat(number).st_mode)
        if kind == stat.S_IFSOCK:
            sock = socket.socket(fileno=number)
            try:
                return sock.family == _UNIX
            finally:
                sock.detach()
        return kind in (0, stat.S_IFIFO)  # Linux gives its own kinds no type.
    return False
