"""Fuzz for a while: `python -m tests.fuzz --minutes 10`.

With atheris, if it is installed; else with hypothesis. What fails is written below
`build/fuzz`; copied into the corpus, it is a test from then on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.fuzz.corpus import seeds
from tests.fuzz.strategies import streams
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "fuzz"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for all targets")
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--engine", choices=("atheris", "hypothesis"))
    options = parser.parse_args()
    engine = options.engine or ("atheris" if find_spec("atheris") else "hypothesis")
    targets = options.target or list(TARGETS)
    seconds = options.minutes * 60 / len(targets)
    run = with_atheris if engine == "atheris" else with_hypothesis
    failed = [name for name in targets if not run(name, seconds)]
    print(
        f"{engine}: " + (f"found something in {', '.join(failed)}" if failed else "ok")
    )
    return bool(failed)


def with_hypothesis(name: str, seconds: float) -> bool:
    """Try examples until the time is over; say whether all of them held."""
    end = time.monotonic() + seconds
    tried = 0

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(streams())
    def holds(data: bytes) -> None:
        nonlocal tried
        tried += 1
        if time.monotonic() < end:
            keeping(name, TARGETS[name], data)

    try:
        while time.monotonic() < end:
            holds()
    except Exception as error:
        print(f"{name}: {type(error).__name__} after {tried} examples: {error}")
        return False
    print(f"{name}: {tried} examples")
    return True


def keeping(name: str, target: Callable[[bytes], None], data: bytes) -> None:
    try:
        target(data)
    except Exception:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / f"{name}-failing").write_bytes(data)
        raise


def with_atheris(name: str, seconds: float) -> bool:
    """Run the target in a process of its own, which atheris ends; say how it went."""
    found, given_ = OUT / name, OUT / f"{name}-seeds"
    for folder in (found, given_):
        folder.mkdir(parents=True, exist_ok=True)
    for seed, data in seeds(name):
        (given_ / seed).write_bytes(data)
    command = [sys.executable, "-m", "tests.fuzz.with_atheris", name]
    flags = [
        f"-max_total_time={max(1, round(seconds))}",
        "-max_len=8192",
        "-timeout=20",
        "-print_final_stats=1",
        f"-dict={Path(__file__).parent / 'tokens.dict'}",
        f"-artifact_prefix={OUT}/{name}-",
    ]
    done = subprocess.run(
        [*command, *flags, str(found), str(given_)], cwd=ROOT, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
