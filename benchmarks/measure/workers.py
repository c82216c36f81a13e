"""Measures in a separate process: calls a function there, with its result as JSON.

`python -m benchmarks.measure.workers module function '{"its": "arguments"}'` prints it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.peers.candidate import RAISED, first_line

__all__ = ["ROOT", "in_process"]

ROOT = Path(__file__).parents[2]


def in_process(
    module: str, function: str, *, patience: float | None = None, **arguments: Any
) -> Any:
    """Return the function's result, computed in a new process.

    Raises `RuntimeError` with the type and the first line of its exception if it fails,
    and `TimeoutError` if it takes longer than `patience` seconds.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, module, function, json.dumps(arguments)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": _path()},
            timeout=patience,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"it took more than {patience:g} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(lines[-1])
    return json.loads(done.stdout)


def _path() -> str:
    """Return where this process finds modules, including the user's own."""
    return os.pathsep.join(map(os.path.abspath, sys.path))


if __name__ == "__main__":
    try:
        # A decoder may print something, which is not the result.
        with redirect_stdout(sys.stderr):
            found = getattr(import_module(sys.argv[1]), sys.argv[2])
            result = found(**json.loads(sys.argv[3]))
    except RAISED as error:
        # Only the first line: the parent reads the last line that is printed.
        print(f"{type(error).__name__}: {first_line(error)}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(result))
