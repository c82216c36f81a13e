"""What the caller, or one of the caller's functions, did wrong."""

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
    """The call itself is wrong: nothing was sent for it."""


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
    """The tool outputs do not answer the run's tool calls; none were sent."""


class ToolError(RunsError):
    """A tool call could not be answered. Its run was cancelled, if that was possible.

    The message says whether it was. `name` is the function's name; the exception that
    it raised is the `__cause__`.
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
    """The run asked for tools more than `max_rounds` times."""
