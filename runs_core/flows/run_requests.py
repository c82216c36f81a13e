"""The requests that continue a run that another request began."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from runs_core.flows.call import Call, Paged
from runs_core.flows.request import ApiRequest
from runs_core.models import Message, Run, RunStep, ToolOutput

__all__ = ["RunRequests"]


@frozen(kw_only=True)
class RunRequests:
    """How to continue a run, given its id and its thread's.

    Each request has the headers and the timeout of the one that the run began with.
    """

    retrieve: Callable[[str, str], Call[Run]]
    cancel: Callable[[str, str], Call[Run]]
    messages: Callable[[str, str], Paged[Message]]
    steps: Callable[[str, str], Paged[RunStep]]
    submit: Callable[[str, str, list[ToolOutput]], ApiRequest]
    submit_streamed: Callable[[str, str, list[ToolOutput]], ApiRequest]
