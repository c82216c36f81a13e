"""Node's decoders, in another process, which takes turns like the other candidates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Self
from weakref import finalize

from attrs import frozen

from benchmarks.peers.candidate import Candidate, Fault, Sample, compare
from benchmarks.peers.snapshot import State
from benchmarks.streams.styles import Frame

__all__ = ["PACKAGES", "Node", "cache_folder", "install"]

PACKAGES = ("eventsource-parser", "openai")
_NOTE = "JavaScript, another process"
# Each candidate of a kind, and the npm package that it is from.
_CANDIDATES = {
    "framing": (
        ("eventsource-parser (Node)", "eventsource-parser"),
        ("openai-node (Node)", "openai"),
    ),
    "typed": (("openai-node (Node)", "openai"),),
    "snapshot": (("openai-node (Node)", "openai"),),
}


def cache_folder() -> Path:
    """Return where Node's packages are kept, outside of the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "runs-core-benchmarks" / "node"


def install(folder: Path) -> None:
    """Install the packages from the npm registry."""
    folder.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not installed")
    command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*command, "--prefix", folder, *PACKAGES], check=True)


class Node:
    """A Node process that decodes on request; `warm_up` is in seconds.

    Raises `RuntimeError` with the reason if Node or its packages are missing.
    """

    def __init__(self, folder: Path, warm_up: float = 0.1) -> None:
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("node is not installed")
        if not all((folder / "node_modules" / name).is_dir() for name in PACKAGES):
            raise RuntimeError("its packages are not installed: use --node")
        self.warm_up = warm_up
        self._files = Path(tempfile.mkdtemp(prefix="runs-core-benchmarks-"))
        self._numbers = count()
        self._forgotten: list[str] = []
        self._process = subprocess.Popen(
            [node, Path(__file__).with_suffix(".mjs"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # openai-node prints what it cannot parse.
            stderr=subprocess.DEVNULL,
            text=True,
        )
        version = subprocess.run([node, "--version"], capture_output=True, text=True)
        self.versions = {"node": version.stdout.strip().removeprefix("v")}
        for name in PACKAGES:
            package = folder / "node_modules" / name / "package.json"
            self.versions[f"{name} (npm)"] = json.loads(package.read_text())["version"]

    def candidates(self, kind: str) -> list[Candidate]:
        return [
            NodeCandidate(
                name=name,
                distribution=None,
                run=_elsewhere,
                outcome=_elsewhere,
                note=_NOTE,
                node=self,
                kind=kind,
                package=package,
            )
            for name, package in _CANDIDATES.get(kind, ())
        ]

    def ask(self, **question: Any) -> Any:
        """Return the answer; raise `Fault` if Node answers with an exception."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question["forget"], self._forgotten = self._forgotten, []
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Fault("raises its end") from error
        reply = json.loads(self._process.stdout.readline() or '{"error": "its end"}')
        if "error" in reply:
            raise Fault(f"raises {reply['error']}")
        return reply["answer"]

    def write(self, streams: Sequence[Sequence[bytes]]) -> str:
        """Write chunks to a file that Node reads, and return its name."""
        file = self._files / str(next(self._numbers))
        lengths = json.dumps([list(map(len, chunks)) for chunks in streams])
        body = b"".join(map(b"".join, streams))
        file.write_bytes(lengths.encode() + b"\n" + body)
        return str(file)

    def forget(self, file: str) -> None:
        """Delete the chunks, and tell Node so with the next question."""
        Path(file).unlink(missing_ok=True)
        self._forgotten.append(file)

    def close(self) -> None:
        self._process.communicate()
        shutil.rmtree(self._files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _elsewhere(chunks: object) -> Any:
    raise NotImplementedError("a candidate in Node runs there")


@frozen(kw_only=True)
class NodeCandidate(Candidate):
    """A candidate that is run by asking Node."""

    node: Node
    kind: str
    package: str

    @property
    def version(self) -> str:
        return self.node.versions[f"{self.package} (npm)"]

    def prepare(self, streams: Sequence[Sequence[bytes]]) -> Sample:
        file = self.node.write(streams)

        def sample(loops: int) -> float:
            seconds: float = self._ask("sample", file, loops)
            return seconds

        # Until the JIT compiler has seen enough, or the candidate proves to be slow.
        warm = 0.0
        while warm < self.node.warm_up:
            warm += sample(1)

        finalize(sample, self.node.forget, file)
        return sample

    def check(
        self, streams: Sequence[Sequence[bytes]], expected: Sequence[Any]
    ) -> None:
        file = self.node.write(streams)
        try:
            found = self._ask("outcome", file)
        finally:
            self.node.forget(file)
        shape = {"framing": _frames, "typed": _events, "snapshot": _state}[self.kind]
        compare([shape(outcome) for outcome in found], expected)

    def _ask(self, what: str, file: str, loops: int = 1) -> Any:
        name = f"{self.kind}/{self.name}"
        return self.node.ask(ask=what, candidate=name, file=file, loops=loops)


def _frames(outcome: Any) -> list[Frame]:
    return [Frame(*frame) for frame in outcome]


def _events(outcome: Any) -> list[tuple[str, Any]]:
    return [(name, data) for name, data in outcome]


def _state(outcome: Any) -> State:
    return State(**outcome)
