from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator

import pytest

from runs_core.testing import LocalService
from runs_transports.cli import main
from runs_transports.serve import Server, serve
from tests.cli.command import Ended

# Variables that change what the command does or how rich writes.
_FOREIGN = ("OPENAI_", "AZURE_", "NO_COLOR", "FORCE_COLOR", "TTY_", "COLUMNS", "LINES")


@pytest.fixture(autouse=True)
def _no_foreign_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Runs the command in this process."""

    def run(*argv: object, stdin: bytes = b"") -> Ended:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main([str(argument) for argument in argv])
        written = capsys.readouterr()
        assert "\x1b" not in written.out + written.err
        return Ended(status, written.out, written.err)

    return run


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server[LocalService]]:
    """A local service that the environment's variables name."""
    with serve(LocalService()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
        yield server
