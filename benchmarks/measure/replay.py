"""A loopback HTTP server, run as a process, that sends one stream to any request.

The first part of a path says how it is sent: `/flood` in pieces of 64 KiB, `/each` one
event at a time, `/first` only its first events; `/together-1000` one event at a time as
soon as so many requests are waiting.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager
from functools import partial

import trio

from benchmarks.measure.workers import ROOT
from benchmarks.streams.conversations import texts, words
from benchmarks.streams.cuts import ONE_EVENT, cut
from benchmarks.streams.styles import plain

__all__ = ["replaying", "sent"]

_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
# How many events `/first` sends: the first ones, and the last ones, which are the
# completed run and the end.
_FEW = 8
_LAST = 2


@contextmanager
def replaying(deltas: int, cores: Set[int]) -> Iterator[str]:
    """Serve a run of so many deltas on other cores; yield the URL without a path.

    Raises `RuntimeError` if the server does not report where it listens.
    """
    arguments = [str(deltas), ",".join(map(str, cores))]
    with subprocess.Popen(
        [sys.executable, "-m", __name__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # A terminal that interrupts the command does not interrupt the server, which
        # ends with its standard input.
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            told = f"the server did not start: it ended with status {process.wait()}"
            raise RuntimeError(told)
        yield f"http://127.0.0.1:{port}"
        # The server ends with its standard input.
        process.communicate()


def sent(deltas: int, how: str) -> int:
    """Return how many events a client sees in a response, not counting the end."""
    _, frames = plain(texts([words(deltas)]))
    return (_FEW + _LAST if how == "first" else len(frames)) - 1


class _Server:
    def __init__(self, deltas: int) -> None:
        events = cut(plain(texts([words(deltas)]))[0], ONE_EVENT)
        self._frames = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
        self._waiting = 0
        self._all_there = trio.Event()

    async def answer(self, stream: trio.SocketStream) -> None:
        """Answer requests until the client has no more, or has gone."""
        buffer = b""
        try:
            async with stream:
                while True:
                    while b"\r\n\r\n" not in buffer:
                        received = await stream.receive_some()
                        if not received:
                            return
                        buffer += received
                    head, _, buffer = buffer.partition(b"\r\n\r\n")
                    length = _content_length(head)
                    while len(buffer) < length:
                        buffer += await stream.receive_some()
                    buffer = buffer[length:]
                    await self._send(stream, head.split(b" ")[1].split(b"/")[1])
        except trio.BrokenResourceError:
            pass

    async def _send(self, stream: trio.SocketStream, how: bytes) -> None:
        frames = self._frames
        name, _, number = how.partition(b"-")
        if name == b"together":
            await self._gather(int(number))
        if name == b"flood":
            body = b"".join(frames)
            frames = [body[at : at + 65536] for at in range(0, len(body), 65536)]
        elif name == b"first":
            frames = frames[:_FEW] + frames[-_LAST:]
        await stream.send_all(_HEAD)
        for frame in frames:
            await stream.send_all(frame)
        await stream.send_all(b"0\r\n\r\n")

    async def _gather(self, number: int) -> None:
        self._waiting += 1
        all_there = self._all_there
        if self._waiting == number:
            self._waiting = 0
            self._all_there = trio.Event()
            all_there.set()
        else:
            await all_there.wait()


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _main(deltas: int) -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=2048)
    print(listeners[0].socket.getsockname()[1], flush=True)
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_listeners, _Server(deltas).answer, listeners)
        nursery.start_soon(serve)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(map(int, sys.argv[2].split(","))))
    trio.run(_main, int(sys.argv[1]))
