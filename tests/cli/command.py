"""The command, run in this process and as a separate one, and its input."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from runs_core.testing import Pause
from tests.testing.local import WEATHER, Local

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # A safety net: nothing takes so long unless it is broken.


@attrs.frozen
class Ended:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def error(self) -> str:
        """The one line on standard error, which is the program's own."""
        (line,) = self.err.splitlines()
        assert line.startswith("runs-core: ")
        assert "Traceback" not in self.out
        return line.removeprefix("runs-core: ")


def environment(**variables: str) -> dict[str, str]:
    """The variables for a process: none that change what the command does."""
    kept = ("PATH", "HOME", "SYSTEMROOT", "LANG", "COVERAGE_PROCESS_START")
    path = os.pathsep.join([str(ROOT), str(ROOT / "transports")])
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONPATH": path,
        "PYTHONUTF8": "1",
        **variables,
    }


def arguments(*argv: str) -> list[str]:
    return [sys.executable, "-m", "runs_transports.cli", *argv]


def process(
    *argv: str,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    code: str | None = None,
) -> Ended:
    """Run the command, or Python code, as a process to its end."""
    done = subprocess.run(
        arguments(*argv) if code is None else [sys.executable, "-c", code, *argv],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        env=environment(**(variables or {})),
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def patient(process: subprocess.Popen[Any]) -> Iterator[None]:
    """End the process if it takes too long, so that nobody waits for it for ever."""
    net = threading.Timer(PATIENCE, process.kill)
    net.start()
    try:
        yield
    finally:
        net.cancel()
        net.join()


# --- Recordings --------------------------------------------------------------------


def recorded(script: Any, **options: Any) -> bytes:
    """The bytes of a stream in which the local service plays the script."""
    reply = Local(script).stream(**options)
    return joined(reply.chunks)


def recorded_call() -> bytes:
    """The bytes of a stream that ends in a function call."""
    return recorded(None, functions=[WEATHER])


def joined(chunks: Iterable[bytes | Pause]) -> bytes:
    return b"".join(chunk for chunk in chunks if isinstance(chunk, bytes))


def chunked(
    body: bytes, *fields: str, status: str = "200 OK", every: int = 97
) -> bytes:
    """The body as a chunked HTTP/1.1 response."""
    head = [f"HTTP/1.1 {status}", *fields, "Transfer-Encoding: chunked", "", ""]
    pieces = [body[at : at + every] for at in range(0, len(body), every)]
    return "\r\n".join(head).encode() + b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""]
    )
