"""A client of the local service that is as short as tests need it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from runs_core.testing import LocalService, Pause, ServiceReply, ServiceRequest

NOW = 1_700_000_000
BETA = (("openai-beta", "assistants=v2"),)

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


class Answered(Exception):
    """The service has answered with an error object, which is this one's fields."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status}: {error['message']}")
        self.status = status
        self.message: str = error["message"]
        self.param: str | None = error["param"]
        self.code: str | None = error["code"]
        self.type: str = error["type"]


class Local:
    """Asks a `LocalService`; `now` is what time it is."""

    def __init__(self, script: Any = None, **options: Any) -> None:
        self.service = LocalService(script, **options)
        self.now: float = NOW
        self.headers: dict[str, str] = {}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Iterable[tuple[str, str]] = BETA,
    ) -> ServiceReply:
        """Send JSON, or bytes as they are, and give the whole reply."""
        data = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
        request = ServiceRequest(
            method=method,
            target=f"{self.service.prefix}{path}",
            headers=tuple(headers),
            body=data,
        )
        reply = self.service.handle(request, self.now)
        self.headers = dict(reply.headers)
        return reply

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of the answer, or raise `Answered`."""
        reply = self.send(method, path, body)
        answer = read_json(reply)
        if reply.status != 200:
            raise Answered(reply.status, answer["error"])
        return answer

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.ask("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)

    # --- What most tests begin with -----------------------------------------------

    def assistant(self, **params: Any) -> Any:
        return self.post("/assistants", {"model": "gpt-4o", **params})

    def thread(self, *texts: str) -> Any:
        messages = [{"role": "user", "content": text} for text in texts]
        return self.post("/threads", {"messages": messages})

    def run(
        self, *, functions: Iterable[Any] = (), text: str = "Hi", **params: Any
    ) -> Any:
        """Return a new run, of a new assistant on a new thread."""
        assistant, thread = self.assistant(tools=list(functions)), self.thread(text)
        body = {"assistant_id": assistant["id"], **params}
        return self.post(f"/threads/{thread['id']}/runs", body)

    def stream(
        self, *, functions: Iterable[Any] = (), text: str = "Hi", **params: Any
    ) -> ServiceReply:
        """Return the reply whose chunks are the events of a new run."""
        assistant, thread = self.assistant(tools=list(functions)), self.thread(text)
        body = {"assistant_id": assistant["id"], "stream": True, **params}
        return self.send("POST", f"/threads/{thread['id']}/runs", body)

    def look(self, run: Any, times: int = 1) -> Any:
        """Return the run after so many looks at it."""
        for _ in range(times):
            run = self.get(path_of(run))
        return run

    def finish(self, run: Any) -> Any:
        """Return the run as it is after so many looks that it must rest."""
        return self.look(run, times=3)

    def steps(self, run: Any) -> Any:
        return self.get(f"{path_of(run)}/steps?order=asc")["data"]

    def answers(self, run: Any) -> Any:
        """Return the messages that the run has written, the oldest first."""
        path = f"/threads/{run['thread_id']}/messages?order=asc&run_id={run['id']}"
        return self.get(path)["data"]

    def submit(self, run: Any, *outputs: str, **params: Any) -> ServiceReply:
        """Answer the run's calls in their order."""
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        pairs = zip(calls, outputs, strict=True)
        body = {
            "tool_outputs": [{"tool_call_id": c["id"], "output": o} for c, o in pairs],
            **params,
        }
        return self.send("POST", f"{path_of(run)}/submit_tool_outputs", body)


def path_of(run: Any) -> str:
    return f"/threads/{run['thread_id']}/runs/{run['id']}"


def read_json(reply: ServiceReply) -> Any:
    (body,) = reply.chunks
    assert isinstance(body, bytes)
    assert dict(reply.headers)["content-length"] == str(len(body))
    return json.loads(body)


def read_events(chunks: Iterable[bytes | Pause]) -> Iterator[tuple[str, Any]]:
    """Yield name and data of each event; pauses are left out."""
    for chunk in chunks:
        if isinstance(chunk, bytes):
            yield read_event(chunk)


def read_event(chunk: bytes) -> tuple[str, Any]:
    name, data, *rest = chunk.decode().split("\n")
    assert name.startswith("event: ")
    assert data.startswith("data: ")
    assert rest == ["", ""]
    text = data.removeprefix("data: ")
    return name.removeprefix("event: "), text if text == "[DONE]" else json.loads(text)


def names(chunks: Iterable[bytes | Pause]) -> list[str]:
    """Return the names of the events, without `thread.`, repeated deltas as one."""
    result: list[str] = []
    for name, _ in read_events(chunks):
        short = name.removeprefix("thread.")
        if not (short.endswith(".delta") and result[-1:] == [short]):
            result.append(short)
    return result
