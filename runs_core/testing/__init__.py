"""A server of the protocol without I/O, for tests and demonstrations.

`LocalService` takes requests and returns replies; `runs_transports.serve` serves it on
a loopback port. A script, as data, says what its assistants do.
"""

from runs_core.testing.exchange import Pause, Received, ServiceReply, ServiceRequest
from runs_core.testing.schema_example import schema_example
from runs_core.testing.script import (
    Action,
    Call,
    CodeInterpreter,
    Cut,
    Fail,
    FileSearch,
    Hang,
    Incomplete,
    Raw,
    RunContext,
    Say,
    Script,
    ScriptLike,
    SendError,
    ToolOutput,
    Turn,
    TurnLike,
)
from runs_core.testing.service import LocalService
from runs_core.testing.transport import AsyncInMemoryTransport, InMemoryTransport

__all__ = [
    "Action",
    "AsyncInMemoryTransport",
    "Call",
    "CodeInterpreter",
    "Cut",
    "Fail",
    "FileSearch",
    "Hang",
    "InMemoryTransport",
    "Incomplete",
    "LocalService",
    "Pause",
    "Raw",
    "Received",
    "RunContext",
    "Say",
    "Script",
    "ScriptLike",
    "SendError",
    "ServiceReply",
    "ServiceRequest",
    "ToolOutput",
    "Turn",
    "TurnLike",
    "schema_example",
]
