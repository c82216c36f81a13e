"""What the caller did wrong, or a function of theirs."""

from __future__ import annotations

from runs_core.errors._base import RunsError

__all__ = [
    "FlowConsumed",
    "InvalidEndpoint",
    "InvalidHeader",
    "InvalidOption",
    "InvalidPathParameter",
    "ToolArgumentsInvalid",
    "ToolError",
    "ToolOutputsInvalid",
    "ToolRoundsExceeded",
    "UnknownTool",
    "UsageError",
]


class UsageError(RunsError):
    """The call itself is wrong; nothing was sent."""


class FlowConsumed(UsageError):
    """This flow has already been driven: a flow runs once. Call the function again."""


class InvalidEndpoint(UsageError, ValueError):
    """The base URL is not one that requests can be sent to."""


class InvalidHeader(UsageError, ValueError):
    """A header's name or value cannot be sent."""


class InvalidOption(UsageError, ValueError):
    """An option has a value that it cannot have."""


class InvalidPathParameter(UsageError, ValueError):
    """An id cannot be one segment of a URL path."""


class ToolOutputsInvalid(UsageError, ValueError):
    """The tool outputs do not answer the run's tool calls; nothing was sent."""


class ToolError(RunsError):
    """A tool call could not be answered. Its run was cancelled, if that was possible.

    The message says which. `name` is the function's; what it raised is the cause.
    """

    def __init__(self, message: str, *, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name


class UnknownTool(ToolError):
    """The run calls a function that was not given.

    `runs_core.models.UnknownTool` is something else: a tool of an unknown kind.
    """


class ToolArgumentsInvalid(ToolError):
    """The arguments of a call are not a JSON object."""


class ToolRoundsExceeded(ToolError):
    """The run asked for tools more often than `max_rounds`."""
