"""A program for openai-python does the same here, except for imports and the client.

The same text is run against the same local service: by openai-python, where it is
installed, and by this library; values and requests must be equal.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from runs_transports.serve import serve
from tests.migration.programs import PROGRAMS

EXPECTED = Path(__file__).with_name("expected.json")

# All that changes.
OPENAI = """
from openai import (
    NOT_GIVEN,
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AssistantEventHandler,
    AsyncAssistantEventHandler,
    AsyncOpenAI,
    BadRequestError,
    NotFoundError,
    OpenAI,
    OpenAIError,
    omit,
)

def connect(base_url):
    return OpenAI(base_url=base_url, api_key="key")

def connect_async(base_url):
    return AsyncOpenAI(base_url=base_url, api_key="key")
"""

RUNS_CORE = """
from runs_core import AsyncClient, Client, Endpoint
from runs_core.api.omit import NOT_GIVEN, omit
from runs_core.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    NotFoundError,
    OpenAIError,
)
from runs_core.handlers import AssistantEventHandler, AsyncAssistantEventHandler
from runs_transports.asyncio import AsyncioTransport
from runs_transports.sockets import SocketTransport

def connect(base_url):
    return Client(SocketTransport(), Endpoint(base_url, "key"))

def connect_async(base_url):
    return AsyncClient(AsyncioTransport(), Endpoint(base_url, "key"))
"""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def run_program(name: str, header: str) -> dict[str, Any]:
    """Return what the program gives, and the requests that it sends."""
    names: dict[str, Any] = {"WEATHER": WEATHER, "asyncio": asyncio, "json": json}
    exec(compile(header, "<imports and client>", "exec"), names)
    exec(compile(PROGRAMS[name], f"<program {name}>", "exec"), names)
    with serve() as server:
        base_url = server.base_url
        if name == "no_server":
            server.close()
        if inspect.iscoroutinefunction(names["main"]):
            result = asyncio.run(main_async(names, base_url))
        else:
            with names["connect"](base_url) as client:
                result = names["main"](client)
        requests = [
            [r.method, r.path, sorted(r.query), r.json] for r in server.service.requests
        ]
    # As JSON has it: tuples become lists.
    given: dict[str, Any] = json.loads(json.dumps({"result": result, "sent": requests}))
    return given


async def main_async(names: dict[str, Any], base_url: str) -> Any:
    async with names["connect_async"](base_url) as client:
        return await names["main"](client)


def expected_of(name: str) -> Any:
    return json.loads(EXPECTED.read_text("utf-8"))[name]


@pytest.mark.usefixtures("short_polls")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_does_what_it_did_with_openai_python(name: str) -> None:
    assert run_program(name, RUNS_CORE) == expected_of(name)


@pytest.mark.skipif(find_spec("openai") is None, reason="openai is not installed")
@pytest.mark.parametrize("name", PROGRAMS)
def test_openai_python_does_what_is_expected(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")

        assert run_program(name, OPENAI) == expected_of(name)


def record() -> None:
    """Write down what openai-python does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {name: run_program(name, OPENAI) for name in PROGRAMS}
    text = json.dumps(given, indent=1, ensure_ascii=False, sort_keys=True)
    EXPECTED.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    record()
