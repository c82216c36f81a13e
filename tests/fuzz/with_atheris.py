"""One target under atheris: `python -m tests.fuzz.with_atheris TARGET [flags]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["runs_core"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
