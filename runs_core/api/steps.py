"""Run steps: `/threads/{thread_id}/runs/{run_id}/steps`.

https://platform.openai.com/docs/api-reference/run-steps
"""

from __future__ import annotations

from typing import Unpack

from runs_core.api.operation import build, operation
from runs_core.api.params import IncludeParams, StepListParams
from runs_core.flows.call import Call, Paged, json_answer
from runs_core.models import Page, RunStep

__all__ = ["list", "retrieve"]


@operation(IncludeParams)
def retrieve(
    step_id: str, thread_id: str, run_id: str, **params: Unpack[IncludeParams]
) -> Call[RunStep]:
    """Get a step. `GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}`.

    `include` asks for the content of file search results.
    """
    ids = {"thread_id": thread_id, "run_id": run_id, "step_id": step_id}
    request = build("steps.retrieve", "GET", ids, params)
    return Call(request, json_answer(RunStep))


@operation(StepListParams)
def list(
    run_id: str, thread_id: str, **params: Unpack[StepListParams]
) -> Paged[RunStep]:
    """List a run's steps, a page at a time.

    `GET /threads/{thread_id}/runs/{run_id}/steps`.
    """
    ids = {"thread_id": thread_id, "run_id": run_id}
    request = build("steps.list", "GET", ids, params)
    return Paged(request, json_answer(Page[RunStep]))
